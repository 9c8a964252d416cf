package server_test

import (
	"encoding/json"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"cloudflarechat/server"
)

// waitingClock tells of the first wait of the owner, which lasts until a test
// lets it end; the others are over soon.
type waitingClock struct {
	manualClock
	once   sync.Once
	waits  chan struct{}
	goOn   chan time.Time
	length time.Duration
}

func (c *waitingClock) After(d time.Duration) (<-chan time.Time, func()) {
	if d == c.length {
		first := false
		c.once.Do(func() { first = true })
		if first {
			close(c.waits)
			return c.goOn, func() {}
		}
	}
	return c.manualClock.After(d)
}

// While a backup reads the database, what the owner lets go of is gone from the
// database but stands in its log: the owner hears that, nobody waits for it, and
// it goes by itself when the backup is done.
func TestForgetBesideABackup(t *testing.T) {
	const owner, letter = "the secret of the owner", "a letter to be forgotten"
	dir := t.TempDir()
	clock := &waitingClock{waits: make(chan struct{}), goOn: make(chan time.Time), length: 300 * time.Millisecond}
	s := bare(t, func(o *server.Options) { o.DataDir, o.AdminSecret, o.Clock = dir, owner, clock })
	gone := dial(t, wsURL(s), nil)
	gone.say("init", base(map[string]any{"email": "gone@visitor.example"}))
	gone.hear("ready")
	gone.say("message", map[string]string{"message": letter, "id": "a"})
	gone.hear("ack")
	other := dial(t, wsURL(s), nil)
	other.say("init", base(map[string]any{"email": "other@visitor.example"}))
	other.hear("ready")

	file := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(filepath.Join(dir, "chat.db")), RawQuery: "mode=ro"}
	backup, err := sqlite3.Open(file.String())
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	if err := backup.Exec("BEGIN; SELECT count(*) FROM actor"); err != nil {
		t.Fatal(err)
	}
	answers := make(chan server.Forgotten, 1)
	go func() {
		var f server.Forgotten
		if status, said := admin(t, s, "/admin/forget", owner, `{"email":"gone@visitor.example"}`); status != 200 || json.Unmarshal([]byte(said), &f) != nil {
			t.Errorf("%d %s", status, said)
		}
		answers <- f
	}()
	<-clock.waits
	other.say("message", map[string]string{"message": "hello", "id": "b"})
	other.hear("ack")
	close(clock.goOn)
	if f := <-answers; f.Sessions != 1 || !f.LogKept {
		t.Errorf("the owner heard %+v", f)
	}
	if err := backup.Exec("COMMIT"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an empty log", func() bool { return !holds(t, dir, letter) })
	nowhere(t, dir, letter)
	var f server.Forgotten
	if status, said := admin(t, s, "/admin/forget", owner, `{"email":"gone@visitor.example"}`); status != 200 || json.Unmarshal([]byte(said), &f) != nil || f.LogKept {
		t.Errorf("%d %s", status, said)
	}
}
