package chat

import (
	"strings"

	"cloudflarechat/chat/records"
)

// visitorFrame takes a frame of a visitor who is in the conversation.
func (s *Session) visitorFrame(c *ConnState, f inFrame) {
	if s.finding[c.Conn] > 0 {
		// Behind the one that waits; and a message may have come long ago itself.
		var find records.Find
		var d messageData
		if f.Type == "message" && readData(f.Data, &d) && d.ID != "" && checkID(d.ID) {
			find = records.Find{ClientID: d.ID, Limit: 1}
		}
		s.findFrame(c, f, find)
		return
	}
	s.carryFrame(c, f, false, nil)
}

// carryFrame carries it out. looked says that it waited for what is in found.
func (s *Session) carryFrame(c *ConnState, f inFrame, looked bool, found []*records.Message) {
	read := func(to incoming) bool {
		if !readData(f.Data, to) {
			s.badFrame(c, CodeBadFrame)
			return false
		}
		return true
	}
	switch f.Type {
	case "init":
		s.fail(c, CodeAlreadyReady, "", 0)
	case "message":
		var d messageData
		if read(&d) {
			if looked && len(found) > 0 {
				s.repeated(c, found[0])
				return
			}
			s.message(c, d, func() bool {
				if looked || d.ID == "" || !c.Unsure || defectClientID || defectOld {
					return false
				}
				s.findFrame(c, f, records.Find{ClientID: d.ID, Limit: 1})
				return true
			})
		}
	case "seen":
		var d seqData
		if read(&d) {
			s.see(d.Seq)
		}
	case "typing":
		if s.now-s.typedAt >= typingEvery && s.threadOpen() {
			s.typedAt, s.typing = s.now, true
		}
	case "history":
		var d historyData
		if read(&d) && s.inTime(c, pacedHistory) {
			s.history(c, d)
		}
	case "end":
		s.end()
	case "retry":
		var d seqData
		if read(&d) {
			s.retry(c, d.Seq)
		}
	case "report":
		var d reportData
		if read(&d) && s.inTime(c, pacedReports) {
			s.count(MetricClientReports, reportLabel(d.Code), 1)
		}
	}
}

// inTime tells whether a frame of a kind does not come too soon, or says when it
// may.
func (s *Session) inTime(c *ConnState, k paced) bool {
	wait := c.tooSoon(k, s.cfg.paceOf(k), s.now)
	if wait > 0 {
		s.fail(c, CodeTooMany, "", wait)
	}
	return wait == 0
}

// reportLabel keeps a client from inventing labels without end.
func reportLabel(code string) string {
	for _, r := range Codes {
		if string(r.Code) == code {
			return code
		}
	}
	switch code {
	case "script", "storage", "import", "protocol", "turnstile":
		return code
	}
	return "other"
}

// repeated answers a message that was taken before.
func (s *Session) repeated(c *ConnState, m *records.Message) {
	s.count(MetricRepeats, "visitor", 1)
	if s.asking() {
		s.owe(c, m) // the ack is on its way, or a refusal
		return
	}
	s.send(c, frame("ack", ackOut{ID: m.ClientID, Seq: m.Seq, Timestamp: Time(m.AtMs)}))
}

// message takes a visitor's message: once, however often it comes. Before it is
// taken, older is asked whether it has to be looked up first.
func (s *Session) message(c *ConnState, d messageData, older func() bool) {
	if !checkID(d.ID) {
		s.fail(c, CodeIDInvalid, "", 0)
		return
	}
	wasBase := c.Base
	if d.ID != "" {
		c.Base = false
		for _, m := range s.msgs {
			if !defectClientID && m.ClientID == d.ID && m.Sender == int64(SenderVisitor) {
				s.repeated(c, m)
				return
			}
		}
	}
	if code := checkMessage(s.cfg.Desk, d.Message); code != "" {
		s.fail(c, code, d.ID, 0)
		return
	}
	page, ok := checkPage(d.Page)
	if !ok {
		s.fail(c, CodePageInvalid, d.ID, 0)
		return
	}
	if wait := s.tooFast(); wait > 0 {
		s.fail(c, CodeTooMany, d.ID, wait)
		return
	}
	if first := s.firstWaiting(); first > 0 && s.lastSeq()+1-first >= maxWaitingSpan {
		s.fail(c, CodeQueueFull, d.ID, 30*Second)
		return
	}
	if older() || !s.beginAdmission(c, d.ID) {
		return
	}
	if page == "" {
		page = s.rec.Page
	}
	if s.state() == SessionArchived {
		s.setState(SessionOpen)
	}
	m := &records.Message{Sender: int64(SenderVisitor), AtMs: int64(s.now), ClientID: d.ID,
		Body: strings.TrimSpace(d.Message), Page: page}
	m.Code = string(s.markOf(m.Body))
	s.append(m)
	s.rec.ActiveAtMs, s.rec.Page = int64(s.now), page
	s.typing = false // what was typed is here
	s.count(MetricVisitorMessage, "", 1)
	if s.asking() {
		s.owe(c, m)
		return
	}
	if d.ID != "" {
		s.send(c, frame("ack", ackOut{ID: d.ID, Seq: m.Seq, Timestamp: s.now}))
	}
	for _, o := range s.conns {
		if o.Phase == PhaseReady && o != c {
			s.deliver(o, m)
			s.noteSent(o)
		}
	}
	if c.Base && c.SentSeq == m.Seq-1 {
		c.SentSeq = m.Seq
	}
	if wasBase {
		s.attach(c)
	}
}

