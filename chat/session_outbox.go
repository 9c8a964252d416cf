package chat

import (
	"strconv"
	"strings"

	"cloudflarechat/chat/records"
)

// PostKind is what a frozen post is. Its numbers are on disk.
type PostKind int64

// The kinds of posts.
const (
	// PostOpening tells the team that somebody is here.
	PostOpening PostKind = iota + 1
	// PostMessages carries a visitor's messages.
	PostMessages
	// PostRetry carries one message that failed before.
	PostRetry
	// PostNotice is a text of the system.
	PostNotice
	// PostDivider ends the range of a thread's earlier owner.
	PostDivider
	// PostAlert is a text of the system that calls the team.
	PostAlert
)

// PostState is how far a part of a post has come. Its numbers are on disk.
type PostState int64

// The states of a part.
const (
	// PostFrozen: the bytes are settled; it is on its way.
	PostFrozen PostState = iota
	// PostArrived: the desk has it.
	PostArrived
	// PostDropped: it will not be posted.
	PostDropped
)

// part is the part that is on its way; nil is none.
func (s *Session) part() *records.Post {
	for _, p := range s.posts {
		if p.State == int64(PostFrozen) {
			return p
		}
	}
	return nil
}

// delivered is the watermark: visitor messages up to it have left the outbox.
func (s *Session) delivered() int64 {
	if len(s.posts) == 0 {
		return 0
	}
	if p := s.posts[0]; p.Kind == int64(PostMessages) && s.part() != nil {
		return p.FirstSeq - 1
	} else {
		return p.LastSeq
	}
}

// frozen is the newest message whose bytes are settled.
func (s *Session) frozen() int64 {
	if p := s.part(); p != nil && p.Kind == int64(PostMessages) {
		return p.LastSeq
	}
	return s.delivered()
}

// firstWaiting is the oldest message that has not left the outbox; 0 is none.
func (s *Session) firstWaiting() int64 {
	if s.special > 0 {
		for _, m := range s.msgs {
			if m.State == int64(MessageRetry) {
				return m.Seq
			}
		}
	}
	for _, m := range s.after(s.delivered()) {
		if m.Sender == int64(SenderVisitor) && m.State == int64(MessageWaiting) {
			return m.Seq
		}
	}
	return 0
}

// failed lists the messages that the desk refused.
func (s *Session) failed() (list []int64) {
	if s.special == 0 {
		return nil
	}
	for _, m := range s.msgs {
		if isSpecial(MessageState(m.State)) { // one that is tried again did not arrive either
			list = append(list, m.Seq)
		}
	}
	return list
}

// waiting are the messages for the next post: those in order first, else one
// retry.
func (s *Session) waiting() (list []*records.Message, kind PostKind) {
	units := 0
	for _, m := range s.after(s.frozen()) {
		if m.Sender != int64(SenderVisitor) || m.State != int64(MessageWaiting) {
			continue
		}
		units += utf16Units(m.Body)
		if len(list) > 0 && (units > s.cfg.Desk.MergeUnits() || m.Code != list[0].Code || list[0].Seq <= s.alone) {
			break
		}
		list = append(list, m)
	}
	if len(list) > 0 {
		return list, PostMessages
	}
	if s.special == 0 {
		return nil, 0
	}
	for _, m := range s.msgs {
		if m.State == int64(MessageRetry) && !s.inFlight(m) {
			return []*records.Message{m}, PostRetry
		}
	}
	return nil, 0
}

func (s *Session) inFlight(m *records.Message) bool {
	p := s.part()
	return p != nil && p.Kind == int64(PostRetry) && p.FirstSeq == m.Seq
}

