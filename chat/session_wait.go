package chat

// A connection that wants into a conversation waits for somebody else: Turnstile,
// the registry, another session. Their answer may be lost for good, and a session
// that does not exist yet has nothing else that would wake it.

// answerWithin is how long a connection waits for such an answer. Turnstile has
// five seconds, and an object is told something again for as long.
const answerWithin = 30 * Second

// wait notes that a connection waits, and keeps what it will go on with.
func (s *Session) wait(c *ConnState, phase ConnPhase, init []byte) {
	c.Phase, c.Init, c.AskedAt = phase, init, s.now
	s.attach(c)
}

// waits tells until when a connection waits for somebody else; 0 is not.
func (s *Session) waits(c *ConnState) Time {
	switch c.Phase {
	case PhaseBinding:
		if s.state() == SessionBinding {
			return 0 // the registry is asked again and again
		}
	case PhaseVerifying, PhaseFinding, PhaseFronting:
	default:
		return 0
	}
	if c.AskedAt == 0 {
		return 0
	}
	return c.AskedAt + answerWithin
}

// waitsUntil is when the first of all such waits is over.
func (s *Session) waitsUntil() (at Time) {
	for _, c := range s.conns {
		if t := s.waits(c); t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	return at
}

// endWaits lets whoever waited in vain come back and ask anew.
func (s *Session) endWaits() {
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if t := s.waits(c); t != 0 && s.now >= t {
			s.fail(c, CodeUnavailable, "", 2*Second)
			s.close(c, CloseRestart)
		}
	}
}
