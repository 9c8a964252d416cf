package server

import (
	"errors"
	"fmt"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// commit makes a batch durable and then carries its effects out; or, where that
// fails, forgets it.
func (e *engine) commit(b *batch) {
	began := e.clock.Now()
	err := e.save(b.writes)
	b.stats.writes = len(b.writes)
	b.stats.failed = err != nil
	if err != nil {
		e.fail(b, err)
		e.observe(b.stats)
		return
	}
	if len(b.writes) > 0 {
		e.recover()
	}
	for _, w := range b.wakes {
		e.timers.set(w)
	}
	for a := range b.blocked {
		e.actors.drop(a)
	}
	for _, it := range b.stepped {
		e.finish(it)
	}
	for _, out := range b.effects {
		e.carry(b.now, out)
	}
	b.stats.took = millis(max(e.clock.Now()-began, 0))
	e.observe(b.stats)
}

// save is one transaction. A panic in it is an error like any other: an actor
// asked for something that no row can hold.
func (e *engine) save(writes []store.Writes) (err error) {
	if len(writes) == 0 {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("server: saving panicked: %v", v)
		}
	}()
	return e.store.Apply(writes)
}

// fail forgets a batch that could not be saved: its actors are rebuilt from what
// is on disk, and its effects never were.
func (e *engine) fail(b *batch, err error) {
	e.log.Error("a batch could not be saved", "events", len(b.items), "err", err)
	for a := range b.touched {
		e.actors.drop(a)
	}
	if !diskTrouble(err) {
		e.isolate(b, err)
		return
	}
	e.suffer(err)
	for _, it := range b.stepped {
		e.refuse(it, b.now)
	}
}

// diskTrouble tells the errors that will meet every event from those that one
// event may be the cause of.
func diskTrouble(err error) bool {
	for _, kind := range []error{store.ErrFull, store.ErrReadOnly, store.ErrIO, store.ErrCorrupt, store.ErrInUse} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// isolate steps the events of a failed batch again, one a batch, so that one
// that cannot be saved does not hold up the others.
func (e *engine) isolate(b *batch, err error) {
	retry := make([]item, 0, len(b.stepped))
	for _, it := range b.stepped {
		if len(b.stepped) == 1 {
			it.tries++
		}
		if it.tries >= maxTries {
			fresh := &batch{now: b.now}
			e.setAside(fresh, it, "cannot be saved")
			if err := e.save(fresh.writes); err != nil {
				e.log.Error("a poison event could not be kept", "err", err)
			}
			for _, w := range fresh.wakes {
				e.timers.set(w)
			}
			continue
		}
		retry = append(retry, *it)
	}
	b.deferred = append(retry, b.deferred...)
	e.alone = len(b.deferred) + len(e.front)
}

// suffer notes that nothing can be saved, and lets timers rest for a while.
func (e *engine) suffer(err error) {
	if e.troubled() == nil {
		e.hold = firstHold
	} else {
		e.hold = min(e.hold*2, lastHold)
	}
	e.trouble.Store(storeTrouble{err})
	e.held = e.clock.Now() + e.hold
}

// recover notes that saving works.
func (e *engine) recover() {
	if e.troubled() != nil {
		e.log.Info("saving works again")
		e.trouble.Store(storeTrouble{})
		e.held, e.hold = 0, 0
	}
}

// probe tries whether saving works again while nobody asks for anything. It is
// false when there is nothing to try.
func (e *engine) probe(now chat.Time) bool {
	if e.troubled() == nil || now < e.held {
		return false
	}
	err := e.save([]store.Writes{{Actor: hostActor, Rows: []records.Row{(&records.Egress{Name: "probe", AtMs: int64(now)}).Row()}}})
	if err != nil {
		e.suffer(err)
		return false
	}
	e.recover()
	return true
}

// finish says that an event was dealt with.
func (e *engine) finish(it *item) {
	if _, ok := it.ev.(chat.TimerFired); ok {
		e.timers.fired(it.to)
	}
	it.end(true)
}

// end says what became of an event, once.
func (it *item) end(taken bool) {
	if it.done != nil {
		it.done(taken)
		it.done = nil
	}
}

// refuse tells whoever is concerned that an event could not be taken.
func (e *engine) refuse(it *item, now chat.Time) {
	if found, ok := it.ev.(chat.MessagesFound); ok {
		it.ev = found.Cause()
	}
	e.tellRefused(it, now, chat.CodeUnavailable, lastHold)
	switch ev := it.ev.(type) {
	case chat.ThreadNews:
		if ev.Ticket == "" || it.to.Kind == chat.KindSession {
			e.putOff(it)
			return
		}
	case nil, chat.ConnOpened, chat.FrameReceived, chat.EndSession, chat.TurnstileVerified, chat.HistoryLoaded, chat.ConnClosed:
	case chat.TimerFired:
		// It is still due on disk.
		e.timers.again(it.to)
	default:
		e.putOff(it)
		return
	}
	e.finish(it)
}

// putOff keeps what an actor or the desk said until the disk works again.
func (e *engine) putOff(it *item) {
	if len(e.later) >= maxPutOff {
		it.end(false) // whoever told it remembers
		return
	}
	e.later = append(e.later, *it)
}

// tellRefused tells whoever is concerned what the core says of it.
func (e *engine) tellRefused(it *item, now chat.Time, code chat.Code, retry chat.Time) {
	for _, effect := range chat.Refused(it.ev, code, retry) {
		e.carry(now, outgoing{from: it.to, effect: effect})
	}
}
