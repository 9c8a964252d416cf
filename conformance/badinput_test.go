package conformance

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestBeforeInit holds that nothing but a ping and an init is taken before an
// init, and that a mistake does not spoil the connection.
func TestBeforeInit(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	for _, f := range []struct{ frame, code string }{
		{`{"type":"message","data":{"message":"hello"}}`, "not_ready"},
		{`{"type":"seen","data":{"seq":1}}`, "not_ready"},
		{`{"type":"nonsense"}`, "unknown_type"},
		{`{"type":"init"}`, "bad_frame"},
		{`{"type":"init","data":"x"}`, "bad_frame"},
		{`not json`, "bad_frame"},
	} {
		c.raw(f.frame)
		c.wantError(f.code)
	}
	v := somebody(t, "Bea")
	c.enter(v)
	c.say("Now it works")
	ada.sees(ada.threadOf(v), "Now it works")
}

// TestForm holds what the form says of each field, and that it can be mended
// on the same connection.
func TestForm(t *testing.T) {
	t.Parallel()
	c := dial(t)
	good := somebody(t, "Fay")
	tests := []struct {
		what, field, code string
		v                 visitor
	}{
		{"no name", "name", "name_invalid", visitor{"", good.email, "/"}},
		{"blank name", "name", "name_invalid", visitor{" \t\u200b ", good.email, "/"}},
		{"long name", "name", "name_invalid", visitor{strings.Repeat("n", 81), good.email, "/"}},
		{"no e-mail", "email", "email_invalid", visitor{"Fay", "", "/"}},
		{"e-mail without at", "email", "email_invalid", visitor{"Fay", "fay.example.com", "/"}},
		{"e-mail without host", "email", "email_invalid", visitor{"Fay", "fay@", "/"}},
		{"e-mail without name", "email", "email_invalid", visitor{"Fay", "@example.com", "/"}},
		{"e-mail with a space", "email", "email_invalid", visitor{"Fay", "fay b@example.com", "/"}},
		{"e-mail of two lines", "email", "email_invalid", visitor{"Fay", "fay@example.com\nbcc: x@example.com", "/"}},
		{"two e-mails", "email", "email_invalid", visitor{"Fay", "a@example.com,b@example.com", "/"}},
		{"long e-mail", "email", "email_invalid", visitor{"Fay", strings.Repeat("a", 250) + "@example.com", "/"}},
		{"long page", "page", "page_invalid", visitor{"Fay", good.email, "/" + strings.Repeat("p", 2048)}},
	}
	for _, tt := range tests {
		c.init(tt.v, nil)
		if e := c.wantError(tt.code); e.Field != tt.field {
			t.Errorf("%s: the error is about the field %q, want %q", tt.what, e.Field, tt.field)
		}
	}
	c.enter(visitor{strings.Repeat("n", 80), good.email, "/" + strings.Repeat("p", 2047)})
}

// TestBadFrames holds that frames that cannot be read get an error with a
// stable code, that the connection stays open, and that nothing accepted is
// lost.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Bob")
	c.enter(v)
	c.say("Before the nonsense")
	tests := []struct{ name, frame, code string }{
		{"no JSON", `hello`, "bad_frame"},
		{"empty", ``, "bad_frame"},
		{"half", `{"type":"message","data":`, "bad_frame"},
		{"a list", `[]`, "bad_frame"},
		{"null", `null`, "bad_frame"},
		{"no type", `{"data":{"message":"x"}}`, "bad_frame"},
		{"type of another kind", `{"type":7}`, "bad_frame"},
		{"data of another kind", `{"type":"message","data":7}`, "bad_frame"},
		{"text of another kind", `{"type":"message","data":{"message":{}}}`, "bad_frame"},
		{"unknown type", `{"type":"dance","data":{}}`, "unknown_type"},
		{"second init", `{"type":"init","data":{"name":"X","email":"x@example.com","page":"/"}}`, "already_ready"},
		{"no text", `{"type":"message","data":{}}`, "message_empty"},
		{"empty text", `{"type":"message","data":{"message":""}}`, "message_empty"},
		{"blank text", `{"type":"message","data":{"message":" \n\t\u00a0 "}}`, "message_empty"},
		{"bad id", `{"type":"message","data":{"message":"x","id":"a b"}}`, "id_invalid"},
		{"long id", `{"type":"message","data":{"message":"x","id":"` + strings.Repeat("i", 65) + `"}}`, "id_invalid"},
		{"depth", strings.Repeat("[", 20000), "bad_frame"},
	}
	for _, tt := range tests {
		c.raw(tt.frame)
		d := c.want("error")
		if d.Code != tt.code {
			t.Errorf("%s: code %q, want %q", tt.name, d.Code, tt.code)
		}
	}
	if err := c.conn.Write(within(t), websocket.MessageBinary, []byte(`{"type":"message","data":{"message":"x"}}`)); err != nil {
		t.Fatal(err)
	}
	c.wantError("bad_frame")
	c.say("After the nonsense")
	ada.sees(ada.threadOf(v), "Before the nonsense", "After the nonsense")
}

// TestMessageLength meets the limit of a message, and goes one past it.
func TestMessageLength(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Max")
	c.enter(v)
	family := "👩‍👩‍👧‍👦" // one grapheme of eleven UTF-16 units
	c.say(strings.Repeat("a", 2001))
	c.wantError("message_too_long")
	c.say(strings.Repeat(family, 728)) // 8,008 units
	c.wantError("message_too_long")
	c.say(strings.Repeat("a", 1990) + "the end it")
	c.say(strings.Repeat(family, 727)) // 7,997 units
	c.ping()
	thread := ada.threadOf(v)
	until(t, "the whole of both messages in the thread", func() error {
		all, err := ada.transcript(thread)
		if err != nil {
			return err
		}
		if n := strings.Count(all, family); n != 727 {
			return countError{"families", n, 727}
		}
		if n := strings.Count(all, "a"); n < 1990 {
			return countError{"letters", n, 1990}
		}
		return nil
	})
}

type countError struct {
	what      string
	got, want int
}

func (e countError) Error() string {
	b, _ := json.Marshal(map[string]any{"what": e.what, "got": e.got, "want": e.want})
	return string(b)
}

// TestHugeFrame holds that a frame above 64 KiB is refused in words, and that
// the conversation survives it.
func TestHugeFrame(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Hugo")
	session := c.enter(v).SessionID
	c.say("Before the flood")
	c.send("message", map[string]any{"message": strings.Repeat("x", 70<<10)})
	c.wantError("frame_too_big")
	c.say("After the flood")
	ada.sees(ada.threadOf(v), "Before the flood", "After the flood")

	// Far above it the connection may end, but not the conversation.
	b, err := json.Marshal(map[string]any{"type": "message", "data": map[string]any{"message": strings.Repeat("x", 8<<20)}})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.conn.Write(within(t), websocket.MessageText, b)
	c.lose()
	back := dial(t)
	if ready := back.enterWith(v, map[string]any{"sessionId": session}); ready.SessionID != session {
		t.Error("the conversation is gone")
	}
}

// TestManyBadFrames holds that a client that sends nothing but nonsense is
// told not to come back.
func TestManyBadFrames(t *testing.T) {
	t.Parallel()
	c := dial(t)
	for range 50 {
		c.raw(`nonsense`)
	}
	if code := c.wantClose(); code != 4502 {
		t.Errorf("closed with %d, want 4502", code)
	}
}
