package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// The ramp is where calls wait that were handed over a moment before Discord takes them. Between asking a conversation and its answer lie two hops from actor to
// actor and a save, 10 to 100 ms, and a slot comes every 20 ms: were a conversation asked only when its slot is there, most slots would pass unused.
// The ramp is short, and what stands on it is lost with the Egress without harm: the conversations have it on disk.
const (
	// rampMost is how many calls may stand there, those included that were asked for: a quarter of a second's worth.
	rampMost = 12
	// rampSoon is how long before the way opens conversations are asked.
	rampSoon = chat.Second
)

// soon says whether what is handed over now may leave in a moment.
func (e *Egress) soon() bool {
	return e.place.known() && !e.health.TokenDead && chat.Time(e.sched.Gate(int64(e.now))) <= e.now+rampSoon
}

// rampRoom is how many calls the ramp takes. While every connection is in use the answers set the pace, and few are kept waiting for them.
func (e *Egress) rampRoom() int {
	if e.calls >= e.opt.MaxInFlight {
		return 2
	}
	return rampMost
}

// ask asks waiting conversations for what they have, in turn.
func (e *Egress) ask() {
	for e.ring.asked+e.held < e.rampRoom() && e.soon() {
		c := e.ring.pick(e.now, chat.Time(e.sched.LowGate(int64(e.now))))
		if c == nil {
			return
		}
		e.ring.ask(c, e.now)
		e.tell(c.route, chat.DeskPull{Unsent: c.unsent, At: e.now})
	}
}

// hold puts a call on the ramp, where there is room. It leaves in the same step if it may.
func (e *Egress) hold(c *conv, call *chat.DeskCall) bool {
	if !e.soon() || e.held >= rampMost {
		return false
	}
	e.flights = append(e.flights, &flight{conv: c, call: *call, held: true, begun: e.now})
	e.held++
	e.ring.fly(c)
	return true
}

// depart lets a call leave the ramp, if it may; if not for longer, it goes back to its conversation.
func (e *Egress) depart(f *flight) {
	c, h := f.conv, &e.halts[scopeOf(f.call.Kind)]
	if tooLate(&f.call, e.now) && f.call.CheckFrom == 0 {
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		return
	}
	if until := h.closed(e.now); until > 0 {
		e.giveBack(f, until, chat.CodeDeskMisset)
		return
	}
	cl := classOf(f.call.Kind)
	if e.ring.gates[cl] > e.now {
		e.giveBack(f, 0, "")
		return
	}
	f.looked, f.turned = false, false
	f.step = e.firstStep(f)
	f.req = e.request(f)
	if c.since != 0 && c.since+lowPatience <= e.now {
		f.req.Low = false
	}
	var d rest.Decision
	if full := e.calls >= e.opt.MaxInFlight; !full {
		d = e.sched.Reserve(int64(e.now), &f.req)
	} else if f.call.Kind != chat.CallTyping {
		f.retryAt = 0 // an answer brings it on
		return
	}
	switch {
	case d.Go:
		f.held = false
		e.held--
		e.calls++
		h.tried(f)
		e.begin(&f.call)
		e.countDelay(c, f.call.Kind)
		e.leave(f, d.Permit)
	case f.call.Kind == chat.CallTyping:
		// Nobody is served by hearing later that somebody typed.
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeTooLate})
	case d.Reason == rest.DeadToken:
		e.tokenDead()
		e.giveBack(f, 0, "")
	case (cl == classAnnounce || cl == classOpen) && !d.All && d.At > int64(e.now) && d.At <= int64(e.now+tellAfter):
		// All conversations meet this limit: they wait together, and are asked one by one when it is over.
		e.ring.gates[cl] = chat.Time(d.At)
		e.giveBack(f, 0, "")
	case !d.All && d.At > int64(e.now):
		e.giveBack(f, chat.Time(d.At), "")
	case d.At-int64(e.now) > int64(shortWait):
		e.giveBack(f, 0, "")
	default:
		f.retryAt = chat.Time(d.At)
	}
}
