package store_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// version1 is the first version of the schema, as the first releases wrote it.
func version1(t *testing.T) []string {
	t.Helper()
	b, err := os.ReadFile("testdata/version1.sql")
	must(t, err)
	return strings.Split(strings.TrimSuffix(strings.TrimSpace(string(b)), ";"), ";\n")
}

// A version that was released is what it was.
func TestTheFirstVersionStays(t *testing.T) {
	if got, want := records.Migration(1), version1(t); !reflect.DeepEqual(got, want) {
		t.Errorf("version 1 is now\n%s", strings.Join(got, "\n"))
	}
}

// TestAnOlderDatabaseIsBroughtUpToDate holds that what an earlier release wrote is
// there after the first start of this one, and takes what is new.
func TestAnOlderDatabaseIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	db, err := sqlite3.Open(path)
	must(t, err)
	for _, sql := range append(version1(t),
		"CREATE TABLE actor (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL, wake_at_ms INTEGER NOT NULL DEFAULT 0) STRICT",
		"INSERT INTO actor (id, kind, key) VALUES (1, 1, 'a')",
		"INSERT INTO session (id, name, alerted_seq) VALUES (1 << 28, 'Ann', 7)",
		"INSERT INTO message (id, sender, at_ms, body) VALUES ((1 << 28) + 1, 1, 5, 'hello')",
		"PRAGMA user_version=1") {
		if err := db.Exec(sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	must(t, db.Close())

	s := open(t, path, store.Options{})
	if v, err := s.SchemaVersion(); v != records.SchemaVersion || err != nil {
		t.Errorf("version %d, %v", v, err)
	}
	got, err := s.Load(session("a"), tails)
	must(t, err)
	if !reflect.DeepEqual(bodies(got.Rows), []string{"hello"}) {
		t.Errorf("it holds %q", bodies(got.Rows))
	}
	for _, row := range got.Rows {
		if row.Table != records.TableSession {
			continue
		}
		rec := records.SessionOf(row)
		if rec.Name != "Ann" || rec.AlertedSeq != 7 || rec.Attributes != "" {
			t.Errorf("%+v", rec)
		}
		rec.Attributes = "plan = gold"
		must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{rec.Row()}}}))
	}
	got, err = s.Load(session("a"), tails)
	must(t, err)
	if rec := records.SessionOf(got.Rows[0]); rec.Attributes != "plan = gold" {
		t.Errorf("%+v", rec)
	}
}
