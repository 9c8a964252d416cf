package chat

import (
	"strconv"
	"strings"

	"cloudflarechat/chat/records"
)

// What the keys of readings and of marks begin with.
const (
	readKey = "read:"
	markKey = "mark:"
)

// pump moves everything on that can move: it claims a thread, asks the
// registry, and tells the desk when something is ready.
func (s *Session) pump() {
	if !s.exists() || s.state() == SessionBinding {
		if s.state() == SessionBinding && s.now-s.told >= retryAfter {
			s.bind()
		}
		return
	}
	if s.asking() {
		s.askAdmission()
		return
	}
	s.wantThread()
	s.askThread()
	busy := s.now < s.busyUntil && s.mayFreeze()
	switch {
	case s.announced && busy && s.handedLow:
		s.announce() // a mark or a read may wait for long, and this may not
	case s.announced, !s.hasCall():
	case busy:
		s.announce() // what is said until its turn comes goes into the same post
	default:
		s.hand()
	}
}

// mayFreeze tells whether messages wait that are not frozen and that the thread can take.
func (s *Session) mayFreeze() bool {
	if s.part() != nil || !s.threadOpen() {
		return false
	}
	list, _ := s.waiting()
	return len(list) > 0
}

// busyFor is how long after a call without a slot behind it a message is announced and not handed over at once: it would be frozen alone, and sent
// back.
const busyFor = 60 * Second

// announce tells the desk that something is ready, and waits to be asked for it.
func (s *Session) announce() {
	s.announced, s.handedLow, s.handedAt = true, false, s.now
	s.tell(DeskAddress, DeskReady{From: s.route})
}

// hasCall tells whether there is something for the desk, frozen or not.
func (s *Session) hasCall() bool {
	if s.part() != nil {
		return true
	}
	if s.now < s.holdUntil {
		return false
	}
	switch s.thread() {
	case ThreadAnnouncing, ThreadDividing, ThreadOpening:
		return true
	}
	if !s.threadOpen() {
		return s.mayRead()
	}
	if list, _ := s.waiting(); len(list) > 0 {
		return true
	}
	return s.rec.Notices != 0 || s.mayRead() || s.toMark() != nil || s.closing() || s.typing
}

// closing tells whether the thread is to be closed once everything is posted.
func (s *Session) closing() bool { return s.rec.EndedBy != 0 && s.threadOpen() }

// toMark is the agent's post that the visitor has seen last, if the desk does
// not show it yet.
func (s *Session) toMark() *records.Message {
	if s.rec.SeenSeq <= s.rec.MarkedSeq {
		return nil
	}
	for i := len(s.msgs) - 1; i >= 0; i-- {
		m := s.msgs[i]
		if m.Seq <= s.rec.MarkedSeq {
			return nil
		}
		if m.Seq <= s.rec.SeenSeq && m.Sender == int64(SenderAgent) && m.DeskID != "" && !m.Deleted &&
			!MessageID(m.DeskID).Before(MessageID(s.rec.ThreadFrom)) {
			return m
		}
	}
	return nil
}

// call is the first thing for the desk; it freezes what waits.
func (s *Session) call() *DeskCall {
	s.freezeNext()
	thread := ThreadID(s.rec.ThreadID)
	if p := s.part(); p != nil {
		return s.partCall(p, thread)
	}
	switch {
	case s.thread() == ThreadOpening:
		return &DeskCall{Kind: CallOpen, Key: "open:" + s.rec.OpeningID, Message: MessageID(s.rec.OpeningID),
			Text: s.cfg.Desk.ThreadName(Header{Name: s.rec.Name, Email: s.rec.Email}), Since: s.since()}
	case s.mayRead():
		// Each reading has a key of its own: the answer to one must not pass for
		// that to the next.
		return &DeskCall{Kind: CallRead, Key: readKey + strconv.FormatInt(int64(s.now), 36), Thread: s.catchUpThread(),
			After: MessageID(s.rec.CatchUpAfter)}
	case !s.threadOpen():
		return nil
	}
	if m := s.toMark(); m != nil {
		return &DeskCall{Kind: CallMark, Key: markKey + m.DeskID, Thread: thread, Message: MessageID(m.DeskID)}
	}
	if s.closing() {
		return &DeskCall{Kind: CallClose, Key: "close:" + string(thread), Thread: thread}
	}
	if s.typing {
		return &DeskCall{Kind: CallTyping, Key: "typing", Thread: thread, NotAfter: s.typedAt + typingEvery}
	}
	return nil
}

