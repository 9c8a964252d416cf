package chat_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// talk is one connection to a fresh session, driven through frames alone.
type talk struct {
	*toyHost
	t    *testing.T
	conn chat.ConnID
	at   chat.Address
}

func newTalk(t *testing.T) *talk {
	h := newToyHost()
	a := chat.SessionAt(chat.MintRoute(h.cfg.DataSecret, [16]byte{1}))
	k := &talk{h, t, "c", a}
	h.conns["c"] = a
	h.step(a, chat.ConnOpened{Conn: "c", Random: [32]byte{7}})
	return k
}

// say sends a frame and gives what came back on the connection.
func (k *talk) say(kind string, data map[string]any) (frames []map[string]any) {
	k.t.Helper()
	raw, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		k.t.Fatal(err)
	}
	readyHook = func(_ chat.ConnID, b []byte) {
		var f map[string]any
		if err := json.Unmarshal(b, &f); err != nil {
			k.t.Fatal(err)
		}
		frames = append(frames, f)
	}
	k.step(k.at, chat.FrameReceived{Conn: k.conn, Data: raw})
	readyHook = nil
	return frames
}

func code(frames []map[string]any) string {
	for _, f := range frames {
		if f["type"] == "error" {
			return f["data"].(map[string]any)["code"].(string)
		}
	}
	return ""
}

func TestForm(t *testing.T) {
	good := map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/"}
	for _, c := range []struct {
		field, value, code string
	}{
		{"name", "", "name_invalid"},
		{"name", "\u202e\u200b", "name_invalid"},
		{"name", strings.Repeat("a", 80), ""},
		{"name", strings.Repeat("a", 81), "name_invalid"},
		{"name", strings.Repeat("👨‍👩‍👧", 40), ""},
		{"name", "José Ñandú 李小龙", ""},
		{"email", "a@b", "email_invalid"},
		{"email", "a b@c.example", "email_invalid"},
		{"email", "a@b..example", "email_invalid"},
		{"email", "a@-b.example", "email_invalid"},
		{"email", ".a@b.example", "email_invalid"},
		{"email", "a\n@b.example", "email_invalid"},
		{"email", strings.Repeat("a", 65) + "@b.example", "email_invalid"},
		{"email", strings.Repeat("a", 64) + "@b.example", ""},
		{"email", "a@" + strings.Repeat("b.", 125) + "example", "email_invalid"},
		{"email", "o'brien+chat@bücher.example", ""},
		{"page", strings.Repeat("p", 2048), ""},
		{"page", strings.Repeat("p", 2049), "page_invalid"},
	} {
		form := map[string]any{}
		for k, v := range good {
			form[k] = v
		}
		form[c.field] = c.value
		if got := code(newTalk(t).say("init", form)); got != c.code {
			t.Errorf("%s %.40q: code %q, want %q", c.field, c.value, got, c.code)
		}
	}
}

func TestMessageBounds(t *testing.T) {
	for _, c := range []struct{ name, text, code string }{
		{"empty", " \n\t", "message_empty"},
		{"2,000 letters", strings.Repeat("a", 2000), ""},
		{"2,001 letters", strings.Repeat("a", 2001), "message_too_long"},
		{"2,000 two-unit emoji", strings.Repeat("😀", 2000), ""},
		{"1,000 families of 8 units", strings.Repeat("👨‍👩‍👧", 1000), ""},
		{"8,001 units in few graphemes", strings.Repeat("a"+strings.Repeat("\u0301", 80), 99), "message_too_long"},
	} {
		k := newTalk(t)
		k.say("init", map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/"})
		if got := code(k.say("message", map[string]any{"message": c.text, "id": "m1"})); got != c.code {
			t.Errorf("%s: code %q, want %q", c.name, got, c.code)
		}
	}
}

// TestPace holds the limit of messages a minute: a burst, then one a period,
// also across a restart and for repeats.
func TestPace(t *testing.T) {
	k := newTalk(t)
	k.say("init", map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/"})
	send := func(id string) string { return code(k.say("message", map[string]any{"message": "x", "id": id})) }
	for i := range 10 {
		if got := send("m" + string(rune('a'+i))); got != "" {
			t.Fatalf("message %d of the burst: %s", i+1, got)
		}
	}
	if got := send("late"); got != "rate_limited" {
		t.Fatalf("message 11 at once: %q", got)
	}
	if got := send("ma"); got != "" {
		t.Fatalf("a repeat is not a new message, but was answered %q", got)
	}
	k.crash()
	if got := send("late"); got != "rate_limited" {
		t.Fatalf("after a restart: %q", got)
	}
	k.now += 6 * chat.Second
	if got := send("late"); got != "" {
		t.Fatalf("six seconds later: %q", got)
	}
	if got := send("later"); got != "rate_limited" {
		t.Fatalf("and one more at once: %q", got)
	}
}

// TestRoutes holds that a route cannot be forged.
func TestRoutes(t *testing.T) {
	secret := []byte("a secret of the tests")
	r := chat.MintRoute(secret, [16]byte{1, 2, 3})
	if !chat.CheckRoute(secret, r) {
		t.Fatal("an honest route was refused")
	}
	if chat.CheckRoute([]byte("another secret"), r) {
		t.Error("a route of another deployment was taken")
	}
	for i := range len(r) {
		b := []byte(r)
		if b[i] == 'A' {
			b[i] = 'B'
		} else {
			b[i] = 'A'
		}
		if chat.CheckRoute(secret, chat.Route(b)) {
			t.Errorf("a route with byte %d changed was taken", i)
		}
	}
	for _, s := range []string{"", "x", string(r) + "A", string(r)[1:], "../../etc", strings.Repeat("A", 5000)} {
		if chat.CheckRoute(secret, chat.Route(s)) {
			t.Errorf("%.20q was taken", s)
		}
	}
}

// TestOthersStay checks that one session's secret opens no other.
func TestOthersStay(t *testing.T) {
	k := newTalk(t)
	f := k.say("init", map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/"})
	id := f[0]["data"].(map[string]any)["sessionId"].(string)
	if len(id) < 22 {
		t.Fatalf("a session id of %d characters has less than 128 bits", len(id))
	}
	for _, guess := range []string{"", id[:len(id)-1] + "A", id[1:], strings.ToUpper(id)} {
		if guess == id {
			continue
		}
		h := k.toyHost
		h.conns["d"] = k.at
		h.step(k.at, chat.ConnOpened{Conn: "d", Random: [32]byte{9}})
		d := &talk{h, t, "d", k.at}
		for _, f := range d.say("init", map[string]any{"sessionId": guess, "name": "Eve", "email": "eve@mail.example", "page": "/", "since": 0}) {
			if f["type"] == "ready" && f["data"].(map[string]any)["restored"] == true {
				t.Errorf("guess %q opened the conversation", guess)
			}
		}
	}
}
