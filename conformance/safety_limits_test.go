package conformance

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestNewConversationsPerAddress holds that the fourth conversation of an hour
// is refused at its first message, says when to try again, and that neither a
// restart nor a header that claims another address changes that.
func TestNewConversationsPerAddress(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	address := s.address()
	enter := func(claim int) *client {
		c := s.dialFrom(address, strictShop, claim)
		s.enter(c, somebody(t, "Nat"), nil)
		return c
	}
	for range 4 {
		enter(0) // nothing is said: they do not count
	}
	for i := range 3 {
		c := enter(i)
		c.send("message", map[string]any{"message": "hello", "id": "a"})
		if f := c.answered(); f.Type != "ack" {
			t.Fatalf("conversation %d: %s", i, f.raw)
		}
	}
	refused := func(claim int) {
		c := enter(claim)
		c.send("message", map[string]any{"message": "hello", "id": "a"})
		f := c.answered()
		if d := f.data(t); f.Type != "error" || d.Code != "too_many_conversations" || d.ID != "a" || !strings.Contains(f.raw, `"retryAfterMs"`) {
			t.Errorf("the fourth hears %s", f.raw)
		}
		c.ping() // and stays connected, to try again
	}
	refused(3)
	s.restart()
	refused(4)
	other := s.dial(s.address())
	s.enter(other, somebody(t, "Neighbour"), nil)
	other.send("message", map[string]any{"message": "hello", "id": "a"})
	if f := other.answered(); f.Type != "ack" {
		t.Errorf("somebody at another address hears %s", f.raw)
	}
}

