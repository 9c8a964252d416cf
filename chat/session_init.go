package chat

import (
	"cloudflarechat/chat/records"
)

// init begins a conversation or takes one up again. raw is the frame itself,
// kept while somebody else is asked.
func (s *Session) init(c *ConnState, d initData, raw []byte) {
	c.Base = d.Since == nil
	mine := d.SessionID != "" && s.exists() && s.opens(SessionID(d.SessionID))
	if d.Hash != "" {
		switch s.cfg.identityOf(d, s.now) {
		case identityGood:
			s.identify(c, d, raw, mine)
			return
		case identityForged:
			s.refuseInit(c, CodeIdentityInvalid)
			return
		}
		// An old signature is none; a session id is enough to come back.
	}
	if mine {
		s.restore(c, d)
		return
	}
	if d.SessionID != "" {
		hash := HashBearer(s.cfg.DataSecret, SessionID(d.SessionID))
		if c.Front == "" {
			s.wait(c, PhaseFinding, raw)
			s.tell(BearerKey(hash), FindBearer{From: s.route, Conn: c.Conn})
			return
		}
		s.count(MetricRestores, "unknown", 1)
	}
	s.begin(c, d, raw)
}

func (s *Session) bearerFound(e BearerFound) {
	c := s.conn(e.Conn)
	if c == nil || c.Phase != PhaseFinding {
		return
	}
	raw := c.Init
	if e.Route != "" && e.Route != s.route {
		s.frontTo(c, e.Route, raw)
		return
	}
	s.count(MetricRestores, "unknown", 1)
	c.Phase, c.Init = PhaseNew, nil
	s.begin(c, initOf(raw), raw)
}

func initOf(raw []byte) (d initData) {
	if f, ok := readFrame(raw); ok {
		readData(f.Data, &d) // a frame that was read once reads again
	}
	return d
}

// begin starts a new conversation here, or on a fresh route where this one is
// taken.
func (s *Session) begin(c *ConnState, d initData, raw []byte) {
	name, ok := checkName(d.Name)
	if !ok {
		s.refuseInit(c, CodeNameInvalid)
		return
	}
	email, ok := CheckEmail(d.Email)
	if !ok {
		s.refuseInit(c, CodeEmailInvalid)
		return
	}
	page, ok := checkPage(d.Page)
	if !ok {
		s.refuseInit(c, CodePageInvalid)
		return
	}
	if s.exists() {
		if c.Front != "" {
			s.refuseInit(c, CodeEnded)
			return
		}
		s.frontTo(c, MintRoute(s.cfg.DataSecret, [16]byte(c.Random[:16])), raw)
		return
	}
	person := ""
	if d.Hash != "" {
		if s.cfg.identityOf(d, s.now) != identityGood {
			s.refuseInit(c, CodeIdentityInvalid)
			return
		}
		person = s.personKey(c, d).Key
	}
	if s.cfg.TurnstileOn && c.Phase != PhaseVerifying {
		if d.TurnstileToken == "" || len(d.TurnstileToken) > 2048 {
			s.refuseInit(c, CodeTurnstile)
			return
		}
		s.wait(c, PhaseVerifying, raw)
		s.emit(VerifyTurnstile{Conn: c.Conn, Token: d.TurnstileToken, RemoteIP: c.RemoteIP,
			Key: encode(keyed(s.cfg.DataSecret, "turnstile", string(c.Conn), d.TurnstileToken)[:16]), Host: c.Site})
		return
	}
	s.rec = records.Session{
		Site: c.Site, Name: name, Email: email, Page: page, Locale: cleanName(cut(d.Locale, 35)),
		BearerHash:  HashBearer(s.cfg.DataSecret, mintSessionID(s.cfg.DataSecret, c.Random)),
		CreatedAtMs: int64(s.now), ActiveAtMs: int64(s.now),
		Verified: person != "", Person: person, Attributes: d.Attributes,
	}
	s.setState(SessionBinding)
	s.wait(c, PhaseBinding, nil)
	s.count(MetricSessions, "", 1)
	s.bind()
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

func (s *Session) refuseInit(c *ConnState, code Code) {
	c.Phase, c.Init = PhaseNew, nil
	s.fail(c, code, "", 0)
	s.attach(c)
}

func (s *Session) verified(e TurnstileVerified) {
	c := s.conn(e.Conn)
	if c == nil || c.Phase != PhaseVerifying {
		return
	}
	raw := c.Init
	if e.Code == CodeTurnstileDown && s.cfg.TurnstileDownLimits {
		s.count(MetricTurnstile, "unchecked", 1)
		known := s.exists()
		s.begin(c, initOf(raw), raw)
		if !known && s.exists() {
			s.rec.Unchecked = true // stricter limits
		}
		return
	}
	if e.Code != "" {
		s.count(MetricTurnstile, string(e.Code), 1)
		c.Refused++
		s.refuseInit(c, e.Code)
		if c.Refused >= maxRefusedChecks {
			s.close(c, CloseTurnstile)
		}
		return
	}
	s.count(MetricTurnstile, "passed", 1)
	s.begin(c, initOf(raw), raw)
}

// bind makes the registry know the session id; it is asked again until it
// answers.
func (s *Session) bind() {
	s.told = s.now
	s.tell(BearerKey(s.rec.BearerHash), BindBearer{s.route})
}

func (s *Session) bound(e BearerBound) {
	if s.state() == SessionBinding && e.Hash == s.rec.BearerHash {
		s.setState(SessionOpen)
	}
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if c.Phase != PhaseBinding {
			continue
		}
		if st := s.state(); st == SessionEnded || st == SessionBlocked || !s.exists() {
			s.restore(c, initOf(c.Init)) // what came between lets nobody in
			continue
		}
		id := mintSessionID(s.cfg.DataSecret, c.Random)
		if HashBearer(s.cfg.DataSecret, id) != e.Hash {
			continue
		}
		var d initData
		again := len(c.Init) > 0 // a verified visitor, who comes back by name
		if again {
			d = initOf(c.Init)
			s.backAgain(d)
		}
		c.Random, d.SessionID = [32]byte{}, string(id)
		s.welcome(c, d, again)
	}
}

