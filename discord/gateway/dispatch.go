package gateway

import "cloudflarechat/discord/wire"

// mostPending bounds the dispatches that wait for Taken. A host that lets more wait does not keep up: the connection is given up, and what was not taken is replayed later.
const mostPending = 8192

func (m *Machine) dispatch(now int64, f *wire.Frame) {
	ready, isReady := f.Event.(wire.Ready)
	if isReady {
		m.session.lastSeq = 0 // a new session counts anew
	}
	if f.Seq > 0 {
		if f.Seq <= m.session.lastSeq {
			m.count(EventsRepeated)
			return
		}
		if m.session.lastSeq > 0 && f.Seq > m.session.lastSeq+1 {
			m.count(EventsSkipped)
			if !m.torn(now) {
				return
			}
			m.missed()
		}
		m.session.lastSeq = f.Seq
		if m.phase == Ready {
			m.session.wholeMs = now
		}
	}
	if m.phase == Resuming {
		m.deadline = now + resumeMs
	}
	switch {
	case isReady:
		since := m.theirs(m.session.gapMs)
		m.ready(now, &ready)
		m.emit(Dispatch{Conn: m.conn, Seq: f.Seq, Type: f.Type, Event: f.Event})
		if m.session.gapMs != 0 {
			m.emit(GapSuspected{SinceMs: since})
			m.session.gapMs = 0
		}
		m.save(now)
		return
	case f.Event == nil && f.Known:
		m.later(now) // without an id in it; counted as odd
		return
	case f.Event == nil:
		m.count(EventsUnread)
		m.later(now)
		return
	}
	if _, resumed := f.Event.(wire.Resumed); resumed {
		m.good(now)
		m.emit(Dispatch{Conn: m.conn, Seq: f.Seq, Type: f.Type, Event: f.Event})
		m.later(now)
		return
	}
	if f.Seq > 0 {
		if len(m.saving.pending) >= mostPending {
			m.rewind()
			m.again(now, CloseKeep, "the host does not keep up")
			return
		}
		at := now
		if m.phase != Ready {
			at = m.session.seenMs // a replay: it happened some time after this
		}
		m.saving.pending = append(m.saving.pending, pending{conn: m.conn, seq: f.Seq, atMs: at})
	}
	m.emit(Dispatch{Conn: m.conn, Seq: f.Seq, Type: f.Type, Event: f.Event})
}
