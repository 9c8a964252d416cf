package chat

import (
	"slices"
	"strings"

	"cloudflarechat/chat/records"
)

// news takes in what an agent did.
func (s *Session) news(e ThreadNews) { s.newsOf(e, false) }

// newsOf takes it in; looked says that the post was looked up, and is in memory
// if it was ever taken.
func (s *Session) newsOf(e ThreadNews, looked bool) {
	if !s.exists() {
		s.answer(e.Ticket, StatusUnknown)
		return
	}
	n := e.News
	switch n.Kind {
	case NewsPosted:
		if !looked && s.findPost(e) {
			return
		}
		if s.mayHaveMissed(n) {
			if !n.Aside {
				break
			}
			s.answer(e.Ticket, StatusLater) // no reading shows it
			return
		}
		if !s.posted(n) {
			s.answer(e.Ticket, StatusLater)
			return
		}
	case NewsEdited, NewsDeleted:
		if s.catching(n.Thread) && s.byDeskID(n.Message) == nil && e.Ticket != "" {
			s.answer(e.Ticket, StatusLater) // the post itself is being read, as it was
			return
		}
		if !looked && s.findPost(e) {
			return
		}
		if n.Kind == NewsDeleted {
			s.deleted(n)
			break
		}
		if s.doubted(n) {
			break
		}
		s.change(n.Message)
		if !s.edited(n) {
			s.answer(e.Ticket, StatusLater)
			return
		}
	case NewsTyping:
		if n.Thread == ThreadID(s.rec.ThreadID) {
			s.toExtended(frame("typing", typingOut{Author: n.Author, ForMs: 10 * Second}))
		}
	case NewsThreadGone:
		if n.Thread == ThreadID(s.rec.ThreadID) && s.thread() != ThreadYielded {
			if s.mayArrive() || s.settling() {
				s.goneLater = n.Thread
				s.answer(e.Ticket, StatusLater)
				return
			}
			s.threadLost()
		}
	case NewsClose:
		switch t := s.thread(); {
		case n.Thread == ThreadID(s.rec.OpeningID) && (t == ThreadRegistering || t == ThreadOpening || t == ThreadConfirming):
			s.answer(e.Ticket, StatusLater) // it is being opened
			return
		case n.Thread == ThreadID(s.rec.ThreadID) && t == ThreadTaking:
			s.answer(e.Ticket, StatusLater)
			return
		case n.Thread == ThreadID(s.rec.ThreadID):
			s.closedByAgent()
		}
	case NewsBlock:
		// In any thread of which a range is this visitor's: the registry knows.
		if s.state() != SessionBlocked {
			s.block()
		}
	case NewsMissed:
		after := s.newestKnown()
		switch {
		case n.Thread != ThreadID(s.rec.ThreadID):
			after = n.After // one that was this session's before
		case n.After != "" && n.After.Before(after) && !n.After.Before(MessageID(s.rec.ThreadFrom)):
			after = n.After
		}
		if after != "" {
			s.catchUp(n.Thread, after, n.Until)
		}
	}
	s.answer(e.Ticket, StatusTaken)
}

func (s *Session) answer(t Ticket, st Status) {
	if t != "" {
		s.emit(answer(t, st))
	}
}

// newestKnown is the newest message of the thread up to which nothing is
// missing, as far as this session knows. A post that stands aside says nothing
// of that: it may be newer than what was missed here.
func (s *Session) newestKnown() MessageID {
	if MessageID(s.rec.ThreadFrom).Before(s.here) {
		return s.here
	}
	return MessageID(s.rec.ThreadFrom)
}

// page is one of a reading, and those of its posts that were taken before.
type page struct {
	DeskResult
	known map[MessageID]*records.Message
	at    Time
	// gone are the posts that have left memory and are missing, looked up newest first;
	// complete says that these are all, and until then below is where to look on.
	gone     []*records.Message
	below    int64
	looks    bool
	complete bool
}