// restore lets a visitor into a conversation that is there.
func (s *Session) restore(c *ConnState, d initData) {
	switch s.state() {
	case SessionBlocked:
		s.count(MetricRestores, "blocked", 1)
		if s.now < Time(s.rec.BlockedUntilMs) {
			s.blockAddress(c.RemoteIP)
		}
		s.fail(c, CodeBlocked, "", 0)
		s.close(c, CloseBlocked)
		return
	case SessionEnded, SessionNone:
		s.count(MetricRestores, "ended", 1)
		if s.rec.Person != "" {
			s.tell(Address{KindRegistry, s.rec.Person}, ReleasePerson{s.route}) // it may not have heard
		}
		if d.Name != "" && d.Email != "" && c.Front == "" {
			d.SessionID = ""
			raw := frame("init", d)
			s.begin(c, d, raw)
			return
		}
		s.fail(c, CodeEnded, "", 0)
		s.close(c, CloseEnded)
		return
	case SessionBinding:
		// The registry's answer is still on its way; the visitor has the id
		// already, so it had been bound before. Ask again, and go on.
		s.bind()
	}
	s.backAgain(d)
	c.Random = [32]byte{}
	s.welcome(c, d, true)
}

// backAgain notes that the visitor came back.
func (s *Session) backAgain(d initData) {
	if s.state() == SessionArchived {
		s.setState(SessionOpen)
	}
	s.count(MetricRestores, "restored", 1)
	s.note("a conversation goes on: its visitor is back")
	s.describe(d)
	if page, ok := checkPage(d.Page); ok && page != "" && page != s.rec.Page {
		s.rec.Page = page
		s.saveRec = true
	}
	if s.rec.Absence != 0 {
		s.rec.Absence = 0
		s.rec.Notices &^= 1<<NoticeAway | 1<<NoticeUnread // what waits still is not true any more
		s.saveRec = true
	}
}

