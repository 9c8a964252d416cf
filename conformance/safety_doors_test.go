package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestOwnersDoorsAreShut holds that what concerns the owner alone is said to
// nobody else, however near the secret is.
func TestOwnersDoorsAreShut(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	v := somebody(t, "Dora")
	s.enter(s.dial(s.address()), v, nil)
	for _, secret := range []string{"", strictAdmin[1:], strictAdmin + "x", strings.ToUpper(strictAdmin), strictRelay} {
		for _, door := range []struct{ method, path, body string }{
			{"POST", "/admin/export", `{"email":"` + v.email + `"}`}, {"POST", "/admin/forget", `{"email":"` + v.email + `"}`},
			{"GET", "/admin/export", ""}, {"GET", "/admin/", ""}, {"GET", "/metrics", ""}, {"GET", "/health?deep", ""}, {"GET", "/health?deep=1", ""},
		} {
			a := s.ask(door.method, door.path, secret, door.body)
			if a.status != 401 && a.status != 404 {
				t.Errorf("%s %s with %q: %d %.200s", door.method, door.path, secret, a.status, a.body)
			}
			if strings.Contains(a.body, v.email) || strings.Contains(a.body, "counters") {
				t.Errorf("%s %s with %q says %.200s", door.method, door.path, secret, a.body)
			}
		}
	}
	if a := s.ask("GET", "/health?deep", strictAdmin, ""); a.status != 200 || !strings.Contains(a.body, `"deep"`) {
		t.Errorf("the owner: %d %.200s", a.status, a.body)
	}
}

// TestHeadersOfEverything holds that whatever is served says that it is nothing
// else, and that no answer but the widget's files is kept or framed.
func TestHeadersOfEverything(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	for _, c := range []struct{ method, path string }{
		{"GET", "/ws"}, {"DELETE", "/ws"}, {"GET", "/health"}, {"GET", "/health?deep"}, {"POST", "/relay"}, {"GET", "/relay"}, {"GET", "/nothing"}, {"POST", "/admin/export"},
	} {
		a := s.ask(c.method, c.path, "", "")
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s %s: %d %v", c.method, c.path, a.status, a.header)
		}
	}
	for _, name := range []string{"chat-widget.min.js", "chat-widget.window.min.js", "chat-widget.more.min.js", "chat-widget.de.min.js"} {
		a := s.ask("GET", "/"+name, "", "")
		if a.status != 200 || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
	}
}

// TestSlowReader holds that somebody who sends and never reads holds up nobody
// else, and loses nothing that was acked.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	slow, _, err := websocket.Dial(within(t), socketURL(chatOrigin), &websocket.DialOptions{HTTPClient: stubborn})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.CloseNow()
	slow.SetReadLimit(1 << 20)
	v := somebody(t, "Slow")
	say := func(text string) error { return slow.Write(within(t), websocket.MessageText, []byte(text)) }
	hear := func() (kind string, d data, err error) {
		_, b, err := slow.Read(within(t))
		if err != nil {
			return "", d, err
		}
		f := frame{raw: string(b)}
		if err := json.Unmarshal(b, &f); err != nil {
			return "", d, err
		}
		return f.Type, f.data(t), nil
	}
	if err := say(fmt.Sprintf(`{"type":"init","data":{"name":"Slow","email":%q,"page":"/","since":0}}`, v.email)); err != nil {
		t.Fatal(err)
	}
	kind, ready, err := hear()
	if err != nil || kind != "ready" {
		t.Fatal(kind, err)
	}
	// Nothing is acked before the conversation is let in, and who errs for long
	// enough meanwhile is shut out: this one is in.
	if err := say(`{"type":"message","data":{"message":"A word","id":"slow"}}`); err != nil {
		t.Fatal(err)
	}
	for kind != "ack" {
		if kind, _, err = hear(); err != nil {
			t.Fatal(err)
		}
	}
	// Each of these is answered; the answers pile up until somebody gives in. Some
	// are messages.
	const messages, apart = 5, 10
	sending := make(chan struct{})
	go func() {
		defer close(sending)
		for i := range 20_000 {
			text := fmt.Sprintf(`{"type":"nothing-that-is-known","data":{"n":%d}}`, i)
			if n := i / apart; i%apart == 0 && n < messages {
				text = fmt.Sprintf(`{"type":"message","data":{"message":"Slow word %d","id":"slow-%d"}}`, n, n)
			}
			if say(text) != nil {
				return // closed, or held back
			}
		}
	}()
	c, ada := dial(t), member(t, "Ada")
	w := somebody(t, "Quick")
	c.enter(w)
	c.say("Is anybody there?")
	thread := ada.threadOf(w)
	ada.post(thread, "I am")
	if m := c.want("message"); m.Message != "I am" {
		t.Errorf("heard %q", m.Message)
	}
	// What it was promised it hears late, or never; where it was, it is kept.
	acked := map[int64]string{}
	for len(acked) < messages {
		kind, d, err := hear()
		if err != nil {
			break // closed: it did not read
		}
		if kind == "ack" {
			acked[d.Seq] = strings.Replace(d.ID, "slow-", "Slow word ", 1)
		}
	}
	slow.CloseNow()
	<-sending
	if len(acked) == 0 {
		t.Fatal("nothing was acked: this shows nothing")
	}
	back := dialAt(t, chatOrigin, byRoute(ready.Route))
	back.extended = true
	if r := back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0}); !r.Restored {
		t.Fatal("the conversation is gone")
	}
	for left := len(acked); left > 0; {
		m := back.find("message")
		if want, ok := acked[m.Seq]; ok {
			if left--; m.Message != want {
				t.Errorf("message %d is %q, and was acked as %q", m.Seq, m.Message, want)
			}
		}
	}
	thread = ada.threadOf(v)
	for _, text := range acked { // order does not matter: each is looked for by itself
		ada.sees(thread, text)
	}
}