// missingAtOnce is how many missing posts are looked up at once.
const missingAtOnce = maxOld / 2

// pageWaits tells whether a page waits for what is looked up. A disk that fails
// does not answer: it is read again then.
func (s *Session) pageWaits() bool {
	return s.page != nil && s.now >= s.page.at && s.now-s.page.at < answerWithin
}

// readDone takes in a page of the thread, once it is known which of its posts were
// taken before: some may have left memory.
func (s *Session) readDone(r DeskResult) {
	p := &page{DeskResult: r, known: map[MessageID]*records.Message{}}
	var old []string
	for _, n := range r.News {
		if m := s.byDeskID(n.Message); m != nil {
			p.known[n.Message] = m
		} else if s.mayBeOld(n.Message) {
			old = append(old, string(n.Message))
		}
	}
	if len(old) == 0 {
		s.findMissing(p)
		return
	}
	s.holdPage(p, records.Find{DeskID: strings.Join(old, " "), Limit: len(old)})
}

// holdPage keeps a page until something is looked up.
func (s *Session) holdPage(p *page, find records.Find) {
	s.page, s.reading, p.at = p, true, s.now
	s.lookUp(FindMessages{Find: find})
}

// findMissing takes a page, once it is known which posts that have left memory are
// not in it any more.
func (s *Session) findMissing(p *page) {
	upTo := p.Last
	if !p.More {
		upTo = s.newestAgent()
	}
	if p.complete || upTo == "" || s.whole() || s.readFrom != ThreadID(s.rec.ThreadID) || !s.readAfter.Before(s.oldestAgent()) {
		s.takePage(p)
		return
	}
	p.looks = true
	seen := make([]string, len(p.Seen))
	for i, id := range p.Seen {
		seen[i] = string(id)
	}
	s.holdPage(p, records.Find{DeskID: strings.Join(seen, " "), Limit: missingAtOnce, Before: p.below, After: string(s.readAfter), UpTo: string(upTo)})
}

// oldestAgent is the oldest agent's post in memory; where there is none, the newest of all.
func (s *Session) oldestAgent() MessageID {
	for _, m := range s.msgs {
		if m.DeskID != "" && m.State != int64(MessageAside) {
			return MessageID(m.DeskID)
		}
	}
	return s.newestAgent()
}

// pageFound goes on with the page that waited.
func (s *Session) pageFound(list []*records.Message) {
	p := s.page
	if p == nil {
		return // it was asked for in another life, and is read again
	}
	s.page, s.reading = nil, false
	for _, m := range list {
		if p.looks {
			p.gone, p.below = append(p.gone, m), m.Seq
		} else {
			p.known[MessageID(m.DeskID)] = m
		}
	}
	p.complete = p.looks && len(list) < missingAtOnce
	if s.readsOn() {
		s.findMissing(p)
	}
}

// readsOn tells whether what was read is still what has to be read.
func (s *Session) readsOn() bool {
	return s.rec.CatchUp && s.readFrom == s.catchUpThread() && s.readAfter == MessageID(s.rec.CatchUpAfter)
}

