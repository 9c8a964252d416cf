package store

import (
	"errors"
	"io/fs"
	"os"
)

// Own gives a file to the owner of another one, where this process may: root
// that restores a backup or looks at a database must not leave files which the
// chat's own user cannot open. Elsewhere it does nothing.
func Own(name, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return err
	}
	return chownLike(name, info)
}

// prepareLog makes the two files that SQLite keeps beside a database with a
// write-ahead log, as the database itself is: the driver would make them
// readable by everybody, and whoever opens the database first would own them.
func (s *Store) prepareLog() error {
	if s.opt.VFS != "" {
		return nil
	}
	if _, err := os.Stat(s.path); err != nil {
		return nil // who opens it says so
	}
	for _, name := range []string{s.path + "-wal", s.path + "-shm"} {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			// Made by a release that did not know, or by the process beside this one.
			if info, err := os.Stat(name); err == nil && info.Mode().Perm()&0o077 != 0 {
				_ = os.Chmod(name, 0o600) // its owner will, at the next start
			}
			continue
		}
		if err != nil {
			if s.opt.ReadOnly {
				return nil // SQLite says what it cannot do without
			}
			return fileError(err, name)
		}
		if err := errors.Join(f.Close(), Own(name, s.path)); err != nil {
			return err
		}
	}
	return nil
}
