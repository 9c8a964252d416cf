package server

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"cloudflarechat/chat"
)

// Bounds of a socket's writes and of its end.
const (
	// writeTimeout is how long one frame may take.
	writeTimeout = 20 * time.Second
	// lingerFor is how long a client may take to answer a close.
	lingerFor = 2 * time.Second
	// lingerBytes of what it still sends are read and dropped.
	lingerBytes = 1 << 20
)

// wireConn is the TCP connection under a WebSocket. It ends in the way that RFC
// 6455 asks for: what was written is read by the other side before the
// connection goes, where closing at once would send a reset that can destroy
// the close frame on its way.
type wireConn struct {
	net.Conn
	ended atomic.Bool
	// reply is the close frame that answers a client's; it leaves when the
	// connection is buried.
	reply atomic.Pointer[[]byte]

	mu sync.Mutex
	// last is when the last write must be over; zero is not decided yet.
	last time.Time
}

// write is where everything leaves. Each write has a time of its own: the
// library writes too, and a deadline of an earlier frame would stand in the way
// of a pong that is due a minute after it.
func (w *wireConn) write(p []byte) (int, error) {
	w.mu.Lock()
	until := time.Now().Add(writeTimeout)
	if !w.last.IsZero() && w.last.Before(until) {
		until = w.last
	}
	_ = w.Conn.SetWriteDeadline(until) // a dead connection says so below
	w.mu.Unlock()
	return w.Conn.Write(p)
}

// hurry bounds all writes together, the one under way included: whoever is cut
// off gets no new time by what still waits.
func (w *wireConn) hurry(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until := time.Now().Add(d)
	if !w.last.IsZero() && w.last.Before(until) {
		return
	}
	w.last = until
	_ = w.Conn.SetWriteDeadline(until) // a dead connection is what this makes of it
}

// Close ends the writing side alone; bury ends the connection.
func (w *wireConn) Close() error {
	if w.reply.Load() != nil {
		// Whoever reads ends now, and buries the connection. It may be blocked: where
		// a write failed, nobody else ends it.
		return w.Conn.SetReadDeadline(time.Now())
	}
	if !w.ended.CompareAndSwap(false, true) {
		return nil
	}
	return w.end()
}

func (w *wireConn) end() error {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // the deadline below ends it in any case
	}
	return w.Conn.SetDeadline(time.Now().Add(lingerFor))
}

// bury reads what is still on its way and closes the connection.
func (w *wireConn) bury() {
	if reply := w.reply.Swap(nil); reply != nil {
		_ = w.Conn.SetWriteDeadline(time.Now().Add(slowGrace)) // a dead connection says so below
		_, _ = w.Conn.Write(*reply)                            // whoever said goodbye may be gone already
	}
	_ = w.Close()
	_, _ = io.CopyN(io.Discard, w.Conn, lingerBytes) // it ends by end, error or deadline: all the same
	_ = w.Conn.Close()
}

// Write sends a frame. The library's own closes get the words of the catalogue,
// and before one for a frame that was too big the client is told in the
// protocol's own words what was wrong.
func (w *wireConn) Write(p []byte) (int, error) {
	const closeFrame, private = 0x88, 4000
	if len(p) < 2 || p[0] != closeFrame {
		return w.through(p)
	}
	if len(p) < 4 {
		w.reply.Store(&[]byte{closeFrame, 0})
		return len(p), nil
	}
	code := chat.CloseCode(binary.BigEndian.Uint16(p[2:4]))
	if code >= private {
		return w.through(p)
	}
	if code == chat.CloseUnread && string(p[4:]) == gws.ErrMessageTooLarge.Error() {
		code = chat.CloseTooBig // it is too big only once it is unpacked
	}
	reason := chat.ReasonOf(code)
	frame := append([]byte{closeFrame, byte(2 + len(reason)), byte(code >> 8), byte(code)}, reason...)
	w.reply.Store(&frame)
	if code == chat.CloseTooBig {
		if _, err := w.write(textFrame(chat.ErrorFrame(chat.CodeFrameTooBig, "", 0))); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// through writes a frame, unless the close is said already.
func (w *wireConn) through(p []byte) (int, error) {
	if w.reply.Load() != nil {
		return len(p), nil
	}
	return w.write(p)
}

// textFrame is an unmasked text frame of less than 64 KB.
func textFrame(data []byte) []byte {
	const finText = 0x81
	head := []byte{finText, byte(len(data))}
	if len(data) > 125 {
		head = binary.BigEndian.AppendUint16([]byte{finText, 126}, uint16(len(data)))
	}
	return append(head, data...)
}