func (s *Session) partCall(p *records.Post, thread ThreadID) *DeskCall {
	c := &DeskCall{Kind: CallPost, Key: p.Nonce, Thread: thread, Text: p.Body, After: MessageID(p.AfterID), Since: s.since()}
	if p.Part > 0 {
		c.After = MessageID(s.posts[p.Part-1].DeskID)
	}
	switch PostKind(p.Kind) {
	case PostOpening:
		c.Kind, c.Thread, c.Alert, c.After, c.Since = CallAnnounce, "", !s.beginsMarked(), "", Time(p.FrozenAtMs)
	case PostAlert:
		c.Alert = true
	case PostDivider:
		if !defectLease {
			c.NotAfter = Time(s.rec.ClaimUntilMs)
		}
	}
	if !s.doubt {
		// What is told may be told twice, and the second time late.
		s.firstTry = s.now
		if !defectLateRepeat {
			c.CheckFrom = s.now + nonceLife
		}
		return c
	}
	if defectReopen && c.Kind == CallAnnounce {
		c.Key = postKey(s.route, PostOpening, thread, 0, 0, s.now)
		p.Nonce = c.Key
	}
	c.Doubt, c.CheckFrom = true, s.firstTry+nonceLife
	c.Check = s.now >= c.CheckFrom || s.now < s.firstTry || s.looking == p.Nonce
	return c
}

// since is when the oldest waiting message was accepted.
func (s *Session) since() Time {
	if seq := s.firstWaiting(); seq > 0 {
		return Time(s.bySeq(seq).AtMs)
	}
	return s.now
}

// hand gives the desk what is ready.
func (s *Session) hand() {
	c := s.call()
	if c == nil {
		return
	}
	s.announced, s.handed, s.handedAt = true, c.Key, s.now
	s.handedLow = c.Kind == CallMark || c.Kind == CallRead || c.Kind == CallClose
	c.HandedAt, s.callAt = s.now, s.now
	if c.Kind == CallRead {
		s.reading, s.readAgain, s.stale = true, false, false
		s.readFrom = c.Thread
		s.readAfter = c.After
		s.changed = nil
	}
	s.tell(DeskAddress, DeskReady{From: s.route, Call: c})
}

// pulled answers the desk's question for what is ready.
func (s *Session) pulled(e DeskPull) {
	fresh := s.now-e.At <= pullFresh && e.At-s.now <= pullFresh
	unsent := e.Unsent != 0 && (e.Unsent == s.callAt && fresh || defectStalePull)
	if !unsent && s.part() != nil && s.handed != "" {
		s.doubt = true // the desk forgot whether it sent it
		if s.firstTry == 0 {
			s.firstTry = s.now
		}
	}
	s.announced = false
	if s.exists() {
		s.hand()
	}
	if !s.announced {
		s.tell(DeskAddress, DeskIdle{s.route})
	}
}

// delayed tells the visitor that delivery takes longer.
func (s *Session) delayed(e DeskDelayed) {
	seq := s.firstWaiting()
	if seq == 0 {
		return
	}
	wait := Time(0)
	if e.Until > s.now {
		wait = e.Until - s.now
	}
	s.toExtended(frame("receipt", receiptOut{Seq: s.lastWaiting(), State: "delayed", Code: e.Code, RetryAfterMs: wait}))
}

func (s *Session) lastWaiting() (seq int64) {
	for _, m := range s.after(s.delivered()) {
		if m.Sender == int64(SenderVisitor) && m.State == int64(MessageWaiting) {
			seq = m.Seq
		}
	}
	return seq
}

