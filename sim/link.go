package sim

import (
	"slices"

	"cloudflarechat/chat"
)

// link is one connection between a browser and the host. Frames arrive in order, late, until it breaks; both ends learn of that on
// their own.
type link struct {
	s     *Sim
	id    chat.ConnID
	to    chat.Address
	end   browserEnd
	state chat.ConnState
	known bool
	heard chat.Time
	// Each direction may break by itself; what is in it then is lost.
	upDead, downDead bool
	// hostKnows and browserKnows that it is over.
	hostKnows, browserKnows bool
	upAt, downAt            int64
}

// browserEnd is who sits at the browser's end.
type browserEnd interface {
	frame(l *link, data []byte)
	closed(l *link, code chat.CloseCode)
}

// dial opens a connection to the session at to.
func (s *Sim) dial(to chat.Address, ip string, end browserEnd) *link {
	s.conns++
	l := &link{s: s, id: chat.ConnID("c" + itoa(s.conns)), to: to, end: end}
	s.linkList = append(s.linkList, l)
	s.upward(l, func() {
		if !s.host.up {
			l.hostKnows = true
			l.die(0)
			return
		}
		h := s.host
		h.links[l.id] = l
		h.byTo[l.to] = append(h.byTo[l.to], l)
		l.heard = h.clock()
		ev := chat.ConnOpened{Conn: l.id, Site: "https://shop.example", RemoteIP: ip}
		for i := range ev.Random {
			ev.Random[i] = byte(s.rng.Uint32())
		}
		h.deliver(item{to: l.to, ev: ev})
		if s.faulty() && s.plan.CutEveryMs > 0 {
			s.after(s.between(1, 2*s.plan.CutEveryMs), l.cut)
		}
	})
	return l
}

func (s *Sim) latency() int64 { return s.between(1, s.plan.LatencyMs) }

// upward lets something happen at the host's end, behind what is on its way.
func (s *Sim) upward(l *link, do func()) {
	l.upAt = max(l.upAt, s.now+s.latency())
	s.at(l.upAt, func() {
		if !l.upDead && !l.hostKnows {
			do()
		}
	})
}

// write sends a frame from the browser.
func (l *link) write(data []byte) {
	l.s.say("%s > %s", l.id, data)
	l.s.upward(l, func() {
		h := l.s.host
		if h.links[l.id] != l {
			return
		}
		l.heard = h.clock()
		if string(data) == chat.PingFrame {
			l.send([]byte(chat.PongFrame))
			return
		}
		h.deliver(item{to: l.to, ev: chat.FrameReceived{Conn: l.id, Data: data}})
	})
}

// send sends a frame from the host.
func (l *link) send(data []byte) {
	if l.hostKnows {
		return
	}
	l.s.downward(l, func() {
		if string(data) != chat.PongFrame {
			l.s.say("%s < %s", l.id, data)
		}
		l.end.frame(l, data)
	})
}

func (s *Sim) downward(l *link, do func()) {
	l.downAt = max(l.downAt, s.now+s.latency())
	s.at(l.downAt, func() {
		if !l.downDead && !l.browserKnows {
			do()
		}
	})
}

// closeFromHost sends a close frame behind what is on its way.
func (l *link) closeFromHost(code chat.CloseCode) {
	if l.hostKnows {
		return
	}
	l.s.downward(l, func() { l.browserHears(code) })
	l.tellHost(false)
}

// leave is the browser's goodbye: a close frame, behind what is on its way.
func (l *link) leave() {
	l.s.say("%s > close", l.id)
	l.browserKnows = true
	l.s.upward(l, func() { l.tellHost(true) })
}

// cut breaks the connection, in both directions or in one after the other; some breaks nobody notices for long.
func (l *link) cut() {
	s := l.s
	if l.hostKnows || l.browserKnows || !s.faulty() {
		return
	}
	silent := s.chance(s.plan.Silent)
	s.say("%s is cut%s", l.id, map[bool]string{true: ", silently"}[silent])
	up, down := s.between(0, 300), s.between(0, 300)
	if s.chance(0.5) {
		up, down = 0, 0
	}
	s.after(up, func() { l.upDead = true })
	s.after(down, func() { l.downDead = true })
	hostLater, browserLater := s.between(0, 1500), s.between(0, 3000)
	if silent {
		hostLater, browserLater = s.between(0, 5*minute), s.between(minute, 2*minute)
		if s.chance(0.3) {
			hostLater = -1 // never; the session sweeps
		}
	}
	if hostLater >= 0 {
		s.after(max(up, hostLater), func() { l.tellHost(false) })
	}
	s.after(max(down, browserLater), func() { l.browserHears(0) })
}

// die is a connection that failed at once.
func (l *link) die(after int64) {
	l.upDead, l.downDead = true, true
	l.s.after(after, func() { l.browserHears(0) })
}

// hostGone is the end of the host.
func (l *link) hostGone() {
	if l.hostKnows && l.browserKnows {
		return
	}
	l.hostKnows = true
	l.upDead = true
	l.s.after(l.s.between(0, 3*second), func() { l.downDead = true; l.browserHears(0) })
}

// tellHost lets the host know that the connection is over.
func (l *link) tellHost(clean bool) {
	if l.hostKnows {
		return
	}
	l.hostKnows = true
	h := l.s.host
	if h.links[l.id] != l {
		return
	}
	if clean {
		l.heard = h.clock()
	}
	h.deliver(item{to: l.to, ev: chat.ConnClosed{Conn: l.id, Heard: l.heard}})
}

func (l *link) browserHears(code chat.CloseCode) {
	if l.browserKnows {
		return
	}
	l.browserKnows = true
	l.end.closed(l, code)
}

func (h *host) linkOf(owner chat.Address, id chat.ConnID) *link {
	if l := h.links[id]; l != nil && l.to == owner {
		return l
	}
	return nil
}

func (h *host) closeLink(id chat.ConnID, code chat.CloseCode) {
	if l := h.links[id]; l != nil {
		l.closeFromHost(code)
	}
}

func (h *host) detach(id chat.ConnID) {
	l := h.links[id]
	if l == nil {
		return
	}
	delete(h.links, id)
	h.byTo[l.to] = slices.DeleteFunc(h.byTo[l.to], func(o *link) bool { return o == l })
}

// heard says when each open connection of an actor was last heard of.
func (h *host) heard(to chat.Address) (list []chat.Heard) {
	for _, l := range h.byTo[to] {
		list = append(list, chat.Heard{Conn: l.id, At: l.heard})
	}
	return list
}

// allLinks gives the connections of which an end is open.
func (s *Sim) allLinks() []*link {
	s.linkList = slices.DeleteFunc(s.linkList, func(l *link) bool { return l.hostKnows && l.browserKnows })
	return append([]*link(nil), s.linkList...)
}
