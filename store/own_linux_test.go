package store_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"cloudflarechat/store"
)

// TestRootLeavesNothingBehind holds that root, who backs up a chat that does not
// run, leaves no file that the chat's own user cannot open.
func TestRootLeavesNothingBehind(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("SKIPPED: only root can give files away")
	}
	const nobody = 65534
	dir := t.TempDir()
	path := filepath.Join(dir, "chat.db")
	s := open(t, path, store.Options{})
	must(t, s.Close())
	must(t, os.Chown(dir, nobody, nobody))
	must(t, os.Chown(path, nobody, nobody))
	read := open(t, path, store.Options{ReadOnly: true})
	must(t, read.Check())
	must(t, read.Close())
	left, err := filepath.Glob(path + "*")
	must(t, err)
	for _, name := range left {
		info, err := os.Stat(name)
		must(t, err)
		if owner := info.Sys().(*syscall.Stat_t).Uid; owner != nobody && filepath.Base(name) != "chat.db.lock" {
			t.Errorf("%s belongs to %d", filepath.Base(name), owner)
		}
	}
}
