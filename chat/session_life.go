package chat

// The states of an absence: what the team was told of it.
const (
	absenceNone int64 = iota
	absenceTold
	absenceUnreadTold
)

// fire looks after everything that time decides.
func (s *Session) fire(e TimerFired) {
	s.timer = 0
	s.setTimer = true // even if to clear it: the host's timer is spent
	s.sweep(e.Heard)
	s.endWaits()
	if !s.exists() && s.waitsUntil() == 0 {
		s.erased = true // of one that never began, the timer was all that was kept
		return
	}
	s.withdrawAgain()
	// Whatever was handed over and not answered for long is announced again,
	// without its body: the desk knows best whether it still has it.
	if s.announced && s.now-s.handedAt >= retryAfter {
		s.handedAt = s.now
		s.tell(DeskAddress, DeskReady{From: s.route})
	}
	switch s.state() {
	case SessionOpen, SessionBinding:
		switch {
		case s.online() || s.now < Time(s.rec.ActiveAtMs)+s.cfg.Grace:
		case s.silent():
			s.erase()
			return
		case s.state() == SessionOpen:
			s.setState(SessionArchived)
		}
	case SessionArchived, SessionEnded, SessionBlocked:
		if s.now >= s.expiry() {
			s.expire()
			return
		}
	}
	s.tellAbsence()
	s.tellAlert()
}

// listen asks which connections are still there, before the team is left to
// believe that somebody reads what it writes. The end of a connection is not
// always noticed, and pings reach the host alone.
func (s *Session) listen() {
	if s.listenedAt != 0 && s.now-s.listenedAt < listenEvery {
		return
	}
	for _, c := range s.conns {
		if c.Front == "" && (c.Phase == PhaseReady || c.Phase == PhaseFronting) {
			s.listenedAt = s.now
			s.emit(HearConns{})
			return
		}
	}
}

// sweep drops connections that the host no longer has, closes those that were
// silent for too long, and notes the last sign of life.
func (s *Session) sweep(list []Heard) {
	s.listenedAt = s.now
	heard := make(map[ConnID]Time, len(list))
	for _, h := range list {
		heard[h.Conn] = h.At
	}
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if c.Front != "" {
			// The session that holds it says when it is gone. After a silence it is
			// asked, by a pong that it passes on or gives back.
			if s.now >= Time(s.rec.ActiveAtMs)+s.cfg.Grace {
				s.send(c, []byte(PongFrame))
				s.rec.ActiveAtMs = int64(s.now)
			}
			continue
		}
		at, ok := heard[c.Conn]
		if !ok {
			s.gone(c.Conn, 0, false)
			continue
		}
		if c.Phase == PhaseReady && int64(at) > s.rec.ActiveAtMs {
			s.rec.ActiveAtMs = int64(at)
		}
		if c.Base && c.SettledSeq != c.SentSeq && s.arrived(c, at) {
			c.SettledSeq = c.SentSeq
			s.attach(c)
		}
		if s.now-at >= SilentAfter {
			if c.Phase == PhaseReady {
				s.noteBase(c, at, false)
			}
			s.close(c, CloseSilent)
		}
	}
}

// unseen tells whether an agent's post waits to be seen.
func (s *Session) unseen() bool {
	for i := len(s.msgs) - 1; i >= 0 && s.msgs[i].Seq > s.rec.SeenSeq; i-- {
		if m := s.msgs[i]; m.Sender == int64(SenderAgent) && !m.Deleted {
			return true
		}
	}
	return false
}

// tellAbsence tells the team, once an absence, that the visitor will read
// their post on return.
func (s *Session) tellAbsence() {
	if s.awayAt() == 0 || s.now < s.awayAt() {
		return
	}
	s.rec.Absence = absenceTold
	s.notice(NoticeAway)
}

// awayAt is when the team is to be told of an absence; 0 is never.
func (s *Session) awayAt() Time {
	if s.state() == SessionBlocked || s.state() == SessionEnded {
		return 0 // nobody comes back to it
	}
	if s.rec.Absence != absenceNone || s.online() || !s.threadOpen() || !s.unseen() {
		return 0
	}
	newest := s.msgs[len(s.msgs)-1]
	return max(Time(newest.AtMs), Time(s.rec.ActiveAtMs)) + s.cfg.AwayAfter
}

// silent tells whether nobody ever said a word here. Of such a form nothing is
// kept after the grace: anybody can send it in without end.
func (s *Session) silent() bool { return len(s.msgs) == 0 && s.thread() == ThreadNone }

func (s *Session) expiry() Time {
	if s.silent() {
		return Time(s.rec.ActiveAtMs) + s.cfg.Grace
	}
	if s.rec.Absence == absenceUnreadTold {
		return Time(s.rec.ActiveAtMs) + s.cfg.Retention + Day
	}
	return Time(s.rec.ActiveAtMs) + s.cfg.Retention
}

// expire forgets a conversation whose retention is over; what was never read is
// said to the team first.
func (s *Session) expire() {
	if s.unseen() && s.threadOpen() && s.rec.Absence != absenceUnreadTold {
		s.rec.Absence = absenceUnreadTold
		s.notice(NoticeUnread)
		return
	}
	s.erase()
}

func (s *Session) erase() {
	s.note("a conversation is forgotten")
	s.release()
	s.erased = true
	*s = Session{cfg: s.cfg, route: s.route, conns: s.conns, now: s.now, out: s.out, erased: true}
}

// forget deletes the conversation on request.
func (s *Session) forget(e EndSession) {
	s.closeAll(CloseForgotten)
	s.erase()
	s.answer(e.Ticket, StatusTaken)
}

// schedule sets the one timer to the earliest thing that time decides. It is
// moved only to be earlier, or when it was spent.
func (s *Session) schedule() {
	at := s.nextTime()
	if at == 0 {
		if s.setTimer {
			s.timer = 0
		}
		return
	}
	at = max(at, s.now) // a host that believes in a lost alarm takes the same time for no news
	if s.timer == 0 || at < s.timer {
		s.timer, s.setTimer = at, true
	}
}

// lostAfter is how late a timer may come; then another one is set.
const lostAfter = Minute

// lost tells whether a timer will not fire any more. Alarms do get lost, and the
// host that lost one says of it that it is set.
func lost(timer, now Time) bool { return timer != 0 && now-timer > lostAfter }

func (s *Session) nextTime() (at Time) {
	sooner := func(t Time) {
		if t > 0 && (at == 0 || t < at) {
			at = t
		}
	}
	sooner(s.waitsUntil())
	if !s.exists() {
		return at
	}
	if s.unfinished() {
		sooner(s.now + retryAfter)
	}
	sooner(s.awayAt())
	sooner(s.alertAt())
	switch s.state() {
	case SessionOpen, SessionBinding:
		// At least a moment from now: a sign of life may come without a step.
		sooner(max(Time(s.rec.ActiveAtMs)+s.cfg.Grace, s.now+Second))
	default:
		sooner(max(s.expiry(), s.now+Second))
	}
	return at
}

// unfinished tells whether something is under way that silence must not end.
func (s *Session) unfinished() bool {
	switch s.thread() {
	case ThreadNone, ThreadOpen, ThreadYielded:
	default:
		return true
	}
	return s.state() == SessionBinding || s.rec.Withdraw != "" || s.asking() || s.part() != nil || s.firstWaiting() > 0 || s.rec.CatchUp ||
		s.rec.Notices != 0 || s.closing()
}
