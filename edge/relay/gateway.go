package relay

import (
	"sort"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// Options say for whom the Gateway is held.
type Options struct {
	Token   string
	Channel wire.Snowflake
}

func (o *Options) madeFor() string { return discord.MadeFor("", string(o.Channel), o.Token) }

// Tails is what a [Gateway] is rebuilt from.
var Tails = []chat.Tail{
	{Table: records.TableGateway, Limit: 1},
	{Table: records.TableGatewayEvent, Limit: maxKept},
}

const (
	// clockBack is how much earlier than the last step a step may be without the
	// clock counting as set back.
	clockBack = chat.Second
	// manyWaiting events are worth a word.
	manyWaiting = 100
)

// Gateway holds a bot's session with Discord's Gateway. It implements
// [chat.Actor].
type Gateway struct {
	opt     Options
	saved   gateway.State
	machine *gateway.Machine
	place   discord.Place
	lanes   lanes

	skew     int64 // how far Discord's clock is ahead
	timer    chat.Time
	again    chat.Time // when to begin anew after a fatal end
	armed    chat.Time
	gaps     int            // told, and not safe yet
	stash    *gateway.State // to be saved when they are
	calls    int64
	fetch    int64 // the call for the Gateway's address; 0 is none
	commands commands
	state    State
	told     State
	toldAt   chat.Time

	now   chat.Time
	queue []gateway.Event
	out   []chat.Effect
	saves []chat.Row
}

var _ chat.Actor = (*Gateway)(nil)

// New rebuilds the Gateway from the rows that [Tails] asks for.
func New(opt Options, rows []chat.Row) *Gateway {
	g := &Gateway{opt: opt, place: discord.Place{Channel: opt.Channel}, state: State{Name: gateway.Stopped.String()}}
	var kept []chat.Row
	for _, row := range rows {
		switch row.Table {
		case records.TableGateway:
			g.saved, _ = g.place.TakeUp(records.GatewayOf(row), opt.madeFor())
		case records.TableGatewayEvent:
			kept = append(kept, row)
		}
	}
	sort.Slice(kept, func(i, j int) bool { return kept[i].Key < kept[j].Key })
	g.left(kept)
	return g
}

// Step implements [chat.Actor].
func (g *Gateway) Step(now chat.Time, event chat.Event) []chat.Effect {
	if by := g.now - now; by > clockBack {
		g.setBack(by)
	} else if by > 0 {
		now = g.now
	}
	g.now, g.out, g.saves = now, nil, nil
	if g.machine == nil {
		g.calls = int64(g.now) << 10 // no number of an earlier life comes again
		g.lanes.lastID = g.calls
		if g.saved == (gateway.State{}) {
			// From the first start on it is known since when an event may have been
			// missed, also if no session ever comes to be in this life.
			g.saved.SeenMs = int64(g.now)
			g.save(g.saved)
			g.saved.Unreckoned = true
		}
		g.machine = gateway.New(gateway.Options{Token: g.opt.Token, Seed: uint64(g.now), State: g.saved})
		g.queue = append(g.queue, gateway.Start{})
		g.run()
	}
	g.take(event)
	g.run()
	g.wake()
	if len(g.saves) == 0 {
		return g.out
	}
	return append([]chat.Effect{chat.Save{Rows: g.saves}}, g.out...)
}

func (g *Gateway) take(event chat.Event) {
	switch ev := event.(type) {
	case SocketOpened:
		g.queue = append(g.queue, gateway.Connected{Conn: gateway.Conn(ev.Conn)})
	case SocketFrame:
		g.queue = append(g.queue, gateway.Frame{Conn: gateway.Conn(ev.Conn), Data: ev.Data})
	case SocketClosed:
		g.queue = append(g.queue, gateway.Closed{Conn: gateway.Conn(ev.Conn), Code: ev.Code, Status: ev.Status})
	case Posted:
		g.posted(ev)
	case discord.CallDone:
		g.called(&ev)
	case chat.TimerFired:
		g.armed = 0
	case Poke:
		g.armed = 0 // whatever timer there was may have been lost
	default:
		panic("relay: the Gateway was given " + event.EventName())
	}
	if g.timer != 0 && g.now >= g.timer {
		g.timer = 0
		g.queue = append(g.queue, gateway.Timer{})
	}
	if g.again != 0 && g.now >= g.again {
		g.again = 0
		g.queue = append(g.queue, gateway.Start{})
	}
	if at := g.commands.at; at != 0 && g.now >= at {
		g.register()
	}
}

// setBack takes in that the clock was set back: nothing may rest until a time of
// the old one.
func (g *Gateway) setBack(by chat.Time) {
	g.skew += int64(by)
	back := func(times ...*chat.Time) {
		for _, t := range times {
			if *t != 0 {
				*t = max(*t-by, 1)
			}
		}
	}
	back(&g.again, &g.toldAt, &g.commands.at)
	for _, p := range g.lanes.order {
		back(&p.next)
	}
	g.armed = 0
	g.queue = append(g.queue, gateway.Timer{}) // the machine sets its timer anew
}

// run steps the machine, and again for what comes of its effects at once.
func (g *Gateway) run() {
	for len(g.queue) > 0 {
		next := g.queue[0]
		g.queue = g.queue[1:]
		for _, effect := range g.machine.Step(int64(g.now), next) {
			g.carry(effect)
		}
	}
}

func (g *Gateway) emit(e chat.Effect) { g.out = append(g.out, e) }

// wake tells how it stands, posts, and sets the timer.
func (g *Gateway) wake() {
	g.state.Trouble, g.state.Waiting = g.lanes.trouble, len(g.lanes.order)
	if g.state.Waiting < manyWaiting {
		g.state.Waiting = 0 // a few under way are nothing to tell
	}
	if g.state != g.told || g.now >= g.toldAt+discord.RelayTells {
		g.told, g.toldAt = g.state, g.now
		g.emit(g.state)
		g.ship(parcel{lane: "state", body: discord.RelayState(g.state).Body(), once: true})
	}
	next := g.pump()
	for _, at := range [...]chat.Time{g.timer, g.again, g.commands.at, g.toldAt + discord.RelayTells} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	// An earlier timer than is needed any more finds nothing to do.
	if g.armed == 0 || next < g.armed {
		g.armed = next
		g.emit(chat.SetTimer{At: next})
	}
}

func (g *Gateway) carry(effect gateway.Effect) {
	switch f := effect.(type) {
	case gateway.FetchGatewayBot:
		g.calls++
		g.fetch = g.calls
		g.emit(discord.Call{ID: uint64(g.fetch), Request: rest.GatewayBot()})
	case gateway.Dial:
		g.emit(chat.Count{Metric: chat.MetricConnects, Label: "tried", Value: 1})
		g.emit(SocketDial{int64(f.Conn), f.URL})
	case gateway.Send:
		g.emit(SocketSend{int64(f.Conn), f.Data})
	case gateway.Close:
		g.emit(SocketClose{int64(f.Conn), f.Code})
	case gateway.SetTimer:
		g.timer = chat.Time(f.AtMs)
	case gateway.Dispatch:
		g.dispatch(f)
	case gateway.SaveState:
		g.save(f.State)
	case gateway.GapSuspected:
		g.gap(discord.GatewayGap{At: chat.Time(f.SinceMs)})
	case gateway.Fatal:
		g.state.Fatal = f.Text
		g.again = g.now + discord.FatalPause
	case gateway.Status:
		g.state.Name, g.state.Reason = f.State.String(), f.Reason
		if f.State == gateway.Ready {
			g.emit(chat.Count{Metric: chat.MetricConnects, Label: "succeeded", Value: 1})
			g.state.Fatal = ""
		}
	case gateway.Count: // for the log of a native host alone
	}
}

// called takes the answer to a call: only those for the address and to the commands
// matter.
func (g *Gateway) called(done *discord.CallDone) {
	if int64(done.ID) == g.commands.call && g.commands.call != 0 {
		g.registered(done)
		return
	}
	if int64(done.ID) != g.fetch || g.fetch == 0 {
		return
	}
	g.fetch = 0
	if date, ok := wire.HTTPDateMs(done.Header.Date); ok {
		g.skew = date - int64(g.now)
		g.queue = append(g.queue, gateway.Skew{AheadMs: g.skew})
	}
	g.queue = append(g.queue, discord.InfoOf(done))
}

// save makes the machine's state durable, but never ahead of a gap that nobody
// has heard of yet.
func (g *Gateway) save(s gateway.State) {
	if g.gaps > 0 {
		g.stash = &s
		return
	}
	g.stash = nil
	g.saves = append(g.saves, g.place.Keep(&s, g.opt.madeFor()).Row())
}

// gap tells that events may be lost. What comes from now on is of another epoch.
func (g *Gateway) gap(told discord.GatewayGap) {
	g.place.Begin(g.discordNow())
	told.Epoch = g.place.Epoch
	g.gaps++
	g.ship(parcel{lane: "gap", body: told.Body(), safe: func() {
		if g.gaps--; g.gaps == 0 && g.stash != nil {
			g.save(*g.stash)
		}
	}})
}