// takePage takes the posts of a page, in their order.
func (s *Session) takePage(r *page) {
	// Whoever said until where to read may have said it before somebody took the
	// thread over: the divider that stands in it is the truth.
	if d := r.Divider; d != "" && (s.rec.CatchUpUntil == "" || d.Before(MessageID(s.rec.CatchUpUntil))) {
		s.rec.CatchUpUntil, s.saveRec = string(d), true
	}
	until, ended := MessageID(s.rec.CatchUpUntil), false
	// Whoever reads is told no bounds; of an earlier thread, what was read from on is this session's for sure.
	from := s.readAfter
	if s.readFrom == ThreadID(s.rec.ThreadID) {
		from = MessageID(s.rec.ThreadFrom)
	}
	for _, n := range r.News {
		n.From, n.Until = from, until
		if until != "" && !n.Message.Before(until) {
			ended = true
			break
		}
		if m := r.known[n.Message]; m != nil && !defectKnown {
			if n.Kind == NewsDeleted { // it was made a note
				s.keepOld(m)
				s.deleted(n)
			}
			// Other words alone prove nothing: a reading names people by other names than an event does.
			if n.Kind == NewsEdited && !m.Deleted && m.Body != s.bodyOf(n) && !slices.Contains(s.changed, n.Message) {
				s.keepOld(m)
				s.rewrite(m, n)
			}
			continue
		}
		if n.Kind != NewsDeleted && !s.posted(n) {
			return // too much waits here; read again from where we are
		}
	}
	s.missing(r)
	if r.Last != "" && MessageID(s.rec.CatchUpAfter).Before(r.Last) && !s.stale {
		s.rec.CatchUpAfter = string(r.Last)
		s.saveRec = true
	}
	if s.readAgain || r.More && !ended {
		return
	}
	s.caughtUp()
}

// missing takes in that a post which was taken before is not in the page of the
// thread where it stood.
func (s *Session) missing(r *page) {
	if s.readFrom != ThreadID(s.rec.ThreadID) {
		return // of an earlier thread it is not known which posts stood in it
	}
	seen := make(map[MessageID]bool, len(r.Seen))
	for _, id := range r.Seen {
		seen[id] = true
	}
	for _, m := range append(r.gone, s.msgs...) {
		id := MessageID(m.DeskID)
		if id == "" || m.Deleted || m.Sender != int64(SenderAgent) || m.State == int64(MessageAside) || seen[id] || id.Before(MessageID(s.rec.ThreadFrom)) || !MessageID(s.rec.CatchUpAfter).Before(id) ||
			r.More && r.Last.Before(id) || s.rec.CatchUpUntil != "" && !id.Before(MessageID(s.rec.CatchUpUntil)) {
			continue
		}
		s.keepOld(m)
		s.deleted(News{Message: id})
	}
}

// maxChanged bounds what is remembered of one reading.
const maxChanged = 100

// change notes that a post changed while the thread is read.
func (s *Session) change(id MessageID) {
	if s.reading && len(s.changed) < maxChanged {
		s.changed = append(s.changed, id)
	}
}

// staleEdit is how old an edit may be that is told of.
const staleEdit = 30 * Second

// doubted tells whether a later edit may have been told of before this one, which
// comes late: what is told twice may come for the second time behind something
// newer. Then the thread is read, for it has the words that hold.
func (s *Session) doubted(n News) bool {
	m := s.byDeskID(n.Message)
	if m == nil || n.Aside || s.now-n.At < staleEdit || m.Body == s.bodyOf(n) {
		return false
	}
	after := n.From
	if n.Thread == ThreadID(s.rec.ThreadID) {
		after = s.lastBefore(n.Message)
	}
	s.catchUp(n.Thread, after, n.Until)
	s.stale = s.reading
	return true
}

func (s *Session) byDeskID(id MessageID) *records.Message {
	if id == "" {
		return nil
	}
	for i := len(s.msgs) - 1; i >= 0; i-- {
		if s.msgs[i].DeskID == string(id) {
			return s.msgs[i]
		}
	}
	for _, m := range s.old {
		if m.DeskID == string(id) {
			return m
		}
	}
	return nil
}

// known tells whether a post was taken before. One that may have left memory was
// looked up before, see [Session.findPost].
func (s *Session) known(id MessageID) bool { return !defectKnown && s.byDeskID(id) != nil }

// posted takes an agent's post: once, however often it comes. It is false
// where there is no room until visitor messages have left.
func (s *Session) posted(n News) bool {
	if s.known(n.Message) {
		s.count(MetricRepeats, "agent", 1)
		return true
	}
	return s.take(n)
}

