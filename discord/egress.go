package discord

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// Egress sends for all conversations of a bot. It implements [chat.Actor] and lives at [chat.DeskAddress]. Make it with [NewEgress].
//
// It answers each [chat.DeskReady] that carries a call and finds a slot by carrying the call out and saying [chat.DeskDone] once. Without a
// slot it drops the call, puts the conversation into a ring, and asks for it with [chat.DeskPull] when its turn has come.
type Egress struct {
	opt   Options
	sched *rest.Scheduler
	ring  ring
	// flights are the calls that were begun and are not done, in the order of their beginning: at most Options.MaxInFlight and the
	// few of the Egress's own jobs.
	flights []*flight
	// calls counts those of conversations that have left, held those that wait at the ramp.
	calls, held int
	nextID      uint64

	place  place
	halts  [scopes]halt
	sweep  sweep
	room   room
	hint   hint
	meter  meter
	unwell unwell
	// plan is what a day allows and what is spent of it.
	plan   plan
	rows   keeper
	health Health
	// noted is what was noted last to be wrong, notedHost whether the host said it.
	noted     string
	notedHost bool
	// history is until when the bot is taken to be allowed to read a thread's history, noHistory until when not to be.
	history, noHistory chat.Time
	// noMarks and noLocks are until when the bot is taken not to be allowed to set marks and to lock threads.
	noMarks, noLocks chat.Time
	// rechecked is when somebody last said that something was mended; recheckAt is when to look again, because it was said once more soon after.
	rechecked, recheckAt chat.Time

	now   chat.Time
	timer chat.Time // the one that is set; 0 for none
	out   []chat.Effect
	saves []chat.Row
	awoke bool
	// begun is when the newest call was handed over that makes or renames a private or forum thread.
	begun  chat.Time
	unread unread
	// postedAt is when a post last arrived in a thread.
	postedAt chat.Time
	// garbled counts the answers since the last one that could be read.
	garbled int
	// born is when this life began. Before ahead, times may be of a clock that was set back since.
	born, ahead chat.Time
}

var _ chat.Actor = (*Egress)(nil)

// lostAfter is how long the answer to a call may take before it is taken for lost. A host gives up at 15 s.
const lostAfter = 90 * chat.Second

// NewEgress rebuilds the Egress from the rows that [EgressTails] asks for and the timer that is set (0: none). Its first step pokes the
// conversations that waited.
func NewEgress(opt Options, rows []chat.Row, timer chat.Time) *Egress {
	opt = opt.filled()
	if !opt.Channel.Valid() {
		panic("discord: the support channel " + strconv.Quote(string(opt.Channel)) + " is no id")
	}
	e := &Egress{opt: opt, ring: newRing(), timer: timer}
	e.sched = e.newScheduler()
	e.load(rows)
	return e
}

func (e *Egress) newScheduler() *rest.Scheduler {
	return rest.New(rest.Options{BudgetPerSecond: e.opt.RequestsPerSecond, Seed: e.opt.Seed,
		MaxInFlight: e.opt.MaxInFlight + ownFlights})
}

// Step implements [chat.Actor]. An event of a kind that no Egress is given panics.
func (e *Egress) Step(now chat.Time, event chat.Event) []chat.Effect {
	e.out, e.saves = nil, nil
	if now < e.now-chat.Second {
		e.clockBack(e.now - now)
	}
	e.now = now
	e.awake()
	switch ev := event.(type) {
	case chat.DeskReady:
		e.ready(ev)
	case chat.DeskIdle:
		e.idle(ev)
	case CallDone:
		e.done(ev)
	case chat.TimerFired:
		e.timer = 0
	case GatewayGap:
		e.gap(ev)
	case chat.NewsAnswered:
		e.taken(ev)
	case Recheck:
		e.recheckAt = e.now
		if e.rechecked != 0 {
			e.recheckAt = max(e.now, e.rechecked+recheckPause)
		}
	case Stray:
		e.stray(ev)
	case Unwell:
		e.heardUnwell(ev)
	case Spent:
		e.spent(ev)
	default:
		panic("discord: an egress was given " + event.EventName())
	}
	e.pump()
	e.countReady()
	e.noteWrong()
	e.setTimer()
	return e.effects()
}

// awake is the rest of a rebuild, for which the time had to be known.
func (e *Egress) awake() {
	if e.awoke {
		return
	}
	e.awoke, e.born = true, e.now
	e.begun = min(e.begun, e.now) // the clock may have been set back since
	e.sweep.next = min(e.sweep.next, e.now+tellAtLast)
	// A thousand numbers a millisecond, and below 2^53 for another two hundred years: no number of an earlier life comes again.
	e.nextID = uint64(max(e.now, 0)) << 10
	e.sched.Restore(int64(e.now), e.rows.durable)
}

func (e *Egress) emit(f chat.Effect) { e.out = append(e.out, f) }

func (e *Egress) tell(r chat.Route, ev chat.Event) {
	e.emit(chat.Tell{To: chat.SessionAt(r), Event: ev})
}

