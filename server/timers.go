package server

import (
	"cloudflarechat/chat"
)

// wake is a timer on its way to be kept.
type wake struct {
	at       chat.Address
	time     chat.Time
	volatile bool
}

// timers knows when the next timer is due. Those of the actor table are not
// held in memory: the table has an index, and there may be one a session of the
// last 90 days.
type timers struct {
	// durable is when the earliest in the table may be due; 0 is not known to be
	// anything. It may be too early, never too late.
	durable chat.Time
	// volatile are the short ones, in memory alone.
	volatile map[chat.Address]chat.Time
	// firing have an event under way.
	firing map[chat.Address]bool
}

func newTimers() timers {
	// 1 is long ago: the table is asked at once.
	return timers{durable: 1, volatile: map[chat.Address]chat.Time{}, firing: map[chat.Address]bool{}}
}

func (t *timers) set(w wake) {
	delete(t.volatile, w.at)
	switch {
	case w.volatile:
		t.volatile[w.at] = w.time
	case w.time != 0 && (t.durable == 0 || w.time < t.durable):
		t.durable = w.time
	}
}

func (t *timers) next() chat.Time {
	at := t.durable
	for _, v := range t.volatile {
		if at == 0 || v < at {
			at = v
		}
	}
	return at
}

func (t *timers) fired(at chat.Address) { delete(t.firing, at) }

// again lets a timer fire that did, but was not heard.
func (t *timers) again(at chat.Address) {
	delete(t.firing, at)
	t.durable = 1
}

// dueTimers adds an event for each timer that has come.
func (e *engine) dueTimers(batch []item, now chat.Time) []item {
	fire := func(at chat.Address) {
		if !e.timers.firing[at] {
			e.timers.firing[at] = true
			batch = append(batch, item{to: at, ev: chat.TimerFired{}})
		}
	}
	for at, when := range e.timers.volatile {
		if when <= now {
			delete(e.timers.volatile, at)
			fire(at)
		}
	}
	if e.timers.durable == 0 || e.timers.durable > now {
		return batch
	}
	due, err := e.store.Due(int64(now), maxBatchEvents)
	if err != nil {
		e.log.Error("timers could not be read", "err", err)
		e.suffer(err)
		return batch
	}
	for _, w := range due {
		fire(chat.Address{Kind: chat.ActorKind(w.Actor.Kind), Key: w.Actor.Key})
	}
	e.timers.durable = now
	if len(due) < maxBatchEvents {
		e.timers.durable = e.nextDurable(now)
	}
	return batch
}

// oldTimers is how far beyond the old time timers are woken after the clock was
// set back: a short wait was one of the old clock, a long one is not much longer
// by it.
const oldTimers = 10 * chat.Minute

// setBack takes in that the clock was set back. Whoever waits for a time of the
// old clock is woken, so that it can measure anew: actors hold such times, and
// know how to forget them, but only when they are stepped.
func (e *engine) setBack(by, now chat.Time) {
	e.log.Warn("the clock was set back", "by", millis(by).String())
	if e.held != 0 {
		e.held = max(e.held-by, 1)
	}
	wake := func(at chat.Address) {
		if !e.timers.firing[at] {
			e.timers.firing[at] = true
			e.tells = append(e.tells, item{to: at, ev: chat.TimerFired{}})
		}
	}
	clear(e.timers.volatile)
	wake(chat.DeskAddress)
	for at := range e.actors.at { // order does not matter: no actor waits for another
		if at.Kind == chat.KindSession {
			wake(at)
		}
	}
	due, err := e.store.Due(int64(now+by+oldTimers), maxBatchEvents)
	if err != nil {
		e.log.Error("timers could not be read", "err", err)
		e.suffer(err)
	}
	for _, w := range due {
		wake(chat.Address{Kind: chat.ActorKind(w.Actor.Kind), Key: w.Actor.Key})
	}
}

// nextDurable asks the table for the earliest timer after now.
func (e *engine) nextDurable(now chat.Time) chat.Time {
	at, err := e.store.NextDue(int64(now))
	if err != nil {
		e.log.Error("timers could not be read", "err", err)
		e.suffer(err)
		return now
	}
	return chat.Time(at)
}
