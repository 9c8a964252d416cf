package check

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// Bounds between which something is worth a word.
const (
	clockWarns = 30 * time.Second
	clockFails = 5 * time.Minute
	diskWarns  = 1 << 30
	diskFails  = 100 << 20
)

// Clock compares this machine's clock with the time that Discord's last answer
// gave.
func (d *Discord) Clock() Finding {
	const name, mend = "clock", "turn time synchronisation on: timedatectl set-ntp true"
	if d.Date.IsZero() {
		return skipped(name, "no answer told the time")
	}
	// The header has whole seconds.
	off := d.At.Sub(d.Date) - 500*time.Millisecond
	words := "behind"
	if off > 0 {
		words = "ahead"
	}
	size := off.Abs().Round(time.Second)
	switch {
	case size >= clockFails:
		return failed(name, mend, "this machine's clock is %v %s: signatures and limits are judged by it", size, words)
	case size >= clockWarns:
		return warning(name, mend, "this machine's clock is %v %s", size, words)
	}
	return ok(name, "right within %v", max(size, time.Second))
}

// Disk looks at the room where conversations are kept, and whether it can be
// written.
func Disk(dir string) Finding {
	const name = "disk"
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return skipped(name, "%s is made at the first start", dir)
	}
	f, err := os.CreateTemp(dir, ".doctor-")
	if err != nil {
		return failed(name, "let the user that runs the chat write it; run this as that user", "%s cannot be written by this user", dir)
	}
	f.Close()
	os.Remove(f.Name())
	free, known := FreeBytes(dir)
	switch {
	case !known:
		return ok(name, "%s can be written", dir)
	case free < diskFails:
		return failed(name, "make room now: with a full disk no message is taken", "%d MB are left for %s", free>>20, dir)
	case free < diskWarns:
		return warning(name, "make room", "%d MB are left for %s", free>>20, dir)
	}
	return ok(name, "%d GB are left for %s", free>>30, dir)
}

// Database reads the whole database beside whoever writes it.
func Database(dir string) Finding {
	const name = "database"
	path := filepath.Join(dir, "chat.db")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return skipped(name, "there is none yet in %s", dir)
	}
	s, err := store.Open(path, store.Options{ReadOnly: true})
	if err != nil {
		return failed(name, "see docs/operations.md, \"The database is damaged\"", "%v", err)
	}
	defer s.Close()
	if err := s.Check(); err != nil {
		return failed(name, "see docs/operations.md, \"The database is damaged\"", "%v", err)
	}
	version, err := s.SchemaVersion()
	if err != nil {
		return failed(name, "run the release that wrote it", "%v", err)
	}
	if version < records.SchemaVersion {
		return ok(name, "sound; the next start brings it to this release's form")
	}
	if _, err := os.Stat(filepath.Join(dir, "data-secret")); err != nil && os.Getenv("DATA_SECRET") == "" && os.Getenv("DATA_SECRET_FILE") == "" {
		return warning(name, "put "+filepath.Join(dir, "data-secret")+" back, or set DATA_SECRET to what it was", "sound, but the secret that belongs to it is not beside it")
	}
	return ok(name, "sound")
}
