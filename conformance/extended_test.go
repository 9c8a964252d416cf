package conformance

import (
	"fmt"
	"testing"
)

// TestExactlyOnce holds that a message with an id of the client's own is acked
// when it is durable, and has one effect however often it comes.
func TestExactlyOnce(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Emma")
	ready := c.enterWith(v, map[string]any{"since": 0})
	if ready.Route == "" || ready.Restored {
		t.Errorf("ready gives route %q, restored %v", ready.Route, ready.Restored)
	}
	say := func(c *client, id, text string) data {
		c.send("message", map[string]any{"message": text, "id": id})
		ack := c.find("ack")
		if ack.ID != id || ack.Seq == 0 {
			t.Fatalf("the ack is for %q with seq %d, want %q", ack.ID, ack.Seq, id)
		}
		return ack
	}
	first := say(c, "m1", "Once only")
	if again := say(c, "m1", "Once only"); again.Seq != first.Seq {
		t.Errorf("the repeat got seq %d, want %d", again.Seq, first.Seq)
	}
	c.lose()

	// The same after a lost connection, by the route.
	back := dialAt(t, chatOrigin, byRoute(ready.Route))
	back.extended = true
	restored := back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0})
	if !restored.Restored || restored.Route != ready.Route {
		t.Errorf("restored %v on route %q, want %q", restored.Restored, restored.Route, ready.Route)
	}
	if again := say(back, "m1", "Once only"); again.Seq != first.Seq {
		t.Errorf("after a restore the repeat got seq %d, want %d", again.Seq, first.Seq)
	}
	say(back, "m2", "And a second")
	thread := ada.threadOf(v)
	ada.sees(thread, "Once only", "And a second")
}

// TestSince holds that a client that says what it has gets what came after,
// once, and that positions only grow.
func TestSince(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Sina")
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Hello", "id": "a"})
	c.find("ack")
	thread := ada.threadOf(v)
	ada.post(thread, "First answer")
	seen := c.find("message").Seq
	c.lose()
	for i := range 3 {
		ada.post(thread, fmt.Sprintf("Later %d", i))
	}
	back := dial(t)
	back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": seen})
	back.extended = true
	at := seen
	for i := range 3 {
		m := back.find("message")
		if m.Message != fmt.Sprintf("Later %d", i) || m.Seq <= at || m.From != "agent" {
			t.Errorf("got %q from %q with seq %d after %d", m.Message, m.From, m.Seq, at)
		}
		at = m.Seq
	}
	// Everything again, the visitor's own words included.
	all := dial(t)
	all.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0})
	var got []string
	for range 5 {
		m := all.want("message")
		got = append(got, m.From+": "+m.Message)
	}
	want := "[visitor: Hello agent: First answer agent: Later 0 agent: Later 1 agent: Later 2]"
	if fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// TestReceipts holds that a visitor learns when the team has a message.
func TestReceipts(t *testing.T) {
	t.Parallel()
	c := dial(t)
	c.extended = true
	c.enterWith(somebody(t, "Rolf"), map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Is it there?", "id": "a"})
	seq := c.find("ack").Seq
	for {
		r := c.find("receipt")
		if r.State == "delivered" && r.Seq >= seq {
			return
		}
	}
}
