package discordsim

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"cloudflarechat/discordsim/world"
)

// inflater turns the stream of a connection back into payloads, as clients do.
type inflater struct {
	feed *io.PipeWriter
	out  *json.Decoder
}

func newInflater(t *testing.T, kind string) *inflater {
	t.Helper()
	r, w := io.Pipe()
	t.Cleanup(func() { w.Close() })
	i := &inflater{feed: w}
	if kind == "zstd-stream" {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		i.out = json.NewDecoder(d)
		return i
	}
	// zlib.NewReader wants the header at once; the pipe gives it when the first message is fed.
	i.out = json.NewDecoder(&lateZlib{r: r})
	return i
}

type lateZlib struct {
	r io.Reader
	z io.ReadCloser
}

func (l *lateZlib) Read(p []byte) (int, error) {
	if l.z == nil {
		z, err := zlib.NewReader(l.r)
		if err != nil {
			return 0, err
		}
		l.z = z
	}
	return l.z.Read(p)
}

func TestTransportCompression(t *testing.T) {
	for _, kind := range []string{"zlib-stream", "zstd-stream"} {
		t.Run(kind, func(t *testing.T) {
			s := start(t, Options{})
			ws, _, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(s.URL(), "http")+"/?v=10&encoding=json&compress="+kind, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer ws.CloseNow()
			ws.SetReadLimit(1 << 20)
			in := newInflater(t, kind)
			read := func() map[string]any {
				t.Helper()
				typ, raw, err := ws.Read(t.Context())
				if err != nil || typ != websocket.MessageBinary {
					t.Fatalf("%v %v", typ, err)
				}
				if kind == "zlib-stream" && !bytes.HasSuffix(raw, []byte{0, 0, 0xff, 0xff}) {
					t.Fatalf("a payload ends in % x", raw[len(raw)-4:])
				}
				go func() { _, _ = in.feed.Write(raw) }()
				var f map[string]any
				if err := in.out.Decode(&f); err != nil {
					t.Fatal(err)
				}
				return f
			}
			if f := read(); f["op"] != 10.0 {
				t.Fatalf("hello: %v", f)
			}
			identify := `{"op":2,"d":{"token":"x","intents":36353,"properties":{},"compress":true}}`
			if err := ws.Write(t.Context(), websocket.MessageText, []byte(identify)); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"READY", "GUILD_CREATE"} {
				if f := read(); f["t"] != want {
					t.Fatalf("got %v, want %s", f["t"], want)
				}
			}
			for _, text := range []string{"one", strings.Repeat("long ", 300), "three"} {
				call(t, s, "User Ada", "POST", "/channels/"+s.ChannelID()+"/messages", `{"content":"`+text+`"}`)
				for f := read(); f["t"] == "MESSAGE_CREATE"; {
					if f["d"].(map[string]any)["content"] != strings.TrimSpace(text) {
						t.Fatalf("content %v", f["d"])
					}
					break
				}
			}
		})
	}
}

// control makes a request to /sim.
func control(t *testing.T, s *Server, method, path, body string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out := map[string]any{}
	_ = json.NewDecoder(res.Body).Decode(&out)
	return res.StatusCode, out
}