// connectionsPerMinute holds that one address makes objects without end nowhere:
// past the limit no object is reached, and another address comes in. A machine has
// a /64 of IPv6 for itself, and may use each address in it. What a browser cannot
// read of the refusal a plain request tells.
func connectionsPerMinute(t *testing.T) {
	t.Helper()
	s := newStrict(t)
	of := func(net, n int) string { return fmt.Sprintf("2001:db8:0:%x:%x::1", net, n) }
	why := func(address string) answer {
		header := map[string]string{}
		for name, values := range s.header(address, strictShop, 0) {
			header[name] = values[0]
		}
		return ask(t, "GET", s.origin+"/ws", header, "")
	}
	taken := 0
	// The limit is 300 a minute, and a minute may begin meanwhile.
	const most = 600
	untilRefused := func() {
		for ; taken <= most; taken++ {
			conn, resp, err := websocket.Dial(within(t), socketURL(s.origin), &websocket.DialOptions{HTTPHeader: s.header(of(1, taken), strictShop, taken)})
			if err == nil {
				conn.CloseNow()
				continue
			}
			if resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
				t.Fatalf("number %d: %v %v", taken, resp, err)
			}
			return
		}
		t.Errorf("%d connections of one address were taken within two minutes", taken)
	}
	untilRefused()
	a := why(of(1, taken))
	if a.status == 200 { // the minute ended just now
		untilRefused()
		a = why(of(1, taken))
	}
	if a.status != 503 || a.code(t) != "capacity" || a.header.Get("Retry-After") != "30" {
		t.Errorf("a page that asks why is told %d %s", a.status, a.body)
	}
	if a := why(of(2, 1)); a.status != 200 {
		t.Errorf("a page of another address is told %d %s", a.status, a.body)
	}
	s.dial(of(2, 1)).ping()
	t.Logf("%d were taken", taken)
}

// workersLogs looks for what visitors and secrets are in everything that the
// Workers log.
func workersLogs(t *testing.T) {
	t.Helper()
	s, ada := newStrict(t), member(t, "Ada")
	v := visitor{"Quincy Unmistakable", "quincy.unmistakable@visitor.example", "/very-private-page"}
	c := s.dial(s.address())
	token := s.human()
	ready := c.enterWith(v, map[string]any{"turnstileToken": token, "since": 0})
	c.say("level=ERROR forged unmistakable")
	ada.sees(ada.threadOf(v), "forged unmistakable")
	for _, f := range []string{"unmistakable nonsense", `{"type":"unmistakable"}`} {
		c.raw(f)
		c.find("error")
	}
	refused := s.dial(s.address())
	refused.init(v, map[string]any{"turnstileToken": "code:internal-error"})
	refused.wantError("turnstile_unavailable")
	for _, secret := range []string{strictRelay, "wrong"} {
		body, err := json.Marshal(map[string]any{"threadId": "unmistakable"})
		if err != nil {
			t.Fatal(err)
		}
		s.ask("POST", "/relay", secret, string(body))
	}
	logged, err := s.process.log()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(logged, "internal-error") {
		t.Fatalf("it logs nothing: %s", logged)
	}
	for _, secret := range []string{"unmistakable", "very-private-page", ready.SessionID, ready.Route, token, strictAdmin, strictRelay, strictIdentity, strictTurnstile} {
		if strings.Contains(strings.ToLower(logged), strings.ToLower(secret)) {
			t.Errorf("%q stands in the log", secret)
		}
	}
}