// effects puts the rows of the step first.
func (e *Egress) effects() []chat.Effect {
	if len(e.saves) == 0 {
		return e.out
	}
	return append([]chat.Effect{chat.Save{Rows: e.saves}}, e.out...)
}

// ready takes in that a conversation has something.
func (e *Egress) ready(ev chat.DeskReady) {
	c := e.ring.convs[ev.From]
	if c == nil {
		if len(e.ring.convs) >= e.opt.MaxReady {
			e.tell(ev.From, chat.DeskDelayed{Until: e.now + fullWait, Code: chat.CodeDeskSlow})
			e.health.Refused++
			return
		}
		c = e.ring.of(ev.From)
	}
	if c.state == convFlying {
		if f := e.flightOf(c); f == nil || f.held || f.begun+lostAfter > e.now {
			c.more = true
			return
		}
		e.lose(e.flightOf(c))
		c = e.ring.of(ev.From) // it may have been forgotten with that
	}
	if ev.Call == nil {
		switch c.state {
		case convIdle:
			if c.notBefore > e.now {
				e.ring.block(c, e.now, c.notBefore, c.why)
			} else {
				e.ring.wait(c, e.now, false)
			}
		case convWaiting, convBlocked:
			if c.class == classLow {
				e.reclass(c, classPost) // it had only what may wait, and has more now
			}
		case convAsked:
			// It announces itself instead of answering: perhaps it did not hear the pull, perhaps its answer is on the way.
			c.unsent = 0
			e.ring.wait(c, e.now, false)
		}
		return
	}
	e.offered(c, ev.Call)
}

// fullWait is when a conversation that found the ring full may come again.
const fullWait = 60 * chat.Second

// staleCall is how old a call may be that nobody was asked for, as far as the clock can tell. What is told twice may come for the second time when its conversation has
// long given it up, and gone on in another thread: so that is asked for what it has now.
const staleCall = 30 * chat.Second

