package gateway

// Limits of what is sent. Past them Discord closes the connection (4002, 4008), and bots that repeat it lose their access.
// https://docs.discord.com/developers/events/gateway#rate-limiting
const (
	MaxPayloadBytes = 4096
	sendWindowMs    = 60_000
	mostSends       = 120 // in a window
	forHeartbeats   = 5   // of them, for heartbeats alone
)

// sending counts what left on the present connection.
type sending struct {
	at     []int64 // of the last sends, oldest first
	queued []byte  // the host's own payload that waits
	pushAt int64   // when it may leave; 0: it waits for a session, or there is none
}

func (s *sending) reset() { s.at, s.pushAt = nil, 0 }

// openAt is when one more may leave; not after now when it may leave now.
func (s *sending) openAt(now int64, most int) int64 {
	for len(s.at) > 0 && s.at[0]+sendWindowMs <= now {
		s.at = s.at[1:]
	}
	if len(s.at) < most {
		return now
	}
	return s.at[len(s.at)-most] + sendWindowMs
}

// send sends one payload, unless that would break the limit. Only a flood of op 1 from Discord can bring a heartbeat to it.
func (m *Machine) send(now int64, data []byte, heartbeat bool) bool {
	most := mostSends - forHeartbeats
	if heartbeat {
		most = mostSends
	}
	if m.sending.openAt(now, most) > now {
		return false
	}
	m.sending.at = append(m.sending.at, now)
	m.emit(Send{Conn: m.conn, Data: data})
	return true
}

// push takes a payload of the host's own. One waits at most: what a bot would send (its presence) is only of interest in its newest form.
func (m *Machine) push(now int64, payload []byte) {
	if len(payload) > MaxPayloadBytes || len(payload) == 0 {
		m.count(PushesDropped)
		return
	}
	if m.sending.queued != nil {
		m.count(PushesDropped)
	}
	m.sending.queued = append([]byte(nil), payload...)
	m.flush(now)
}

func (m *Machine) flush(now int64) {
	m.sending.pushAt = 0
	if m.phase != Ready || m.sending.queued == nil {
		return
	}
	if at := m.sending.openAt(now, mostSends-forHeartbeats); at > now {
		m.sending.pushAt = at
		return
	}
	data := m.sending.queued
	m.sending.queued = nil
	m.send(now, data, false)
}
