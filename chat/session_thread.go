package chat

import (
	"slices"
	"strings"
)

// ThreadState is how far a session's thread has come. Its numbers are on disk.
type ThreadState int64

// The states of a session's thread.
const (
	// ThreadNone: nothing was said yet, or the thread is lost; the next message
	// claims one.
	ThreadNone ThreadState = iota
	// ThreadClaiming: the e-mail address's registry is being asked.
	ThreadClaiming
	// ThreadAnnouncing: the opening post is on its way.
	ThreadAnnouncing
	// ThreadRegistering: the registry is being told of the thread before it
	// exists, so that no answer in it can be a stranger's.
	ThreadRegistering
	// ThreadOpening: the thread is being made.
	ThreadOpening
	// ThreadConfirming: the desk gave the thread an id of its own, and the
	// registry is being told that.
	ThreadConfirming
	// ThreadReserving: the registry is being told of a take-over.
	ThreadReserving
	// ThreadDividing: the divider is on its way.
	ThreadDividing
	// ThreadTaking: the registry is being told where the new range begins.
	ThreadTaking
	// ThreadNoting: posts flow; the e-mail address's registry is being told.
	ThreadNoting
	// ThreadOpen: posts flow.
	ThreadOpen
	// ThreadYielded: another session has the thread now.
	ThreadYielded
)

func (s *Session) thread() ThreadState { return ThreadState(s.rec.ThreadState) }

func (s *Session) setThread(t ThreadState) {
	s.rec.ThreadState = int64(t)
	s.told = 0
	s.saveRec = true
}

// threadOpen tells whether posts may go into the thread.
func (s *Session) threadOpen() bool {
	return s.thread() == ThreadOpen || s.thread() == ThreadNoting
}

func (s *Session) emailKey() Address {
	return EmailKey(HashEmail(s.cfg.DataSecret, s.rec.Site, s.rec.Email))
}

// askThread asks the registry for what the thread's state waits for. It is
// asked again after a silence; every question may be asked twice.
func (s *Session) askThread() {
	if s.told != 0 && s.now-s.told < retryAfter && s.now >= s.told {
		return
	}
	switch s.thread() {
	case ThreadClaiming:
		s.tell(s.emailKey(), ClaimThread{Route: s.route, Not: ThreadID(s.rec.PreviousThreadID)})
	case ThreadRegistering:
		s.tell(ThreadKey(ThreadID(s.rec.OpeningID)), OwnThread{Route: s.route, From: MessageID(s.rec.OpeningID)})
	case ThreadConfirming:
		s.tell(ThreadKey(ThreadID(s.rec.ThreadID)), OwnThread{Route: s.route, From: MessageID(s.rec.ThreadFrom)})
	case ThreadReserving:
		s.tell(ThreadKey(ThreadID(s.rec.ThreadID)), ReserveThread{Route: s.route, Until: Time(s.rec.ClaimUntilMs), From: s.yielder})
	case ThreadTaking:
		s.tell(ThreadKey(ThreadID(s.rec.ThreadID)), OwnThread{Route: s.route, From: MessageID(s.rec.ThreadFrom)})
	case ThreadNoting:
		s.tell(s.emailKey(), ThreadOpened{Route: s.route, Thread: ThreadID(s.rec.ThreadID)})
	default:
		return
	}
	s.told = s.now
}

// wantThread begins the way to a thread when something has to be posted.
func (s *Session) wantThread() {
	if t := s.thread(); t != ThreadNone && t != ThreadYielded {
		return
	}
	if list, _ := s.waiting(); len(list) == 0 {
		return
	}
	if s.rec.ThreadID != "" {
		s.rec.PreviousThreadID = s.rec.ThreadID
	}
	s.rec.ThreadID, s.rec.ThreadFrom, s.rec.OpeningID = "", "", ""
	s.rec.NewsAtMs = 0
	if s.rec.EndedBy == int64(SenderAgent) {
		s.rec.EndedBy = 0
	}
	s.setThread(ThreadClaiming)
}