// freeze settles the bytes of a post: from here on every attempt is the same.
func (s *Session) freeze(kind PostKind, first, last int64, texts []string) {
	after := s.lastPosted()
	if len(texts) > maxPostParts {
		texts = texts[:maxPostParts]
	}
	s.posts = nil
	for i, t := range texts {
		p := &records.Post{Kind: int64(kind), FirstSeq: first, LastSeq: last, Part: int64(i), Parts: int64(len(texts)),
			Nonce: postKey(s.route, kind, ThreadID(s.rec.ThreadID), first, int64(i), s.now),
			Body:  t, AfterID: string(after), FrozenAtMs: int64(s.now)}
		s.posts = append(s.posts, p)
		s.touchPost(p)
	}
	s.firstTry, s.doubt, s.looking = 0, false, ""
}

// lastPosted is the newest own message in the thread, after which an attempt in
// doubt would be found.
func (s *Session) lastPosted() MessageID {
	for i := len(s.posts) - 1; i >= 0; i-- {
		if p := s.posts[i]; p.DeskID != "" && p.Kind != int64(PostOpening) {
			return MessageID(p.DeskID)
		}
	}
	if len(s.posts) > 0 && s.posts[0].AfterID != "" && s.threadOpen() {
		return MessageID(s.posts[0].AfterID)
	}
	return MessageID(s.rec.ThreadFrom)
}

// freezeNext freezes what waits, if the thread can take it and nothing is on
// its way.
func (s *Session) freezeNext() {
	if s.part() != nil || s.now < s.holdUntil {
		return
	}
	mark := s.delivered()
	switch ThreadState(s.rec.ThreadState) {
	case ThreadAnnouncing:
		s.freeze(PostOpening, mark, mark, []string{s.cfg.Desk.Announcement(tagOf(s.cfg.DataSecret, s.route), ThreadID(s.rec.PreviousThreadID))})
		return
	case ThreadDividing:
		kind := NoticeDivider
		if s.rec.Verified {
			kind = NoticeVerified
		}
		s.freeze(PostDivider, mark, mark, []string{s.cfg.Desk.Notice(kind, tagOf(s.cfg.DataSecret, s.route), ThreadID(s.rec.PreviousThreadID))})
		return
	}
	if !s.threadOpen() || s.rec.EndedBy == int64(SenderAgent) {
		return // nobody looks into a thread that they closed: what waits opens the next one
	}
	if list, kind := s.waiting(); len(list) > 0 {
		s.freezeMessages(list, kind, mark)
		return
	}
	for kind := NoticeDivider; kind <= NoticeUnanswered; kind++ {
		if bit := int64(1) << kind; s.rec.Notices&bit != 0 {
			s.rec.Notices &^= bit
			s.saveRec = true
			post := PostNotice
			if kind == NoticeUnanswered {
				post = PostAlert
			}
			s.freeze(post, mark, mark, []string{s.cfg.Desk.Notice(kind, tagOf(s.cfg.DataSecret, s.route), ThreadID(s.rec.PreviousThreadID))})
			return
		}
	}
}

func (s *Session) freezeMessages(list []*records.Message, kind PostKind, mark int64) {
	var head *Header
	thread, parts := restOf(list[0].Code)
	if parts == nil || thread != s.rec.ThreadID {
		head, parts = s.layOut(list)
	}
	// What is merged goes as one part, so that the desk takes or refuses it as a whole.
	for len(list) > 1 && len(parts) > 1 {
		list = list[:len(list)-1]
		head, parts = s.layOut(list)
	}
	newest := list[len(list)-1]
	first, last := list[0].Seq, newest.Seq
	if kind == PostRetry {
		last = mark
	}
	if len(parts) == 0 {
		// Nothing of it can be seen, so nothing is posted; it must leave the outbox all
		// the same, and the watermark must not fall.
		s.freeze(kind, first, last, []string{""})
		s.partDone(s.posts[0], "")
		s.freezeNext()
		return
	}
	if head != nil {
		s.rec.NewsAtMs, s.rec.ToldName, s.rec.ToldPage = int64(s.now), s.rec.Name, newest.Page
		s.rec.ToldAttributes, s.saveRec = s.rec.Attributes, true
	} else if s.rec.NewsAtMs == int64(s.now) {
		s.rec.NewsAtMs, s.saveRec = s.rec.NewsAtMs-1, true // a post has a head if it was frozen when there was news
	}
	s.freeze(kind, first, last, parts)
}

