package sim

import (
	"fmt"

	"cloudflarechat/chat"
	"cloudflarechat/discordsim/world"
)

// agent is one person of the team, in Discord.
type agent struct {
	s    *Sim
	name string
}

// answered is a post of an agent, as Discord has it.
type answered struct {
	id     world.MessageID
	thread world.ChannelID // the opening post's, where it was said in the support channel
	inMain bool
	// words are those of each version of the text, the newest last.
	words   []string
	note    bool
	deleted bool
	// editedAt and deletedAt are when the newest version was written, and when it was taken back.
	editedAt, deletedAt int64
	by                  string
	at                  int64
}

func (p *answered) word() string { return p.words[len(p.words)-1] }

// work acts every now and then.
func (a *agent) work() {
	s := a.s
	s.after(s.between(2*second, 90*second), func() {
		if !s.faulty() {
			return
		}
		a.act()
		a.work()
	})
}

func (a *agent) act() {
	s := a.s
	var threads []world.Channel
	for _, t := range s.world.Threads(s.channel) {
		if t.Locked && s.plan.Reopens > 0 && s.chance(s.plan.Reopens) {
			s.say("%s opens the thread %s again", a.name, t.ID)
			if s.world.SetThread(s.now, a.name, t.ID, false, false) == nil {
				s.reopened[t.ID], t.Locked, t.Archived = true, false, false
			}
		}
		if !t.Locked && (!t.Archived || s.chance(0.2)) {
			threads = append(threads, t)
		}
	}
	if len(threads) == 0 {
		return
	}
	t := threads[s.pick(len(threads))]
	mine := a.postsIn(t.ID)
	switch {
	case s.chance(s.plan.Edits) && len(mine) > 0:
		a.edit(mine[s.pick(len(mine))])
	case s.chance(s.plan.Deletes) && len(mine) > 0:
		a.remove(mine[s.pick(len(mine))])
	case s.chance(s.plan.ThreadDeletes * 0.2):
		s.say("%s deletes the thread %s", a.name, t.ID)
		s.bury(t.ID)
		_ = s.world.DeleteChannel(s.now, t.ID)
	case s.chance(s.plan.Locks * 0.2):
		s.say("%s locks the thread %s", a.name, t.ID)
		_ = s.world.SetThread(s.now, a.name, t.ID, s.chance(0.5), true)
		s.locked[t.ID] = s.now
	case s.chance(s.plan.Closes*0.3) && !t.Archived:
		s.say("%s uses /close in %s", a.name, t.ID)
		if err := s.world.Invoke(s.now, a.name, t.ID, s.world.BotApplication(botToken), "close", nil); err != nil {
			s.fail("/close: %v", err)
		}
	case s.plan.Blocks > 0 && s.chance(s.plan.Blocks*0.3) && !t.Archived:
		s.say("%s uses /block in %s", a.name, t.ID)
		if s.blocked[t.ID] == 0 {
			s.blocked[t.ID] = s.now
		}
		if err := s.world.Invoke(s.now, a.name, t.ID, s.world.BotApplication(botToken), "block", nil); err != nil {
			s.fail("/block: %v", err)
		}
	case s.chance(s.plan.Replies):
		a.reply(t)
	case s.plan.Floods > 0 && s.chance(s.plan.Floods):
		for range chat.TailMessages * 5 / 4 {
			a.post(t)
		}
	default:
		a.post(t)
		if s.chance(s.plan.Archives) {
			s.say("%s archives %s", a.name, t.ID)
			if err := s.world.SetThread(s.now, a.name, t.ID, true, false); err != nil {
				s.fail("%s cannot archive: %v", a.name, err)
			}
		}
	}
	s.drainWorld()
}

func (a *agent) postsIn(thread world.ChannelID) (list []*answered) {
	for _, p := range a.s.answers {
		if p.thread == thread && p.by == a.name && !p.deleted && !p.note && !p.inMain {
			list = append(list, p)
		}
	}
	return list
}

func (a *agent) post(t world.Channel) {
	s := a.s
	if s.chance(0.3) {
		_ = s.world.Type(s.now, a.name, t.ID)
	}
	s.agentMessages++
	p := &answered{thread: t.ID, words: []string{fmt.Sprintf("a%dx", s.agentMessages)}, by: a.name, at: s.now}
	text := p.word()
	if p.note = s.chance(s.plan.Notes); p.note {
		text = "// " + text
	}
	body := map[string]any{"content": text}
	if s.plan.Quotes > 0 && s.chance(s.plan.Quotes) {
		if list := s.world.Messages(t.ID); len(list) > 0 {
			body["message_reference"] = map[string]any{"message_id": list[s.pick(len(list))].ID.String(), "fail_if_not_exists": false}
		}
	}
	id, err := s.world.PostBody(s.now, a.name, t.ID, body)
	if err != nil {
		s.fail("%s cannot post: %v", a.name, err)
		return
	}
	p.id = id
	s.answers = append(s.answers, p)
	s.say("%s posts %s in %s: %s", a.name, id, t.ID, text)
}

// reply answers an opening post in the support channel itself.
func (a *agent) reply(t world.Channel) {
	s := a.s
	s.agentMessages++
	p := &answered{thread: t.ID, inMain: true, words: []string{fmt.Sprintf("a%dx", s.agentMessages)}, by: a.name, at: s.now}
	id, err := s.world.PostBody(s.now, a.name, s.channel, map[string]any{"content": p.word(),
		"message_reference": map[string]any{"message_id": t.ID.String()}})
	if err != nil {
		s.agentMessages--
		return // the opening post is gone
	}
	p.id = id
	s.answers = append(s.answers, p)
	s.say("%s replies %s to the opening post %s: %s", a.name, id, t.ID, p.word())
}

func (a *agent) edit(p *answered) {
	s := a.s
	word := fmt.Sprintf("%se%dx", p.words[0][:len(p.words[0])-1], len(p.words))
	if err := s.world.Edit(s.now, a.name, p.thread, p.id, word); err != nil {
		return // archived
	}
	p.words, p.editedAt = append(p.words, word), s.now
	s.say("%s edits %s: %s", a.name, p.id, word)
}

func (a *agent) remove(p *answered) {
	s := a.s
	if err := s.world.Delete(s.now, a.name, p.thread, p.id); err != nil {
		return
	}
	p.deleted, p.deletedAt = true, s.now
	s.say("%s deletes %s", a.name, p.id)
}

// bury remembers what a thread held that is about to be deleted.
func (s *Sim) bury(id world.ChannelID) {
	s.graves[id] = s.world.Messages(id)
}

// nonceRoute tells from which session the post with a nonce came.
func (s *Sim) nonceRoute(nonce string) chat.Route { return s.host.asked[nonce] }
