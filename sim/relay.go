package sim

import (
	"net/url"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
	"cloudflarechat/discordsim/world"
)

// relay is the process that holds the Gateway connection: it drives the machine, brings news to the host and keeps what the host does
// not take.
type relay struct {
	s    *Sim
	up   bool
	life int
	// offset is how far its clock is from the true time.
	offset int64
	m      *gateway.Machine

	// On disk: the machine's state, the epoch, the gaps that the host has not taken, and news that it refused for long.
	state gateway.State
	epoch chat.MessageID
	gaps  []*gap
	rows  []*errand

	timer  int64
	upAt   int64
	downAt int64
	// heard is when an event last came.
	heard  int64
	open   world.ConnID
	queues map[chat.ThreadID]*errands
	// deaf are the times in which events may have been lost, for the checkers.
	deaf [][2]int64
}

// gap is a time in which events may have been lost.
type gap struct {
	since int64
	epoch chat.MessageID
	busy  bool
}

// maxEpochSkew widens an epoch: the clocks of Discord and of the relay differ.
const maxEpochSkew = minute

func newRelay(s *Sim) *relay { return &relay{s: s, offset: s.plan.RelayAheadMs} }

// clock is the time that the process reads.
func (r *relay) clock() int64 { return r.s.now + r.offset }

// jump sets the clock. The timer that waits comes when it would have come.
func (r *relay) jump(by int64) {
	r.s.say("relay: the clock jumps by %d ms", by)
	r.offset += by
}

func (r *relay) start() {
	r.up = true
	r.life++
	r.timer, r.open = 0, 0
	r.queues = map[chat.ThreadID]*errands{}
	r.m = gateway.New(gateway.Options{Token: botToken, Seed: r.s.rng.Uint64(), State: r.state})
	r.s.say("relay: is up")
	for _, e := range r.rows {
		e.busy = false
		r.enqueue(e)
	}
	for _, g := range r.gaps {
		g.busy = false
		r.report(g)
	}
	r.step(gateway.Start{})
}

// crash ends the process; what is on its disk stays.
func (r *relay) crash() {
	if !r.up {
		return
	}
	s := r.s
	down := s.between(100, 90*second)
	if s.chance(0.2) {
		down += 5 * minute // longer than Discord keeps a session
	}
	s.say("relay: is down for %d ms", down)
	r.up = false
	r.life++
	r.m = nil
	if r.open != 0 {
		s.world.Disconnected(s.now, r.open, 1006)
		s.drainWorld()
	}
	s.after(down, r.start)
}

// alive wraps what belongs to this life of the process.
func (r *relay) alive(do func()) func() {
	life := r.life
	return func() {
		if r.life == life && r.up {
			do()
		}
	}
}

func (r *relay) step(ev gateway.Event) {
	for _, f := range r.m.Step(r.clock(), ev) {
		r.carry(f)
	}
}

func (r *relay) worldConn(c gateway.Conn) world.ConnID {
	return world.ConnID(uint64(r.life)<<32 | uint64(c))
}

func (r *relay) carry(effect gateway.Effect) {
	s := r.s
	switch f := effect.(type) {
	case gateway.FetchGatewayBot:
		s.after(s.between(1, 60), r.alive(r.fetch))
	case gateway.Dial:
		id := r.worldConn(f.Conn)
		r.open, r.upAt, r.downAt = id, 0, 0
		s.after(s.between(1, 100), r.alive(func() {
			if r.open != id {
				return
			}
			u, err := url.Parse(f.URL)
			if err != nil {
				s.fail("the gateway machine dials %q", f.URL)
				return
			}
			s.say("gateway: opens socket %d", f.Conn)
			r.step(gateway.Connected{Conn: f.Conn})
			s.world.Connect(s.now, id, world.Dial{Query: u.Query(), Host: "discord.test", Secure: true})
			s.drainWorld()
		}))
	case gateway.Send:
		id := r.worldConn(f.Conn)
		r.upAt = max(r.upAt, s.now+s.between(1, 50))
		s.at(r.upAt, r.alive(func() {
			if r.open == id {
				s.world.Receive(s.now, id, f.Data)
				s.drainWorld()
			}
		}))
	case gateway.Close:
		id := r.worldConn(f.Conn)
		s.say("gateway: closes socket %d with %d", f.Conn, f.Code)
		if r.open == id {
			r.open = 0
		}
		s.after(s.between(1, 50), func() {
			s.world.Disconnected(s.now, id, f.Code)
			s.drainWorld()
		})
	case gateway.SetTimer:
		r.timer = f.AtMs
		s.at(f.AtMs-r.offset, r.alive(func() {
			if r.timer == f.AtMs {
				r.timer = 0
				r.step(gateway.Timer{})
			}
		}))
	case gateway.Dispatch:
		r.dispatch(f)
	case gateway.SaveState:
		r.state = f.State
	case gateway.GapSuspected:
		s.say("gateway: events since %d may be lost", f.SinceMs)
		if defectGapKept.on() {
			return
		}
		r.gap(f.SinceMs)
	case gateway.Fatal:
		s.fail("the gateway machine gave up: %d %s", f.Code, f.Text)
	case gateway.Status, gateway.Count:
	default:
		s.fail("no relay knows the effect %T", effect)
	}
}

// gap tells of events that may be lost.
func (r *relay) gap(since int64) {
	r.newEpoch()
	g := &gap{since: since, epoch: r.epoch}
	r.gaps = append(r.gaps, g)
	if r.heard != 0 { // since is of a clock that may have been set
		since = min(since, r.heard)
	}
	r.deaf = append(r.deaf, [2]int64{since, r.s.now})
	r.report(g)
}