// full tells whether agents' posts have to wait until visitor messages have left.
func (s *Session) full() bool {
	first := s.firstWaiting()
	return first > 0 && s.lastSeq()+1-first >= maxTailSpan
}

// take adds an agent's post to the conversation.
func (s *Session) take(n News) bool {
	if s.full() {
		return false
	}
	at := n.At
	if at == 0 {
		at = s.now
	}
	if asked := s.firstAsked(); asked != 0 && s.firstAnswer() {
		s.count(MetricFirstResponse, "", max(float64(s.now-asked), 0)/float64(Second))
	}
	m := &records.Message{Sender: int64(SenderAgent), AtMs: int64(at), DeskID: string(n.Message), Author: n.Author,
		Avatar: n.Avatar, Body: s.bodyOf(n)}
	if n.Aside || n.Thread != ThreadID(s.rec.ThreadID) {
		m.State = int64(MessageAside)
	}
	s.append(m)
	s.answered()
	s.count(MetricAgentMessage, "", 1)
	for _, c := range s.conns {
		if c.Phase == PhaseReady {
			s.deliver(c, m)
			s.noteSent(c)
		}
	}
	s.listen()
	if s.online() && at <= s.now {
		s.count(MetricDelivery, "agent_to_visitor", float64(s.now-at)/1000)
	}
	return true
}

// bodyOf is what the visitor may see of an agent's post: who answers a post of
// whoever had the thread before quotes it, and its words are nobody else's.
func (s *Session) bodyOf(n News) string {
	if n.Quote == "" || n.Quoted == "" || !defectQuote && s.byDeskID(n.Quoted) == nil &&
		(n.From == "" || n.Quoted.Before(n.From) || n.Until != "" && !n.Quoted.Before(n.Until)) {
		return n.Text
	}
	return n.Quote + "\n" + n.Text
}

func (s *Session) firstAnswer() bool {
	return s.newestAgent() == ""
}

// firstAsked is when the visitor first wrote, as far as that is in memory; 0 is
// not yet. A form that was filled in waits for nobody.
func (s *Session) firstAsked() Time {
	for _, m := range s.msgs {
		if m.Sender == int64(SenderVisitor) {
			return Time(m.AtMs)
		}
	}
	return 0
}

// edited takes an agent's edit. It is false where there is no room for a post
// that was not taken before.
func (s *Session) edited(n News) bool {
	m := s.byDeskID(n.Message)
	switch {
	case m != nil:
	case !s.newestAgent().Before(n.Message):
		// A note for the team that was made an answer: the visitor gets it now. A post
		// that was made a note stays deleted, for an edit may come twice, and late.
		return s.take(n)
	case n.Thread != ThreadID(s.rec.ThreadID) || !s.mayHaveMissed(n):
		return s.posted(n) // the edit overtook the post itself, which will be a repeat then; or it was a note in an earlier thread
	default:
		return true
	}
	s.rewrite(m, n)
	return true
}

// rewrite gives a post that was taken the words that it has now.
func (s *Session) rewrite(m *records.Message, n News) {
	body := s.bodyOf(n)
	if m.Deleted || m.Body == body {
		return
	}
	m.Body, m.Edited = body, true
	s.touch(m)
	s.toExtended(frame("edit", editOut{Seq: m.Seq, Message: m.Body}))
}

func (s *Session) deleted(n News) {
	m := s.byDeskID(n.Message)
	if m == nil || m.Deleted {
		return
	}
	m.Body, m.Deleted = "", true
	s.touch(m)
	s.toExtended(frame("delete", seqData{m.Seq}))
}

// closedByAgent ends the conversation from the team's side: it stays readable,
// and the visitor's next message opens a new thread.
func (s *Session) closedByAgent() {
	if s.thread() != ThreadOpen && s.thread() != ThreadNoting {
		return
	}
	s.rec.EndedBy = int64(SenderAgent)
	s.saveRec = true
	s.toExtended(frame("ended", endedOut{"agent"}))
}
