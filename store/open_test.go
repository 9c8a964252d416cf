package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

func TestASecondProcessIsKeptOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	first := open(t, path, store.Options{})
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "another cloudflare-chat") {
		t.Fatalf("got %v", err)
	}
	must(t, first.Close())
	open(t, path, store.Options{})
}

func TestANewerDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path, store.Options{})
	s.SetVersion(t, records.SchemaVersion+1)
	must(t, s.Close())
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "newer release") {
		t.Fatalf("got %v", err)
	}
}

// filled makes a database of some size and gives its bytes.
func filled(t *testing.T, path string) []byte {
	s := open(t, path, store.Options{})
	var rows []records.Row
	for i := range int64(300) {
		rows = append(rows, message(i+1, strings.Repeat("text ", 100)))
	}
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: rows}}))
	must(t, s.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

func TestADamagedDatabaseIsRefusedAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	good := filled(t, filepath.Join(dir, "good.db"))
	scribbled := bytes.Clone(good)
	for i := 5 * 4096; i < 9*4096; i++ {
		scribbled[i] ^= 0x5a
	}
	for name, content := range map[string][]byte{
		"no database":  []byte(strings.Repeat("this is a letter to my aunt ", 400)),
		"half written": good[:len(good)/2],
		"one page":     good[:4096],
		"scribbled":    scribbled,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "chat.db")
			must(t, os.WriteFile(path, content, 0o600))
			_, err := store.Open(path, store.Options{})
			if !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "restore a backup") {
				t.Errorf("got %v", err)
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(after, content) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestALostDatabaseWithALogIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	must(t, os.WriteFile(path+"-wal", []byte("something"), 0o600))
	if _, err := store.Open(path, store.Options{}); !errors.Is(err, store.ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
	if b, err := os.ReadFile(path + "-wal"); err != nil || string(b) != "something" {
		t.Errorf("the log was touched: %q %v", b, err)
	}
}

func TestSomebodyElsesDatabaseIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path, store.Options{})
	s.SetVersion(t, 0)
	must(t, s.Close())
	if _, err := store.Open(path, store.Options{}); err == nil || !strings.Contains(err.Error(), "not of cloudflare-chat") {
		t.Fatalf("got %v", err)
	}
}

func TestAMissingDirectoryIsSaid(t *testing.T) {
	if _, err := store.Open(filepath.Join(t.TempDir(), "no", "chat.db"), store.Options{}); err == nil {
		t.Fatal("opened")
	}
}
