package store

import (
	"fmt"
	"testing"
)

// Limit bounds the database's pages, as a full disk would.
func (s *Store) Limit(t testing.TB, pages int) {
	s.pragma(t, fmt.Sprintf("PRAGMA max_page_count=%d", pages))
}

// QueryOnly lets nothing be written, as a read-only file system would.
func (s *Store) QueryOnly(t testing.TB) { s.pragma(t, "PRAGMA query_only=1") }

// SetVersion writes the version of the schema.
func (s *Store) SetVersion(t testing.TB, v int) {
	s.pragma(t, fmt.Sprintf("PRAGMA user_version=%d", v))
}

// Synchronous sets how much is synced, to show what the default protects from.
func (s *Store) Synchronous(t testing.TB, level string) { s.pragma(t, "PRAGMA synchronous="+level) }

// HoldRead begins to read, as a backup does, until it is released.
func (s *Store) HoldRead(t testing.TB) (release func()) {
	s.pragma(t, "BEGIN; SELECT count(*) FROM actor")
	return func() { s.pragma(t, "COMMIT") }
}

func (s *Store) pragma(t testing.TB, sql string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.db.Exec(sql); err != nil {
		t.Fatal(err)
	}
}
