package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"cloudflarechat/store"
)

// TestNobodyElseReadsTheLog holds that what SQLite keeps beside the database is
// as closed as the database, also where an older release left it open.
func TestNobodyElseReadsTheLog(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: Windows has no modes of this kind")
	}
	path := filepath.Join(t.TempDir(), "chat.db")
	closed := func(when string) {
		t.Helper()
		for _, name := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
			info, err := os.Stat(name)
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s, %s: %v, %v", when, filepath.Base(name), info, err)
			}
		}
	}
	s := open(t, path, store.Options{})
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: nil, SetTimer: true, WakeAtMs: 1}}))
	closed("new")
	must(t, s.Close())
	for _, name := range []string{path + "-wal", path + "-shm"} {
		must(t, os.WriteFile(name, nil, 0o644))
		must(t, os.Chmod(name, 0o644))
	}
	open(t, path, store.Options{})
	closed("left open")
}
