package server

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"cloudflarechat/chat"
)

// rawClient speaks the WebSocket protocol by hand: it decides itself when it
// reads and what it pings.
type rawClient struct {
	t *testing.T
	net.Conn
	br *bufio.Reader
}

// dialRaw opens a WebSocket, and gives the server's end of it too.
func dialRaw(t *testing.T, s *Server) (*rawClient, *socket) {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	r := &rawClient{t, c, bufio.NewReader(c)}
	if res, err := http.ReadResponse(r.br, nil); err != nil || res.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(res, err)
	}
	r.say(1, `{"type":"ping"}`) // its answer says that the server knows the socket
	if _, text := r.hear(); text != chat.PongFrame {
		t.Fatalf("got %q", text)
	}
	all := s.hub.all()
	return r, all[len(all)-1]
}

// say writes a frame whose mask is zero.
func (r *rawClient) say(op byte, payload string) {
	r.t.Helper()
	if _, err := r.Write(maskedFrame(op, payload)); err != nil {
		r.t.Fatal(err)
	}
}

func maskedFrame(op byte, payload string) []byte {
	b := []byte{0x80 | op}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...)
}

// hear reads one frame.
func (r *rawClient) hear() (op byte, payload string) {
	r.t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(r.br, head); err != nil {
		r.t.Fatalf("no frame came: %v", err)
	}
	n := int(head[1] & 0x7f)
	if n == 126 {
		var long [2]byte
		if _, err := io.ReadFull(r.br, long[:]); err != nil {
			r.t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(long[:]))
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r.br, text); err != nil {
		r.t.Fatal(err)
	}
	return head[0] & 0xf, string(text)
}

// hearText reads text frames until one holds some words.
func (r *rawClient) hearText(words string) {
	r.t.Helper()
	for {
		op, text := r.hear()
		if op == 1 && strings.Contains(text, words) {
			return
		}
		if op == 8 {
			r.t.Fatalf("closed with %q while waiting for %q", text, words)
		}
	}
}

func quietServer(t *testing.T, clock Clock) *Server {
	t.Helper()
	s, err := New(Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// idle makes the deadline of the last write one that has passed, as it is for a
// connection on which the server said nothing for long.
func (s *socket) idle(t *testing.T) {
	t.Helper()
	if err := s.wire.Conn.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
}

// A client that keeps its connection open by the pings of the WebSocket protocol
// is answered, and what it says behind one is taken, however long the server had
// nothing to say.
func TestAPingAfterALongSilence(t *testing.T) {
	c, s := dialRaw(t, quietServer(t, nil))
	c.say(1, `{"type":"init","data":{"name":"A","email":"a@example.com","page":"/"}}`)
	c.hearText(`"ready"`)
	s.idle(t)
	c.say(9, "are you there?")
	if op, text := c.hear(); op != 10 || text != "are you there?" {
		t.Errorf("got %d %q", op, text)
	}
	s.idle(t)
	if _, err := c.Write(append(maskedFrame(9, "x"), maskedFrame(1, `{"type":"message","data":{"message":"behind a ping","id":"m1"}}`)...)); err != nil {
		t.Fatal(err)
	}
	c.hearText(`"ack"`)
}

// A frame that is too big is explained before the close, after a silence too.
func TestAHugeFrameAfterALongSilence(t *testing.T) {
	c, s := dialRaw(t, quietServer(t, nil))
	s.idle(t)
	if _, err := c.Write(maskedFrame(1, strings.Repeat("x", maxWireBytes+1))); err != nil {
		t.Fatal(err)
	}
	c.hearText(`"frame_too_big"`)
	if op, text := c.hear(); op != 8 || text != "\x03\xf1frame too big" {
		t.Errorf("got %d %q", op, text)
	}
}

// hurriedClock lets whoever is read too fast be read on at once.
type hurriedClock struct{ systemClock }

func (c hurriedClock) After(d time.Duration) (<-chan time.Time, func()) {
	if d == time.Second/framesPerSecond {
		return quickClock{}.After(d)
	}
	return c.systemClock.After(d)
}

// Answers to pings are counted as all that waits for a client: one that pings and
// does not read is closed as any that does not.
func TestPongsThatNobodyReadsAreBounded(t *testing.T) {
	c, s := dialRaw(t, quietServer(t, hurriedClock{}))
	stuck, release := make(chan struct{}), make(chan struct{})
	s.ws.Async(func() { close(stuck); <-release })
	<-stuck
	for range maxQueuedFrames + 1 {
		c.say(9, "x")
	}
	// Whoever is cut has a second; here it takes as long as it takes.
	eventuallyTrue(t, "a connection that is cut", func() bool {
		s.wire.mu.Lock()
		defer s.wire.mu.Unlock()
		if s.wire.last.IsZero() {
			return false
		}
		s.wire.last = time.Now().Add(time.Minute)
		return true
	})
	close(release)
	for {
		op, text := c.hear()
		if op == 10 {
			continue
		}
		if code := chat.CloseCode(binary.BigEndian.Uint16([]byte(text))); op != 8 || code != chat.CloseSlow {
			t.Errorf("got %d %q", op, text)
		}
		return
	}
}

// Whoever is cut off for being slow is not given more time by what is written
// behind that.
func TestAWriteDoesNotUndoACut(t *testing.T) {
	near, far := tcpPair(t)
	w := &wireConn{Conn: near}
	w.hurry(-time.Second)
	if _, err := w.Write([]byte{0x8a, 0}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	far.Close()
}

// eventuallyTrue polls until a condition holds.
func eventuallyTrue(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		}
	}
}
