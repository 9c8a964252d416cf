package sim

import (
	"cloudflarechat/chat"
)

// die ends the process, or at the edge, nearly always, the one object of the lane.
func (h *host) die(l *lane, b *batch) {
	if h.s.plan.Edge && h.s.chance(0.9) {
		l.life++
		waited := append(append([]item(nil), b.items...), l.inbox...)
		l.inbox, l.busy = nil, false
		for _, it := range waited {
			h.tellAgain(it)
		}
		for _, it := range b.items {
			h.lose(it.to)
			for _, k := range append([]*link(nil), h.byTo[it.to]...) {
				k.closeFromHost(chat.CloseRestart)
			}
			if it.done != nil {
				it.done(false)
			}
		}
		// What is on disk wakes it.
		h.s.after(h.s.between(50, 3000), func() {
			for _, it := range b.items {
				h.arm(it.to)
			}
		})
		return
	}
	h.crash()
}

// crash ends the whole process: every connection is gone, and what was on its way between actors.
func (h *host) crash() {
	s := h.s
	if !h.up {
		return
	}
	down := s.between(100, 20*second)
	s.say("host: is down for %d ms", down)
	h.up = false
	s.lives++
	for _, l := range s.allLinks() {
		l.hostGone()
	}
	h.forget()
	if s.plan.RelayCrashes > 0 && !s.plan.Edge {
		s.relay.crash()
	}
	s.after(down, h.start)
}

// start brings the process up on what is on disk.
func (h *host) start() {
	h.s.say("host: is up")
	h.up = true
	for _, a := range h.disk.order {
		h.arm(a)
	}
	h.deliver(item{to: chat.DeskAddress, ev: chat.TimerFired{}})
}

// arm lets an actor's timer fire when its time has come.
func (h *host) arm(a chat.Address) {
	at := h.disk.of(a).timer
	if at == 0 || !h.up {
		return
	}
	s := h.s
	if s.faulty() && s.chance(s.plan.LostAlarm) {
		return
	}
	s.after(int64(at-h.clock())+s.between(0, 40), func() { h.ring(a, at) })
}

// ring fires a timer, if it is still what the actor wants.
func (h *host) ring(a chat.Address, at chat.Time) {
	if !h.up || h.disk.of(a).timer != at {
		return
	}
	if h.clock() < at {
		h.arm(a) // the clock was set back
		return
	}
	h.deliver(item{to: a, ev: chat.TimerFired{}})
}

// cronEvery is how often the host looks for timers that were lost.
const cronEvery = 2 * minute

// cron fires timers that are overdue, and pokes the desk.
func (h *host) cron() {
	h.s.after(cronEvery, h.cron)
	if !h.up {
		return
	}
	for _, a := range h.disk.order {
		if at := h.disk.of(a).timer; at != 0 && h.clock() >= at+chat.Time(30*second) {
			h.deliver(item{to: a, ev: chat.TimerFired{}})
		}
	}
	h.deliver(item{to: chat.DeskAddress, ev: chat.TimerFired{}})
}

// jump sets the clock.
func (h *host) jump(by int64) {
	h.s.say("host: the clock jumps by %d ms", by)
	h.offset += by
	for _, a := range h.disk.order {
		h.arm(a)
	}
}
