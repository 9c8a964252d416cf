package conformance

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestConversation is the main job: a visitor writes, the team sees it in a
// thread, answers, and the visitor reads the answers in order.
func TestConversation(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Vera")
	if ready := c.enter(v); ready.Message == "" {
		t.Error("ready greets nobody")
	}
	c.say("Do you ship to Norway?")
	thread := ada.threadOf(v)
	ada.sees(thread, "[Vera]", v.email, "Page: /pricing", "Do you ship to Norway?")

	for i := range 5 {
		ada.post(thread, fmt.Sprintf("Answer %d", i))
	}
	last := int64(0)
	for i := range 5 {
		m := c.want("message")
		if m.Message != fmt.Sprintf("Answer %d", i) || m.Author != "Ada" {
			t.Errorf("message %d is %q by %q", i, m.Message, m.Author)
		}
		if m.Timestamp < 1_600_000_000_000 || m.Timestamp < last {
			t.Errorf("message %d has the time %d after %d", i, m.Timestamp, last)
		}
		last = m.Timestamp
	}

	for i := range 5 {
		c.say(fmt.Sprintf("Question %d", i))
	}
	ada.sees(thread, "Question 0", "Question 1", "Question 2", "Question 3", "Question 4")
}

// TestPing holds that a ping is answered before and after init, whatever it
// looks like.
func TestPing(t *testing.T) {
	t.Parallel()
	c := dial(t)
	c.ping()
	c.raw(`{ "type" : "ping" , "data": {} }`)
	c.want("pong")
	c.enter(somebody(t, "Pia"))
	c.ping()
	c.raw(`{"type":"ping","data":null}`)
	c.want("pong")
}

// TestRestore holds that a session id in init alone brings the conversation
// back: first ready, then what was missed, in order, and nothing twice.
func TestRestore(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Rosa")
	session := c.enter(v).SessionID
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "Hello")
	ada.post(thread, "Seen before")
	if m := c.want("message"); m.Message != "Seen before" {
		t.Fatalf("got %q", m.Message)
	}
	// A close that both sides know of: from here on it is clear what was seen.
	if err := c.conn.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		ada.post(thread, fmt.Sprintf("Missed %d", i))
	}

	back := dial(t)
	ready := back.enterWith(v, map[string]any{"sessionId": session})
	if ready.SessionID != session {
		t.Errorf("the restored session is called %q, want %q", ready.SessionID, session)
	}
	for i := range 3 {
		if m := back.want("message"); m.Message != fmt.Sprintf("Missed %d", i) {
			t.Fatalf("got %q, want Missed %d", m.Message, i)
		}
	}
	back.ping()

	// It goes on in both directions, in the same thread.
	back.say("I am back")
	ada.sees(thread, "Hello", "I am back")
	ada.post(thread, "Welcome back")
	if m := back.want("message"); m.Message != "Welcome back" {
		t.Errorf("got %q", m.Message)
	}
}

// TestLostConnection holds that after a death without a word nothing is lost;
// what was on its way may come again.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Lena")
	session := c.enter(v).SessionID
	c.say("Before")
	thread := ada.threadOf(v)
	ada.sees(thread, "Before")
	c.lose()
	ada.post(thread, "Are you there?")
	back := dial(t)
	back.enterWith(v, map[string]any{"sessionId": session})
	if m := back.want("message"); m.Message != "Are you there?" {
		t.Errorf("got %q", m.Message)
	}
}

// TestUnknownSession holds that a session id that nobody knows begins a new
// conversation and shows nothing of any other.
func TestUnknownSession(t *testing.T) {
	t.Parallel()
	c := dial(t)
	made := strings.Repeat("A", 43)
	ready := c.enterWith(somebody(t, "Una"), map[string]any{"sessionId": made})
	if ready.SessionID == made {
		t.Error("a made-up session id was taken")
	}
	c.ping()
}

// TestVisitorsApart holds that nobody hears what is said to another, not even
// who types the same e-mail address.
func TestVisitorsApart(t *testing.T) {
	t.Parallel()
	ada := member(t, "Ada")
	first, second, double := dial(t), dial(t), dial(t)
	v, w := somebody(t, "One"), somebody(t, "Two")
	first.enter(v)
	second.enter(w)
	double.enter(v)
	first.say("I am one")
	second.say("I am two")
	a, b := ada.threadOf(v), ada.threadOf(w)
	if a == b {
		t.Fatal("two visitors share a thread")
	}
	ada.sees(a, "I am one")
	ada.sees(b, "I am two")
	ada.post(a, "To one")
	ada.post(b, "To two")
	if m := first.want("message"); m.Message != "To one" {
		t.Errorf("the first heard %q", m.Message)
	}
	if m := second.want("message"); m.Message != "To two" {
		t.Errorf("the second heard %q", m.Message)
	}
	double.ping()
}

// TestTextsBothWays holds that a visitor's text reads as typed and calls
// nobody, and that an agent's markdown arrives as the small markup.
func TestTextsBothWays(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Tess")
	c.enter(v)
	c.say("@everyone <@&1> **not bold** [a](https://evil.example) – 👩‍👩‍👧 مرحبا")
	thread := ada.threadOf(v)
	ada.sees(thread, "مرحبا")
	list, err := ada.read(thread)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Author.Bot && m.Type == 0 && (m.MentionEveryone || len(m.Mentions)+len(m.MentionRoles) > 0) {
			t.Errorf("a visitor's text called somebody: %+v", m)
		}
	}
	ada.post(thread, "**Yes**, see <https://example.com/a> `code`")
	if m := c.want("message"); m.Message != "**Yes**, see https://example.com/a `code`" {
		t.Errorf("got %q", m.Message)
	}
}

// TestNotForVisitors holds that notes among agents, bots and system messages
// stay in Discord.
func TestNotForVisitors(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Nora")
	c.enter(v)
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "Hello")
	ada.post(thread, "// she has written before")
	ada.must("PATCH", "/channels/"+thread, map[string]any{"name": "Renamed by Ada"}, nil)
	ada.post(thread, "Hello Nora")
	if m := c.want("message"); m.Message != "Hello Nora" {
		t.Errorf("the visitor heard %q", m.Message)
	}
	c.ping()
}

// TestStrayPost holds that whoever writes into the support channel itself soon after an opening post is told that no visitor reads it.
func TestStrayPost(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Stella")
	c.enter(v)
	c.say("Hello")
	ada.threadOf(v)
	ada.post(channel, "Hi Stella, how can I help?")
	until(t, "a word in the support channel", func() error {
		var list []message
		if err := ada.call("GET", "/channels/"+channel+"/messages?limit=100", nil, &list); err != nil {
			return err
		}
		for _, m := range list {
			if m.Author.Bot && strings.HasPrefix(m.Content, "Visitors do not see what is written here.") {
				return nil
			}
		}
		return errors.New("nobody says that visitors do not read it")
	})
	c.ping()
}

// TestNewcomer holds that any human member can answer, by the name that is
// shown.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	c, zoe := dial(t), member(t, "Zoë Newcomer")
	v := somebody(t, "Nils")
	c.enter(v)
	c.say("Hello")
	zoe.post(zoe.threadOf(v), "Hi from Zoë")
	if m := c.want("message"); m.Author != "Zoë Newcomer" || m.Message != "Hi from Zoë" {
		t.Errorf("%q by %q", m.Message, m.Author)
	}
}
