package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/chat"
	"cloudflarechat/server"
)

// refused tries an upgrade that must fail, and gives the answer.
func refused(t *testing.T, s *server.Server, opt *websocket.DialOptions) (status int, code string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, res, err := websocket.Dial(ctx, wsURL(s), opt)
	if err == nil {
		c.CloseNow()
		t.Fatal("the upgrade was taken")
	}
	if res == nil {
		t.Fatal(err)
	}
	var said struct{ Code string }
	_ = json.NewDecoder(res.Body).Decode(&said)
	return res.StatusCode, said.Code
}

func TestSubprotocolAndRoute(t *testing.T) {
	s := bare(t, nil)
	v := dial(t, wsURL(s), &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1"}})
	if p := v.conn.Subprotocol(); p != "cloudflare-chat.v1" {
		t.Errorf("selected %q", p)
	}
	v.say("init", base(nil))
	hello := v.hear("ready")
	v.say("message", map[string]string{"message": "kept", "id": "m1"})
	if ack := v.hear("ack"); ack.Data.ID != "m1" || ack.Data.Seq != 1 {
		t.Errorf("got %+v", ack)
	}

	w := dial(t, wsURL(s), &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + hello.Data.Route}})
	if p := w.conn.Subprotocol(); p != "cloudflare-chat.v1" {
		t.Errorf("selected %q", p)
	}
	w.say("init", base(map[string]any{"sessionId": hello.Data.SessionID, "since": 0}))
	if again := w.hear("ready"); !again.Data.Restored || again.Data.Route != hello.Data.Route {
		t.Errorf("got %+v", again)
	}
	if f := w.hear("message"); f.Data.Message != "kept" {
		t.Errorf("got %+v", f)
	}

	forged := []byte(hello.Data.Route)
	forged[3] ^= 1
	for name, protocols := range map[string][]string{
		"forged":   {"cloudflare-chat.v1", "route." + string(forged)},
		"empty":    {"cloudflare-chat.v1", "route."},
		"nonsense": {"route.hello"},
		"two":      {"route." + hello.Data.Route, "route." + hello.Data.Route},
	} {
		if status, code := refused(t, s, &websocket.DialOptions{Subprotocols: protocols}); status != 400 || code != "route_invalid" {
			t.Errorf("%s: %d %s", name, status, code)
		}
	}
}

func TestOriginsAtTheDoor(t *testing.T) {
	s := bare(t, func(o *server.Options) {
		o.AllowedOrigins = []string{"https://Shop.example.com:443/", "https://*.example.org"}
	})
	opt := func(origin string) *websocket.DialOptions {
		return &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}}
	}
	for _, origin := range []string{"https://shop.example.com", "https://a.example.org", "https://a.b.example.org"} {
		dial(t, wsURL(s), opt(origin))
	}
	for _, origin := range []string{"https://example.com", "http://shop.example.com", "https://shop.example.com:8443", "https://example.org",
		"https://evilexample.org", "https://example.org.evil.com", "null", "https://*.example.org", "javascript:alert(1)"} {
		if status, code := refused(t, s, opt(origin)); status != 403 || code != "origin_refused" {
			t.Errorf("%s: %d %s", origin, status, code)
		}
	}
	if status, code := refused(t, s, nil); status != 403 || code != "origin_refused" {
		t.Errorf("no origin: %d %s", status, code)
	}
}