func TestFaultsOverHTTP(t *testing.T) {
	s := start(t, Options{})
	status, fault := control(t, s, "POST", "/sim/faults", `{"kind":"lost-after","count":1,"route":"POST /channels/{channel.id}/messages"}`)
	if status != 201 || fault["id"] != 1.0 {
		t.Fatalf("inject: %d %v", status, fault)
	}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", s.APIURL()+"/v10/channels/"+s.ChannelID()+"/messages", strings.NewReader(`{"content":"x"}`))
	req.Header.Set("Authorization", "Bot x")
	req.Header.Set("Content-Type", "application/json")
	if res, err := http.DefaultClient.Do(req); err == nil {
		res.Body.Close()
		t.Fatalf("the answer came: %d", res.StatusCode)
	}
	s.Do(func(_ int64, w *world.World) {
		if n := len(w.Messages(w.SupportChannel())); n != 1 {
			t.Errorf("%d messages; the lost answer's effect should be there once", n)
		}
	})
	if status, out := control(t, s, "POST", "/sim/faults", `{"kind":"gremlins"}`); status != 400 || out["kinds"] == nil {
		t.Fatalf("an unknown kind: %d %v", status, out)
	}
	control(t, s, "POST", "/sim/faults", `{"kind":"outage"}`)
	if res, _ := call(t, s, "Bot x", "GET", "/users/@me", ""); res.StatusCode != 503 {
		t.Fatalf("outage: %d", res.StatusCode)
	}
	if status, _ := control(t, s, "DELETE", "/sim/faults", ""); status != 204 {
		t.Fatalf("heal: %d", status)
	}
	if res, _ := call(t, s, "Bot x", "GET", "/users/@me", ""); res.StatusCode != 200 {
		t.Fatalf("healed: %d", res.StatusCode)
	}
	if status, _ := control(t, s, "POST", "/sim/limits", `{"bucket":"message.create","limit":1,"windowMs":60000}`); status != 204 {
		t.Fatalf("limits: %d", status)
	}
	call(t, s, "Bot x", "POST", "/channels/"+s.ChannelID()+"/messages", `{"content":"1"}`)
	if res, body := call(t, s, "Bot x", "POST", "/channels/"+s.ChannelID()+"/messages", `{"content":"2"}`); res.StatusCode != 429 || body["retry_after"] == nil {
		t.Fatalf("limited: %d %v", res.StatusCode, body)
	}
	if _, state := control(t, s, "GET", "/sim/state", ""); state["channelId"] != s.ChannelID() || len(state["limits"].(map[string]any)["buckets"].([]any)) != 1 {
		t.Fatalf("state: %v", state)
	}
	if status, _ := control(t, s, "POST", "/sim/revoke", `{"token":"x"}`); status != 204 {
		t.Fatalf("revoke: %d", status)
	}
	if res, _ := call(t, s, "Bot x", "GET", "/users/@me", ""); res.StatusCode != 401 {
		t.Fatalf("revoked: %d", res.StatusCode)
	}
	// What a page of another origin could send is refused.
	res, err := http.Post(s.URL()+"/sim/faults", "text/plain", strings.NewReader(`{"kind":"outage"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 415 {
		t.Fatalf("a plain form: %d", res.StatusCode)
	}
	if status, _ := control(t, s, "POST", "/sim/gateway", `{"do":"dance"}`); status != 400 {
		t.Fatalf("gateway: %d", status)
	}
}

func TestEventStream(t *testing.T) {
	s := start(t, Options{})
	res, err := http.Get(s.URL() + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func(prefix string) string {
		t.Helper()
		for lines.Scan() {
			if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
				return rest
			}
		}
		t.Fatalf("the stream ended before %q", prefix)
		return ""
	}
	if got := next("event: "); got != "ready" {
		t.Fatalf("first event %q", got)
	}
	call(t, s, "User Ada", "POST", "/channels/"+s.ChannelID()+"/messages", `{"content":"a\nb <i>"}`)
	for next("event: ") != "MESSAGE_CREATE" {
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(next("data: ")), &m); err != nil || m["content"] != "a\nb <i>" {
		t.Fatalf("data: %v %v", m, err)
	}
}

func TestConsolePages(t *testing.T) {
	s := start(t, Options{})
	for path, kind := range map[string]string{
		"/": "text/html", "/channels/123": "text/html", "/console/app.js": "text/javascript", "/console/console.css": "text/css", "/console/icon.svg": "image/svg+xml",
	} {
		res, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		policy := res.Header.Get("Content-Security-Policy")
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || !strings.Contains(policy, "require-trusted-types-for 'script'") || strings.Contains(policy, "unsafe") {
			t.Fatalf("%s: %d %v", path, res.StatusCode, res.Header)
		}
		for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if bytes.Contains(body, []byte(sink)) {
				t.Errorf("%s uses %s", path, sink)
			}
		}
	}
}

func TestPortInUse(t *testing.T) {
	s := start(t, Options{})
	other := New(Options{Addr: strings.TrimPrefix(s.URL(), "http://")})
	defer other.Close()
	var opErr *net.OpError
	if err := other.Start(t.Context()); !errors.As(err, &opErr) {
		t.Fatalf("a port in use: %v", err)
	}
}

func TestCloseLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(context.Background())
	s := New(Options{})
	if err := s.Start(ctx); err != nil {
		t.Fatal(err)
	}
	ws, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(s.URL(), "http")+"/gateway", nil)
	if err != nil {
		t.Fatal(err)
	}
	if f := readFrame(t, ws); f["op"] != 10.0 {
		t.Fatalf("hello: %v", f)
	}
	client := &http.Client{Transport: &http.Transport{}}
	res, err := client.Get(s.URL() + "/sim/events")
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	s.Close()
	if _, _, err := ws.Read(context.Background()); websocket.CloseStatus(err) != 1001 {
		t.Fatalf("closed with %v", err)
	}
	ws.CloseNow()
	_, _ = io.ReadAll(res.Body)
	res.Body.Close()
	client.CloseIdleConnections()
	cancel()
}
