package chat

import (
	"strings"
)

func frontConn(front Route, conn ConnID) ConnID { return ConnID(string(front) + "|" + string(conn)) }

func (s *Session) conn(id ConnID) *ConnState {
	for _, c := range s.conns {
		if c.Conn == id {
			return c
		}
	}
	return nil
}

func (s *Session) attach(c *ConnState) {
	if c.Front == "" {
		s.emit(Attach{c.Conn, *c})
	}
}

// noteSent keeps what a client of the base protocol was sent. Any other says what
// it was shown, and keeping a state for each message costs more than the message.
func (s *Session) noteSent(c *ConnState) {
	if c.Base {
		s.attach(c)
	}
}

// send writes a frame to a connection, through the session that holds it.
func (s *Session) send(c *ConnState, data []byte) {
	if c.Front == "" {
		s.emit(Send{c.Conn, data})
		return
	}
	s.tell(SessionAt(c.Front), FrontSend{s.route, ConnID(strings.TrimPrefix(string(c.Conn), string(c.Front)+"|")), data})
}

func (s *Session) fail(c *ConnState, code Code, id string, retryAfter Time) {
	s.send(c, errorFrame(code, id, retryAfter))
	s.count(MetricErrors, string(code), 1)
}

// close asks for the end of a connection; the host says when it is gone.
func (s *Session) close(c *ConnState, code CloseCode) {
	if c.Phase == PhaseClosing {
		return
	}
	if c.Phase == PhaseFronting {
		s.tell(SessionAt(c.Target), FrontClosed{Front: s.route, Conn: c.Conn})
	}
	c.Phase = PhaseClosing
	s.attach(c)
	if c.Front == "" {
		s.emit(CloseConn{c.Conn, code})
		return
	}
	s.tell(SessionAt(c.Front), FrontClose{From: s.route, Conn: ConnID(strings.TrimPrefix(string(c.Conn), string(c.Front)+"|")), Close: code})
	s.drop(c)
}

func (s *Session) drop(c *ConnState) {
	for i, o := range s.conns {
		if o == c {
			s.conns = append(s.conns[:i:i], s.conns[i+1:]...)
			return
		}
	}
}

func (s *Session) open(e ConnOpened, front Route) *ConnState {
	if c := s.conn(e.Conn); c != nil {
		return c
	}
	c := &ConnState{Conn: e.Conn, Random: e.Random, Site: e.Site, RemoteIP: e.RemoteIP, Front: front,
		SettledSeq: s.lastSeq(), SentSeq: s.lastSeq()}
	s.conns = append(s.conns, c)
	s.attach(c)
	if s.connsIn(PhaseNew, PhaseVerifying, PhaseFinding, PhaseBinding, PhaseFronting) > s.cfg.MaxConns {
		s.fail(c, CodeTooManyTabs, "", 0)
		s.close(c, CloseTooMany)
	}
	return c
}

// connsIn counts the connections in one of the phases.
func (s *Session) connsIn(phases ...ConnPhase) (n int) {
	for _, c := range s.conns {
		for _, p := range phases {
			if c.Phase == p {
				n++
			}
		}
	}
	return n
}

// makeRoom closes the oldest connections of the visitor where a new one makes
// them too many. On a bad network most of them are dead, and nobody knows it
// yet; one that lives comes back. Whoever has not shown the session id closes
// nobody's connection.
func (s *Session) makeRoom() {
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if c.Phase == PhaseReady && s.connsIn(PhaseReady) > s.cfg.MaxConns {
			s.close(c, CloseSilent)
		}
	}
}

// gone forgets a connection. For a client of the base protocol it notes what
// that client surely has: what was sent a while before it was last heard of. A
// connection may have been dead long before its end is noticed.
func (s *Session) gone(id ConnID, heard Time, clean bool) {
	s.forgetFront(id)
	c := s.conn(id)
	if c == nil {
		return
	}
	if c.Phase == PhaseFronting {
		s.tell(SessionAt(c.Target), FrontClosed{Front: s.route, Conn: c.Conn, Clean: clean, Heard: heard})
	}
	if c.Phase == PhaseReady {
		s.rec.ActiveAtMs = int64(s.now)
		if s.silent() {
			s.saveRec = true // a rebuilt session must not forget them early
		}
		s.noteBase(c, heard, clean)
	}
	s.drop(c)
}

// noteBase notes what a client of the base protocol has, when its connection
// ends.
func (s *Session) noteBase(c *ConnState, heard Time, clean bool) {
	if !c.Base {
		return
	}
	has := c.SettledSeq
	if clean || s.arrived(c, heard) || defectWrittenIsSeen {
		has = c.SentSeq
	}
	s.rec.BaseSeq = max(s.rec.BaseSeq, has)
	s.saveRec = true
}

