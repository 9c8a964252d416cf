package sim

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discordsim/world"
)

// agentToDisk holds that each post of an agent is stored once, in order, by the conversation in whose range it stands, and by no other.
func (c *checks) agentToDisk() {
	s := c.s
	type stored struct {
		on *sessionOnDisk
		m  *records.Message
	}
	disk := map[string][]stored{}
	for _, on := range c.sessions {
		for _, m := range on.messages {
			if m.DeskID != "" {
				disk[m.DeskID] = append(disk[m.DeskID], stored{on, m})
			}
		}
	}
	for _, p := range s.answers {
		list := disk[deskID(p.id)]
		owner := c.ownerOf(p.thread, p.id)
		_, buried := s.graves[p.thread]
		switch {
		case p.note && len(list) > 0:
			s.fail("misdelivered: the note %s was taken for an answer", p.word())
		case len(list) > 1:
			s.fail("doubled: the answer %s is stored %d times", p.word(), len(list))
		case len(list) == 1 && list[0].on.route != owner:
			s.fail("misdelivered: the answer %s stands in the range of %s and went to %s", p.word(), owner, list[0].on.route)
		case len(list) == 0 && owner != "" && !p.note && !p.deleted && !buried:
			s.fail("lost: the answer %s (%s in thread %s)", p.word(), p.id, p.thread)
		case len(list) == 1 && !p.deleted && !buried && !list[0].m.Deleted && !strings.Contains(list[0].m.Body, p.word()) && !c.unheard(p.editedAt):
			s.fail("lost: the edit %s of the answer %s; stored is %q", p.word(), p.id, list[0].m.Body)
		case len(list) == 1 && !p.deleted && list[0].m.Deleted:
			s.fail("lost: the answer %s was taken back by nobody", p.word())
		case len(list) == 1 && p.deleted && !buried && !list[0].m.Deleted && !c.unheard(p.deletedAt):
			s.fail("lost: the deletion of the answer %s", p.word())
		}
		if s.broken != "" {
			return
		}
	}
	c.orderOnDisk()
}

// unheard tells whether nobody listened to Discord at a time. Which changes of that time are found later depends on how far back the
// threads are read.
func (c *checks) unheard(at int64) bool {
	for _, d := range c.s.relay.deaf {
		if at >= d[0]-second && at <= d[1]+second {
			return true
		}
	}
	return false
}

// orderOnDisk holds that the answers of a thread are stored in their order.
func (c *checks) orderOnDisk() {
	thread := map[string]*answered{}
	for _, p := range c.s.answers {
		thread[deskID(p.id)] = p
	}
	for _, on := range c.sessions {
		newest := map[world.ChannelID]*answered{}
		for _, m := range on.messages {
			p := thread[m.DeskID]
			if p == nil || p.inMain || p.deleted {
				continue
			}
			if _, buried := c.s.graves[p.thread]; buried && p.editedAt != 0 {
				continue // it may have gone with its thread while that was to be read, and come back by its edit
			}
			if last := newest[p.thread]; last != nil && p.id < last.id {
				c.s.fail("reordered: the answer %s is stored behind %s", p.word(), last.word())
				return
			}
			newest[p.thread] = p
		}
	}
}

// ranges holds that no browser ever showed what is not of its conversation.
func (c *checks) ranges() {
	s := c.s
	byWord := map[string]*answered{}
	for _, p := range s.answers {
		for _, w := range p.words {
			byWord[w] = p
		}
	}
	mine := map[string]*written{}
	for _, m := range s.written {
		for _, w := range m.words {
			mine[w] = m
		}
	}
	for _, sh := range c.seenBy {
		for _, w := range sh.words {
			if m := mine[w]; m != nil || sh.from == "visitor" {
				if m == nil || m.tab.v != sh.tab.v {
					s.fail("misdelivered: %s shows %s", sh.tab.who(), w)
					return
				}
				if sh.from == "agent" && m.route != "" && m.route != sh.route {
					s.fail("misdelivered: %s shows %s, which an answer quotes from another conversation", sh.tab.who(), w)
					return
				}
				continue
			}
			p := byWord[w]
			if p == nil || p.note || c.ownerOf(p.thread, p.id) != sh.route {
				s.fail("misdelivered: %s shows the answer %s", sh.tab.who(), w)
				return
			}
		}
	}
}

// browsers holds that both sides have the same history in the end.
func (c *checks) browsers() {
	for _, v := range c.s.visitors {
		if v.session == "" || v.shutOut != 0 {
			continue
		}
		on := c.byRoute[v.route]
		if on == nil {
			c.s.fail("lost: the conversation of v%d is not on disk", v.n)
			return
		}
		if v.base {
			c.baseBrowser(v, on)
		} else {
			c.browser(v.tabs[0], on)
		}
		if c.s.broken != "" {
			return
		}
	}
}

// browser holds that a page shows what is on disk.
func (c *checks) browser(t *tab, on *sessionOnDisk) {
	s := c.s
	if !t.ready {
		s.fail("lost: %s did not come back in the end", t.who())
		return
	}
	newest := int64(0)
	for _, m := range on.messages {
		newest = m.Seq
		sh, ok := t.memory[m.Seq]
		if !ok {
			if len(t.memory) < 50 && len(on.messages)-int(m.Seq) < 50 {
				s.fail("lost: %s does not show message %d", t.who(), m.Seq)
				return
			}
			continue
		}
		if sh.deleted != m.Deleted || !m.Deleted && sh.text != m.Body {
			s.fail("lost: %s shows %q as message %d, stored is %q", t.who(), sh.text, m.Seq, m.Body)
			return
		}
	}
	if t.last > newest {
		s.fail("%s shows message %d, and %d is the newest on disk", t.who(), t.last, newest)
	}
}

// baseBrowser holds that every answer was shown in some page of the browser at some time.
func (c *checks) baseBrowser(v *visitor, on *sessionOnDisk) {
	shown := map[int64]bool{}
	for _, sh := range c.seenBy {
		if sh.tab.v == v && sh.route == on.route && sh.from != "visitor" {
			shown[sh.seq] = true
		}
	}
	for _, m := range on.messages {
		if m.Sender == int64(chat.SenderAgent) && !m.Deleted && !shown[m.Seq] {
			c.s.fail("lost: v%d never showed message %d: %q", v.n, m.Seq, m.Body)
			return
		}
	}
}
