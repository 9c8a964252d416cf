package conformance

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// eachObject runs statements on the storage of every object that keeps messages; natively that is one database.
// Nothing may be running on it.
func eachObject(t *testing.T, dir string, statements string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".sqlite" && filepath.Ext(path) != ".db" {
			return err
		}
		db, err := sqlite3.Open(path)
		if err != nil {
			return err
		}
		defer db.Close()
		q, _, err := db.Prepare(`SELECT 1 FROM sqlite_master WHERE name = 'message'`)
		if err != nil {
			return err
		}
		defer q.Close()
		if q.Step() {
			found++
			return db.Exec(statements)
		}
		return q.Err()
	})
	if err != nil || found == 0 {
		t.Fatalf("%d objects keep messages: %v", found, err)
	}
}

// TestEdgeFailedWrites holds what a visitor is told when what they wrote cannot be
// kept: which message it is and when to send it again, and where the plan is spent
// until when; and that it is kept then.
func TestEdgeFailedWrites(t *testing.T) {
	t.Parallel()
	if !onEdge() {
		t.Skip("Cloudflare's runtime only: natively TestAFullDiskAsAVisitorSeesIt")
	}
	dir, addr := t.TempDir(), freeAddress(t)
	origin := "http://" + addr
	p := serve(t, dir, addr)
	ada, v := member(t, "Ada"), somebody(t, "Fila")
	c := dialAt(t, origin, nil)
	c.extended = true
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Before", "id": "m-0"})
	c.find("ack")
	thread := ada.threadOf(v)
	ada.sees(thread, "Before")

	again := func(statements string) *client {
		t.Helper()
		p.kill()
		eachObject(t, dir, statements)
		p = serve(t, dir, addr)
		back := dialAt(t, origin, byRoute(ready.Route))
		back.extended = true
		if r := back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0}); !r.Restored {
			t.Fatal("the conversation is gone")
		}
		return back
	}
	// What Cloudflare says is not to be had here, so the tables say it.
	c = again(`CREATE TRIGGER full BEFORE INSERT ON message WHEN NEW.body LIKE '%spent%'
		BEGIN SELECT RAISE(ABORT, 'Exceeded allowed rows written in Durable Objects free tier.'); END;
		CREATE TRIGGER broken BEFORE INSERT ON message WHEN NEW.body LIKE '%broken%' BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END`)
	for _, f := range []struct{ id, text, code string }{{"m-1", "it is broken", "unavailable"}, {"m-2", "it is spent", "capacity"}} {
		c.send("message", map[string]any{"message": f.text, "id": f.id})
		said := c.next()
		for said.Type != "error" {
			said = c.next()
		}
		var wait struct {
			Data struct {
				RetryAfterMs int64 `json:"retryAfterMs"`
			}
		}
		if err := json.Unmarshal([]byte(said.raw), &wait); err != nil {
			t.Fatal(err)
		}
		if d := said.data(t); d.ID != f.id || d.Code != f.code || wait.Data.RetryAfterMs <= 0 {
			t.Errorf("%s: %s", f.text, said.raw)
		}
	}
	if why := ask(t, "GET", origin+"/ws", nil, ""); why.status != 503 || why.code(t) != "capacity" {
		t.Errorf("a page that asks why is told %d %s", why.status, why.body)
	}
	// The connection stays, and what can be kept is.
	c.send("message", map[string]any{"message": "In between", "id": "m-3"})
	c.find("ack")

	c = again(`DROP TRIGGER full; DROP TRIGGER broken`)
	for _, id := range []string{"m-1", "m-2"} {
		c.send("message", map[string]any{"message": "Sent again as " + id, "id": id})
		c.find("ack")
	}
	ada.sees(thread, "Before", "In between", "Sent again as m-1", "Sent again as m-2")
}
