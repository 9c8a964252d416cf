package sim

import (
	"fmt"
	"runtime/debug"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// host carries out what doc.go of chat asks of one. It can lose everything but its disk at any moment.
type host struct {
	s    *Sim
	cfg  chat.Config
	disk *disk
	up   bool
	// offset is how far its clock is from the true time.
	offset int64

	actors map[chat.Address]chat.Actor
	// edge is the instance that holds the actors instead, where the host is the edge.
	edge  *instance
	lanes map[chat.Address]*lane
	order []*lane
	links map[chat.ConnID]*link
	byTo  map[chat.Address][]*link
	told  map[[2]chat.Address]int64
	// tickets are those who wait for an answer.
	tickets map[chat.Ticket]func(chat.Status)
	ticket  int
	// asked says from which session a key of the desk came: it lets the checkers read Discord's log.
	asked map[string]chat.Route
}

// lane is what steps one after the other and becomes durable together: the whole process, or one object at the edge.
type lane struct {
	inbox []item
	busy  bool
	life  int
}

// item is an event on its way to an actor.
type item struct {
	to chat.Address
	ev chat.Event
	// done hears whether it was taken; nil: nobody asks.
	done func(taken bool)
	// caller is the object that tells it, at the edge, and callerLife which life of it: while that lasts, it tries again where the
	// other one dies.
	caller     *lane
	callerLife int
	tries      int
}

// batch is what the steps between two commits add up to.
type batch struct {
	items   []item
	writes  []writes
	effects []outgoing
}

type outgoing struct {
	from   chat.Address
	effect chat.Effect
}

func newHost(s *Sim) *host {
	h := &host{s: s, up: true, disk: newDisk(), asked: map[string]chat.Route{}}
	h.cfg = chat.Config{DataSecret: []byte("the secret of a simulation, long enough"), Desk: discord.Desk{}, Grace: chat.Time(s.plan.GraceMs),
		SessionsPerIPHour: s.plan.PerAddress, Retention: chat.Time(retentionMs), BlockAddressFor: chat.Time(s.plan.BlockMs)}
	h.cfg.Fill()
	h.forget()
	return h
}

// forget empties the memory of the process.
func (h *host) forget() {
	h.actors = map[chat.Address]chat.Actor{}
	if h.s.plan.Edge {
		h.edge = h.newInstance()
	}
	for _, l := range h.order {
		l.life++
		l.inbox, l.busy = nil, false
	}
	h.lanes, h.order = map[chat.Address]*lane{}, nil
	h.links, h.byTo = map[chat.ConnID]*link{}, map[chat.Address][]*link{}
	h.told = map[[2]chat.Address]int64{}
	h.tickets = map[chat.Ticket]func(chat.Status){}
}

// clock is the host's own time.
func (h *host) clock() chat.Time { return chat.Time(h.s.now + h.offset) }

func (h *host) lane(a chat.Address) *lane {
	if !h.s.plan.Edge {
		a = chat.Address{}
	}
	l := h.lanes[a]
	if l == nil {
		l = &lane{}
		h.lanes[a] = l
		h.order = append(h.order, l)
	}
	return l
}

// deliver puts an event into its actor's inbox.
func (h *host) deliver(it item) {
	if !h.up {
		if it.done != nil {
			it.done(false)
		}
		return
	}
	l := h.lane(it.to)
	l.inbox = append(l.inbox, it)
	h.kick(l)
}

func (h *host) kick(l *lane) {
	if l.busy || len(l.inbox) == 0 {
		return
	}
	l.busy = true
	life := l.life
	h.s.after(h.s.between(0, 2), func() {
		if l.life == life {
			h.run(l)
		}
	})
}

// mostBatch is how many events are made durable together.
const mostBatch = 8

// run steps a batch, and lets it become durable.
func (h *host) run(l *lane) {
	n := 1
	if !h.s.plan.Edge {
		n = min(len(l.inbox), 1+h.s.pick(mostBatch))
	}
	b := &batch{}
	for i := 0; i < n; i++ {
		it := l.inbox[0]
		l.inbox = l.inbox[1:]
		if h.step(b, it) {
			break // what comes next for an erased actor meets a new one
		}
	}
	life := l.life
	if defectSendEarly.on() {
		h.carryAll(b, len(b.effects))
	}
	h.s.after(h.s.between(1, 15), func() {
		if l.life != life {
			return
		}
		h.commit(l, b)
	})
}

// step gives one event to its actor. It is true where the actor erased itself.
func (h *host) step(b *batch, it item) (erased bool) {
	switch ev := it.ev.(type) {
	case chat.ConnOpened:
	case chat.ConnClosed:
		h.detach(ev.Conn)
	case chat.TimerFired:
		it.ev = chat.TimerFired{Heard: h.heard(it.to)}
	}
	b.items = append(b.items, it)
	effects := h.guarded(it)
	w := writes{to: it.to}
	_, fired := it.ev.(chat.TimerFired)
	for i, effect := range effects {
		switch f := effect.(type) {
		case chat.Save:
			if i != 0 {
				h.s.fail("a save is not the first effect of its step (%s)", it.ev.EventName())
			}
			w.rows = append(w.rows, f.Rows...)
		case chat.Erase:
			w.erase, erased = true, true
			h.lose(it.to)
		case chat.SetTimer:
			fired = false
			w.setTimer, w.timer = true, f.At
		default:
			b.effects = append(b.effects, outgoing{it.to, effect})
		}
	}
	if fired {
		w.setTimer, w.timer = true, 0
	}
	if !w.empty() {
		b.writes = append(b.writes, w)
	}
	return erased
}

// guarded steps an actor. No schedule has an event that may panic: a panic is a defect.
func (h *host) guarded(it item) (effects []chat.Effect) {
	defer func() {
		if v := recover(); v != nil {
			h.s.fail("a step panicked on %s: %v\n%s", it.ev.EventName(), v, debug.Stack())
		}
	}()
	if h.edge != nil {
		return h.edgeStep(it)
	}
	return h.actor(it.to).Step(h.clock(), it.ev)
}

// actor gives an actor, rebuilt from disk where memory lacks it.
func (h *host) actor(a chat.Address) chat.Actor {
	if x := h.actors[a]; x != nil {
		return x
	}
	var x chat.Actor
	switch a.Kind {
	case chat.KindSession:
		x = chat.NewSession(&h.cfg, chat.Route(a.Key), h.restore(a, chat.SessionTails))
	case chat.KindRegistry:
		x = chat.NewRegistry(&h.cfg, a.Key, h.restore(a, chat.RegistryTails(a.Key)))
	case chat.KindDesk:
		r := h.restore(a, discord.EgressTails)
		x = discord.NewEgress(h.s.deskOptions(), r.Rows, r.Timer)
	default:
		panic(fmt.Sprintf("sim: no actor of kind %d", a.Kind))
	}
	h.actors[a] = x
	return x
}

// commit makes a batch durable and carries its effects out; the faults of the host strike here.
func (h *host) commit(l *lane, b *batch) {
	s := h.s
	crash := -1
	if s.faulty() && s.chance(s.plan.Crash) {
		crash = s.pick(3)
	}
	if crash == 0 {
		s.say("host: dies before a commit")
		h.die(l, b)
		return
	}
	if len(b.writes) > 0 && s.faulty() && s.chance(s.plan.FailedWrite) {
		s.say("host: a write fails")
		h.refuse(b)
		l.busy = false
		h.kick(l)
		return
	}
	h.disk.apply(b.writes)
	for _, w := range b.writes {
		if w.setTimer {
			h.arm(w.to)
		}
	}
	if crash == 1 {
		s.say("host: dies after a commit, before it speaks")
		h.die(l, b)
		return
	}
	for _, it := range b.items {
		if it.done != nil {
			it.done(true)
		}
	}
	n := len(b.effects)
	if crash == 2 {
		n = s.pick(n + 1)
	}
	life := l.life
	if !defectSendEarly.on() {
		h.carryAll(b, n)
	}
	if l.life != life {
		return
	}
	if crash == 2 {
		s.say("host: dies after %d of %d effects", n, len(b.effects))
		h.die(l, b)
		return
	}
	h.drops(b)
	l.busy = false
	h.kick(l)
}

// drops forgets actors between steps: memory is a cache.
func (h *host) drops(b *batch) {
	if !h.s.faulty() {
		return
	}
	for _, it := range b.items {
		p := h.s.plan.Drop
		if it.to.Kind == chat.KindDesk {
			p /= 20 // each costs the answers to all open calls
		}
		if h.s.chance(p) {
			h.lose(it.to)
		}
	}
}

// refuse drops the actors of a batch that could not be saved, and tells whoever is concerned.
func (h *host) refuse(b *batch) {
	for _, it := range b.items {
		if !defectStaleCache.on() {
			h.lose(it.to)
		}
	}
	for _, it := range b.items {
		if found, ok := it.ev.(chat.MessagesFound); ok {
			if it.ev = found.Cause(); it.ev == nil {
				continue
			}
		}
		again := it
		switch ev := it.ev.(type) {
		case chat.ConnOpened:
			h.closeLink(ev.Conn, chat.CloseRestart)
		case chat.FrontFrame:
			h.closeLink(ev.Conn, chat.CloseRestart)
		case chat.FrontSend:
			h.closeLink(ev.Conn, chat.CloseRestart)
		case chat.FrameReceived:
			h.refuseFrame(ev)
		case chat.ThreadNews:
			switch {
			case ev.Ticket != "":
				h.answer(ev.Ticket, chat.StatusLater)
			case h.s.plan.Edge:
				h.tellAgain(again)
			default:
				h.s.after(h.s.between(10, 2000), func() { h.deliver(again) })
			}
		case chat.ConnClosed:
		case chat.TimerFired:
			h.s.after(h.s.between(10, 5000), func() { h.arm(again.to) })
		default:
			if it.done != nil {
				it.done(false)
			} else if h.s.plan.Edge {
				h.tellAgain(again)
			} else {
				h.s.after(h.s.between(10, 2000), func() { h.deliver(again) })
			}
		}
	}
}
