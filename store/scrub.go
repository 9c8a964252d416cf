package store

// Scrub empties the write-ahead log into the database, so that what was deleted
// stands in no file any more: the database itself overwrites what it deletes.
// Backups that were made before still hold it.
func (s *Store) Scrub() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.explain("emptying the log", s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)"))
}
