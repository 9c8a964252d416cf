package store

import (
	"errors"
	"time"

	"github.com/ncruces/go-sqlite3"
)

// scrubWait is how long emptying the log waits for those who read. Nothing else
// can be done meanwhile, so whoever wants it emptied tries again.
const scrubWait = 20 * time.Millisecond

// Scrub empties the write-ahead log into the database, so that what was deleted
// stands in no file any more: the database itself overwrites what it deletes.
// Backups that were made before still hold it. It is false while somebody else
// reads the database, such as a backup: the log is theirs until they are done.
// https://sqlite.org/pragma.html#pragma_wal_checkpoint
func (s *Store) Scrub() (emptied bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, errors.New("store: emptying the log: the database is closed")
	}
	defer func() { err = s.explain("emptying the log", errors.Join(err, s.db.BusyTimeout(s.opt.BusyTimeout))) }()
	if err := s.db.BusyTimeout(scrubWait); err != nil {
		return false, err
	}
	_, _, err = s.db.WALCheckpoint("main", sqlite3.CHECKPOINT_TRUNCATE)
	if errors.Is(err, sqlite3.BUSY) {
		return false, nil
	}
	return err == nil, err
}
