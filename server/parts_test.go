package server

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
)

func TestClientIP(t *testing.T) {
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, c := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"no proxy", "203.0.113.5:99", nil, "203.0.113.5"},
		{"a claim of a stranger", "203.0.113.5:99", []string{"1.2.3.4"}, "203.0.113.5"},
		{"one proxy", "10.0.0.1:99", []string{"203.0.113.5"}, "203.0.113.5"},
		{"a claim before a proxy", "10.0.0.1:99", []string{"1.2.3.4, 203.0.113.5"}, "203.0.113.5"},
		{"two proxies", "10.0.0.1:99", []string{"1.2.3.4, 203.0.113.5, 10.2.3.4"}, "203.0.113.5"},
		{"two headers", "10.0.0.1:99", []string{"1.2.3.4", "203.0.113.5"}, "203.0.113.5"},
		{"a proxy that says nothing", "10.0.0.1:99", nil, "10.0.0.1"},
		{"nonsense", "10.0.0.1:99", []string{"unknown"}, "10.0.0.1"},
		{"nonsense behind a proxy", "10.0.0.1:99", []string{"unknown, 10.0.0.2"}, "10.0.0.2"},
		{"with a port", "10.0.0.1:99", []string{"203.0.113.5:4711"}, "203.0.113.5"},
		{"IPv6", "[::1]:99", []string{"[2001:db8::5]:4711"}, "2001:db8::5"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.1]:99", []string{"::ffff:203.0.113.5"}, "203.0.113.5"},
		{"a zone", "[fe80::1%eth0]:99", nil, "fe80::1"},
	} {
		r := httptest.NewRequest("GET", "/ws", nil)
		r.RemoteAddr = c.peer
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := trusted.clientIP(r); got.String() != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	if ipKey(netip.MustParseAddr("2001:db8:1:2:3::1")) != ipKey(netip.MustParseAddr("2001:db8:1:2:ffff::9")) {
		t.Error("one /64 is counted as two")
	}
	if ipKey(netip.MustParseAddr("1.2.3.4")) == ipKey(netip.MustParseAddr("1.2.3.5")) {
		t.Error("two addresses are counted as one")
	}
}

func TestHostOfAToken(t *testing.T) {
	for _, c := range []struct {
		host, entry string
		fits        bool
	}{
		{"shop.example.com", "", true},
		{"shop.example.com", "https://shop.example.com", true},
		{"SHOP.example.com", "https://shop.example.com:8443", true},
		{"example.com", "https://shop.example.com", false},
		{"a.example.com", "https://*.example.com", true},
		{"example.com", "https://*.example.com", false},
		{"evil.com", "https://*.example.com", false},
		{"", "https://shop.example.com", false},
	} {
		if got := hostFits(c.host, c.entry); got != c.fits {
			t.Errorf("%q for %q: %v", c.host, c.entry, got)
		}
	}
}

