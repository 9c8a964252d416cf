package server

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"cloudflarechat/chat"
)

// Bounds of a connection.
const (
	// maxWireBytes: a larger frame closes the connection with 1009. Those between
	// chat.MaxFrameBytes and this get an error frame, and the connection stays.
	maxWireBytes = 2 * chat.MaxFrameBytes
	// maxQueuedFrames and maxQueuedBytes may wait for a client to read; then it is
	// closed with [chat.CloseSlow].
	maxQueuedFrames = 512
	maxQueuedBytes  = 1 << 20
	// slowGrace is how long a slow client may still take to read the close.
	slowGrace = time.Second
	// maxUnstepped frames of one connection wait for the engine; then it is not
	// read from.
	maxUnstepped = 32
	// framesPerSecond may a client send for long, frameBurst at once; then it is
	// read from more slowly.
	framesPerSecond = 10
	frameBurst      = 80
)

// socket is one WebSocket connection.
type socket struct {
	id     chat.ConnID
	to     chat.Address
	hub    *hub
	ws     *gws.Conn
	wire   *wireConn
	ip     ipCount
	opened chat.Time // the sweep's

	heard atomic.Int64
	// goodbye is set when the closing handshake was completed.
	goodbye atomic.Bool
	phase   atomic.Uint32
	// unstepped holds a token for each frame that the engine has not dealt with.
	unstepped chan struct{}

	mu      sync.Mutex
	frames  int // that wait to be written
	bytes   int
	closing bool

	// tokens and tokensAt are the reader's: how many frames it may read on.
	tokens   float64
	tokensAt chat.Time
}

// send implements link.
func (s *socket) send(frame []byte) { s.queue(gws.OpcodeText, frame) }

// queue puts a frame behind those that wait for the client to read. What answers
// its pings is bounded with them (RFC 6455 5.5.2 asks for a pong, not for one
// that nobody reads).
func (s *socket) queue(op gws.Opcode, frame []byte) {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.frames++
	s.bytes += len(frame)
	slow := s.frames > maxQueuedFrames || s.bytes > maxQueuedBytes
	s.mu.Unlock()
	if slow {
		s.cut()
		return
	}
	s.ws.Async(func() {
		_ = s.ws.WriteMessage(op, frame) // an error ends the read loop, which says it
		s.mu.Lock()
		s.frames--
		s.bytes -= len(frame)
		s.mu.Unlock()
	})
}

// close implements link: what was queued before leaves first.
func (s *socket) close(code chat.CloseCode) {
	s.mu.Lock()
	was := s.closing
	s.closing = true
	s.mu.Unlock()
	if !was {
		s.ws.Async(func() { _ = s.ws.WriteClose(uint16(code), []byte(chat.ReasonOf(code))) }) // as above
	}
}

// cut closes a connection whose client does not read: a write may be stuck.
func (s *socket) cut() {
	s.close(chat.CloseSlow)
	s.wire.hurry(slowGrace)
}

// heardAt implements link.
func (s *socket) heardAt() chat.Time { return chat.Time(s.heard.Load()) }

// keepTime takes what is yet to come for now: the clock was set back since. It is
// the sweep's alone.
func (s *socket) keepTime(now chat.Time) {
	s.opened = min(s.opened, now)
	if heard := s.heard.Load(); heard > int64(now) {
		s.heard.CompareAndSwap(heard, int64(now))
	}
}

// setPhase implements link.
func (s *socket) setPhase(p chat.ConnPhase) { s.phase.Store(uint32(p)) }

func (s *socket) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// run reads until the connection ends. It is the connection's one goroutine.
func (s *socket) run() {
	defer s.hub.gone(s)
	defer s.wire.bury()
	// Before the client hears that its goodbye was heard: if it comes back at
	// once, the session must know by then that it has what was sent.
	defer func() {
		s.hub.engine.submit(item{to: s.to, ev: chat.ConnClosed{Conn: s.id, Clean: s.goodbye.Load(), Heard: s.heardAt()}})
	}()
	defer func() {
		// A frame whose length does not fit an int panics in the library.
		if v := recover(); v != nil {
			s.hub.log.Warn("a connection sent what its reader could not bear")
		}
	}()
	s.ws.ReadLoop()
}

// received takes one frame.
func (s *socket) received(data []byte, binary bool) {
	now := s.hub.clock.Now()
	s.heard.Store(int64(now))
	if s.isClosing() {
		return
	}
	s.pace(now)
	if !binary && string(data) == chat.PingFrame {
		s.send([]byte(chat.PongFrame))
		return
	}
	select {
	case s.unstepped <- struct{}{}:
	case <-s.hub.engine.ctx.Done():
		return
	}
	// The library takes its buffer back.
	ev := chat.FrameReceived{Conn: s.id, Data: append([]byte(nil), data...), Binary: binary}
	s.hub.engine.submitSocket(item{to: s.to, ev: ev, done: func(bool) { <-s.unstepped }})
}

// pace reads a client that sends too fast more slowly.
func (s *socket) pace(now chat.Time) {
	s.tokens = min(frameBurst, s.tokens+float64(max(now-s.tokensAt, 0))*framesPerSecond/float64(chat.Second))
	s.tokensAt = now
	if s.tokens--; s.tokens >= 0 {
		return
	}
	alarm, release := s.hub.clock.After(time.Second / framesPerSecond)
	defer release()
	select {
	case <-alarm:
	case <-s.hub.engine.ctx.Done():
	}
}

// events gives the library's events to the sockets.
type events struct{ gws.BuiltinEventHandler }

// slot is the library's place for what belongs to a connection: here its
// socket, and nothing else.
type slot struct{ socket *socket }

// Len implements gws.SessionStorage.
func (*slot) Len() int { return 1 }

// Load implements gws.SessionStorage.
func (s *slot) Load(string) (any, bool) { return s.socket, s.socket != nil }

// Delete implements gws.SessionStorage.
func (s *slot) Delete(string) { s.socket = nil }

// Store implements gws.SessionStorage.
func (s *slot) Store(_ string, v any) { s.socket, _ = v.(*socket) }

// Range implements gws.SessionStorage.
func (s *slot) Range(f func(string, any) bool) { f("", s.socket) }

func socketOf(c *gws.Conn) *socket { return c.Session().(*slot).socket }

// OnMessage implements gws.Event.
func (events) OnMessage(c *gws.Conn, m *gws.Message) {
	socketOf(c).received(m.Bytes(), m.Opcode == gws.OpcodeBinary)
	_ = m.Close() // it gives the buffer back and never fails
}

// OnPing implements gws.Event: a ping of the WebSocket protocol itself.
func (events) OnPing(c *gws.Conn, payload []byte) {
	s := socketOf(c)
	now := s.hub.clock.Now()
	s.heard.Store(int64(now))
	s.pace(now)
	s.queue(gws.OpcodePong, payload)
}

// OnClose implements gws.Event.
func (events) OnClose(c *gws.Conn, err error) {
	var said *gws.CloseError
	if errors.As(err, &said) { // the client's goodbye is the last that was heard of it
		s := socketOf(c)
		s.heard.Store(int64(s.hub.clock.Now()))
		s.goodbye.Store(true)
	}
}
