package store

import (
	"fmt"

	"cloudflarechat/chat/records"
)

// nativeSchema is what only this host has: the actors' numbers and timers.
var nativeSchema = []string{
	`CREATE TABLE IF NOT EXISTS actor (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL,
		wake_at_ms INTEGER NOT NULL DEFAULT 0) STRICT`,
	`CREATE UNIQUE INDEX IF NOT EXISTS actor_by_key ON actor (kind, key)`,
	`CREATE INDEX IF NOT EXISTS actor_by_wake ON actor (wake_at_ms) WHERE wake_at_ms > 0`,
}

// migrate brings the database to this release's schema, each version in one
// transaction.
func (s *Store) migrate() error {
	have, err := s.version()
	if err != nil {
		return err
	}
	for v := have + 1; v <= records.SchemaVersion; v++ {
		if err := s.migrateTo(v); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) migrateTo(version int) (err error) {
	tx, err := s.db.BeginImmediate()
	if err != nil {
		return err
	}
	defer tx.End(&err)
	if version == 1 {
		// Version 0 is an empty file. A database of somebody else is left alone.
		if err := s.mustBeEmpty(); err != nil {
			return err
		}
		for _, sql := range nativeSchema {
			if err := s.db.Exec(sql); err != nil {
				return err
			}
		}
	}
	for _, sql := range records.Migration(version) {
		if err := s.db.Exec(sql); err != nil {
			return err
		}
	}
	return s.db.Exec(fmt.Sprintf("PRAGMA user_version=%d", version))
}

func (s *Store) mustBeEmpty() error {
	st, _, err := s.db.Prepare("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	defer st.Close()
	if st.Step() && st.ColumnInt(0) > 0 {
		return fmt.Errorf("store: %w: %s holds tables that are not of cloudflare-chat; choose another data directory", ErrCorrupt, s.path)
	}
	return st.Err()
}