// markOf tells whether a text is to be marked for the team.
func (s *Session) markOf(body string) Mark {
	before := 0
	if s.cfg.Filter.Repeats > 0 {
		for _, m := range s.msgs {
			if m.Sender == int64(SenderVisitor) && m.Body == body {
				before++
			}
		}
	}
	mark := s.cfg.Filter.judge(body, before)
	if mark != MarkNone {
		s.count(MetricMarked, string(mark), 1)
	}
	return mark
}

// tooFast tells how long a visitor must wait before the next message: a bucket
// of as many tokens as messages a minute are allowed, computed from the
// messages themselves, so that neither a restart nor a reconnect refills it.
func (s *Session) tooFast() Time {
	size := Time(s.cfg.MessagesPerMinute)
	if s.rec.Unchecked {
		size = max(1, size/3)
	}
	period := Minute / size // one token a period
	level, at := size*period, Time(0)
	first := len(s.msgs)
	for first > 0 && (s.msgs[first-1].Sender != int64(SenderVisitor) || s.now-Time(s.msgs[first-1].AtMs) <= 2*Minute) {
		first--
	}
	for _, m := range s.msgs[first:] {
		if m.Sender != int64(SenderVisitor) || s.now-Time(m.AtMs) > 2*Minute {
			continue
		}
		t := Time(m.AtMs)
		if at != 0 && t > at {
			level = min(size*period, level+t-at)
		}
		level, at = max(0, level-period), t
	}
	if at > s.now+Second {
		return 0 // the clock was set back: what was said has no age
	}
	if at != 0 && s.now > at {
		level = min(size*period, level+s.now-at)
	}
	if level >= period {
		return 0
	}
	return period - level
}

// see notes what the visitor has seen. It becomes durable at most once in ten
// seconds, or with whatever is saved next.
func (s *Session) see(seq int64) {
	seq = min(seq, s.lastSeq())
	if seq <= s.rec.SeenSeq {
		return
	}
	s.rec.SeenSeq = seq
	if s.now-s.seenSavedAt >= seenEvery {
		s.seenSavedAt = s.now
		s.saveRec = true
	}
}

func (s *Session) history(c *ConnState, d historyData) {
	if d.Limit <= 0 || d.Limit > maxHistory {
		d.Limit = maxHistory
	}
	if d.Before <= 1 || s.asking() {
		s.send(c, frame("history", historyOut{Messages: []messageOut{}}))
		return
	}
	s.emit(LoadHistory{Conn: c.Conn, Before: d.Before, Limit: d.Limit})
}

func (s *Session) historyLoaded(e HistoryLoaded) {
	c := s.conn(e.Conn)
	if c == nil || c.Phase != PhaseReady {
		return
	}
	out := historyOut{Messages: []messageOut{}}
	for i := len(e.Rows) - 1; i >= 0; i-- {
		m := records.MessageOf(e.Rows[i])
		if m.Seq < e.Before {
			out.Messages = append(out.Messages, s.messageOut(m))
		}
	}
	out.More = len(out.Messages) > 0 && out.Messages[0].Seq > 1
	s.send(c, frame("history", out))
}

// retry sends a failed message once more.
func (s *Session) retry(c *ConnState, seq int64) {
	m := s.bySeq(seq)
	if m != nil && m.State == int64(MessageRetry) {
		return
	}
	if m == nil || m.State != int64(MessageFailed) {
		s.fail(c, CodeNothingToRetry, "", 0)
		return
	}
	code := Code(m.Code)
	if _, rest := restOf(m.Code); rest == nil {
		code = Code(s.cfg.Filter.judge(m.Body, 0))
	}
	s.setMessage(m, MessageRetry, code)
}

// end is the visitor's wish to end the conversation. What is under way still
// arrives.
func (s *Session) end() {
	if s.state() == SessionEnded {
		return
	}
	if s.asking() {
		s.takeBack()
	}
	s.setState(SessionEnded)
	s.rec.EndedBy = int64(SenderVisitor)
	if s.thread() != ThreadNone && s.thread() != ThreadYielded || s.firstWaiting() > 0 {
		s.notice(NoticeEnded)
	}
	s.release()
	s.toAll(frame("ended", endedOut{"visitor"}), nil)
	s.closeAll(CloseEnded)
}

func (s *Session) closeAll(code CloseCode) {
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if c.Phase == PhaseReady {
			s.close(c, code)
		}
	}
}