// frame reads one frame of a connection.
func (s *Session) frame(c *ConnState, data []byte, binary bool) {
	if c.Phase == PhaseClosing {
		return
	}
	if wait := c.tooSoon(pacedFrames, s.cfg.paceOf(pacedFrames), s.now); wait > 0 {
		s.fail(c, CodeTooMany, "", wait)
		s.close(c, CloseProtocol)
		return
	}
	if string(data) == PingFrame {
		s.settle(c)
		s.send(c, []byte(PongFrame))
		return
	}
	if len(data) > MaxFrameBytes {
		s.badFrame(c, CodeFrameTooBig)
		return
	}
	if binary {
		s.badFrame(c, CodeBadFrame)
		return
	}
	if c.Phase == PhaseFronting {
		s.tell(SessionAt(c.Target), FrontFrame{Front: s.route, Conn: c.Conn, Data: data})
		return
	}
	f, ok := readFrame(data)
	if !ok {
		s.badFrame(c, CodeBadFrame)
		return
	}
	s.settle(c)
	switch f.Type {
	case "ping":
		s.send(c, []byte(PongFrame))
		return
	case "init", "message", "seen", "typing", "history", "end", "retry", "report":
	default:
		s.badFrame(c, CodeUnknownType)
		return
	}
	if c.Phase != PhaseReady {
		if f.Type != "init" {
			s.badFrame(c, CodeNotReady)
			return
		}
		if c.Phase != PhaseNew {
			return // the first init is still being looked at
		}
		var d initData
		if !readData(f.Data, &d) {
			s.badFrame(c, CodeBadFrame)
			return
		}
		s.init(c, d, data)
		return
	}
	s.visitorFrame(c, f)
}

// settle notes that the client was heard: what was written to it a while ago
// has arrived.
func (s *Session) settle(c *ConnState) {
	if c.Base && c.SettledSeq != c.SentSeq && s.arrived(c, s.now) {
		c.SettledSeq = c.SentSeq
		s.attach(c)
	}
}

// arrived tells whether what was written to a client has reached it, as it was
// last heard of at heard. A time that is yet to come was read from a clock that
// has been set back since, and says nothing.
func (s *Session) arrived(c *ConnState, heard Time) bool {
	return heard <= s.now && heard-c.SentAt >= c.settles()
}

// settles is after which time a frame that was written has arrived, if the
// connection was still there.
func (c *ConnState) settles() Time {
	if c.Front != "" {
		return settleFronted
	}
	return settleAfter
}

func (s *Session) badFrame(c *ConnState, code Code) {
	c.BadFrames++
	s.fail(c, code, "", 0)
	if c.BadFrames >= MaxBadFrames {
		s.close(c, CloseProtocol)
		return
	}
	s.attach(c)
}

// frontFrame is a frame of a connection that another session holds.
func (s *Session) frontFrame(e FrontFrame) {
	id := frontConn(e.Front, e.Conn)
	c := s.conn(id)
	if c == nil {
		if e.Opened == nil {
			s.tell(SessionAt(e.Front), FrontClose{From: s.route, Conn: e.Conn, Close: CloseRestart})
			return
		}
		o := *e.Opened
		o.Conn = id
		c = s.open(o, e.Front)
	}
	s.frame(c, e.Data, false)
}

// frontSend passes a frame on to a connection that this session holds.
func (s *Session) frontSend(e FrontSend) {
	c := s.conn(e.Conn)
	if c == nil || c.Phase != PhaseFronting || c.Target != e.From {
		s.tell(SessionAt(e.From), FrontClosed{Front: s.route, Conn: e.Conn})
		return
	}
	if c.AskedAt != 0 {
		c.AskedAt = 0 // the other session is there
		s.attach(c)
	}
	s.emit(Send{c.Conn, e.Data})
	s.listen()
}

// frontTo hands a connection to the session at target, with its init frame.
func (s *Session) frontTo(c *ConnState, target Route, init []byte) {
	opened := ConnOpened{Conn: c.Conn, Random: c.Random, Site: c.Site, RemoteIP: c.RemoteIP}
	c.Target, c.Random = target, [32]byte{}
	s.wait(c, PhaseFronting, nil)
	s.tell(SessionAt(target), FrontFrame{Front: s.route, Conn: c.Conn, Opened: &opened, Data: init})
}

// toAll sends a frame to every connection that is in the conversation, but one.
func (s *Session) toAll(data []byte, except *ConnState) {
	for _, c := range s.conns {
		if c.Phase == PhaseReady && c != except {
			s.send(c, data)
		}
	}
}

// toExtended sends a frame that a client of the base protocol does not know.
func (s *Session) toExtended(data []byte) {
	for _, c := range s.conns {
		if c.Phase == PhaseReady && !c.Base {
			s.send(c, data)
		}
	}
}