// layOut gives the head that a post of messages has, nil where there is no news,
// and its parts.
func (s *Session) layOut(list []*records.Message) (*Header, []string) {
	newest := list[len(list)-1]
	code := newest.Code
	if _, rest := restOf(code); rest != nil {
		code = string(s.cfg.Filter.judge(newest.Body, 0))
	}
	var head *Header
	if s.isNews(newest.Page) || code != "" {
		head = &Header{Name: s.rec.Name, Email: s.rec.Email, Page: newest.Page, Verified: s.rec.Verified, Attributes: s.rec.Attributes, Mark: Mark(code)}
	}
	texts := make([]string, len(list))
	for i, m := range list {
		texts[i] = m.Body
	}
	return head, s.cfg.Desk.Parts(head, texts)
}

// isNews tells whether a post shall say who and where.
func (s *Session) isNews(page string) bool {
	return s.cfg.HeadAlways || s.rec.NewsAtMs == 0 || s.now-Time(s.rec.NewsAtMs) >= s.cfg.HeadAfter ||
		s.rec.ToldName != s.rec.Name || s.rec.ToldPage != page || s.rec.ToldAttributes != s.rec.Attributes
}

// notice puts a system text into the outbox.
func (s *Session) notice(kind NoticeKind) {
	s.rec.Notices |= 1 << kind
	s.saveRec = true
}

// partDone takes in that a part arrived.
func (s *Session) partDone(p *records.Post, id MessageID) {
	p.State, p.DeskID, p.Body = int64(PostArrived), string(id), ""
	s.touchPost(p)
	s.firstTry, s.doubt, s.looking = 0, false, ""
	if next := s.part(); next != nil {
		return
	}
	switch PostKind(p.Kind) {
	case PostMessages, PostRetry:
		for _, m := range s.after(p.FirstSeq - 1) {
			if m.Seq <= max(p.FirstSeq, p.LastSeq) && m.Sender == int64(SenderVisitor) {
				s.count(MetricDelivery, "visitor_to_thread", float64(s.now-Time(m.AtMs))/1000)
				if p.Kind == int64(PostRetry) {
					if m.Seq == p.FirstSeq && m.State == int64(MessageRetry) {
						s.setMessage(m, MessageDelivered, "")
					} else {
						continue
					}
				}
			}
		}
		seq := p.LastSeq
		if p.Kind == int64(PostRetry) {
			seq = max(p.FirstSeq, p.LastSeq)
		}
		s.toExtended(frame("receipt", receiptOut{Seq: seq, State: "delivered"}))
	case PostOpening:
		s.announcedAs(id)
	case PostDivider:
		s.divided(id)
	}
}

// partRefused takes in that the desk will never take this post.
func (s *Session) partRefused(p *records.Post, r DeskResult) {
	code := r.Code
	if s.doubt && !r.Looked && !defectRefused {
		// An earlier attempt may have arrived all the same: that is looked for first.
		s.looking = p.Nonce
		return
	}
	if p.FrozenAtMs == s.rec.NewsAtMs && p.Part == 0 && (p.Kind == int64(PostMessages) || p.Kind == int64(PostRetry)) {
		s.rec.NewsAtMs, s.saveRec = 0, true // nobody was told
	}
	if p.Kind == int64(PostMessages) && p.FirstSeq < p.LastSeq && !defectRefused {
		s.alone = p.LastSeq
		s.refreeze()
		return
	}
	var rest []string
	for _, o := range s.posts {
		if o.State == int64(PostFrozen) {
			rest = append(rest, o.Body)
			o.State, o.Body = int64(PostDropped), ""
			s.touchPost(o)
		}
	}
	s.firstTry, s.doubt, s.looking = 0, false, ""
	switch PostKind(p.Kind) {
	case PostMessages, PostRetry:
		s.refusedAs(p)
		if m := s.bySeq(p.FirstSeq); m != nil {
			s.messageRefused(m, p, code, rest)
		}
	case PostOpening, PostDivider:
		// A text of our own that the desk refuses is a fault in the set-up of the
		// channel. It is tried again with fresh bytes; the team hears of it from
		// the desk's own health.
		s.holdUntil = s.now + retryAfter
	}
}