// deskDone takes in what became of a call.
func (s *Session) deskDone(e DeskDone) {
	p := s.part()
	mine := p != nil && p.Nonce == e.Key || s.thread() == ThreadOpening && e.Key == "open:"+s.rec.OpeningID
	if e.Key != s.handed && !mine {
		if e.Result.Outcome == OutcomeDone {
			s.marked(e.Key) // true also if this session was rebuilt meanwhile
			s.arrivedLate(e.Key)
		}
		return // else an answer to something that was settled another way
	}
	if e.HandedAt != 0 && e.HandedAt != s.callAt {
		if r := e.Result.Outcome; r != OutcomeDone && r != OutcomeDoubt {
			s.doubt = s.doubt || p != nil
			return // of an earlier attempt: a later one is on its way, and tells for itself
		}
	}
	s.announced, s.handed = false, ""
	r := e.Result
	if p != nil && p.Nonce == e.Key {
		s.postDone(p, r)
		s.goneNow()
	} else {
		s.otherDone(e.Key, r)
	}
	switch {
	case e.Slot:
		s.busyUntil = 0
	case r.Outcome == OutcomeDone && e.Key != "typing":
		s.busyUntil = s.now + busyFor
	}
	if !s.hasCall() {
		return
	}
	s.wantThread()
	s.askThread()
	if e.Slot {
		s.hand()
		return
	}
	s.announce()
}

func (s *Session) postDone(p *records.Post, r DeskResult) {
	switch r.Outcome {
	case OutcomeDone:
		s.partDone(p, r.Message)
		if PostKind(p.Kind) == PostOpening {
			s.announcedIn(r.Thread)
		}
	case OutcomeDoubt:
		s.doubt, s.looking = true, ""
		if defectThaw {
			s.refreeze()
		}
		if defectDropOnDoubt {
			s.partDone(p, "")
		}
	case OutcomeUnsent:
	case OutcomeGone:
		s.threadLost()
	case OutcomeRefused:
		s.partRefused(p, r)
	case OutcomeTooLate:
		// Somebody else may take the thread over now; open one of our own.
		s.threadLost()
	}
}

func (s *Session) otherDone(key string, r DeskResult) {
	gone := r.Outcome == OutcomeGone
	switch {
	case key == "open:"+s.rec.OpeningID && s.thread() == ThreadOpening:
		switch r.Outcome {
		case OutcomeDone:
			s.opened(r.Thread, r.More)
		case OutcomeGone:
			s.threadLost() // the opening post was deleted: begin anew
		case OutcomeRefused:
			s.holdUntil = s.now + retryAfter
		}
	case strings.HasPrefix(key, readKey):
		s.reading = false
		if !s.readsOn() {
			return // something else has to be read by now
		}
		switch r.Outcome {
		case OutcomeDone:
			s.readDone(r)
		case OutcomeRefused:
			// Nothing is given up for an answer that nobody expected: it is read again
			// later, and the desk says to its owner that it cannot be.
			s.readHold = s.now + retryAfter
		case OutcomeGone:
			s.caughtUp()
			if gone && s.threadOpen() && s.readFrom == ThreadID(s.rec.ThreadID) {
				s.threadLost()
			}
		}
	case strings.HasPrefix(key, markKey):
		if r.Outcome == OutcomeDone || gone || r.Outcome == OutcomeRefused {
			s.marked(key)
		}
	case len(key) > 6 && key[:6] == "close:":
		if r.Outcome == OutcomeDone || gone || r.Outcome == OutcomeRefused {
			s.threadLost()
		}
	case key == "typing":
		s.typing = false
	}
}

// beginsMarked tells whether the filter marked what the conversation is opened
// for: then nobody is called.
func (s *Session) beginsMarked() bool {
	m := s.bySeq(s.firstWaiting())
	if m == nil {
		return false
	}
	if _, rest := restOf(m.Code); rest != nil {
		return s.cfg.Filter.judge(m.Body, 0) != MarkNone
	}
	return m.Code != ""
}

// marked takes in that the desk shows a post as seen. It is saved, or a session
// that is rebuilt again and again would mark it each time.
func (s *Session) marked(key string) {
	id, ok := strings.CutPrefix(key, markKey)
	if m := s.byDeskID(MessageID(id)); ok && m != nil && m.Seq > s.rec.MarkedSeq {
		s.rec.MarkedSeq = m.Seq
		s.saveRec = true
	}
}
