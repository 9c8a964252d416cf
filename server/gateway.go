package server

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/wire"
)

// newsSink is where the Gateway's news go: the engine beside it, or another
// host.
type newsSink interface {
	// deliver tries once to hand news over.
	deliver(ctx context.Context, n chat.News) delivered
	// gap tries once to tell that events since a time may be lost.
	gap(ctx context.Context, g discord.GatewayGap) delivered
	// recheck tells that the bot's permissions or its channel may have changed.
	recheck(ctx context.Context)
	// stray tells that somebody wrote into the support channel itself.
	stray(ctx context.Context, s discord.Stray)
	// keep makes durable what was refused, so that Discord need not repeat it, and
	// gives what forgets it again; nil where that is not done.
	keep(body []byte) (forget func())
	// mayAsk tells whether this host may ask Discord for more than the Gateway's
	// address: there is one sender a bot.
	mayAsk() bool
}

// gatewayHost carries out what the Gateway's machine wants. Everything without a
// comment to the contrary belongs to its one goroutine.
type gatewayHost struct {
	machine *gateway.Machine
	client  *discordClient
	clock   Clock
	log     *slog.Logger
	sink    newsSink
	lanes   *lanes
	// persist makes the state durable.
	persist func(*records.Gateway) error
	count   func(chat.Count)

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	events chan gatewayEvent

	// madeFor is what its sessions are made for.
	madeFor string

	place  discord.Place
	queue  []gateway.Event // to be stepped next
	last   chat.Time       // of the last step
	skew   atomic.Int64    // how far Discord's clock is ahead, in milliseconds
	timer  chat.Time
	again  chat.Time // when to begin anew after a fatal end
	sock   gatewaySocket
	gaps   int            // told, and not safe yet
	stash  *gateway.State // to be saved when they are
	warned map[discord.Alert]bool
	// unregister ends the bringing of commands; nil where they were never brought.
	unregister context.CancelFunc
	// unreachable is set from when Discord gave no address until it gives one: said once.
	unreachable atomic.Bool

	// state is for health; anybody reads it.
	state atomic.Pointer[gatewayState]
}

// gatewayEvent is an event for the machine, or something to do for its host.
type gatewayEvent struct {
	event gateway.Event
	do    func()
}

// gatewayState is how the Gateway stands.
type gatewayState struct {
	state     gateway.ConnState
	reason    string
	fatal     string
	noContent bool
}

// told is what is told of it.
func (s *gatewayState) told() discord.RelayState {
	return discord.RelayState{Name: s.state.String(), Reason: s.reason, Fatal: s.fatal, NoContent: s.noContent}
}

type gatewayConfig struct {
	client  *discordClient
	channel string
	clock   Clock
	log     *slog.Logger
	random  io.Reader
	sink    newsSink
	saved   *records.Gateway // nil at the first start
	persist func(*records.Gateway) error
	count   func(chat.Count) // nil where nobody counts
}

func newGatewayHost(cfg gatewayConfig) (*gatewayHost, error) {
	var seed [8]byte
	if _, err := io.ReadFull(cfg.random, seed[:]); err != nil {
		return nil, fmt.Errorf("server: the source of randomness failed: %w", err)
	}
	g := &gatewayHost{client: cfg.client, clock: cfg.clock, log: cfg.log.With("component", "gateway"), sink: cfg.sink, persist: cfg.persist, count: cfg.count,
		place:  discord.Place{Channel: wire.Snowflake(cfg.channel)},
		events: make(chan gatewayEvent, 64), warned: map[discord.Alert]bool{}}
	if g.count == nil {
		g.count = func(chat.Count) {}
	}
	g.madeFor = discord.MadeFor(cfg.client.base, cfg.channel, cfg.client.token)
	first := cfg.saved == nil
	if first {
		// From the first start on it is known since when an event may have been
		// missed, also if no session ever comes to be before the next start.
		cfg.saved = &records.Gateway{AtMs: int64(cfg.clock.Now())}
		if err := cfg.persist(cfg.saved); err != nil {
			return nil, err
		}
	}
	kept, dropped := g.place.TakeUp(cfg.saved, g.madeFor)
	if dropped {
		g.log.Info("the Gateway's session is not taken up: it was made with another token, channel or address of Discord")
	}
	kept.Unreckoned = first
	opt := gateway.Options{Token: cfg.client.token, Seed: binary.LittleEndian.Uint64(seed[:]), State: kept}
	g.machine = gateway.New(opt)
	g.state.Store(&gatewayState{})
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.lanes = newLanes(g.ctx, g.clock)
	return g, nil
}

// start runs the goroutine.
func (g *gatewayHost) start() {
	g.wg.Go(g.run)
}

// stop ends it, keeping the session resumable.
func (g *gatewayHost) stop() {
	g.cancel()
	g.wg.Wait()
	g.lanes.wg.Wait()
}

func (g *gatewayHost) run() {
	g.step(gateway.Start{})
	for {
		var alarm <-chan time.Time
		release := func() {}
		if at := g.nextTime(); at != 0 {
			alarm, release = g.clock.After(millis(max(at-g.clock.Now(), 0)))
		}
		select {
		case ev := <-g.events:
			if ev.do != nil {
				ev.do()
			} else {
				g.step(ev.event)
			}
		case <-alarm:
			g.alarm()
		case <-g.ctx.Done():
			release()
			g.step(gateway.Stop{})
			g.sock.drop()
			return
		}
		release()
	}
}