// offered takes in a call: it is sent now, or dropped and asked for later.
func (e *Egress) offered(c *conv, call *chat.DeskCall) {
	if call.CheckFrom != 0 && call.HandedAt > e.now+bornMargin { // the clock was set back on the way
		old := *call
		old.CheckFrom = 1
		call = &old
	}
	asked := c.state == convAsked
	c.unsent = 0
	if call.Kind < chat.CallAnnounce || call.Kind > chat.CallTyping {
		e.settle(c, call, chat.DeskResult{Outcome: chat.OutcomeRefused, Code: chat.CodeRefused})
		return
	}
	if !defectOnce && !asked && (e.now-call.HandedAt >= staleCall || e.now < e.ahead) {
		e.askAnew(c, call)
		return
	}
	if call.Kind == chat.CallMark && e.now < e.noMarks {
		e.settle(c, call, chat.DeskResult{Outcome: chat.OutcomeRefused})
		return
	}
	if tooLate(call, e.now) && call.CheckFrom == 0 { // one in doubt is looked for first
		e.settle(c, call, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		return
	}
	if e.mayBeOver(call) {
		e.askAnew(c, call)
		return
	}
	cl := classOf(call.Kind)
	// A conversation that was asked in a post's turn and answers with less waits for the turn of that.
	had := asked && (cl != classLow || c.class == classLow)
	if c.notBefore <= e.now && (had || !e.ring.waiting(cl)) && e.hold(c, call) {
		return
	}
	if call.Kind == chat.CallTyping {
		// Nobody is served by hearing later that somebody typed.
		e.settle(c, call, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		return
	}
	c.unsent = e.unsent(call)
	switch {
	case c.state == convWaiting || c.state == convBlocked:
		e.reclass(c, cl)
	case c.notBefore > e.now:
		until := c.notBefore
		e.ring.leave(c)
		c.state, c.class = convIdle, cl
		e.ring.block(c, e.now, until, c.why)
	default:
		e.ring.leave(c)
		c.state, c.class = convIdle, cl
		e.ring.wait(c, e.now, had)
	}
}

// reclass moves a waiting conversation to another class.
func (e *Egress) reclass(c *conv, cl class) {
	if c.class == cl {
		return
	}
	if c.state != convWaiting {
		c.class = cl
		return
	}
	e.ring.leave(c)
	c.state, c.class = convIdle, cl
	e.ring.wait(c, e.now, false)
}

// idle takes in that a conversation has nothing more.
func (e *Egress) idle(ev chat.DeskIdle) {
	c := e.ring.convs[ev.From]
	switch {
	case c == nil:
	case c.state == convFlying:
		c.more = false
	case c.state == convIdle:
	case c.notBefore > e.now:
		e.ring.hold(c, e.now, c.notBefore)
	default:
		e.ring.rest(c, e.now)
	}
}

func tooLate(call *chat.DeskCall, now chat.Time) bool {
	return call.NotAfter != 0 && now > call.NotAfter
}

// open says whether another call of a conversation may be begun at all.
func (e *Egress) open() bool {
	return e.place.known() && !e.health.TokenDead && e.calls < e.opt.MaxInFlight && e.sched.Gate(int64(e.now)) == 0
}

// pump moves on everything that can move on at this time. The Egress's own requests are few and go first.
func (e *Egress) pump() {
	e.loseOld()
	if e.recheckAt != 0 && e.recheckAt <= e.now {
		e.recheck()
	}
	e.ownJobs()
	e.resume()
	e.fallDue()
	e.identify()
	e.ask()
	e.saveBlocks()
}

// maxDueEachStep bounds the work of one step; the rest follows in the next one.
const maxDueEachStep = 64

// fallDue looks after conversations of which something fell due.
func (e *Egress) fallDue() {
	for range maxDueEachStep {
		if len(e.ring.dues) == 0 || e.ring.dues[0].due > e.now {
			return
		}
		e.due(e.ring.dues[0])
	}
}

func (e *Egress) due(c *conv) {
	switch c.state {
	case convIdle:
		if c.notBefore != 0 && c.notBefore <= e.now {
			c.notBefore = 0
			c.reset()
		}
		if c.rowKey >= 0 && c.idleSince+forgetAfter <= e.now {
			e.dropRow(c)
		}
		if c.rowKey < 0 && c.notBefore == 0 {
			e.ring.forget(c)
			return
		}
	case convBlocked:
		if c.notBefore <= e.now {
			e.ring.wait(c, e.now, false)
		}
	case convAsked:
		if !c.stale && c.asked+askFresh <= e.now {
			c.stale = true
			e.ring.asked--
		}
		if c.asked+askAgain <= e.now {
			c.unsent = 0 // whatever it handed over may be on its way to us
			e.ring.wait(c, e.now, false)
		}
	}
	if c.state != convIdle && c.state != convFlying {
		if c.rowKey < 0 && c.since+saveAfter <= e.now {
			e.saveRow(c)
		}
		if c.tellAt != 0 && c.tellAt <= e.now {
			e.tellDelay(c)
		}
	}
	e.ring.schedule(c)
}

// tellDelay tells a conversation that it will wait, where that is news.
func (e *Egress) tellDelay(c *conv) {
	until, code := e.delay(c)
	if code != c.told || until > c.toldUntil+tellAfter {
		c.told, c.toldUntil = code, until
		e.tell(c.route, chat.DeskDelayed{Until: until, Code: code})
	}
	c.tellAt = 0
	if until > 0 {
		c.tellAt = until + tellAfter // if it waits then still
	}
}

// delay gives until when, as far as is known, and why a conversation waits.
func (e *Egress) delay(c *conv) (until chat.Time, code chat.Code) {
	if e.health.TokenDead || e.place.wrong != "" {
		return 0, chat.CodeDeskMisset
	}
	code = chat.CodeDeskSlow
	if c.state == convBlocked {
		until = c.notBefore
		if c.why != "" {
			code = c.why
		}
	}
	if c.state == convWaiting {
		until = e.ring.gates[c.class]
	}
	until = max(until, chat.Time(e.sched.Gate(int64(e.now))))
	if until <= e.now+chat.Second {
		until = 0
	}
	return until, code
}

// setTimer sets the one timer where something falls due before it.
func (e *Egress) setTimer() {
	at := e.wake()
	if at == 0 || e.timer != 0 && e.timer <= at {
		return
	}
	e.timer = at
	e.emit(chat.SetTimer{At: at})
}

// wake gives the earliest time at which there is something to do; 0 is never.
func (e *Egress) wake() (at chat.Time) {
	sooner := func(t chat.Time) {
		if t > 0 && (at == 0 || t < at) {
			at = max(t, e.now+1)
		}
	}
	if len(e.ring.dues) > 0 {
		sooner(e.ring.dues[0].due)
	}
	for _, f := range e.flights {
		if f.id == 0 {
			sooner(f.retryAt)
		}
	}
	sooner(e.recheckAt)
	sooner(e.place.wake(e))
	sooner(e.sweep.wake(e))
	sooner(e.room.wake(e))
	sooner(e.hint.wake(e))
	sooner(e.unwell.wake(e))
	sooner(e.plan.wake(e))
	for cl := range e.ring.queues {
		if e.ring.queues[cl].head != nil && e.ring.gates[cl] > e.now {
			sooner(e.ring.gates[cl])
		}
	}
	if e.ring.queues[classLow].head != nil {
		if turn := e.ring.lowTurn(chat.Time(e.sched.LowGate(int64(e.now)))); turn > e.now {
			sooner(turn)
		}
	}
	if e.held > 0 || e.ring.waiting(classLow) {
		if gate := chat.Time(e.sched.Gate(int64(e.now))); gate > e.now+rampSoon && !e.health.TokenDead && e.place.known() {
			sooner(gate - rampSoon)
		}
		for _, f := range e.flights {
			if !f.held {
				sooner(f.begun + lostAfter)
			}
		}
	}
	return at
}
