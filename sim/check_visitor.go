package sim

import (
	"slices"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discordsim/world"
)

// place is where a word of a visitor stands in Discord.
type place struct {
	thread world.ChannelID
	id     world.MessageID
	at     int // among the words of all posts
	buried bool
}

// visitorToDiscord holds that each message that a visitor wrote stands in Discord once, in order, in a range of its own conversation.
func (c *checks) visitorToDiscord() {
	s := c.s
	found := map[string][]place{}
	n := 0
	for _, p := range c.posts {
		for _, w := range visitorWord.FindAllString(p.m.Content, -1) {
			if p.thread == s.channel {
				s.fail("misdelivered: %s stands in the support channel itself", w)
				return
			}
			n++
			found[w] = append(found[w], place{p.thread, p.m.ID, n, p.buried})
		}
	}
	type stored struct {
		route chat.Route
		seq   int64
	}
	disk := map[string][]stored{}
	for _, on := range c.sessions {
		for _, m := range on.messages {
			if m.Sender != int64(chat.SenderVisitor) {
				continue
			}
			for _, w := range visitorWord.FindAllString(m.Body, -1) {
				disk[w] = append(disk[w], stored{on.route, m.Seq})
			}
		}
	}
	for _, m := range s.written {
		on := disk[m.words[0]]
		switch {
		case len(on) > 1 && !(m.moved && len(on) == 2 && on[0].route != on[1].route):
			s.fail("doubled: %s was stored %d times", m.words[0], len(on))
		case m.acked && len(on) == 0:
			s.fail("lost: %s was acknowledged and is not on disk", m.id)
		case m.acked && !slices.Contains(on, stored{m.route, m.seq}):
			s.fail("reordered: %s was acknowledged as %d and is stored as %d", m.id, m.seq, on[0].seq)
		case !m.tab.v.base && !m.acked && m.tab.v.shutOut == 0:
			s.fail("lost: %s was never acknowledged", m.id)
		}
		for _, w := range m.words {
			live := 0
			for _, at := range found[w] {
				if !at.buried {
					live++
				}
			}
			switch {
			case live > 1 && !(m.moved && live == 2 && len(on) == 2):
				s.fail("doubled: %s stands in Discord %d times", w, live)
			case len(on) > 0 && len(found[w]) == 0 && !c.givenUp(on[0].route, on[0].seq):
				s.fail("lost: %s is stored and not in Discord", w)
			case len(on) == 0 && len(found[w]) > 0:
				s.fail("%s is in Discord and not on disk", w)
			}
			for _, at := range found[w] {
				owner := c.ownerOf(at.thread, at.id)
				if len(on) > 0 && !slices.ContainsFunc(on, func(o stored) bool { return o.route == owner }) {
					s.fail("misdelivered: %s stands in a range of another conversation in thread %s", w, at.thread)
				}
			}
		}
		if s.broken != "" {
			return
		}
	}
	for _, on := range c.sessions {
		c.orderInDiscord(on, found)
	}
	c.orderOfTabs()
}

// givenUp tells whether a message was refused that nobody tries again: its visitor does not come back to the conversation, or so much was said
// since that it cannot be tried any more, and the page still says that it failed.
func (c *checks) givenUp(route chat.Route, seq int64) bool {
	v, m := c.s.owners[route], c.byRoute[route].messages[seq-1]
	refused := m.State == int64(chat.MessageFailed) || m.State == int64(chat.MessageRetry)
	return c.s.plan.Refuses > 0 && refused && (v == nil || v.route != route || v.shutOut != 0 || len(c.byRoute[route].messages)-int(seq) >= chat.TailMessages-1)
}

// orderInDiscord holds that the words of a conversation stand in Discord in the order of its messages.
func (c *checks) orderInDiscord(on *sessionOnDisk, found map[string][]place) {
	last, lastWord := 0, ""
	for _, m := range on.messages {
		if m.Sender != int64(chat.SenderVisitor) || m.State == int64(chat.MessageDelivered) {
			continue
		}
		for _, w := range visitorWord.FindAllString(m.Body, -1) {
			for _, at := range found[w] {
				if at.buried || c.ownerOf(at.thread, at.id) != on.route {
					continue
				}
				if at.at < last {
					c.s.fail("reordered: %s stands in Discord before %s", w, lastWord)
					return
				}
				last, lastWord = at.at, w
			}
		}
	}
}

// orderOfTabs holds that what one page sent is stored in the order in which it was written.
func (c *checks) orderOfTabs() {
	type key struct {
		tab   *tab
		route chat.Route
	}
	where := map[string]*records.Message{}
	routes := map[string]chat.Route{}
	for _, on := range c.sessions {
		for _, m := range on.messages {
			if w := visitorWord.FindString(m.Body); w != "" && m.Sender == int64(chat.SenderVisitor) {
				where[w], routes[w] = m, on.route
			}
		}
	}
	newest := map[key]int64{}
	for _, m := range c.s.written {
		row := where[m.words[0]]
		if row == nil || m.moved {
			continue
		}
		k := key{m.tab, routes[m.words[0]]}
		if row.Seq <= newest[k] {
			c.s.fail("reordered: %s is stored as %d, after %d", m.id, row.Seq, newest[k])
			return
		}
		newest[k] = row.Seq
	}
}