// refusal is a post that the desk refused, and the message that was in it.
type refusal struct {
	key string
	seq int64
}

// maxRefusals bounds what is remembered of them.
const maxRefusals = 64

// refusedAs remembers a refused post: a call may be told twice, and what the first
// was refused the second may be granted.
func (s *Session) refusedAs(p *records.Post) {
	if p.Parts != 1 {
		return
	}
	if len(s.refusals) >= maxRefusals {
		s.refusals = append([]refusal(nil), s.refusals[1:]...)
	}
	s.refusals = append(s.refusals, refusal{p.Nonce, p.FirstSeq})
}

// arrivedLate takes in that a message arrived after all, by a repeat of a call
// that had been refused: nobody needs to try it again.
func (s *Session) arrivedLate(key string) {
	for _, r := range s.refusals {
		if r.key != key {
			continue
		}
		if m := s.bySeq(r.seq); m != nil && isSpecial(MessageState(m.State)) && !s.inFlight(m) {
			s.setMessage(m, MessageDelivered, "")
			s.toExtended(frame("receipt", receiptOut{Seq: max(m.Seq, s.delivered()), State: "delivered"}))
		}
	}
}

// messageRefused tells the visitor. Parts that arrived stay where they are: a
// retry brings the rest, with the bytes that were frozen for it.
func (s *Session) messageRefused(m *records.Message, p *records.Post, code Code, rest []string) {
	kept := code
	if thread, of := restOf(m.Code); (p.Part > 0 || of != nil && thread == s.rec.ThreadID) && !defectRefused {
		kept = restCode(s.rec.ThreadID, rest)
	}
	s.setMessage(m, MessageFailed, kept)
	s.count(MetricFailed, string(code), 1)
	s.toExtended(frame("receipt", receiptOut{Seq: m.Seq, State: "failed", Code: code}))
}

// restCode is what the row of a message says of which the first parts arrived in a
// thread and the next was refused: the parts that are left, each behind its length
// in bytes. In another thread nothing of the message stands.
func restCode(thread string, rest []string) Code {
	code := thread + "/"
	for _, part := range rest {
		code += strconv.Itoa(len(part)) + ":" + part
	}
	return Code(code)
}

// restOf reads it; nil is a code that says nothing of parts.
func restOf(code string) (thread string, rest []string) {
	thread, code, _ = strings.Cut(code, "/")
	for {
		length, after, ok := strings.Cut(code, ":")
		n, err := strconv.Atoi(length)
		if !ok || err != nil || n < 0 || n > len(after) {
			return thread, rest
		}
		rest, code = append(rest, after[:n]), after[n:]
	}
}

// mayArrive tells whether visitor messages may be on their way to the thread,
// or there already: a locked thread still takes the desk's posts. Freezing them
// anew for another thread would double them.
func (s *Session) mayArrive() bool {
	p := s.part()
	return p != nil && (p.Kind == int64(PostMessages) || p.Kind == int64(PostRetry)) && (s.firstTry != 0 || s.doubt)
}

// refreeze gives up the post in flight, which surely is not in any thread that
// counts, so that its messages are frozen anew for another thread.
func (s *Session) refreeze() {
	p := s.part()
	if p == nil {
		return
	}
	mark := s.delivered()
	for _, o := range s.posts {
		// Rows of a post that will not be: the watermark stays where it was.
		o.Kind, o.FirstSeq, o.LastSeq = int64(PostNotice), mark, mark
		o.State, o.Body, o.DeskID = int64(PostDropped), "", ""
		s.touchPost(o)
	}
	s.firstTry, s.doubt, s.looking = 0, false, ""
}
