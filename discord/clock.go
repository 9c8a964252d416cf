package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// clockBack takes in that the clock was set back: what rests until a time of the old clock rests no longer for it. Nobody knows how long
// the calls that wait here have been waiting, so an earlier attempt is looked for first.
func (e *Egress) clockBack(by chat.Time) {
	back := func(times ...*chat.Time) {
		for _, t := range times {
			if *t != 0 {
				*t = max(*t-by, 1)
			}
		}
	}
	// What is told twice comes for the second time within minutes.
	if ahead := min(max(e.ahead, e.now), e.now-by+chat.Hour); ahead != e.ahead {
		e.ahead = ahead
		e.saveFact(keyAhead, records.Egress{Name: "ahead", AtMs: int64(e.ahead)})
	}
	e.sched.ClockBack(int64(by))
	e.rows.unsaved = true
	e.ring.gates = [classes]chat.Time{}
	// order does not matter: each moves by itself, and all alike, so the order of what falls due stays.
	for _, c := range e.ring.convs {
		back(&c.since, &c.notBefore, &c.asked, &c.idleSince, &c.tellAt, &c.toldUntil, &c.due, &c.badAt, &c.refusedAt)
	}
	for _, f := range e.flights {
		back(&f.begun, &f.retryAt)
		if f.call.CheckFrom != 0 {
			f.call.CheckFrom = 1
		}
	}
	for i := range e.halts {
		back(&e.halts[i].until, &e.halts[i].passedAt)
	}
	back(&e.place.retryAt, &e.room.next, &e.plan.next, &e.meter.at, &e.rechecked, &e.recheckAt, &e.noMarks, &e.noLocks, &e.history, &e.noHistory, &e.born, &e.begun, &e.postedAt)
	back(&e.hint.said, &e.hint.looked, &e.hint.next, &e.unwell.since, &e.unwell.said, &e.unwell.next)
	back(&e.sweep.since, &e.sweep.next, &e.sweep.tellAt, &e.sweep.again)
	for i := range e.sweep.queue {
		back(&e.sweep.queue[i].next)
	}
	e.timer = 0
}
