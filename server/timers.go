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
