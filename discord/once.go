package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/wire"
)

// A private or forum thread is known again by the name that it is made with, and it is renamed right after. So a call that is told twice, the second
// time late, would not find what the first telling made, and make another thread. So it is known when the newest call was handed over that made a thread or
// renamed one: a call to make one that is not newer may have had its effect long ago, and its conversation is asked what it has now.

// onceWait is how long a conversation waits that was asked, and whose answer is not newer: the clocks of two hosts differ.
const onceWait = chat.Second / 4

// makesThread says whether a call makes a thread that a repeat of the request would make again.
func (e *Egress) makesThread(call *chat.DeskCall) bool {
	return call.Kind == chat.CallAnnounce && e.kind() != ThreadsPublic
}

// bornMargin is how much the clocks of the hosts of two actors may differ.
const bornMargin = 2 * chat.Second

// heardFirst says that a call cannot have been heard by an earlier life of this Egress, which may have sent it: an event that is told twice may
// come once before and once after a rebuild.
func (e *Egress) heardFirst(call *chat.DeskCall) bool { return call.HandedAt > e.born+bornMargin }

// unsent is what a conversation may be told of a call that is dropped here: when it was handed over; 0 where it may have been sent.
func (e *Egress) unsent(call *chat.DeskCall) chat.Time {
	if !e.heardFirst(call) {
		return 0
	}
	return call.HandedAt
}

// mayBeOver says whether a call may have been carried out already, and what it made renamed.
func (e *Egress) mayBeOver(call *chat.DeskCall) bool {
	return !defectOnce && e.makesThread(call) && (call.HandedAt <= e.begun || call.HandedAt > e.now+bornMargin)
}

// begin notes, durably and before the request leaves, that a thread is made or renamed.
func (e *Egress) begin(call *chat.DeskCall) {
	if scopeOf(call.Kind) != scopeOpening || e.kind() == ThreadsPublic || call.HandedAt <= e.begun {
		return
	}
	e.begun = call.HandedAt
	e.saveFact(keyBegun, records.Egress{Name: "begun", AtMs: int64(e.begun)})
}

// askAnew drops a call and asks its conversation for what it has now.
func (e *Egress) askAnew(c *conv, call *chat.DeskCall) {
	if c.state == convWaiting || c.state == convBlocked {
		return // it will be asked
	}
	wait := c.notBefore
	if c.state == convAsked {
		wait = max(wait, e.now+onceWait)
	}
	e.ring.leave(c)
	c.state, c.class = convIdle, classOf(call.Kind)
	if wait > e.now {
		e.ring.block(c, e.now, wait, c.why)
		return
	}
	e.ring.wait(c, e.now, false)
}

// lockedThread tells whether a thread, as an answer describes it, takes nothing more from those who do not manage threads.
func lockedThread(body []byte) bool {
	c, err := wire.ParseChannel(body)
	return err == nil && c.Locked
}
