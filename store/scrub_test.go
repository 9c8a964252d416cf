package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// While somebody else reads, the log cannot be emptied: that is said, at once,
// and nothing waits for it.
func TestScrubSaysWhetherTheLogIsEmpty(t *testing.T) {
	p := filepath.Join(t.TempDir(), "chat.db")
	s, err := store.Open(p, store.Options{BusyTimeout: time.Hour})
	must(t, err)
	defer s.Close()
	const letter = "a letter that must go"
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(1, letter)}}}))
	backup, err := store.Open(p, store.Options{ReadOnly: true})
	must(t, err)
	defer backup.Close()
	release := backup.HoldRead(t)
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Erase: true}}))
	emptied, err := s.Scrub()
	must(t, err)
	if emptied || !stands(t, p, letter) {
		t.Errorf("emptied %v while somebody reads, and the letter stands there: %v", emptied, stands(t, p, letter))
	}
	must(t, s.Apply([]store.Writes{{Actor: session("b"), Rows: []records.Row{message(1, "goes on")}}}))
	release()
	emptied, err = s.Scrub()
	must(t, err)
	if !emptied || stands(t, p, letter) {
		t.Errorf("emptied %v afterwards, and the letter stands there: %v", emptied, stands(t, p, letter))
	}
}

// stands says whether a text is in any file of a database.
func stands(t *testing.T, path, text string) bool {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		raw, err := os.ReadFile(name)
		must(t, err)
		if bytes.Contains(raw, []byte(text)) {
			return true
		}
	}
	return false
}