// TestMessageRate holds the limit of messages, over a reconnect and a restart.
func TestMessageRate(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	address := s.address()
	c := s.dial(address)
	ready := s.enter(c, somebody(t, "Flo"), nil)
	say := func(i int) frame {
		c.send("message", map[string]any{"message": "again", "id": "m" + strconv.Itoa(i)})
		return c.answered()
	}
	for i := range 10 {
		if f := say(i); f.Type != "ack" {
			t.Fatalf("message %d: %s", i, f.raw)
		}
	}
	for _, again := range []func(){nil, c.lose, s.restart} {
		if again != nil {
			again()
			c = s.dialTo(address, ready.Route)
			c.enterWith(visitor{}, map[string]any{"sessionId": ready.SessionID, "since": 10})
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

// signed are the fields by which the shop vouches for an address.
func signed(email string, expires time.Time) map[string]any {
	return signedAs(email, "", expires)
}

// signedAs is the same for a user that the site knows by a name of its own.
func signedAs(email, user string, expires time.Time) map[string]any {
	ms := expires.UnixMilli()
	mac := hmac.New(sha256.New, []byte(strictIdentity))
	if user != "" {
		email += "\n" + user
	}
	fmt.Fprintf(mac, "%s\n%d", email, ms)
	return map[string]any{"hash": hex.EncodeToString(mac.Sum(nil)), "hashExpires": ms, "userId": user}
}

// TestSignedIdentity holds that a signature of the site leads to the history
// from every device, and that nothing else does.
func TestSignedIdentity(t *testing.T) {
	t.Parallel()
	s, ada := newStrict(t), member(t, "Ada")
	v := somebody(t, "Ida")
	soon := time.Now().Add(time.Hour)
	phone := s.dial(s.address())
	first := s.enter(phone, v, signed(v.email, soon))
	phone.say("from my phone")
	thread := ada.threadOf(v)
	ada.sees(thread, "Identity: confirmed by the site", "from my phone")

	desktop := s.dial(s.address())
	second := s.enter(desktop, v, signed(v.email, soon))
	if !second.Restored || second.SessionID == first.SessionID {
		t.Errorf("the other device: %+v", second)
	}
	if m := desktop.find("message"); m.Message != "from my phone" {
		t.Errorf("its history: %+v", m)
	}
	forged := signed(v.email, soon)
	forged["hash"] = strings.Repeat("0", 64)
	longer := signed(v.email, time.Now().Add(-time.Minute))
	longer["hashExpires"] = forged["hashExpires"]
	for name, fields := range map[string]map[string]any{"forged": forged, "old": signed(v.email, time.Now().Add(-time.Minute)),
		"made longer": longer, "of another": signed("mal@visitor.example", soon)} {
		c := s.dial(s.address())
		fields["turnstileToken"] = s.human()
		c.init(v, fields)
		if f := c.next(); f.Type != "error" || f.data(t).Code != "identity_invalid" {
			t.Errorf("%s: %s", name, f.raw)
		}
	}
}

// TestPlantedSession holds that a session id that somebody planted in a browser
// opens nothing once its user has logged in.
func TestPlantedSession(t *testing.T) {
	t.Parallel()
	s, ada := newStrict(t), member(t, "Ada")
	v, address := somebody(t, "Fay"), s.address()
	mallory := s.dial(address)
	planted := s.enter(mallory, v, nil)
	mallory.say("hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "hello")

	fay := s.dialTo(address, planted.Route)
	ready := s.enter(fay, v, map[string]any{"sessionId": planted.SessionID, "hash": signed(v.email, time.Unix(2e9, 0))["hash"], "hashExpires": int64(2e12)})
	if ready.SessionID == planted.SessionID {
		t.Error("the planted id is still the one")
	}
	if code := mallory.wantClose(); code < 4000 {
		t.Errorf("the other connection ended with %d", code)
	}
	fay.say("my card ends in 4711")
	ada.sees(thread, "my card ends in 4711")
	for _, fields := range []map[string]any{{"since": 0}, {"since": 0, "turnstileToken": s.human()}} {
		back := s.dialTo(address, planted.Route)
		fields["sessionId"] = planted.SessionID
		back.init(v, fields)
		for range 2 {
			f := back.next()
			if strings.Contains(f.raw, "4711") || f.data(t).Restored {
				t.Errorf("the planted id opens it: %s", f.raw)
			}
			if f.Type == "pong" || f.Type == "error" {
				break
			}
			back.raw(`{"type":"ping"}`)
		}
	}
}

// TestTurnstileAtTheDoor holds that nobody gets in without the check, with a
// token that was used, made for another site or another purpose, or while the
// check is down or hangs; and what each of Cloudflare's answers means to the
// visitor: a new try of theirs, or patience.
func TestTurnstileAtTheDoor(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	v, address := somebody(t, "Hal"), s.address()
	c := s.dial(address)
	for _, token := range []string{"", "robot", strings.Repeat("x", 3000)} {
		c.init(v, map[string]any{"turnstileToken": token})
		c.wantError("turnstile_failed")
	}
	token := s.human()
	ready := c.enterWith(v, map[string]any{"turnstileToken": token})
	for what, try := range map[string]struct{ site, token, code string }{
		"a used token":                   {strictShop, token, "turnstile_failed"},
		"a token of another site":        {strictOther, s.human(), "turnstile_failed"},
		"a token for another action":     {strictShop, "human-elsewhere" + s.human(), "turnstile_failed"},
		"no secret":                      {strictShop, "code:missing-input-secret", "turnstile_unavailable"},
		"a wrong secret":                 {strictShop, "code:invalid-input-secret", "turnstile_unavailable"},
		"no token":                       {strictShop, "code:missing-input-response", "turnstile_failed"},
		"a token that is none":           {strictShop, "code:invalid-input-response", "turnstile_failed"},
		"a request that is none":         {strictShop, "code:bad-request", "turnstile_unavailable"},
		"an old token":                   {strictShop, "code:timeout-or-duplicate", "turnstile_failed"},
		"trouble there":                  {strictShop, "code:internal-error", "turnstile_unavailable"},
		"a code that is new":             {strictShop, "code:something-new", "turnstile_failed"},
		"an answer that cannot be read":  {strictShop, "nonsense", "turnstile_unavailable"},
		"no answer for as long as it is": {strictShop, "slow", "turnstile_unavailable"},
	} {
		c := s.dialFrom(address, try.site, 0)
		c.init(somebody(t, "Eve"), map[string]any{"turnstileToken": try.token})
		if f := c.next(); f.Type != "error" || f.data(t).Code != try.code {
			t.Errorf("%s: %s, want %s", what, f.raw, try.code)
		}
	}
	elsewhere := s.dialFrom(address, strictOther, 0)
	elsewhere.enterWith(somebody(t, "Olga"), map[string]any{"turnstileToken": "human-of-the-other" + s.human()})
	back := s.dialTo(address, ready.Route) // whoever was checked comes back without one
	if r := back.enterWith(v, map[string]any{"sessionId": ready.SessionID}); !r.Restored {
		t.Error("the conversation is gone")
	}
}

// TestFilteredTextIsHeldForTheTeam holds that a text that the filter knows is
// neither lost nor merged with others, and is marked.
func TestFilteredTextIsHeldForTheTeam(t *testing.T) {
	t.Parallel()
	s, ada := newStrict(t), member(t, "Ada")
	v := somebody(t, "Sam")
	c := s.dial(s.address())
	s.enter(c, v, nil)
	c.say("Good morning")
	thread := ada.threadOf(v)
	ada.sees(thread, "Good morning")
	c.say("The best CA\u200bSINO of all")
	ada.sees(thread, "Good morning", "SINO of all")
	list, err := ada.read(thread)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if marked := strings.Contains(m.Content, "⚠ Filter"); marked != strings.Contains(m.Content, "SINO") {
			t.Errorf("marked: %v, %q", marked, m.Content)
		}
		if strings.Contains(m.Content, "SINO") && (len(m.MentionRoles) > 0 || m.MentionEveryone) {
			t.Errorf("it calls somebody: %q", m.Content)
		}
	}
}

// TestBlockedVisitor holds that whoever an agent blocked comes back neither by
// the session nor from the same address, and that others are not held up.
func TestBlockedVisitor(t *testing.T) {
	t.Parallel()
	s, ada := newStrict(t), member(t, "Ada")
	v, address := somebody(t, "Max"), s.address()
	c := s.dial(address)
	ready := s.enter(c, v, nil)
	c.say("rude")
	thread := ada.threadOf(v)
	ada.sees(thread, "rude")
	// As the relay says it when an agent uses /block.
	if a := s.ask("POST", "/relay", strictRelay, `{"threadId":"`+thread+`","type":"block"}`); a.status != 200 {
		t.Fatalf("the block: %d %s", a.status, a.body)
	}
	if d := c.find("error"); d.Code != "blocked" {
		t.Errorf("heard %+v", d)
	}
	if code := c.wantClose(); code != 4501 {
		t.Errorf("closed with %d", code)
	}
	back := s.dialTo(address, ready.Route)
	back.init(v, map[string]any{"sessionId": ready.SessionID, "since": 0})
	if f := back.next(); f.Type != "error" || f.data(t).Code != "blocked" {
		t.Errorf("with the session: %s", f.raw)
	}
	again := s.dial(address)
	s.enter(again, somebody(t, "Not Max"), nil)
	again.send("message", map[string]any{"message": "rude again", "id": "n"})
	if f := again.answered(); f.Type != "error" || f.data(t).Code != "blocked" {
		t.Errorf("from the same address: %s", f.raw)
	}
	other := s.dial(s.address())
	s.enter(other, somebody(t, "Nina"), nil)
	other.send("message", map[string]any{"message": "polite", "id": "p"})
	if f := other.answered(); f.Type != "ack" {
		t.Errorf("from another: %s", f.raw)
	}
}

// TestRelaySecretsDuringAChange holds that while a secret is changed both the new
// and the former one are taken, and nothing near them.
func TestRelaySecretsDuringAChange(t *testing.T) {
	t.Parallel()
	// What is relayed here stands in no thread: with a Gateway of its own the host could
	// be reading the thread up, and would take it for a reason to read once more.
	s, ada := newStrict(t, "GATEWAY=off"), member(t, "Ada")
	v := somebody(t, "Rae")
	c := s.dial(s.address())
	s.enter(c, v, nil)
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "Hello")
	for i, secret := range []string{strictRelay, strictRelayPrevious} {
		text := fmt.Sprintf("by secret %d", i)
		body, err := json.Marshal(map[string]any{"threadId": thread, "message": text, "author": "Ada"})
		if err != nil {
			t.Fatal(err)
		}
		if a := s.ask("POST", "/relay", secret, string(body)); a.status != 200 {
			t.Fatalf("%s: %d %s", text, a.status, a.body)
		}
		for c.find("message").Message != text {
		}
		for _, near := range []string{"", secret[1:], secret + "x", strings.ToUpper(secret), strings.Repeat("x", len(secret))} {
			if a := s.ask("POST", "/relay", near, string(body)); a.status != 401 {
				t.Errorf("secret %q: %d", near, a.status)
			}
		}
	}
}

// TestFramesWithoutEnd holds that whoever asks for page after page of history is
// told when to go on, and that frames without end reach nobody: the native host
// reads them slowly, Cloudflare's runtime cannot, and the connection ends there.
func TestFramesWithoutEnd(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	address := s.address()
	c := s.dial(address)
	ready := s.enter(c, somebody(t, "Flo"), nil)
	for range 300 {
		c.send("history", map[string]any{"before": 9})
	}
	if d := c.find("error"); d.Code != "rate_limited" {
		t.Errorf("300 pages at once end in %q", d.Code)
	}
	for range 1000 {
		if c.conn.Write(within(t), websocket.MessageText, []byte(` {"type":"ping"}`)) != nil {
			break // it ended meanwhile
		}
	}
	if onEdge() {
		if code := c.wantClose(); code != 4502 {
			t.Errorf("a flood of frames ends in %d, want 4502", code)
		}
	} else if code := s.stillOpen(c); code != 0 {
		t.Errorf("a sender that is read slowly is closed with %d", code)
	}
	back := s.dialTo(address, ready.Route)
	back.enterWith(visitor{}, map[string]any{"sessionId": ready.SessionID, "since": 0})
	back.ping()
}

// stillOpen waits for ten frames of a connection; 0 says that they came.
func (s *strict) stillOpen(c *client) websocket.StatusCode {
	s.t.Helper()
	limit := within(s.t)
	for range 10 {
		select {
		case _, ok := <-c.in:
			if !ok {
				return websocket.CloseStatus(c.closed)
			}
		case <-limit.Done():
			s.t.Fatal("nothing came")
		}
	}
	return 0
}
