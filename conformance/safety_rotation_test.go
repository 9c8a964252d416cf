package conformance

import (
	"encoding/json"
	"testing"
)

// TestBotTokenRotation holds that a token that is reset costs no message: what
// visitors write meanwhile is acked and waits, and goes out under the new one.
func TestBotTokenRotation(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	v := somebody(t, "Tom")
	former := "a-token-that-is-reset-" + v.email[:12] // the next run needs one that nobody revoked
	server := serve(t, dir, addr, "DISCORD_BOT_TOKEN="+former)
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	ready := c.enterWith(v, map[string]any{"since": 0})
	say := func(id, text string) {
		t.Helper()
		c.send("message", map[string]any{"message": text, "id": id})
		if f := c.answered(); f.Type != "ack" {
			t.Fatalf("%q: %s", text, f.raw)
		}
	}
	say("a", "Before the reset.")
	thread := ada.threadOf(v)
	ada.sees(thread, "Before the reset.")

	control(t, "/sim/revoke", map[string]any{"token": former})
	say("b", "While no token holds.")
	say("c", "Still none.")
	until(t, "the health to say it", func() error {
		a := ask(t, "GET", "http://"+addr+"/health", nil, "")
		var d struct{ Status string }
		if err := json.Unmarshal([]byte(a.body), &d); err != nil || d.Status == "ok" {
			return countError{"status " + d.Status, a.status, 0}
		}
		return nil
	})
	server.kill()
	serve(t, dir, addr, "DISCORD_BOT_TOKEN=the-token-after-it")
	c = dialAt(t, "http://"+addr, byRoute(ready.Route))
	c.extended = true
	if r := c.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 3}); !r.Restored {
		t.Error("the conversation is gone")
	}
	say("d", "After it.")
	ada.sees(thread, "Before the reset.", "While no token holds.", "Still none.", "After it.")
	ada.post(thread, "All of it arrived")
	for c.find("message").Message != "All of it arrived" {
	}
}