func (s *Session) threadClaimed(e ThreadClaimed) {
	if s.thread() != ThreadClaiming {
		return
	}
	// A thread of its own may be newer than the one that the address had last: it
	// can be lost before the registry hears of it.
	if MessageID(s.rec.PreviousThreadID).Before(MessageID(e.Previous)) {
		s.rec.PreviousThreadID = string(e.Previous)
	}
	if e.Thread == "" {
		s.setThread(ThreadAnnouncing)
		return
	}
	s.rec.ThreadID = string(e.Thread)
	s.rec.ClaimUntilMs = int64(e.Until - leaseMargin)
	s.yielder = e.From
	s.setThread(ThreadReserving)
}

func (s *Session) threadReserved(e ThreadReserved) {
	here := e.Thread == ThreadID(s.rec.ThreadID)
	if s.thread() != ThreadReserving || !here {
		// A question that was overtaken by its withdrawal reserves the thread again.
		if !e.Refused && !(here && (s.thread() == ThreadDividing || s.thread() == ThreadTaking)) && s.exists() {
			s.withdraw(e.Thread)
		}
		return
	}
	if e.Refused {
		s.rec.PreviousThreadID, s.rec.ThreadID = s.rec.ThreadID, ""
		s.setThread(ThreadAnnouncing)
		return
	}
	if defectDivider {
		s.setThread(ThreadNoting)
		return
	}
	s.setThread(ThreadDividing)
}

// announcedAs takes in the id of the opening post.
func (s *Session) announcedAs(id MessageID) {
	s.rec.OpeningID, s.rec.ThreadFrom = string(id), string(id)
	s.setThread(ThreadRegistering)
}

// announcedIn takes in that the opening post stands in a thread that is there
// already. Until the registry knows the thread, what people answer in it reaches
// nobody: so it is read up from its beginning, and what comes meanwhile is a part
// of that reading.
func (s *Session) announcedIn(t ThreadID) {
	if t == "" {
		return
	}
	s.rec.ThreadID = string(t)
	s.catchUp(t, MessageID(s.rec.ThreadFrom), "")
}

// divided takes in the id of the divider, from which on the thread is ours.
func (s *Session) divided(id MessageID) {
	s.rec.ThreadFrom = string(id)
	s.setThread(ThreadTaking)
}

// withdraw takes a reservation back. Until its registry knows, nothing that is
// said in the thread reaches anybody: so it is told until it answers.
func (s *Session) withdraw(t ThreadID) {
	if !slices.Contains(strings.Fields(s.rec.Withdraw), string(t)) {
		s.rec.Withdraw = strings.TrimSpace(s.rec.Withdraw + " " + string(t))
		s.saveRec = true
	}
	s.withdrawAgain()
}

func (s *Session) withdrawAgain() {
	for _, t := range strings.Fields(s.rec.Withdraw) {
		s.tell(ThreadKey(ThreadID(t)), OwnThread{Route: s.route, Withdraw: true})
	}
}

// withdrawn takes in that a registry knows.
func (s *Session) withdrawn(t ThreadID) bool {
	list := strings.Fields(s.rec.Withdraw)
	i := slices.Index(list, string(t))
	if i < 0 {
		return false
	}
	s.rec.Withdraw = strings.Join(slices.Delete(list, i, i+1), " ")
	s.saveRec = true
	return true
}

