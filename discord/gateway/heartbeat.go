package gateway

import "strconv"

// heart is the heartbeat of one connection. https://docs.discord.com/developers/events/gateway#sending-heartbeats
type heart struct {
	intervalMs int64
	next       int64 // 0: not begun
	unanswered int64 // when the oldest beat without an answer was sent; 0: all were answered
}

const (
	usualIntervalMs = 41_250 // taken when Hello names none
	leastIntervalMs = 1_000
	mostIntervalMs  = 10 * 60_000
)

func (m *Machine) startHeart(now, intervalMs int64) {
	if intervalMs <= 0 {
		intervalMs = usualIntervalMs
		m.count(FieldsOdd)
	}
	first := m.heart.next == 0
	m.heart.intervalMs = min(max(intervalMs, leastIntervalMs), mostIntervalMs)
	if first {
		m.heart.next = now + m.draw(m.heart.intervalMs)
	}
}

// beatOrGiveUp is due once an interval. A beat that was not answered within a whole interval means that the connection is dead, however open it looks. The close code must not be
// 1000 or 1001, which would end the session.
func (m *Machine) beatOrGiveUp(now int64) {
	if m.heart.unanswered != 0 && now-m.heart.unanswered >= m.heart.intervalMs {
		m.count(HeartbeatsMissed)
		m.again(now, CloseKeep, "heartbeats are not answered")
		return
	}
	m.heart.next = now + m.heart.intervalMs
	m.beat(now)
}

// beat sends a heartbeat: in turn, or because Discord asks for one with op 1.
func (m *Machine) beat(now int64) {
	if m.heart.next == 0 {
		return // before Hello there is nothing to keep alive
	}
	b := append([]byte(nil), `{"op":1,"d":`...)
	if m.session.lastSeq > 0 {
		b = strconv.AppendInt(b, m.session.lastSeq, 10)
	} else {
		b = append(b, "null"...)
	}
	if m.send(now, append(b, '}'), true) && m.heart.unanswered == 0 {
		m.heart.unanswered = now
	}
}