func (r *relay) fetch() {
	s := r.s
	res := s.request(rest.GatewayBot())
	s.after(res.DelayMs+s.between(1, 50), r.alive(func() {
		r.step(gateway.Skew{AheadMs: s.now/second*second - r.clock()})
		done := doneOf(res)
		if res.Lost {
			done.Failure = discord.FailureLost
		}
		r.step(discord.InfoOf(&done))
	}))
}

// fromWorld takes what Discord sends over a socket.
func (r *relay) fromWorld(o world.Output) {
	s := r.s
	if !r.up || o.Conn != r.open {
		return
	}
	conn := gateway.Conn(uint64(o.Conn) & (1<<32 - 1))
	r.downAt = max(r.downAt, s.now+s.between(1, 80))
	if o.Kind == world.CloseConn {
		s.at(r.downAt, r.alive(func() {
			if r.open == o.Conn {
				s.say("gateway: socket %d is closed by Discord with %d", conn, o.Code)
				r.open = 0
				r.step(gateway.Closed{Conn: conn, Code: o.Code})
			}
		}))
		return
	}
	s.at(r.downAt, r.alive(func() {
		if r.open == o.Conn {
			r.step(gateway.Frame{Conn: conn, Data: o.Frame})
		}
	}))
}

// newEpoch begins a stretch of events without a gap.
func (r *relay) newEpoch() { r.epoch = chat.MessageID(wire.SnowflakeAt(r.s.now + maxEpochSkew)) }

// dispatch brings the news of an event on its way; the event is taken once all of it is safe.
func (r *relay) dispatch(f gateway.Dispatch) {
	s := r.s
	if ready, ok := f.Event.(wire.Ready); ok {
		r.newEpoch()
		s.say("gateway: READY of session %s, epoch %s", ready.SessionID, r.epoch)
		return
	}
	r.heard = s.now
	place := s.place(r.epoch)
	d := discord.NewsOf(f.Event, &place, chat.Time(s.now))
	if d.Reply != nil {
		reply := *d.Reply
		s.after(s.between(1, 100), func() { s.request(reply) })
	}
	if d.Alert != "" {
		s.fail("news alert %s", d.Alert)
	}
	if d.Stray != nil {
		s.host.deliver(item{to: chat.DeskAddress, ev: *d.Stray})
	}
	if d.Gap != nil {
		r.gap(int64(d.Gap.Since()))
	}
	if len(d.News) == 0 {
		r.step(gateway.Taken{Conn: f.Conn, Seq: f.Seq})
		return
	}
	left := len(d.News)
	taken := r.alive(func() {
		if left--; left == 0 {
			r.step(gateway.Taken{Conn: f.Conn, Seq: f.Seq, Relevant: true})
		}
	})
	if defectTakenEarly.on() {
		r.step(gateway.Taken{Conn: f.Conn, Seq: f.Seq, Relevant: true})
	}
	for _, n := range d.News {
		r.enqueue(&errand{news: n, since: s.now, taken: taken})
	}
}

// report tells the desk of a gap until it has taken it.
func (r *relay) report(g *gap) {
	s := r.s
	if g.busy {
		return
	}
	g.busy = true
	s.after(s.between(5, 500), r.alive(func() {
		answered := false
		finish := r.alive(func() {
			if answered {
				return
			}
			answered = true
			g.busy = false
			r.report(g)
		})
		s.after(5*second, finish)
		s.host.deliver(item{to: chat.DeskAddress, ev: discord.GatewayGap{At: chat.Time(g.since), Epoch: g.epoch}, done: func(ok bool) {
			if !ok || answered || !r.up {
				return
			}
			answered = true
			s.say("gateway: the gap since %d is known to the desk", g.since)
			r.dropGap(g)
		}})
	}))
}

func (r *relay) dropGap(g *gap) {
	for i, o := range r.gaps {
		if o == g {
			r.gaps = append(r.gaps[:i:i], r.gaps[i+1:]...)
			return
		}
	}
}

// place is what the relay knows of the support channel.
func (s *Sim) place(epoch chat.MessageID) discord.Place {
	return discord.Place{Channel: wire.Snowflake(s.channel.String()), Guild: wire.Snowflake(s.world.GuildID().String()),
		Bot: wire.Snowflake(s.world.BotUser(botToken).String()), Epoch: epoch}
}

// drainWorld carries out what the model of Discord wants, and sees to its clock.
func (s *Sim) drainWorld() {
	for _, o := range s.world.Take() {
		s.relay.fromWorld(o)
	}
	next := s.world.NextTick()
	if next == 0 || s.tickAt != 0 && s.tickAt <= next && s.tickAt > s.now {
		return
	}
	s.tickAt = next
	s.at(next, func() {
		if s.tickAt != next {
			return
		}
		s.tickAt = 0
		s.world.Tick(s.now)
		s.drainWorld()
	})
}

// isTyping tells news that nobody is served by hearing late.
func isTyping(k chat.NewsKind) bool { return k == chat.NewsTyping }

// brieflyNews is a line for the transcript.
func brieflyNews(n chat.News) string {
	kinds := []string{"", "posted", "edited", "deleted", "typing", "reacted", "gone", "close", "block", "missed"}
	return strings.TrimSpace(kinds[n.Kind] + " in " + string(n.Thread) + " " + string(n.Message) + " " + n.Text)
}
