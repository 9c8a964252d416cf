package store

import (
	"errors"
	"fmt"

	"github.com/ncruces/go-sqlite3"
)

// What can be wrong with a database. Each error of this package that wraps one
// of them says in words what happened and what to do.
var (
	// ErrInUse: another process has the data directory open.
	ErrInUse = errors.New("the data directory is in use")
	// ErrNewer: a newer release wrote the database.
	ErrNewer = errors.New("the database is of a newer release")
	// ErrCorrupt: the file is no database, or a damaged one.
	ErrCorrupt = errors.New("the database is damaged")
	// ErrFull: there is no room left.
	ErrFull = errors.New("the disk is full")
	// ErrReadOnly: the file or its file system cannot be written.
	ErrReadOnly = errors.New("the database cannot be written")
	// ErrIO: the disk reported an error.
	ErrIO = errors.New("the disk does not work as it should")
)

// explain turns what SQLite says into one of the errors above, in words.
func (s *Store) explain(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrInUse, ErrNewer, ErrCorrupt, ErrFull, ErrReadOnly, ErrIO} {
		if errors.Is(err, known) {
			return err
		}
	}
	wrap := func(kind error, hint string) error {
		return fmt.Errorf("store: %s: %w: %s (%w)", doing, kind, hint, err)
	}
	switch {
	case errors.Is(err, sqlite3.FULL):
		return wrap(ErrFull, "make room where "+s.path+" lies; nothing that was accepted is lost, and it goes on by itself")
	case errors.Is(err, sqlite3.READONLY), errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.PERM):
		return wrap(ErrReadOnly, "let the user that runs this program write "+s.path+" and its directory")
	case errors.Is(err, sqlite3.CORRUPT), errors.Is(err, sqlite3.NOTADB):
		return wrap(ErrCorrupt, s.damageHint())
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		return wrap(ErrInUse, "another program holds "+s.path+"; end it")
	case errors.Is(err, sqlite3.IOERR):
		return wrap(ErrIO, "look at the system's log and at the disk under "+s.path)
	}
	return fmt.Errorf("store: %s: %w", doing, err)
}

// damageHint says what to do about a damaged file.
func (s *Store) damageHint() string {
	return s.path + " was left as it is; put it and the files " + s.path + "-wal and -shm aside, and restore a backup in their place"
}
