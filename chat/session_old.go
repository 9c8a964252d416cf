package chat

import (
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/chat/records"
)

// Older messages are not in memory. Where one of them matters the session has it
// looked up, and goes on with what it was about once the answer is there.

// maxOld is how many older messages are kept in memory once they were changed:
// an answer that is on its way may hold them as they were.
const maxOld = 128

// whole tells whether every message of the conversation is in memory.
func (s *Session) whole() bool { return len(s.msgs) == 0 || s.msgs[0].Seq <= 1 }

// lookUp asks for older messages, on behalf of news, of a frame, or of a
// connection alone.
func (s *Session) lookUp(f FindMessages) {
	if len(s.msgs) > 0 && f.Find.Before == 0 {
		f.Find.Before = s.msgs[0].Seq
	}
	s.emit(f)
}

// mayBeOld tells whether an agent's post may have been taken before, and have left
// memory: the posts of several threads are not in the order of their ids.
func (s *Session) mayBeOld(id MessageID) bool {
	return !defectOld && id != "" && !s.whole() && s.byDeskID(id) == nil && !s.newestAgent().Before(id)
}

// findPost looks an agent's post up that may be older than what is in memory. It
// is false where there is nothing to look up.
func (s *Session) findPost(e ThreadNews) bool {
	if !s.mayBeOld(e.News.Message) {
		return false
	}
	s.lookUp(FindMessages{Find: records.Find{DeskID: string(e.News.Message), Limit: 1}, News: e})
	return true
}

// findFrame has a frame come again with what was found. Until then no later frame
// of the connection may overtake it.
func (s *Session) findFrame(c *ConnState, f inFrame, find records.Find) {
	o := jsontext.Begin(nil).Text("type", f.Type)
	if len(f.Data) > 0 {
		o.Inside("data", func(dst []byte) []byte { return append(dst, f.Data...) })
	}
	if s.finding == nil {
		s.finding = map[ConnID]int{}
	}
	s.finding[c.Conn]++
	s.lookUp(FindMessages{Find: find, Conn: c.Conn, Frame: o.End()})
}

// messagesFound goes on with what was waiting.
func (s *Session) messagesFound(e MessagesFound) {
	if !s.exists() {
		s.answer(e.News.Ticket, StatusUnknown)
		return
	}
	list := make([]*records.Message, len(e.Rows))
	for i, row := range e.Rows {
		list[i] = s.asKnown(records.MessageOf(row))
	}
	switch {
	case e.News.News.Kind != 0:
		for _, m := range list {
			s.keepOld(m)
		}
		s.newsOf(e.News, true)
	case len(e.Frame) > 0:
		s.foundFrame(e, list)
	case e.Conn == "":
		s.pageFound(list)
	default:
		if c := s.conn(e.Conn); c != nil && c.Phase == PhaseReady {
			for i := len(list) - 1; i >= 0; i-- {
				s.sendChange(c, list[i])
			}
		}
	}
}

// foundFrame carries a frame out that was waiting. Where its connection is gone
// meanwhile, what the visitor said on it counts all the same.
func (s *Session) foundFrame(e MessagesFound, list []*records.Message) {
	if n := s.finding[e.Conn]; n > 1 {
		s.finding[e.Conn] = n - 1
	} else {
		delete(s.finding, e.Conn)
	}
	f, ok := readFrame(e.Frame)
	c := s.conn(e.Conn)
	if c == nil && s.state() != SessionEnded && s.state() != SessionBlocked {
		c = &ConnState{Conn: e.Conn, Phase: PhaseReady}
	}
	if ok && c != nil && c.Phase == PhaseReady {
		s.carryFrame(c, f, true, list)
	}
}

// asKnown gives a message as it is in memory, if it is: a row may have been read
// before it was changed.
func (s *Session) asKnown(m *records.Message) *records.Message {
	if o := s.bySeq(m.Seq); o != nil {
		return o
	}
	for _, o := range s.old {
		if o.Seq == m.Seq {
			return o
		}
	}
	return m
}

func (s *Session) keepOld(m *records.Message) {
	if s.bySeq(m.Seq) != nil || s.asKnown(m) != m {
		return
	}
	for _, o := range s.old {
		if o == m {
			return
		}
	}
	if len(s.old) >= maxOld {
		s.old = append([]*records.Message(nil), s.old[1:]...)
	}
	s.old = append(s.old, m)
}