// welcome says ready, then what the client missed.
func (s *Session) welcome(c *ConnState, d initData, restored bool) {
	c.Phase, c.Init = PhaseReady, nil
	s.noteFront(c)
	s.comesFrom(c.RemoteIP)
	s.makeRoom()
	s.rec.ActiveAtMs = int64(s.now)
	missed, gap := s.missed(c, d, restored)
	c.Unsure = s.mayRepeatOld(d)
	r := readyOut{
		Message: s.cfg.Greeting, SessionID: d.SessionID, Route: s.route, Seq: s.ackedSeq(), Restored: restored,
		Name: s.rec.Name, Email: s.email(), Seen: s.rec.SeenSeq, Delivered: s.delivered(), Failed: s.failed(), Gap: gap,
	}
	if len(missed) > 0 && (gap || d.Since != nil && *d.Since <= 0) {
		r.More = missed[0].Seq > 1
	}
	if s.cfg.TeamName != "" {
		r.Team = &teamOut{Name: s.cfg.TeamName, Reply: s.cfg.TeamReply}
	}
	s.send(c, frame("ready", r))
	if d.Since != nil && *d.Since > 0 && !gap {
		s.changedBefore(c, *d.Since)
	}
	for _, m := range missed {
		s.deliver(c, m)
	}
	s.attach(c)
}

// missed gives the messages that follow ready. gap is set where messages
// between them and what the client has shown are left out.
func (s *Session) missed(c *ConnState, d initData, restored bool) (list []*records.Message, gap bool) {
	if !restored || s.asking() {
		return nil, false
	}
	if d.Since == nil {
		from := s.baseSeq(c)
		for _, m := range s.msgs {
			if m.Seq > from && m.Sender != int64(SenderVisitor) && !m.Deleted {
				list = append(list, m)
			}
		}
		c.SettledSeq, c.SentSeq = from, from
		return list, false
	}
	since := *d.Since
	if since > s.lastSeq() {
		since, gap = 0, true // from another life of this conversation, such as before a backup was restored
	}
	if since > 0 && len(s.msgs) > 0 && s.msgs[0].Seq > since+1 {
		since, gap = 0, true
	}
	for _, m := range s.msgs {
		if m.Seq > since || defectSeq {
			list = append(list, m)
		}
	}
	if since <= 0 && len(list) > maxHistory {
		list = list[len(list)-maxHistory:]
	}
	return list, gap
}

// mayRepeatOld tells whether a client may say again what is older than memory. One
// that was shown a message of its own does not say it again, but for the few whose
// ack it may have lost together with its tab.
func (s *Session) mayRepeatOld(d initData) bool {
	const lost = TailMessages / 4
	if s.lastSeq() < TailMessages-lost {
		return false // what may leave memory from here on, it was shown
	}
	return d.Since == nil || *d.Since > s.lastSeq() || s.msgs[0].Seq > *d.Since-lost
}

// baseSeq is what a client of the base protocol has been sent for sure. Its
// earlier connection may be dead without a word.
func (s *Session) baseSeq(self *ConnState) int64 {
	from := s.rec.BaseSeq
	for _, c := range s.conns {
		if c != self && c.Base && c.Phase == PhaseReady {
			from = max(from, c.SettledSeq)
		}
	}
	return from
}

// changedBefore repeats edits and deletions of what the client has shown: it
// may have been away when they came.
func (s *Session) changedBefore(c *ConnState, since int64) {
	for _, m := range s.msgs {
		if m.Seq > since {
			break
		}
		s.sendChange(c, m)
	}
	if !s.whole() {
		s.lookUp(FindMessages{Find: records.Find{Changed: true, Limit: maxHistory}, Conn: c.Conn})
	}
}

func (s *Session) sendChange(c *ConnState, m *records.Message) {
	switch {
	case m.Deleted:
		s.send(c, frame("delete", seqData{m.Seq}))
	case m.Edited:
		s.send(c, frame("edit", editOut{Seq: m.Seq, Message: m.Body}))
	}
}

// deliver writes a message to a connection and notes that it did.
func (s *Session) deliver(c *ConnState, m *records.Message) {
	if c.Base && m.Seq > c.SentSeq {
		c.SentSeq, c.SentAt = m.Seq, s.now
	}
	s.send(c, frame("message", s.messageOut(m)))
	if c.Base && m.Sender == int64(SenderAgent) {
		s.see(m.Seq) // a client that never says seen: written counts
	}
}

func (s *Session) messageOut(m *records.Message) messageOut {
	o := messageOut{Message: m.Body, Author: m.Author, Timestamp: Time(m.AtMs), Seq: m.Seq, ID: m.ClientID,
		Avatar: m.Avatar, Edited: m.Edited, Deleted: m.Deleted}
	switch Sender(m.Sender) {
	case SenderVisitor:
		o.From, o.Author = "visitor", s.rec.Name
	case SenderAgent:
		o.From = "agent"
	default:
		o.From = "system"
	}
	return o
}