func TestAPlainGetExplains(t *testing.T) {
	s := bare(t, func(o *server.Options) {
		o.AllowedOrigins = []string{"https://shop.example.com", "http://chat.example.net"}
	})
	for _, c := range []struct {
		name, path string
		headers    []string
		status     int
		words      string
	}{
		{"a good origin", "/ws", []string{"Origin", "https://shop.example.com"}, 200, `"code":"ok"`},
		{"another origin", "/ws", []string{"Origin", `https://"><script>.com`}, 403, "origin_refused"},
		{"no origin", "/ws", nil, 403, "origin_refused"},
		{"the own origin", "/ws", []string{"Sec-Fetch-Site", "same-origin", "Host", "x"}, 403, "origin_refused"},
		{"a forged route", "/ws?route=abc", []string{"Origin", "https://shop.example.com"}, 400, "route_invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := get(t, s, "GET", c.path, "", c.headers...)
			said := text(t, res)
			if res.StatusCode != c.status || !strings.Contains(said, c.words) || strings.Contains(said, "<script>") {
				t.Errorf("%d %s", res.StatusCode, said)
			}
			if res.Header.Get("Access-Control-Allow-Origin") != "*" || !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
	if res := get(t, s, "POST", "/ws", ""); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestCapacity(t *testing.T) {
	s := bare(t, func(o *server.Options) {
		o.MaxConns, o.MaxConnsPerIP = 3, 2
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(ip string) *websocket.DialOptions {
		return &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {"9.9.9.9, " + ip}}}
	}
	a := dial(t, wsURL(s), from("2001:db8::1"))
	dial(t, wsURL(s), from("2001:db8::2"))
	if status, code := refused(t, s, from("2001:db8::3")); status != 503 || code != "capacity" {
		t.Errorf("a third of one /64: %d %s", status, code)
	}
	dial(t, wsURL(s), from("198.51.100.7"))
	if status, code := refused(t, s, from("198.51.100.8")); status != 503 || code != "capacity" {
		t.Errorf("a fourth: %d %s", status, code)
	}
	a.conn.Close(websocket.StatusNormalClosure, "")
	eventually(t, "a free place", func() bool {
		res := get(t, s, "GET", "/ws", "", "X-Forwarded-For", "198.51.100.8")
		return res.StatusCode == 200
	})
	dial(t, wsURL(s), from("198.51.100.8"))
}

func TestBadFramesLeaveTheConnectionOpen(t *testing.T) {
	s := bare(t, nil)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	write := func(kind websocket.MessageType, b []byte) {
		t.Helper()
		if err := v.conn.Write(t.Context(), kind, b); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		kind websocket.MessageType
		data string
		code string
	}{
		"no JSON":      {websocket.MessageText, "hello", "bad_frame"},
		"binary":       {websocket.MessageBinary, `{"type":"end"}`, "bad_frame"},
		"unknown type": {websocket.MessageText, `{"type":"sing"}`, "unknown_type"},
		"empty":        {websocket.MessageText, ``, "bad_frame"},
		"too big":      {websocket.MessageText, `{"type":"message","data":{"message":"` + strings.Repeat("x", chat.MaxFrameBytes) + `"}}`, "frame_too_big"},
	} {
		write(c.kind, []byte(c.data))
		if f := v.hear("error"); f.Data.Code != c.code {
			t.Errorf("%s: got %+v", name, f)
		}
	}
	v.say("message", map[string]string{"message": "still here", "id": "m1"})
	v.hear("ack")
}

func TestAHugeFrameIsExplainedAndClosed(t *testing.T) {
	s := bare(t, nil)
	for name, opt := range map[string]*websocket.DialOptions{"plain": nil,
		"compressed": {CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1}} {
		v := dial(t, wsURL(s), opt)
		// The connection may be gone before all of it is written.
		_ = v.conn.Write(t.Context(), websocket.MessageText, bytes.Repeat([]byte{'x'}, 4<<20))
		if f := v.hear("error"); f.Data.Code != "frame_too_big" {
			t.Errorf("%s: got %+v", name, f)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		var end websocket.CloseError
		if _, _, err := v.conn.Read(ctx); !errors.As(err, &end) || end.Code != websocket.StatusMessageTooBig || end.Reason != "frame too big" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A frame header that announces more than an int holds must not end the
// process.
func TestAnImpossibleLength(t *testing.T) {
	s := bare(t, nil)
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	br := bufio.NewReader(c)
	if res, err := http.ReadResponse(br, nil); err != nil || res.StatusCode != 101 {
		t.Fatal(res, err)
	}
	head := binary.BigEndian.AppendUint64([]byte{0x81, 0xff}, 1<<63+7)
	if _, err := c.Write(append(head, 1, 2, 3, 4)); err != nil {
		t.Fatal(err)
	}
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, br); errors.Is(err, context.DeadlineExceeded) {
		t.Error("the connection stayed")
	}
	dial(t, wsURL(s), nil).say("ping", nil)
}

// manualClock is moved by a test; its timers fire when they are due.
type manualClock struct{ ahead atomic.Int64 }

func (c *manualClock) Now() chat.Time { return chat.Time(time.Now().UnixMilli() + c.ahead.Load()) }

// After fires soon whatever is asked for: those who wait look at the time again.
func (c *manualClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(min(d, 20*time.Millisecond))
	return t.C, func() { t.Stop() }
}

func TestSilentConnectionsAreClosed(t *testing.T) {
	clock := &manualClock{}
	s := bare(t, func(o *server.Options) { o.Clock = clock })
	idle := dial(t, wsURL(s), nil)
	talking := dial(t, wsURL(s), nil)
	talking.say("init", base(nil))
	talking.hear("ready")
	closed := func(v *visitor) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for {
			if _, _, err := v.conn.Read(ctx); err != nil {
				if websocket.CloseStatus(err) != 4002 {
					t.Errorf("got %v", err)
				}
				return
			}
		}
	}
	clock.ahead.Add(61_000)
	closed(idle)
	talking.say("ping", nil)
	talking.hear("pong")
	clock.ahead.Add(181_000)
	closed(talking)
}

func TestLargeFramesAreCompressed(t *testing.T) {
	long := strings.Repeat("a greeting that goes on and on. ", 40)
	s := bare(t, func(o *server.Options) { o.Greeting = long })
	v := dial(t, wsURL(s), &websocket.DialOptions{CompressionMode: websocket.CompressionNoContextTakeover, CompressionThreshold: 1})
	v.say("init", base(nil))
	if f := v.hear("ready"); f.Data.Message != long {
		t.Errorf("got %q", f.Data.Message)
	}
	// The wire itself: a compressed frame has the bit RSV1.
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
	br := bufio.NewReader(c)
	res, err := http.ReadResponse(br, nil)
	if err != nil {
		t.Fatal(err)
	}
	ext := res.Header.Get("Sec-WebSocket-Extensions")
	if !strings.Contains(ext, "server_no_context_takeover") || !strings.Contains(ext, "client_no_context_takeover") {
		t.Errorf("agreed on %q", ext)
	}
	for _, f := range []struct {
		text       string
		compressed bool
	}{{`{"type":"ping"}`, false}, {`{"type":"init","data":{"name":"A","email":"a@example.com","page":"/"}}`, true}} {
		frame := append([]byte{0x81, 0x80 | byte(len(f.text)), 0, 0, 0, 0}, f.text...)
		if _, err := c.Write(frame); err != nil {
			t.Fatal(err)
		}
		head := make([]byte, 4)
		if _, err := io.ReadFull(br, head[:2]); err != nil {
			t.Fatal(err)
		}
		if compressed := head[0]&0x40 != 0; compressed != f.compressed {
			t.Errorf("%s: compressed %v", f.text, compressed)
		}
		n := int64(head[1] & 0x7f)
		if n == 126 {
			io.ReadFull(br, head[2:])
			n = int64(binary.BigEndian.Uint16(head[2:]))
		}
		io.CopyN(io.Discard, br, n)
	}
}

func TestAFastSenderIsReadSlowlyAndLosesNothing(t *testing.T) {
	s := bare(t, func(o *server.Options) { o.MessagesPerMinute = 10_000; o.Log = slog.New(slog.DiscardHandler) })
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	const n = 90
	for i := range n {
		v.say("message", map[string]string{"message": "x", "id": fmt.Sprint("m", i)})
	}
	for i := range n {
		if f := v.hear("ack"); f.Data.ID != fmt.Sprint("m", i) {
			t.Fatalf("got %+v, want m%d", f, i)
		}
	}
}
