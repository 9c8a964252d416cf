package gateway

// mostTorn is how often the session is resumed for the same event. One that is broken each time must not keep all others away.
const mostTorn = 3

// torn sees to an event behind the last whole one that came broken or not at all: the session is resumed from there, and Discord replays it.
// https://docs.discord.com/developers/events/gateway#resuming It gives true where that was tried in vain: then it goes on without it.
func (m *Machine) torn(now int64) bool {
	s := &m.session
	if s.tornAt != s.lastSeq {
		s.tornAt, s.torn = s.lastSeq, 0
	}
	s.torn++
	if s.id == "" || s.torn > mostTorn {
		return true
	}
	if s.wholeMs != 0 {
		s.seenMs = s.wholeMs // a heartbeat that was answered since says nothing of the event: if the session is lost, the gap begins here
	}
	m.again(now, CloseKeep, "an event did not come whole")
	return false
}

// missed gives an event up, and tells that the host must read up what it brought.
func (m *Machine) missed() {
	m.count(EventsMissed)
	m.attempt = 0 // the connection is good; another event that is broken each time would else keep the rest away for minutes
	since := m.session.wholeMs
	if since == 0 {
		since = m.session.seenMs
	}
	m.emit(GapSuspected{SinceMs: m.theirs(max(since, 1))})
}

// broken takes a frame that is no whole JSON and perhaps was an event. seq is 0 where it could not be read.
func (m *Machine) broken(now, seq int64) {
	s := &m.session
	switch {
	case m.phase == Identifying && seq > 0:
		m.again(now, CloseKeep, "READY did not come whole")
		return
	case m.phase != Ready && m.phase != Resuming, seq > 0 && seq <= s.lastSeq:
		return
	}
	if !m.torn(now) {
		return
	}
	next := seq == s.lastSeq+1 // any other number may itself be broken
	if next || s.torn == mostTorn+1 {
		m.missed()
	}
	if next {
		s.lastSeq = seq
		m.later(now)
	}
}