func (s *Session) threadOwned(e ThreadOwned) {
	switch {
	case s.withdrawn(e.Thread):
	case s.thread() == ThreadRegistering && e.Thread == ThreadID(s.rec.OpeningID):
		s.setThread(ThreadOpening)
	case s.thread() == ThreadConfirming && e.Thread == ThreadID(s.rec.ThreadID):
		// Somebody may have answered before the registry knew the thread.
		s.catchUp(ThreadID(s.rec.ThreadID), MessageID(s.rec.ThreadFrom), "")
		s.setThread(ThreadNoting)
	case s.thread() == ThreadTaking && e.Thread == ThreadID(s.rec.ThreadID):
		if !e.Last {
			s.setThread(ThreadYielded)
			return
		}
		s.setThread(ThreadNoting)
	}
	if e.Thread == s.goneLater {
		s.goneNow()
	}
}

// settling tells whether the registry does not know yet from where on the thread
// is this session's, though what says so may stand in it. Until it knows, the thread
// is not given up: what people write in it later would be nobody's.
func (s *Session) settling() bool {
	switch s.thread() {
	case ThreadRegistering, ThreadConfirming, ThreadTaking:
		return true
	case ThreadDividing:
		return s.part() != nil && (s.firstTry != 0 || s.doubt)
	}
	return false
}

// goneNow takes in that the thread is gone of which that was said too early, once
// nothing is on its way there and the registry knows whose it was.
func (s *Session) goneNow() {
	if s.part() != nil || s.settling() {
		return
	}
	if t := s.thread(); s.goneLater != "" && s.goneLater == ThreadID(s.rec.ThreadID) && t != ThreadNone && t != ThreadYielded {
		s.threadLost()
	}
	s.goneLater = ""
}

// opened takes in the thread that the desk made.
// found says that it was there already: people may have written in it before the
// registry knew it.
func (s *Session) opened(id ThreadID, found bool) {
	if s.thread() != ThreadOpening {
		return
	}
	s.count(MetricThreads, "", 1)
	s.rec.ThreadID = string(id)
	if string(id) == s.rec.OpeningID {
		if found {
			s.catchUp(id, MessageID(s.rec.ThreadFrom), "")
		}
		s.setThread(ThreadNoting)
		return
	}
	s.rec.ThreadFrom = string(id)
	s.setThread(ThreadConfirming)
}

func (s *Session) threadNoted(e ThreadNoted) {
	if s.thread() == ThreadNoting && e.Thread == ThreadID(s.rec.ThreadID) {
		s.setThread(ThreadOpen)
	}
}

// threadLost takes in that the thread is gone or locked: the next message opens
// a new one with a link to it, and what was on its way is frozen anew.
func (s *Session) threadLost() {
	switch s.thread() {
	case ThreadDividing, ThreadReserving:
		s.withdraw(ThreadID(s.rec.ThreadID))
	}
	s.refreeze()
	s.rec.Notices = 0
	s.setThread(ThreadNone)
}

// askYield gives the thread up when nobody is here, nothing is under way and
// the grace is over. One that is closed, or being closed, is given to nobody:
// it is locked then, and who is not allowed to manage threads could not answer
// in it.
func (s *Session) askYield(e AskYield) {
	answer := Yielded{From: s.route, To: e.To, Thread: e.Thread}
	mine := s.exists() && s.rec.ThreadID == string(e.Thread) && (s.threadOpen() || s.thread() == ThreadYielded)
	switch {
	case !mine:
		// Given up without a word is the thread of a session that is forgotten, or
		// that has gone on to another one.
		answer.Kept = s.exists() && (s.rec.ThreadID == string(e.Thread) || s.catching(e.Thread))
	case s.thread() == ThreadYielded:
	case s.closing():
		answer.Kept = true
	case s.rec.Verified:
		// Its owner always comes back to it; nobody else may by an e-mail address.
		answer.Kept = true
	case s.online() || s.firstWaiting() > 0 || s.part() != nil || s.rec.CatchUp || s.rec.Notices != 0 ||
		s.state() == SessionOpen && s.now < Time(s.rec.ActiveAtMs)+s.cfg.Grace:
		answer.Kept = true
	default:
		s.setThread(ThreadYielded)
	}
	s.tell(EmailKey(e.Email), answer)
}
