package gateway

import "cloudflarechat/discord/wire"

// Machine is one session with the Gateway. Make it with New. It is not safe for use from several goroutines.
type Machine struct {
	opts  Options
	out   []Effect // of the running Step
	phase ConnState
	draws uint64 // of the jitter

	conn     Conn  // the socket in use; 0: none
	lastConn Conn  // the highest number given
	deadline int64 // when the present phase has lasted too long; 0: it may last
	retryAt  int64 // when to connect again, in Waiting
	attempt  int   // tries since the last good session
	readyAt  int64 // since when the session has been good; 0: it is not

	session   session
	info      info
	heart     heart
	sending   sending
	saving    saving
	reckoning reckoning
	armed     int64 // what the timer is set to; 0: not set
}

const (
	dialMs     = 20_000     // for the socket to open
	helloMs    = 20_000     // from there to Hello
	identifyMs = 5 * 60_000 // from Identify to READY: in outages it "may come much later", and each try costs one of 1,000 a day
	resumeMs   = 60_000     // without any dispatch after Resume
	fetchMs    = 60_000     // for the host to answer FetchGatewayBot
	steadyMs   = 30_000     // a session that held this long was good: the backoff begins anew
)

// New makes a machine that waits for Start. A wrong option shows as Fatal then.
func New(opts Options) *Machine {
	opts.fill()
	m := &Machine{opts: opts}
	m.session.restore(opts.State)
	m.info.lastIdentify = opts.State.IdentifiedMs
	m.saving.saved = opts.State
	m.saving.saved.Unreckoned = false
	return m
}

// Step takes one event at now (Unix milliseconds by the host's clock, which may be set) and gives the effects to carry out, in order. The
// slice is the caller's.
func (m *Machine) Step(now int64, ev Event) []Effect {
	m.out = nil
	now = m.reckon(now)
	if m.readyAt != 0 && now-m.readyAt >= steadyMs {
		m.attempt, m.session.failedDials, m.session.failedResumes = 0, 0, 0
	}
	switch ev := ev.(type) {
	case Start:
		m.start(now)
	case Stop:
		m.stop(now)
	case Info:
		m.gotInfo(now, ev)
	case InfoFailed:
		m.infoFailed(now, ev)
	case Connected:
		if ev.Conn == m.conn && m.phase == Connecting {
			m.greet(now)
		}
	case Frame:
		if ev.Conn == m.conn && m.conn != 0 {
			m.frame(now, ev.Data)
		}
	case Closed:
		if ev.Conn == m.conn && m.conn != 0 {
			m.closed(now, ev)
		}
	case Timer:
		m.armed = 0
		m.timer(now)
	case Taken:
		m.taken(now, ev)
	case Push:
		m.push(now, ev.Payload)
	case Skew:
		m.skew(ev.AheadMs)
	}
	m.arm()
	return m.out
}

// State is where the session stands.
func (m *Machine) State() ConnState { return m.phase }

func (m *Machine) emit(e Effect)       { m.out = append(m.out, e) }
func (m *Machine) count(metric Metric) { m.emit(Count{metric}) }

// enter changes the phase and says so.
func (m *Machine) enter(phase ConnState, deadline int64, reason string) {
	m.phase, m.deadline = phase, deadline
	status := Status{State: phase, Attempt: m.attempt, Reason: reason}
	if phase == Waiting {
		status.RetryMs = m.retryAt
	}
	m.emit(status)
}

func (m *Machine) start(now int64) {
	if m.phase != Stopped && m.phase != Failed {
		return
	}
	if text := m.opts.problem(); text != "" {
		m.fatal(now, 0, text)
		return
	}
	m.attempt = 0
	m.info.url = "" // what the owner did may have changed what Discord answers
	m.connect(now)
}

func (m *Machine) stop(now int64) {
	m.drop(CloseKeep)
	m.save(now)
	m.retryAt = 0
	m.enter(Stopped, 0, "stopped")
}

func (m *Machine) fatal(now int64, code int, text string) {
	m.drop(CloseKeep)
	m.retryAt = 0
	m.emit(Fatal{Code: code, Text: text})
	m.enter(Failed, 0, text)
}

// arm sets the timer when the nearest deadline is earlier than what it is set to. A timer that fires too early finds nothing to do and is set again.
func (m *Machine) arm() {
	next := int64(0)
	for _, at := range [...]int64{m.deadline, m.retryAt, m.heart.next, m.saving.tickAt, m.sending.pushAt} {
		if at != 0 && (next == 0 || at < next) {
			next = at
		}
	}
	if next != 0 && (m.armed == 0 || next < m.armed) {
		m.armed = next
		m.emit(SetTimer{AtMs: next})
	}
}

func due(at, now int64) bool { return at != 0 && now >= at }

func (m *Machine) timer(now int64) {
	if due(m.saving.tickAt, now) {
		m.saving.tickAt = 0
		m.save(now)
	}
	if due(m.sending.pushAt, now) {
		m.flush(now)
	}
	if due(m.heart.next, now) {
		m.beatOrGiveUp(now)
	}
	if due(m.retryAt, now) {
		m.retryAt = 0
		m.connect(now)
	}
	if due(m.deadline, now) {
		m.overdue(now)
	}
}

// overdue ends a phase that lasted too long.
func (m *Machine) overdue(now int64) {
	switch m.phase {
	case Fetching:
		m.infoFailed(now, InfoFailed{})
	case Connecting:
		m.session.failedDials++
		m.again(now, CloseKeep, "the socket did not open")
	case Greeting:
		m.again(now, CloseKeep, "no Hello came")
	case Identifying:
		m.again(now, CloseKeep, "no READY came")
	case Resuming:
		m.session.failedResumes++
		if m.session.failedResumes >= mostResumes {
			m.lose()
			m.save(now)
		}
		m.again(now, CloseKeep, "no RESUMED came")
	default:
		m.deadline = 0
	}
}

// saw remembers that the session was good. Only frames of an established session say so: Hello comes on every connection, and replayed events are old.
func (m *Machine) saw(now int64) {
	if m.phase == Ready {
		m.session.seen(now)
	}
}

// frame takes one payload in.
func (m *Machine) frame(now int64, data []byte) {
	if m.phase == Connecting { // the host need not have told before the first frame
		m.greet(now)
	}
	f, err := wire.ParseFrame(data)
	if f.Odd > 0 {
		m.count(FieldsOdd)
	}
	if err != nil {
		m.count(FramesBroken)
		if f.Op == wire.OpDispatch { // or the op was not read
			m.broken(now, f.Seq)
		}
		return
	}
	defer m.saw(now)
	switch {
	case !f.HasOp:
		m.count(FramesUnknown)
	case f.Op == wire.OpDispatch:
		m.dispatch(now, &f)
	case f.Op == wire.OpHeartbeat:
		m.beat(now)
	case f.Op == wire.OpHeartbeatAck:
		m.heart.unanswered = 0
	case f.Op == wire.OpHello:
		m.hello(now, f.Millis)
	case f.Op == wire.OpReconnect:
		m.again(now, CloseKeep, "Discord asked to reconnect")
	case f.Op == wire.OpInvalidSession:
		m.invalidSession(now, f.Resume)
	default:
		m.count(FramesUnknown)
	}
}
