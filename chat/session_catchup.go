package chat

import "strings"

// What may have been missed is read up: one thread after the other, from the
// last post on of which this session is sure. A session reads threads that were
// its own before, too: it may learn of a gap after it has gone on.

// maxMissed is how many threads can wait to be read. Of more, the oldest is
// given up: its posts reach the visitor no more.
const maxMissed = 16

// mayHaveMissed notices that the desk's stream had a gap since the last post:
// then the thread is read from there, this post included, so that the order
// holds. While that lasts, posts are only a reason to read once more.
func (s *Session) mayHaveMissed(n News) bool {
	if n.Message == "" || s.known(n.Message) {
		return false
	}
	// A thread may be there, and be answered in, before the session knows that it was opened.
	here := n.Thread == ThreadID(s.rec.ThreadID) || s.thread() == ThreadOpening && n.Thread == ThreadID(s.rec.OpeningID)
	if here && n.Epoch != "" && string(n.Epoch) != s.rec.Epoch && s.newestKnown().Before(n.Epoch) {
		s.rec.Epoch = string(n.Epoch)
		s.saveRec = true
		s.catchUp(n.Thread, s.newestKnown(), n.Until)
	}
	if !here && !n.Aside && n.From != "" && s.before[n.Thread] != n.Epoch {
		// Of a thread that was its own before, a session does not know how far it
		// knows it: once an epoch it is read from where it began.
		if s.before == nil || len(s.before) >= maxMissed {
			s.before = map[ThreadID]MessageID{}
		}
		s.before[n.Thread] = n.Epoch
		s.catchUp(n.Thread, n.From, n.Until)
	}
	if !n.Aside && n.Message.Before(s.newestAgent()) {
		// What comes behind something newer may be told for the second time, late, and
		// be deleted since: the thread knows.
		switch {
		case here:
			s.catchUp(n.Thread, s.lastBefore(n.Message), n.Until)
		case n.From != "":
			s.catchUp(n.Thread, n.From, n.Until)
		}
	}
	if s.catching(n.Thread) {
		s.readAgain = true
		return true
	}
	return false
}

// lastBefore is the newest post of the thread before another one, as far as that is
// in memory; else where the thread began to be this session's.
func (s *Session) lastBefore(id MessageID) MessageID {
	last := MessageID(s.rec.ThreadFrom)
	for _, m := range s.msgs {
		if d := MessageID(m.DeskID); m.State != int64(MessageAside) && last.Before(d) && d.Before(id) {
			last = d
		}
	}
	return last
}

func (s *Session) catchUpThread() ThreadID {
	if s.rec.CatchUpThread == "" {
		return ThreadID(s.rec.ThreadID)
	}
	return ThreadID(s.rec.CatchUpThread)
}

// mayRead tells whether something is to be read now. What is said in a thread
// before its registry knows it must be in the reading: so that comes after. And what
// there is no room for is not read again and again: whatever makes room comes first.
func (s *Session) mayRead() bool {
	return s.rec.CatchUp && !s.pageWaits() && s.now >= s.readHold && !(s.thread() == ThreadRegistering && s.catchUpThread() == ThreadID(s.rec.OpeningID)) &&
		!s.full()
}

// catching tells whether a thread is being read, or will be.
func (s *Session) catching(t ThreadID) bool {
	if s.rec.CatchUp && s.catchUpThread() == t {
		return true
	}
	for _, m := range s.missedThreads() {
		if m.thread == t {
			return true
		}
	}
	return false
}

// catchUp makes the session read a thread after a message.
func (s *Session) catchUp(thread ThreadID, after, until MessageID) {
	if defectCatchUp {
		return
	}
	s.saveRec = true
	switch {
	case s.rec.CatchUp && s.catchUpThread() != thread:
		s.missLater(missed{thread: thread, after: after, until: until})
	case s.rec.CatchUp && !after.Before(MessageID(s.rec.CatchUpAfter)):
		s.readAgain = true
	default:
		s.rec.CatchUp, s.rec.CatchUpThread = true, string(thread)
		s.rec.CatchUpAfter, s.rec.CatchUpUntil = string(after), string(until)
		s.readAgain = true
	}
}

// caughtUp goes on with what is to be read next, if anything.
func (s *Session) caughtUp() {
	s.rec.CatchUp, s.rec.CatchUpThread = false, ""
	s.saveRec = true
	if list := s.missedThreads(); len(list) > 0 {
		s.setMissed(list[1:])
		s.catchUp(list[0].thread, list[0].after, list[0].until)
	}
}

// missed is a thread that waits to be read, after a message and before another.
type missed struct {
	_            unequal
	thread       ThreadID
	after, until MessageID
}

func (s *Session) missedThreads() (list []missed) {
	for _, word := range strings.Fields(s.rec.Missed) {
		if p := strings.Split(word, ":"); len(p) == 3 {
			list = append(list, missed{thread: ThreadID(p[0]), after: MessageID(p[1]), until: MessageID(p[2])})
		}
	}
	return list
}

func (s *Session) setMissed(list []missed) {
	words := make([]string, len(list))
	for i, m := range list {
		words[i] = string(m.thread) + ":" + string(m.after) + ":" + string(m.until)
	}
	s.rec.Missed = strings.Join(words, " ")
}

func (s *Session) missLater(m missed) {
	list := s.missedThreads()
	for i := range list {
		if list[i].thread == m.thread {
			if m.after.Before(list[i].after) {
				list[i].after = m.after
			}
			list[i].until = m.until
			s.setMissed(list)
			return
		}
	}
	list = append(list, m)
	if len(list) > maxMissed {
		list = list[1:]
	}
	s.setMissed(list)
}