func TestTurnstile(t *testing.T) {
	var said string
	var status int
	var asked map[string]string
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = map[string]string{}
		for _, k := range []string{"secret", "response", "remoteip", "idempotency_key"} {
			asked[k] = r.FormValue(k)
		}
		w.WriteHeader(status)
		io.WriteString(w, said)
	}))
	defer stand.Close()
	ts := newTurnstile(stand.URL, "s3cret", stand.Client(), slog.New(slog.DiscardHandler))
	ts.action = "chat"
	f := chat.VerifyTurnstile{Token: "tok", RemoteIP: "203.0.113.5", Key: "k1", Host: "https://shop.example.com"}
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   chat.Code
	}{
		{"passed", 200, `{"success":true,"hostname":"shop.example.com","action":"chat"}`, ""},
		{"for another site", 200, `{"success":true,"hostname":"evil.com","action":"chat"}`, chat.CodeTurnstile},
		{"for another action", 200, `{"success":true,"hostname":"shop.example.com","action":"login"}`, chat.CodeTurnstile},
		{"for no site", 200, `{"success":true,"action":"chat"}`, chat.CodeTurnstile},
		{"no token", 200, `{"success":false,"error-codes":["missing-input-response"]}`, chat.CodeTurnstile},
		{"no secret", 200, `{"success":false,"error-codes":["missing-input-secret"]}`, chat.CodeTurnstileDown},
		{"a bad request", 400, `{"success":false,"error-codes":["bad-request"]}`, chat.CodeTurnstileDown},
		{"an unknown code", 200, `{"success":false,"error-codes":["something-new"]}`, chat.CodeTurnstile},
		{"no words", 200, `{}`, chat.CodeTurnstile},
		{"a bad token", 200, `{"success":false,"error-codes":["invalid-input-response"]}`, chat.CodeTurnstile},
		{"used twice", 200, `{"success":false,"error-codes":["timeout-or-duplicate"]}`, chat.CodeTurnstile},
		{"a wrong secret", 200, `{"success":false,"error-codes":["invalid-input-secret"]}`, chat.CodeTurnstileDown},
		{"down", 500, `{"success":false,"error-codes":["internal-error"]}`, chat.CodeTurnstileDown},
		{"nonsense", 502, `<html>`, chat.CodeTurnstileDown},
	} {
		said, status = c.body, c.status
		if got := ts.verify(t.Context(), f); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if asked["secret"] != "s3cret" || asked["response"] != "tok" || asked["remoteip"] != "203.0.113.5" || len(asked["idempotency_key"]) != 36 {
		t.Errorf("asked %v", asked)
	}
	if got := ts.verify(t.Context(), chat.VerifyTurnstile{}); got != chat.CodeTurnstile {
		t.Errorf("without a token: %q", got)
	}
	if a, b := uuidOf("a"), uuidOf("b"); a == b || a != uuidOf("a") || a[14] != '4' {
		t.Errorf("keys %s %s", a, b)
	}
	stand.Close()
	if got := ts.verify(t.Context(), f); got != chat.CodeTurnstileDown {
		t.Errorf("gone: %q", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := ts.verify(ctx, f); got != chat.CodeTurnstileDown {
		t.Errorf("too slow: %q", got)
	}
}

func TestDiscordClientTellsWhichSideFailed(t *testing.T) {
	var got *http.Request
	var body []byte
	var mode atomic.Value
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		switch mode.Load() {
		case "cut":
			conn, _, _ := http.NewResponseController(w).Hijack()
			conn.Close()
		case "half":
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, "half")
		case "redirect":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		default:
			w.Header().Set("X-RateLimit-Remaining", "3")
			io.WriteString(w, `{"id":"1"}`)
		}
	}))
	defer stand.Close()
	client := newHTTPClient()
	defer client.CloseIdleConnections()
	c := newDiscordClient(stand.URL+"/api/", "tok", "1.2", client)
	r := rest.CreateMessage("123456789012345678", rest.Post{Content: "hi"})

	done := c.do(t.Context(), &r)
	if done.Failure != discord.Answered || done.Status != 200 || string(done.Body) != `{"id":"1"}` || done.Header.Remaining != "3" {
		t.Errorf("got %+v", done)
	}
	if got.Header.Get("Authorization") != "Bot tok" || !strings.HasPrefix(got.Header.Get("User-Agent"), "DiscordBot (http") ||
		got.URL.Path != "/api/v10/channels/123456789012345678/messages" || string(body) != string(r.Body) || got.ContentLength != int64(len(r.Body)) {
		t.Errorf("asked %v %v %s", got.URL, got.Header, body)
	}
	reply := rest.AnswerInteraction("1234567890123456789", "secret-token", rest.CallbackMessage, "x", 0)
	if c.do(t.Context(), &reply); got.Header.Get("Authorization") != "" {
		t.Error("an answer to an interaction carries the bot's token")
	}
	for m, want := range map[string]discord.Failure{"cut": discord.FailureLost, "half": discord.FailureLost} {
		if mode.Store(m); c.do(t.Context(), &r).Failure != want {
			t.Errorf("%s is not %v", m, want)
		}
	}
	mode.Store("redirect")
	if done := c.do(t.Context(), &r); done.Status != http.StatusFound {
		t.Errorf("it followed: %+v", done)
	}
	stand.Close()
	client.CloseIdleConnections()
	if done := c.do(t.Context(), &r); done.Failure != discord.FailureUnsent {
		t.Errorf("nobody there: %+v", done)
	}
}

