package conformance

import (
	"errors"
	"strings"
	"testing"
)

// TestTabs holds that what one tab says and hears, all tabs of the
// conversation show, and that it is said once.
func TestTabs(t *testing.T) {
	t.Parallel()
	ada := member(t, "Ada")
	v := somebody(t, "Tab")
	first := dial(t)
	first.extended = true
	ready := first.enterWith(v, map[string]any{"since": 0})
	// By the route: where a post waits for Discord's allowance, an object that
	// sleeps lets go of a connection that it had forwarded.
	second := dialAt(t, chatOrigin, byRoute(ready.Route))
	second.extended = true
	second.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0})

	first.send("message", map[string]any{"message": "From the first", "id": "a"})
	first.find("ack")
	if m := second.find("message"); m.Message != "From the first" || m.From != "visitor" || m.ID != "a" {
		t.Errorf("the second tab shows %+v", m)
	}
	// The second tab had not heard of the ack and sends it as well.
	second.send("message", map[string]any{"message": "From the first", "id": "a"})
	second.find("ack")
	thread := ada.threadOf(v)
	ada.sees(thread, "From the first")
	ada.post(thread, "To both")
	for i, c := range []*client{first, second} {
		for {
			m := c.find("message")
			if m.From == "agent" {
				if m.Message != "To both" {
					t.Errorf("tab %d heard %q", i, m.Message)
				}
				break
			}
		}
	}
}

// TestEnd holds what ending a conversation means: the client is told and sent
// away for good, the team sees it, and who comes back with the same address sees
// nothing of the old words.
func TestEnd(t *testing.T) {
	t.Parallel()
	ada := member(t, "Ada")
	v := somebody(t, "Enno")
	c := dial(t)
	c.extended = true
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Just a secret question", "id": "a"})
	c.find("ack")
	thread := ada.threadOf(v)
	ada.sees(thread, "Just a secret question")
	c.send("end", nil)
	c.find("ended")
	if code := c.wantClose(); code != 4500 {
		t.Errorf("closed with %d, want 4500", code)
	}
	until(t, "the thread is closed", func() error {
		var th struct {
			Meta struct{ Archived bool } `json:"thread_metadata"`
		}
		if err := ada.call("GET", "/channels/"+thread, nil, &th); err != nil || th.Meta.Archived {
			return err
		}
		return errors.New("it is open")
	})

	again := dial(t)
	again.extended = true
	fresh := again.enterWith(v, map[string]any{"since": 0})
	if fresh.SessionID == ready.SessionID || fresh.Restored || fresh.Seq != 0 {
		t.Errorf("who types the address gets the old conversation: %+v", fresh)
	}
	again.send("message", map[string]any{"message": "Back again", "id": "b"})
	again.find("ack")
	// The old thread is locked: who may not manage threads could not answer there.
	where := ""
	until(t, "the new words in a new thread", func() error {
		all, err := ada.threads()
		if err != nil {
			return err
		}
		for _, th := range all {
			if !strings.Contains(th.Name, v.email) || th.ID == thread {
				continue
			}
			text, err := ada.transcript(th.ID)
			if err != nil {
				return err
			}
			if strings.Count(text, "Back again") == 1 && !strings.Contains(text, "secret") {
				where = th.ID
				return nil
			}
		}
		return errors.New("they are in none")
	})
	if text, err := ada.transcript(thread); err != nil || strings.Contains(text, "Back again") {
		t.Errorf("the closed thread took them: %v", err)
	}
	ada.post(where, "To the second")
	if m := again.find("message"); m.Message != "To the second" {
		t.Errorf("got %q", m.Message)
	}
}
