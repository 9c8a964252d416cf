package sim

import "cloudflarechat/chat"

// blocks holds that whoever is shut out was blocked by an agent, in a thread of their own or by the address that they share with such a
// one, and that nobody else is.
func (c *checks) blocks() {
	s := c.s
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
