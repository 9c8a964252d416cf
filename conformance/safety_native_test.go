package conformance

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestNewConversationsPerAddress holds that the fourth conversation of an hour
// is refused at its first message, says when to try again, and that neither a
// restart nor a header that claims another address changes that.
func TestNewConversationsPerAddress(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr := t.TempDir(), freeAddress(t)
	server := serve(t, dir, addr, "NEW_SESSIONS_PER_IP_HOUR=3")
	enter := func(i int) *client {
		c := dialAt(t, "http://"+addr, &websocket.DialOptions{HTTPHeader: http.Header{
			"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}, "Cf-Connecting-Ip": {"203.0.113.9"}, "X-Real-Ip": {"203.0.113.8"},
			"Forwarded": {"for=203.0.113.7"}}})
		c.extended = true
		c.enterWith(somebody(t, "Nat"), map[string]any{"since": 0})
		return c
	}
	for range 4 {
		enter(0) // nothing is said: they do not count
	}
	for i := range 3 {
		c := enter(i)
		c.send("message", map[string]any{"message": "hello", "id": "a"})
		c.find("ack")
	}
	refused := func(i int) {
		c := enter(i)
		c.send("message", map[string]any{"message": "hello", "id": "a"})
		f := c.next()
		if d := f.data(t); f.Type != "error" || d.Code != "too_many_conversations" || d.ID != "a" || !strings.Contains(f.raw, `"retryAfterMs"`) {
			t.Errorf("the fourth hears %s", f.raw)
		}
		c.ping() // and stays connected, to try again
	}
	refused(3)
	server.kill()
	serve(t, dir, addr, "NEW_SESSIONS_PER_IP_HOUR=3")
	refused(4)
}

// TestMessageRate holds the limit of messages, over a reconnect and a restart.
func TestMessageRate(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr := t.TempDir(), freeAddress(t)
	server := serve(t, dir, addr, "MESSAGES_PER_MINUTE=10")
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	v := somebody(t, "Flo")
	id := c.enterWith(v, map[string]any{"since": 0}).SessionID
	say := func(i int) frame {
		c.send("message", map[string]any{"message": "again", "id": "m" + strconv.Itoa(i)})
		for {
			if f := c.next(); f.Type == "ack" || f.Type == "error" {
				return f
			}
		}
	}
	for i := range 10 {
		if f := say(i); f.Type != "ack" {
			t.Fatalf("message %d: %s", i, f.raw)
		}
	}
	for _, again := range []func(){func() {}, c.lose, server.kill} {
		again()
		if c.conn.Ping(within(t)) != nil || server.ended {
			if server.ended {
				serve(t, dir, addr, "MESSAGES_PER_MINUTE=10")
			}
			c = dialAt(t, "http://"+addr, nil)
			c.extended = true
			c.enterWith(v, map[string]any{"sessionId": id, "since": 10})
		}
		// One token comes back in six seconds: two messages are always one too many.
		refused := false
		for i := 20; i < 40 && !refused; i++ {
			f := say(i)
			refused = f.Type == "error" && f.data(t).Code == "rate_limited" && strings.Contains(f.raw, `"retryAfterMs"`)
		}
		if !refused {
			t.Error("the limit does not hold")
		}
	}
}

// TestConnectionsPerAddress holds that headers do not make one address many.
func TestConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr := t.TempDir(), freeAddress(t)
	serve(t, dir, addr, "MAX_CONNECTIONS_PER_IP=2")
	for i := range 2 {
		dialAt(t, "http://"+addr, &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", i)}}})
	}
	if status := refusedUpgrade(t, "http://"+addr, http.Header{"X-Forwarded-For": {"198.51.100.77"}, "Cf-Connecting-Ip": {"198.51.100.78"}}); status != 503 {
		t.Errorf("the third is refused with %d, want 503", status)
	}
}