func (g *gatewayHost) nextTime() chat.Time {
	if g.again != 0 && (g.timer == 0 || g.again < g.timer) {
		return g.again
	}
	return g.timer
}

func (g *gatewayHost) alarm() {
	now := g.clock.Now()
	if now < g.last-clockBack {
		g.step(gateway.Timer{}) // the timer was one of the old clock: there will be another
		return
	}
	if g.timer != 0 && now >= g.timer {
		g.timer = 0
		g.step(gateway.Timer{})
	}
	if g.again != 0 && now >= g.again {
		g.again = 0
		g.step(gateway.Start{})
	}
}

// post brings an event to the goroutine; false when everything ends.
func (g *gatewayHost) post(ev gatewayEvent) bool {
	select {
	case g.events <- ev:
		return true
	case <-g.ctx.Done():
		return false
	}
}

// step steps the machine, and again for what comes of the effects at once.
func (g *gatewayHost) step(ev gateway.Event) {
	g.queue = append(g.queue, ev)
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue = g.queue[1:]
		now := g.clock.Now()
		if by := g.last - now; by > clockBack {
			g.setBack(by)
		}
		g.last = now
		for _, effect := range g.machine.Step(int64(now), next) {
			g.carry(effect)
		}
	}
}

// setBack takes in that the clock was set back.
func (g *gatewayHost) setBack(by chat.Time) {
	g.log.Warn("the clock was set back", "by", millis(by).String())
	g.skew.Add(int64(by))
	if g.again != 0 {
		g.again = max(g.again-by, 1)
	}
}

func (g *gatewayHost) carry(effect gateway.Effect) {
	switch f := effect.(type) {
	case gateway.FetchGatewayBot:
		g.wg.Go(g.fetch)
	case gateway.Dial:
		g.count(chat.Count{Metric: chat.MetricConnects, Label: "tried", Value: 1})
		g.dial(f)
	case gateway.Send:
		g.sock.send(g.ctx, f)
	case gateway.Close:
		g.closeSocket(f)
	case gateway.SetTimer:
		g.timer = chat.Time(f.AtMs)
	case gateway.Dispatch:
		g.dispatch(f)
	case gateway.SaveState:
		g.save(f.State)
	case gateway.GapSuspected:
		g.gap(discord.GatewayGap{At: chat.Time(f.SinceMs)})
	case gateway.Fatal:
		g.log.Error("the connection to Discord's Gateway ended", "code", f.Code, "reason", f.Text)
		g.change(func(s *gatewayState) { s.fatal = f.Text })
		g.again = g.clock.Now() + discord.FatalPause
	case gateway.Status:
		g.status(f)
	case gateway.Count:
		g.log.Debug("the Gateway", "metric", string(f.Metric))
	}
}

func (g *gatewayHost) status(f gateway.Status) {
	level := slog.LevelDebug
	if f.State == gateway.Ready || f.Attempt > 2 {
		level = slog.LevelInfo
	}
	if f.State == gateway.Ready {
		g.count(chat.Count{Metric: chat.MetricConnects, Label: "succeeded", Value: 1})
	}
	g.log.Log(g.ctx, level, "Discord's Gateway", "state", f.State.String(), "attempt", f.Attempt, "reason", f.Reason)
	g.change(func(s *gatewayState) {
		s.state, s.reason = f.State, f.Reason
		if f.State == gateway.Ready {
			s.fatal = ""
		}
	})
}

func (g *gatewayHost) change(f func(*gatewayState)) {
	for {
		old := g.state.Load()
		s := *old
		f(&s)
		if g.state.CompareAndSwap(old, &s) {
			return
		}
	}
}

// save makes the machine's state durable, but never ahead of a gap that nobody
// has heard of yet.
func (g *gatewayHost) save(s gateway.State) {
	if g.gaps > 0 {
		g.stash = &s
		return
	}
	g.stash = nil
	if err := g.persist(g.place.Keep(&s, g.madeFor)); err != nil {
		g.log.Error("the Gateway's state could not be saved", "err", err)
	}
}

// gap tells that events may be lost. What comes from now on is of another epoch.
func (g *gatewayHost) gap(told discord.GatewayGap) {
	g.place.Begin(g.discordNow())
	told.Epoch = g.place.Epoch
	level, since := slog.LevelWarn, told.Since()
	if g.discordNow()-since < chat.Minute {
		level = slog.LevelInfo // the first start, or a short break: nobody needs to worry
	}
	g.log.Log(g.ctx, level, "the Gateway may have lost events; conversations are read up", "since", time.UnixMilli(int64(since)).UTC().Format(time.RFC3339))
	g.gaps++
	safe := sync.OnceFunc(func() {
		g.post(gatewayEvent{do: func() {
			if g.gaps--; g.gaps == 0 && g.stash != nil {
				g.save(*g.stash)
			}
		}})
	})
	g.ship("gap", func(ctx context.Context) delivered { return g.sink.gap(ctx, told) }, told.Body(), safe)
}

// ship hands something over in its lane; safe is called once it cannot be lost
// any more.
func (g *gatewayHost) ship(lane string, hand func(context.Context) delivered, body []byte, safe func()) {
	var forget func()
	g.lanes.add(parcel{lane: lane, hand: hand,
		refused: func() {
			if forget = g.sink.keep(body); forget != nil {
				safe()
			}
		},
		done: func() {
			if forget != nil {
				forget()
			}
			safe()
		},
	})
}
