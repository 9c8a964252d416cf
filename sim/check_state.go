package sim

import (
	"strings"
	"unicode/utf16"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discordsim/world"
)

// threads holds that no conversation has two open threads, and that nothing was posted twice.
func (c *checks) threads() {
	s := c.s
	open := map[chat.Route]world.ChannelID{}
	for _, t := range s.world.Threads(s.channel) {
		if _, buried := s.graves[t.ID]; t.Locked || buried || s.reopened[t.ID] {
			continue // what was deleted can be made anew by a request that was on its way
		}
		owner := c.ownerOf(t.ID, world.MessageID(^uint64(0)))
		if owner == "" {
			s.fail("nobody asked for the thread %s", t.ID)
			return
		}
		// Who gave a thread up for somebody who then did not take it has it still, and opens another. And where the bot may
		// not lock, one that was closed is one that was put away.
		if other, ok := open[owner]; ok && s.plan.SharedEmails == 0 && !s.plan.Unmanaged {
			s.fail("doubled: one conversation has two open threads: %s and %s", other, t.ID)
			return
		}
		open[owner] = t.ID
	}
	c.openings()
	for _, p := range c.posts {
		if p.thread == s.channel && p.m.Author.Bot && p.m.Type == world.DefaultMessage {
			_, alive := s.world.Thread(world.ChannelID(p.m.ID))
			if _, buried := s.graves[world.ChannelID(p.m.ID)]; !alive && !buried {
				s.fail("doubled: nobody opened a thread on the opening post %s: %q", p.m.ID, p.m.Content)
				return
			}
		}
	}
	type key struct {
		thread world.ChannelID
		nonce  string
	}
	seen := map[key]world.MessageID{}
	for _, p := range c.posts {
		if !p.m.Author.Bot || p.m.Type != world.DefaultMessage {
			continue
		}
		n := p.m.NonceText()
		if n == "" && s.plan.Forum && world.ChannelID(p.m.ID) == p.thread {
			n = p.m.Content // a forum's post is made with its thread, and keeps no nonce
		}
		if n == "" {
			s.fail("the post %s carries no nonce: %q", p.m.ID, p.m.Content)
			return
		}
		if other, ok := seen[key{p.thread, n}]; ok {
			s.fail("doubled: %s and %s are the same post: %q", other, p.m.ID, p.m.Content)
			return
		}
		seen[key{p.thread, n}] = p.m.ID
	}
}

// openings holds that no conversation was opened twice for one reason: an opening post says whose it is, and which thread came before.
func (c *checks) openings() {
	s := c.s
	opened := map[string]world.ChannelID{}
	for _, p := range c.posts {
		if !p.m.Author.Bot || !strings.HasPrefix(p.m.Content, openingHead) {
			continue
		}
		id := p.thread
		if id == s.channel {
			id = world.ChannelID(p.m.ID)
		}
		t, alive := s.world.Thread(id)
		if _, buried := s.graves[id]; !alive || t.Locked || buried {
			continue
		}
		if other, ok := opened[p.m.Content]; ok {
			s.fail("doubled: %s and %s are threads of the same opening: %q", other, id, p.m.Content)
			return
		}
		opened[p.m.Content] = id
	}
}

// marks holds that what a conversation believes to be marked as seen is marked in Discord.
func (c *checks) marks() {
	s := c.s
	posts := map[string]post{}
	for _, p := range c.posts {
		posts[deskID(p.m.ID)] = p
	}
	for _, on := range c.sessions {
		for _, m := range on.messages {
			p, there := posts[m.DeskID]
			if there && p.thread.String() != on.rec.ThreadID {
				continue // it stands in an earlier thread of the conversation, where no mark is set
			}
			if m.Seq != on.rec.MarkedSeq || !there || p.buried || s.locked[p.thread] != 0 || s.reopened[p.thread] || p.thread == s.channel {
				continue
			}
			if t, alive := s.world.Thread(p.thread); alive && !t.Locked && len(p.m.Reactions) == 0 {
				s.fail("lost: the mark that the answer %q was seen", m.Body)
				return
			}
		}
	}
}

// bounds holds limits that no input may break.
func (c *checks) bounds() {
	s := c.s
	for _, p := range c.posts {
		if !p.m.Author.Bot {
			continue
		}
		if n := len(utf16.Encode([]rune(p.m.Content))); n > 2000 {
			s.fail("a post has %d units", n)
		}
		if len(p.m.Pinged) > 0 {
			s.fail("the post %s pings somebody: %q", p.m.ID, p.m.Content)
		}
	}
	for _, on := range c.sessions {
		for i, m := range on.messages {
			if m.Seq != int64(i+1) {
				s.fail("lost: message %d of a conversation is not on disk", i+1)
				return
			}
		}
	}
}

// drained holds that nothing waits any more.
func (c *checks) drained() {
	s := c.s
	for _, on := range c.sessions {
		who := "?"
		if v := s.owners[on.route]; v != nil {
			who = "v" + itoa(v.n)
		}
		switch chat.ThreadState(on.rec.ThreadState) {
		case chat.ThreadNone, chat.ThreadOpen, chat.ThreadYielded:
		default:
			s.fail("a queue does not drain: the thread of %s is in state %d", who, on.rec.ThreadState)
		}
		if on.rec.CatchUp || on.rec.Notices != 0 || on.rec.State == int64(chat.SessionBinding) && on.messages != nil {
			s.fail("a queue does not drain: %s: catching up %v, notices %b, state %d", who, on.rec.CatchUp, on.rec.Notices, on.rec.State)
		}
		for _, p := range on.posts {
			if p.Part < on.posts[0].Parts && p.State == int64(chat.PostFrozen) {
				s.fail("a queue does not drain: a post of %s is frozen: %q", who, p.Body)
			}
		}
	}
	desk := s.host.disk.of(chat.DeskAddress)
	if n := len(desk.rowsOf(records.TableReady, 0, 0)); n > 0 {
		s.fail("a queue does not drain: %d conversations wait in the ring", n)
	}
	if len(s.relay.gaps) > 0 || len(s.relay.rows) > 0 {
		s.fail("a queue does not drain: the relay holds %d gaps and %d rows", len(s.relay.gaps), len(s.relay.rows))
	}
	for _, q := range s.relay.queues {
		if len(q.list) > 0 {
			s.fail("a queue does not drain: the relay holds %s", brieflyNews(q.list[0].news))
		}
	}
}