// TestSignedIdentity holds that a signature of the site leads to the history
// from every device, and that nothing else does.
func TestSignedIdentity(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	const secret = "a-secret-of-the-website"
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	serve(t, dir, addr, "IDENTITY_SECRET="+secret)
	v := somebody(t, "Ida")
	expires := strconv.FormatInt(time.Now().Add(time.Hour).UnixMilli(), 10)
	sign := func(email, expires string) map[string]any {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(email + "\n" + expires))
		n, err := strconv.ParseInt(expires, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"hash": hex.EncodeToString(mac.Sum(nil)), "hashExpires": n, "since": 0}
	}
	phone := dialAt(t, "http://"+addr, nil)
	phone.extended = true
	first := phone.enterWith(v, sign(v.email, expires))
	phone.say("from my phone")
	thread := ada.threadOf(v)
	ada.sees(thread, "Identity: confirmed by the site", "from my phone")

	desktop := dialAt(t, "http://"+addr, nil)
	desktop.extended = true
	second := desktop.enterWith(v, sign(v.email, expires))
	if !second.Restored || second.SessionID == first.SessionID {
		t.Errorf("the other device: %+v", second)
	}
	if m := desktop.find("message"); m.Message != "from my phone" {
		t.Errorf("its history: %+v", m)
	}
	old := strconv.FormatInt(time.Now().Add(-time.Minute).UnixMilli(), 10)
	forged := sign(v.email, expires)
	forged["hash"] = strings.Repeat("0", 64)
	longer := sign(v.email, old)
	longer["hashExpires"] = forged["hashExpires"]
	for name, fields := range map[string]map[string]any{"forged": forged, "old": sign(v.email, old), "made longer": longer, "of another": sign("mal@visitor.example", expires)} {
		c := dialAt(t, "http://"+addr, nil)
		c.extended = true
		c.init(v, fields)
		if f := c.next(); f.Type != "error" || f.data(t).Code != "identity_invalid" {
			t.Errorf("%s: %s", name, f.raw)
		}
	}
}

// standIn answers as Turnstile's siteverify does: each token is good once, and
// again with the same idempotency key.
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
type standIn struct {
	mu   sync.Mutex
	used map[string]string
	down bool
}

