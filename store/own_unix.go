//go:build unix

package store

import (
	"io/fs"
	"os"
	"syscall"
)

// chownLike gives a file to the owner that another one has. Only root may.
func chownLike(name string, info fs.FileInfo) error {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(name, int(owner.Uid), int(owner.Gid))
}
