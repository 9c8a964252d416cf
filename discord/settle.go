package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// settle tells a conversation what became of its call, and puts it where it belongs then.
func (e *Egress) settle(c *conv, call *chat.DeskCall, result chat.DeskResult) {
	slot, next := false, chat.Time(0)
	more := false
	switch result.Outcome {
	case chat.OutcomeDone:
		slot, next = e.slotFor(call)
		more = call.More || c.more
	case chat.OutcomeTooLate, chat.OutcomeRefused, chat.OutcomeGone:
		more = c.more // it may have handed the same over anew, and not heed what became of this one
		slot = !more && e.open() && e.ring.pressing(e.now) == nil
	}
	e.tell(c.route, chat.DeskDone{Key: call.Key, HandedAt: call.HandedAt, Result: result, Slot: slot})
	switch {
	case result.Outcome == chat.OutcomeDoubt && c.notBefore > e.now:
		e.ring.hold(c, e.now, c.notBefore) // it comes back by itself, but not at once
	case more && !slot:
		e.ring.leave(c)
		c.reset()
		c.state, c.unsent = convIdle, 0
		if next > e.now {
			e.ring.block(c, e.now, next, "")
		} else {
			e.ring.wait(c, e.now, false)
		}
	case next > e.now:
		c.reset()
		e.ring.hold(c, e.now, next)
	default:
		// With a slot the conversation hands over what is next by itself.
		e.ring.rest(c, e.now)
	}
}

// slotFor says whether the call that follows would be taken at once, and if only its own limit keeps it back until when.
func (e *Egress) slotFor(call *chat.DeskCall) (slot bool, next chat.Time) {
	// While others wait the slot is theirs, and the scheduler is not troubled: even a permit that is given back takes its place in the pace.
	if call.Kind == chat.CallTyping || e.ring.asked > 0 || e.ring.pressing(e.now) != nil || !e.open() {
		return false, 0
	}
	thread := wire.Snowflake(call.Thread)
	if call.Kind == chat.CallOpen {
		thread = wire.Snowflake(call.Message)
	}
	if thread == "" {
		return true, 0
	}
	probe := rest.CreateMessage(thread, rest.Post{Content: ".", Nonce: "."})
	d := e.sched.Reserve(int64(e.now), &probe)
	switch {
	case d.Go:
		e.sched.Cancel(int64(e.now), d.Permit)
		return true, 0
	case !d.All:
		return false, chat.Time(d.At)
	}
	return false, 0
}
