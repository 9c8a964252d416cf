package sim

import (
	"maps"
	"slices"

	"cloudflarechat/chat"
)

// blocks holds that whoever is shut out was blocked by an agent, in a thread of their own or by the address that they share with such a
// one, and that nobody else is.
func (c *checks) blocks() {
	s := c.s
	if c.obeyed(); s.broken != "" {
		return
	}
	for _, on := range c.sessions {
		if chat.SessionState(on.rec.State) != chat.SessionBlocked {
			continue
		}
		if !c.blockedIn(on.route) {
			s.fail("misdelivered: the conversation of thread %s is blocked, and no agent said so in a thread of its own", on.rec.ThreadID)
			return
		}
	}
	for _, v := range s.visitors {
		if v.shutOut == 0 {
			continue
		}
		if on := c.byRoute[v.route]; on != nil && len(on.messages) > 0 {
			if chat.SessionState(on.rec.State) != chat.SessionBlocked {
				s.fail("misdelivered: v%d was shut out of a conversation that nobody blocked", v.n)
				return
			}
			continue
		}
		// Somebody who had no conversation yet, or no more.
		near := false
		for _, at := range s.blocked { // order does not matter: any will do
			near = near || at <= v.shutOut && v.shutOut <= at+s.plan.BlockMs+settleMs
		}
		if !near {
			s.fail("misdelivered: v%d may not begin a conversation, and no agent has blocked anybody for long", v.n)
			return
		}
	}
}

// obeyed holds that whoever was blocked is shut out, in whichever of their threads it was said.
func (c *checks) obeyed() {
	s := c.s
	for _, thread := range slices.Sorted(maps.Keys(s.blocked)) {
		at := s.blocked[thread]
		if _, buried := s.graves[thread]; buried || c.unheard(at) {
			continue // a command that nobody heard is not said again
		}
		var route chat.Route
		for _, st := range c.starts[thread] {
			begun := st.id.Ms()
			if begun >= at-5*second && begun <= at+5*second {
				route = "" // it may have been either's
				break
			}
			if begun < at {
				route = st.route
			}
		}
		on := c.byRoute[route]
		if on == nil {
			continue
		}
		if chat.SessionState(on.rec.State) != chat.SessionBlocked {
			s.fail("lost: the order to block in thread %s", thread)
			return
		}
		if v := s.owners[route]; v != nil && v.route == route && v.shutOut == 0 {
			s.fail("lost: v%d is blocked and was not shut out", v.n)
			return
		}
	}
}

// blockedIn tells whether an agent used /block in a thread in which a conversation has a range.
func (c *checks) blockedIn(route chat.Route) bool {
	for thread, starts := range c.starts { // order does not matter: any will do
		if c.s.blocked[thread] == 0 {
			continue
		}
		for _, st := range starts {
			if st.route == route {
				return true
			}
		}
	}
	return false
}
