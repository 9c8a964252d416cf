package server

import (
	"fmt"
	"runtime/debug"

	"cloudflarechat/chat"
	"cloudflarechat/store"
)

// batch is what the steps between two commits add up to.
type batch struct {
	now     chat.Time
	items   []item
	stepped []*item // those whose step ended well
	// deferred are those that must wait for the commit, in order.
	deferred []item
	writes   []store.Writes
	effects  []outgoing
	// touched actors were stepped; blocked ones get nothing more in this batch.
	touched, blocked map[chat.Address]bool
	wakes            []wake
	stats            batchStats
}

// outgoing is an effect that waits for its batch to be durable.
type outgoing struct {
	from   chat.Address
	effect chat.Effect
}

// step gives one event to its actor and gathers what comes back.
func (e *engine) step(b *batch, it *item) {
	e.meet(it)
	if b.blocked[it.to] {
		b.deferred = append(b.deferred, *it)
		return
	}
	var actor chat.Actor
	var err error
	// What is on disk may be what no release wrote: a hand in the database, a bug of
	// an earlier one.
	if broken := guard(func() { actor, err = e.actor(it.to) }); broken != nil {
		broken.unbuilt = true
		e.broke(b, it, broken)
		return
	}
	if err != nil {
		e.log.Error("an actor could not be loaded", "kind", kindName(it.to.Kind), "err", err)
		e.suffer(err)
		e.refuse(it, b.now)
		return
	}
	b.touched[it.to] = true
	var effects []chat.Effect
	if broken := guard(func() { effects = actor.Step(b.now, it.ev) }); broken != nil {
		e.broke(b, it, broken)
		return
	}
	b.stats.events++
	b.stepped = append(b.stepped, it)
	e.keep(b, it, effects)
}

// guard does something with an actor and catches a panic at its edge.
func guard(f func()) (broken *breakage) {
	defer func() {
		if v := recover(); v != nil {
			broken = &breakage{value: v, stack: debug.Stack()}
		}
	}()
	f()
	return nil
}

// breakage is a panic that was caught.
type breakage struct {
	value any
	stack []byte
	// unbuilt is set where there was no actor yet to be stepped.
	unbuilt bool
}

// keep sorts the effects of a step: what must be durable, and what waits for it.
func (e *engine) keep(b *batch, it *item, effects []chat.Effect) {
	w := store.Writes{Actor: storeActor(it.to)}
	_, fired := it.ev.(chat.TimerFired)
	for _, effect := range effects {
		switch f := effect.(type) {
		case chat.Save:
			w.Rows = append(w.Rows, f.Rows...)
		case chat.Erase:
			w.Erase = true
			// What comes next meets a new actor, once this is durable.
			b.blocked[it.to] = true
		case chat.SetTimer:
			e.keepTimer(b, it.to, f.At, fired, &w)
			fired = false
		default:
			b.effects = append(b.effects, outgoing{it.to, effect})
		}
	}
	if fired {
		// The timer is spent, and its actor wants no other.
		w.SetTimer, w.WakeAtMs = true, 0
	}
	if len(w.Rows) > 0 || w.Erase || w.SetTimer {
		b.writes = append(b.writes, w)
	}
}

// keepTimer decides where a timer is kept. The desk's short waits are in memory
// alone: a restart wakes it anyway.
func (e *engine) keepTimer(b *batch, a chat.Address, at chat.Time, fired bool, w *store.Writes) {
	if a.Kind == chat.KindDesk && at != 0 && at-b.now < volatileWait {
		b.wakes = append(b.wakes, wake{a, at, true})
		w.SetTimer = w.SetTimer || fired // the one on disk is spent
		return
	}
	w.SetTimer, w.WakeAtMs = true, int64(at)
	b.wakes = append(b.wakes, wake{a, at, false})
}

// broke deals with a step that panicked, or with an actor that cannot be
// rebuilt: the actor goes, and the event comes again, a few times.
func (e *engine) broke(b *batch, it *item, br *breakage) {
	b.stats.panics++
	b.blocked[it.to] = true
	it.tries++
	// The value of a panic may hold what somebody wrote: its type and the stack say
	// enough.
	e.log.Error("a step panicked", "kind", kindName(it.to.Kind), "event", it.ev.EventName(), "try", it.tries,
		"panic", fmt.Sprintf("%T", br.value), "stack", string(br.stack))
	if it.tries < maxTries {
		b.deferred = append(b.deferred, *it)
		return
	}
	reason := fmt.Sprintf("panic %T", br.value)
	if br.unbuilt {
		reason = "cannot be rebuilt: " + reason
	}
	e.setAside(b, it, reason)
}

// meet notes who comes and who goes before the event is stepped.
func (e *engine) meet(it *item) {
	switch ev := it.ev.(type) {
	case chat.ConnOpened:
		if it.link != nil {
			e.attach(it.to, ev.Conn, it.link)
			it.link = nil
		}
	case chat.ConnClosed:
		e.detach(ev.Conn)
	case chat.TimerFired:
		if it.to.Kind == chat.KindSession {
			it.ev = chat.TimerFired{Heard: e.heard(it.to)}
		}
	}
}

func kindName(k chat.ActorKind) string {
	switch k {
	case chat.KindSession:
		return "session"
	case chat.KindRegistry:
		return "registry"
	case chat.KindDesk:
		return "desk"
	}
	return "host"
}

func storeActor(a chat.Address) store.Actor { return store.Actor{Kind: uint8(a.Kind), Key: a.Key} }
