//go:build unix

package check

import "golang.org/x/sys/unix"

// FreeBytes is what a user may still write where a folder lies; false where
// that cannot be known.
func FreeBytes(dir string) (uint64, bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}
