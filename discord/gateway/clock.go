package gateway

// reckoning is what is known of two clocks: the host's, which may be set, and Discord's, in which gaps are told. A host's clock that is minutes ahead would
// else tell of a gap that begins after the events that were lost in it.
type reckoning struct {
	now   int64 // of the last step
	ahead int64 // how far Discord's clock is ahead of the host's
	doubt int64 // by how much the host's may have been set forward since that was learned
}

const (
	// backMs is how much earlier than the last step a step may be without the clock counting as set back.
	backMs = 1000
	// lateMs is how much later than the timer a step may be without the clock being suspected of having been set forward. Perhaps the host slept: nobody
	// can tell.
	lateMs = 10_000
)

// reckon takes in the time of a step. What waits by a clock that was set back waits no longer for it.
func (m *Machine) reckon(now int64) int64 {
	by := m.reckoning.now - now
	if by <= 0 {
		if late := now - max(m.armed, m.reckoning.now); m.armed != 0 && late > lateMs {
			m.reckoning.doubt += late
		}
		if s := &m.session; m.reckoning.now == 0 && s.foreign && s.id != "" && s.seenMs != 0 {
			// Nobody knows how long this process was away, but it is not earlier than the last one knew.
			m.reckoning.ahead = s.seenMs - now
		}
		m.reckoning.now = now
		return now
	}
	if by <= backMs {
		return m.reckoning.now
	}
	m.reckoning.now = now
	m.reckoning.ahead += by
	back := func(times ...*int64) {
		for _, t := range times {
			if *t != 0 {
				*t = max(*t-by, 1)
			}
		}
	}
	back(&m.deadline, &m.retryAt, &m.readyAt, &m.heart.next, &m.heart.unanswered, &m.saving.tickAt, &m.sending.pushAt)
	back(&m.info.atMs, &m.info.resetAt, &m.info.lastIdentify)
	if !m.session.foreign {
		back(&m.session.seenMs, &m.session.wholeMs, &m.session.gapMs)
	}
	for i := range m.saving.pending {
		back(&m.saving.pending[i].atMs)
	}
	for i := range m.sending.at {
		back(&m.sending.at[i])
	}
	m.armed = 0
	return now
}

// skew takes in how far Discord's clock is ahead.
func (m *Machine) skew(aheadMs int64) {
	m.reckoning.ahead, m.reckoning.doubt = aheadMs, 0
	if s := &m.session; s.foreign {
		s.foreign = false
		for _, at := range []*int64{&s.seenMs, &s.gapMs} {
			if *at != 0 {
				*at = max(*at-aheadMs, 1)
			}
		}
	}
}

// theirs gives a time of the session by Discord's clock.
func (m *Machine) theirs(at int64) int64 {
	if at == 0 || m.session.foreign {
		return at
	}
	return max(at+m.reckoning.ahead, 1)
}

// kept gives a time of the session for the next life, which may have another clock: rather too early than too late. A clock that was late may have been
// mended since it was looked at, and any clock set forward.
func (m *Machine) kept(at int64) int64 {
	if at == 0 || m.session.foreign {
		return at
	}
	return max(min(at, m.theirs(at))-m.reckoning.doubt, 1)
}
