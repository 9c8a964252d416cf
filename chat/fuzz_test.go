package chat_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"cloudflarechat/chat"
)

// FuzzFrame sends whatever it likes before and after an init. Nothing panics,
// nothing but JSON comes back, and no frame of a stranger holds what opens a
// conversation.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"type":"message","data":{"message":"hi","id":"m1","page":"/x"}}`, `{"type":"seen","data":{"seq":9007199254740993}}`,
		`{"type":"history","data":{"before":-1,"limit":1e99}}`, `{"type":"retry","data":{"seq":1}}`, `{"type":"end"}`, `{"type":"ping"}`, `{"type":"ping" }`,
		`{"type":"init","data":{"name":"A","email":"a@b.example","page":"/","since":-5,"sessionId":"x","hash":"00","hashExpires":1,"userId":"\u0000"}}`,
		`{"type":"typing"}`, `{"type":"report","data":{"code":"script"}}`, `[[[[`, `{"type":"message","data":{"message":"\ud800"}}`, "\xff\xfe", `null`,
	} {
		f.Add([]byte(s), []byte(`{"type":"message","data":{"message":"then","id":"m2"}}`))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		h := newToyHost()
		h.quiet = true
		h.cfg.IdentitySecret = []byte("the site's secret")
		h.cfg.Filter = chat.Filter{Words: []string{"a*b", "then"}, Links: 1, Repeats: 1}
		owner := chat.MintRoute(h.cfg.DataSecret, [16]byte{7})
		h.conns["owner"] = chat.SessionAt(owner)
		secret := ""
		readyHook = func(conn chat.ConnID, data []byte) {
			var frame struct {
				Type string
				Data struct{ SessionID string }
			}
			if json.Unmarshal(data, &frame) != nil || frame.Type == "" {
				t.Fatalf("a frame that is none: %q", data)
			}
			if conn == "owner" && frame.Data.SessionID != "" {
				secret = frame.Data.SessionID
			}
			if conn == "stranger" && secret != "" && strings.Contains(string(data), secret) {
				t.Fatalf("a stranger hears %q", data)
			}
		}
		defer func() { readyHook = nil }()
		h.step(chat.SessionAt(owner), chat.ConnOpened{Conn: "owner", Random: [32]byte{1}, RemoteIP: "2001:db8::1"})
		h.step(chat.SessionAt(owner), chat.FrameReceived{Conn: "owner", Data: []byte(`{"type":"init","data":{"name":"O","email":"o@mail.example","page":"/"}}`)})
		h.step(chat.SessionAt(owner), chat.FrameReceived{Conn: "owner", Data: []byte(`{"type":"message","data":{"message":"mine"}}`)})

		for i, route := range []chat.Route{chat.MintRoute(h.cfg.DataSecret, [16]byte{9}), owner} {
			h.conns["stranger"] = chat.SessionAt(route)
			h.step(chat.SessionAt(route), chat.ConnOpened{Conn: "stranger", Random: [32]byte{byte(2 + i)}, RemoteIP: "203.0.113.9"})
			for _, data := range [][]byte{first, []byte(`{"type":"init","data":{"name":"S","email":"s@mail.example","page":"/","since":0}}`), first, second} {
				if _, open := h.conns["stranger"]; open {
					h.step(chat.SessionAt(route), chat.FrameReceived{Conn: "stranger", Data: data})
				}
			}
			if i == 0 {
				h.crash()
			}
			h.step(chat.SessionAt(route), chat.ConnClosed{Conn: "stranger"})
			delete(h.conns, "stranger")
			delete(h.states, "stranger")
		}
	})
}

// FuzzIdentity holds that no signature but the site's own is good.
func FuzzIdentity(f *testing.F) {
	f.Add("ann@mail.example", "7", int64(2_000_000_000_000), "ANN@mail.example", "", int64(1))
	f.Add("info@mail.example", "", int64(1), "\u0130nfo@mail.example", "", int64(1))
	f.Fuzz(func(t *testing.T, email, user string, expires int64, email2, user2 string, expires2 int64) {
		secret := []byte("the site's secret")
		if strings.ContainsAny(email+email2+user+user2, "\n") {
			return // neither an address nor a user id holds one: they are refused before
		}
		if !utf8.ValidString(email + email2) {
			return // such an address is refused before, too
		}
		same := strings.EqualFold(strings.TrimSpace(email), strings.TrimSpace(email2)) && user == user2 && expires == expires2
		a := chat.SignIdentity(secret, email, user, chat.Time(expires))
		b := chat.SignIdentity(secret, email2, user2, chat.Time(expires2))
		if a == b && !same {
			t.Fatalf("%q %q %d and %q %q %d have one signature", email, user, expires, email2, user2, expires2)
		}
	})
}