func TestLanesKeepOrderAndDoNotWaitForEachOther(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := newLanes(ctx, quickClock{})
	var got []string
	results := make(chan string, 100)
	release := make(chan struct{})
	put := func(lane, name string, try func(n int) delivered) {
		n := 0
		l.add(parcel{lane: lane, hand: func(context.Context) delivered {
			n++
			return try(n)
		}, refused: func() { results <- name + " refused" }, done: func() { results <- name }})
	}
	ok := func(int) delivered { return handedOver }
	put("slow", "s1", func(n int) delivered {
		<-release
		if n < 4 {
			return tryAgain
		}
		return handedOver
	})
	put("slow", "s2", ok)
	put("fast", "f1", ok)
	put("fast", "f2", ok)
	for range 2 {
		got = append(got, <-results)
	}
	close(release)
	for range 3 {
		got = append(got, <-results)
	}
	if want := "f1 f2 s1 refused s1 s2"; strings.Join(got, " ") != want {
		t.Errorf("got %q", got)
	}
	put("stuck", "x", func(int) delivered { return tryAgain })
	if r := <-results; r != "x refused" {
		t.Errorf("got %q", r)
	}
	cancel()
	l.wg.Wait()
}

// quickClock waits for nothing.
type quickClock struct{}

func (quickClock) Now() chat.Time { return 1_790_000_000_000 }
func (quickClock) After(time.Duration) (<-chan time.Time, func()) {
	ch := make(chan time.Time, 1)
	ch <- time.Time{}
	return ch, func() {}
}

func TestDataSecret(t *testing.T) {
	dir := t.TempDir()
	first, err := dataSecret(nil, dir, strings.NewReader(strings.Repeat("r", 32)))
	if err != nil || len(first) < minSecretBytes {
		t.Fatal(len(first), err)
	}
	if info, err := os.Stat(filepath.Join(dir, secretFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
	again, err := dataSecret(nil, dir, nil)
	if err != nil || string(again) != string(first) {
		t.Errorf("another secret: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, secretFile), []byte("cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataSecret(nil, dir, nil); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged one: %v", err)
	}
	lost := t.TempDir()
	if err := os.WriteFile(filepath.Join(lost, databaseFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := dataSecret(nil, lost, nil); err == nil || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("a lost one: %v", err)
	}
}

// A frame that is too big is explained in the protocol's words, and then comes
// the close; whoever reads is not left waiting.
func TestTheEndOfAWire(t *testing.T) {
	near, far := tcpPair(t)
	w := &wireConn{Conn: near}
	ended := make(chan error, 1)
	go func() {
		_, err := w.Read(make([]byte, 1))
		ended <- err
		w.bury()
	}()
	if _, err := w.Write([]byte{0x88, 2, 1009 >> 8, 1009 & 0xff}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("the reader read")
	}
	if err := far.SetReadDeadline(time.Now().Add(60 * time.Second)); err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(far)
	if err != nil {
		t.Fatal(err)
	}
	far.Close()
	text := raw[:max(len(raw)-len("\x88\x0f\x03\xf1frame too big"), 0)]
	var f struct {
		Data struct{ Code chat.Code }
	}
	if err := json.Unmarshal(text[4:], &f); err != nil || text[0] != 0x81 || f.Data.Code != chat.CodeFrameTooBig || string(raw[len(text):]) != "\x88\x0f\x03\xf1frame too big" {
		t.Errorf("%q %v", raw, err)
	}
}

// tcpPair gives both ends of a connection.
func tcpPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close(); near.Close() })
	return near, far
}

func FuzzOrigins(f *testing.F) {
	o, err := chat.ParseOrigins([]string{"https://shop.example.com", "https://*.example.org"})
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"https://shop.example.com", "https://a.example.org", "https://a.example.org.evil.com", "https://evil.com#.example.org", "null", "https://evil.com\\.example.org"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if _, ok := o.Match(header); ok {
			h := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(header), "/"), ":443"), ":")
			h = strings.TrimSuffix(h, ".")
			if h != "https://shop.example.com" && !strings.HasSuffix(h, ".example.org") || strings.ContainsAny(h[8:], "/?#@ \\") {
				t.Errorf("%q is allowed", header)
			}
		}
	})
}