// ServeHTTP implements http.Handler.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, key := r.FormValue("response"), r.FormValue("idempotency_key")
	w.Header().Set("Content-Type", "application/json")
	switch {
	case s.down:
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"success":false,"error-codes":["internal-error"]}`)
	case r.FormValue("secret") != "the-site's-secret-key":
		fmt.Fprint(w, `{"success":false,"error-codes":["invalid-input-secret"]}`)
	case !strings.HasPrefix(token, "human"):
		fmt.Fprint(w, `{"success":false,"error-codes":["invalid-input-response"]}`)
	case s.used[token] != "" && s.used[token] != key:
		fmt.Fprint(w, `{"success":false,"error-codes":["timeout-or-duplicate"]}`)
	default:
		s.used[token] = key
		fmt.Fprint(w, `{"success":true,"hostname":"shop.example","action":"chat","error-codes":[]}`)
	}
}

// TestTurnstileAtTheDoor holds that nobody gets in without the check, twice with
// one token, or while it is down.
func TestTurnstileAtTheDoor(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	check := &standIn{used: map[string]string{}}
	verify := httptest.NewServer(check)
	t.Cleanup(verify.Close)
	dir, addr := t.TempDir(), freeAddress(t)
	serve(t, dir, addr, "TURNSTILE_SECRET_KEY=the-site's-secret-key", "TURNSTILE_VERIFY_URL="+verify.URL, "TURNSTILE_ACTION=chat",
		"ALLOWED_ORIGINS=https://Shop.example:443/,https://other.example")
	from := func(origin string) *client {
		c := dialAt(t, "http://"+addr, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		return c
	}
	const shop = "https://shop.example"
	c := from(shop)
	v := somebody(t, "Hal")
	for token, code := range map[string]string{"": "turnstile_failed", "robot": "turnstile_failed", strings.Repeat("x", 3000): "turnstile_failed"} {
		c.init(v, map[string]any{"turnstileToken": token})
		c.wantError(code)
	}
	ready := c.enterWith(v, map[string]any{"turnstileToken": "human-1"})
	replay := from(shop)
	replay.init(somebody(t, "Rob"), map[string]any{"turnstileToken": "human-1"})
	replay.wantError("turnstile_failed")
	elsewhere := from("https://other.example")
	elsewhere.init(somebody(t, "Eve"), map[string]any{"turnstileToken": "human-2"})
	elsewhere.wantError("turnstile_failed")
	check.mu.Lock()
	check.down = true
	check.mu.Unlock()
	late := from(shop)
	late.init(somebody(t, "Lou"), map[string]any{"turnstileToken": "human-3"})
	late.wantError("turnstile_unavailable")
	back := from(shop) // whoever was checked comes back without one
	if r := back.enterWith(v, map[string]any{"sessionId": ready.SessionID}); !r.Restored {
		t.Error("the conversation is gone")
	}
}

// TestLogsHoldNoPersonalData writes, at the most talkative level, everything
// that a log could give away, and looks for it there.
func TestLogsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	logged, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logged.Close()
	cmd := exec.Command(binary, "serve", "--listen-address", addr, "--data-dir", filepath.Join(dir, "data"))
	cmd.Dir, cmd.Stderr = dir, logged
	const token, relay, admin = "of-this-scenario-alone", "relay-secret-of-this-one", "admin-secret-of-this-one"
	cmd.Env = []string{"DISCORD_BOT_TOKEN=" + token, "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "DISCORD_API_URL=" + discordOrigin + "/api",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "LOG_LEVEL=debug", "BOT_RELAY_SECRET=" + relay, "ADMIN_SECRET=" + admin, "METRICS=on"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("it says nothing")
	}
	go func() { p.done <- cmd.Wait() }()

	const text, page = "level=ERROR msg=forged\nlevel=ERROR user=root", "/pages/very-private-page"
	v := visitor{"Quincy Unmistakable", "quincy.unmistakable@visitor.example", page}
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	ready := c.enterWith(v, map[string]any{"since": 0, "turnstileToken": "token-of-quincy"})
	c.say(text)
	thread := ada.threadOf(v)
	ada.post(thread, "An answer that is private")
	for c.find("message").Author != "Ada" {
	}
	for _, f := range []string{"quincy.unmistakable nonsense", `{"type":"quincy.unmistakable"}`, `{"type":"message","data":{"message":"` + strings.Repeat("quincy.unmistakable", 4000) + `"}}`} {
		c.raw(f)
		c.find("error")
	}
	refusedUpgrade(t, "http://"+addr, http.Header{"Sec-Websocket-Protocol": {"cloudflare-chat.v1, route." + ready.Route + "x"}})
	ask(t, "POST", "http://"+addr+"/relay", map[string]string{"Authorization": "Bearer " + relay}, `{"threadId":"quincy.unmistakable"}`)
	ask(t, "POST", "http://"+addr+"/admin/export", map[string]string{"Authorization": "Bearer " + admin, "Content-Type": "application/json"}, `{"email":"`+v.email+`"}`)
	metrics := ask(t, "GET", "http://"+addr+"/metrics", nil, "").body
	back := dialAt(t, "http://"+addr, nil)
	back.enterWith(v, map[string]any{"sessionId": ready.SessionID})
	c.lose()
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(logged.Name())
	if err != nil {
		t.Fatal(err)
	}
	said := strings.ToLower(string(raw))
	if !strings.Contains(said, "listening") {
		t.Fatalf("it logs nothing: %s", said)
	}
	for _, secret := range []string{"quincy", "unmistakable", "forged", "very-private-page", "an answer that", ready.SessionID, ready.Route,
		"token-of-quincy", token, relay, admin} {
		if strings.Contains(said, strings.ToLower(secret)) {
			t.Errorf("%q stands in the log", secret)
		}
		if strings.Contains(strings.ToLower(metrics), strings.ToLower(secret)) {
			t.Errorf("%q stands in the metrics", secret)
		}
	}
	for _, name := range []string{"chat.db", "data-secret"} {
		info, err := os.Stat(filepath.Join(dir, "data", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}
