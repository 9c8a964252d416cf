package gateway

import (
	"cmp"
	"slices"
)

// saving decides when the state is made durable. A saved sequence is a promise that everything up to it is safe, so it never passes a dispatch that the host did not take.
type saving struct {
	pending []pending // dispatches that are not taken, oldest first
	saved   State
	tickAt  int64 // when a changed state is saved at the latest; 0: nothing changed
	urgent  int64 // the sequence of a relevant event that was taken and is not saved; 0: none
}

type pending struct {
	conn  Conn
	seq   int64
	atMs  int64
	taken bool
}

const tickMs = 30_000

// taken takes in that a dispatch is safe.
func (m *Machine) taken(now int64, ev Taken) {
	p := m.saving.pending
	i, found := slices.BinarySearchFunc(p, ev, func(p pending, ev Taken) int { return cmp.Compare(p.seq, ev.Seq) })
	if !found || p[i].conn != ev.Conn {
		return
	}
	p[i].taken = true
	if ev.Relevant {
		m.saving.urgent = max(m.saving.urgent, ev.Seq)
	}
	if i > 0 {
		return
	}
	for len(p) > 0 && p[0].taken {
		p = p[1:]
	}
	m.saving.pending = p
	if len(p) == 0 {
		m.saving.pending = nil
	}
	if m.saving.urgent != 0 && m.safe().Seq >= m.saving.urgent {
		m.save(now)
		return
	}
	m.later(now)
}

// durable is what may be saved now, as the next life must know it.
func (m *Machine) durable() State {
	st := m.safe()
	st.SeenMs = m.kept(st.SeenMs)
	return st
}

// safe is the state as it may be saved now, by the own clock.
func (m *Machine) safe() State {
	if m.session.id == "" {
		return State{SeenMs: m.session.gapMs, IdentifiedMs: m.info.lastIdentify}
	}
	st := State{
		SessionID: m.session.id, ResumeURL: m.session.resumeURL, Seq: m.session.lastSeq, SeenMs: m.session.seenMs, IdentifiedMs: m.info.lastIdentify,
	}
	if p := m.saving.pending; len(p) > 0 {
		st.Seq, st.SeenMs = p[0].seq-1, p[0].atMs
	}
	return st
}

// lose forgets the session and remembers since when events may be lost: since the last one that was taken, for what the host still holds could go with it.
func (m *Machine) lose() {
	if m.session.id != "" && m.session.gapMs == 0 {
		m.session.gapMs = max(m.safe().SeenMs, 1)
	}
	m.saving.pending, m.saving.urgent = nil, 0
	s := &m.session
	s.id, s.resumeURL, s.lastSeq, s.failedDials, s.failedResumes = "", "", 0, 0, 0
}

// save makes the state durable where that says something new.
func (m *Machine) save(now int64) {
	m.saving.tickAt = 0
	st := m.durable()
	same := st
	if st.SessionID != "" {
		same.SeenMs = m.saving.saved.SeenMs // without an event it need not be news
	}
	if same == m.saving.saved {
		return
	}
	m.saving.saved = st
	if m.saving.urgent != 0 && st.Seq >= m.saving.urgent {
		m.saving.urgent = 0
	}
	m.emit(SaveState{State: st})
}

// later saves with the next tick.
func (m *Machine) later(now int64) {
	if m.saving.tickAt == 0 {
		m.saving.tickAt = now + tickMs
	}
}

// rewind goes back to what was taken, so that a Resume replays the rest.
func (m *Machine) rewind() {
	st := m.safe()
	m.session.lastSeq, m.session.seenMs = st.Seq, st.SeenMs
	m.saving.pending = nil
}
