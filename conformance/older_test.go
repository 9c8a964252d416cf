package conformance

import "testing"

// TestAnEarlierReleaseWasHere holds that a conversation which an earlier release
// wrote goes on with this one: its tables lack what came since.
func TestAnEarlierReleaseWasHere(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	v := somebody(t, "Olga")
	server := serve(t, dir, addr)
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	began := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Before", "id": "a"})
	thread := ada.threadOf(v)
	ada.sees(thread, "Before")
	server.kill()
	version1 := "ALTER TABLE session DROP COLUMN attributes; ALTER TABLE session DROP COLUMN told_attributes"
	if !onEdge() { // an object has only the tables of its kind
		version1 += "; ALTER TABLE gateway DROP COLUMN made_for; PRAGMA user_version=1"
	}
	eachObject(t, dir, version1)

	serve(t, dir, addr)
	back := dialAt(t, "http://"+addr, byRoute(began.Route))
	back.extended = true
	ready := back.enterWith(v, map[string]any{"sessionId": began.SessionID, "since": 1, "attributes": map[string]any{"plan": "gold", "order": 12}})
	if !ready.Restored {
		t.Fatal("the conversation is gone")
	}
	back.send("message", map[string]any{"message": "After", "id": "b"})
	for back.find("ack").ID != "b" {
	}
	ada.sees(thread, "Before", "The page says: order = 12 · plan = gold", "After")
}
