package chat

import "cloudflarechat/chat/records"

// tellAlert calls the team, once a wait, to a visitor whom nobody answered.
func (s *Session) tellAlert() {
	at := s.alertAt()
	if at == 0 || s.now < at {
		return
	}
	s.rec.AlertedSeq = s.lastSeq()
	s.notice(NoticeUnanswered)
	s.count(MetricUnanswered, "", 1)
}

// alertAt is when the team is to be called; 0 is never.
func (s *Session) alertAt() Time {
	if s.cfg.AlertAfter < 0 || !s.threadOpen() || s.rec.EndedBy != 0 || s.state() != SessionOpen && s.state() != SessionArchived {
		return 0
	}
	first, newest, answer := s.unanswered()
	if first == nil || first.Seq <= s.rec.AlertedSeq {
		return 0
	}
	since := Time(first.AtMs)
	if p := s.posts[0]; p.Kind == int64(PostMessages) && p.FirstSeq <= first.Seq && first.Seq <= p.LastSeq {
		since = max(since, Time(p.FrozenAtMs)) // nobody could answer before
	}
	due := since + s.cfg.AlertAfter
	if answer == nil || Time(first.AtMs)-Time(answer.AtMs) >= s.cfg.Grace {
		return due
	}
	// In a conversation under way, a last "thanks" needs no answer. Somebody who
	// asks again does.
	if Time(newest.AtMs) < due {
		return 0
	}
	return Time(newest.AtMs)
}

// unanswered gives the first and the newest of the visitor's messages that the
// team has and that no agent's post follows, and that post; nil where there is
// none. What the filter marked calls nobody.
func (s *Session) unanswered() (first, newest, answer *records.Message) {
	delivered := s.delivered()
	for i := len(s.msgs) - 1; i >= 0; i-- {
		m := s.msgs[i]
		switch {
		case m.Sender == int64(SenderAgent) && !m.Deleted:
			return first, newest, m
		case m.Sender != int64(SenderVisitor), m.Code != "", m.Seq > delivered, isSpecial(MessageState(m.State)):
			continue
		case newest == nil:
			newest = m
		}
		first = m
	}
	return first, newest, nil
}

// answered takes back what would call the team to a visitor who has an answer
// now.
func (s *Session) answered() {
	if bit := int64(1) << NoticeUnanswered; s.rec.Notices&bit != 0 {
		s.rec.Notices &^= bit
		s.saveRec = true
	}
}
