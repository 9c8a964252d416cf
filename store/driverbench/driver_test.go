package driverbench

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	ncruces "github.com/ncruces/go-sqlite3"
	_ "modernc.org/sqlite"

	"cloudflarechat/chat/records"
)

const pragmas = `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;`

// peer is one way to the database: a group commit, and a tail.
type peer struct {
	name string
	open func(b *testing.B) (commit func(rows []records.Row) error, tail func(first, last int64, limit int) (int, error))
}

var peers = []peer{
	{"ncruces", openNcruces},
	{"modernc", openModernc},
}

func openNcruces(b *testing.B) (func([]records.Row) error, func(int64, int64, int) (int, error)) {
	db, err := ncruces.Open("file:" + filepath.Join(b.TempDir(), "n.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	schema := records.SchemaOf(records.TableMessage)
	if err := db.Exec(pragmas + schema.CreateSQL(records.SchemaVersion)); err != nil {
		b.Fatal(err)
	}
	stmt := func(q string) *ncruces.Stmt {
		s, _, err := db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
	begin, end, put, get := stmt("BEGIN IMMEDIATE"), stmt("COMMIT"), stmt(schema.PutSQL()), stmt(schema.RangeSQL())
	commit := func(rows []records.Row) error {
		if err := begin.Exec(); err != nil {
			return err
		}
		for _, r := range rows {
			if err := put.BindInt64(1, r.Key); err != nil {
				return err
			}
			for i, c := range schema.Columns {
				var err error
				if c.Kind == records.Text {
					err = put.BindText(i+2, r.Values[i].Text)
				} else {
					err = put.BindInt64(i+2, r.Values[i].Int)
				}
				if err != nil {
					return err
				}
			}
			if err := put.Exec(); err != nil {
				return err
			}
		}
		return end.Exec()
	}
	tail := func(first, last int64, limit int) (n int, err error) {
		get.BindInt64(1, first)
		get.BindInt64(2, last)
		get.BindInt64(3, int64(limit))
		defer get.Reset()
		for get.Step() {
			r := records.Row{Table: schema.Table, Key: get.ColumnInt64(0), Values: make([]records.Value, len(schema.Columns))}
			for i, c := range schema.Columns {
				if c.Kind == records.Text {
					r.Values[i].Text = get.ColumnText(i + 1)
				} else {
					r.Values[i].Int = get.ColumnInt64(i + 1)
				}
			}
			n++
		}
		return n, get.Err()
	}
	return commit, tail
}

func openModernc(b *testing.B) (func([]records.Row) error, func(int64, int64, int) (int, error)) {
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "m.db"))
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { db.Close() })
	schema := records.SchemaOf(records.TableMessage)
	if _, err := db.Exec(pragmas + schema.CreateSQL(records.SchemaVersion)); err != nil {
		b.Fatal(err)
	}
	stmt := func(q string) *sql.Stmt {
		s, err := db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
	put, get := stmt(schema.PutSQL()), stmt(schema.RangeSQL())
	commit := func(rows []records.Row) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		in := tx.Stmt(put)
		args := make([]any, 1+len(schema.Columns))
		for _, r := range rows {
			args[0] = r.Key
			for i, c := range schema.Columns {
				if c.Kind == records.Text {
					args[i+1] = r.Values[i].Text
				} else {
					args[i+1] = r.Values[i].Int
				}
			}
			if _, err := in.Exec(args...); err != nil {
				return err
			}
		}
		return tx.Commit()
	}
	tail := func(first, last int64, limit int) (n int, err error) {
		rows, err := get.Query(first, last, limit)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			r := records.Row{Table: schema.Table, Values: make([]records.Value, len(schema.Columns))}
			dest := []any{&r.Key}
			for i, c := range schema.Columns {
				if c.Kind == records.Text {
					dest = append(dest, &r.Values[i].Text)
				} else {
					dest = append(dest, &r.Values[i].Int)
				}
			}
			if err := rows.Scan(dest...); err != nil {
				return 0, err
			}
			n++
		}
		return n, rows.Err()
	}
	return commit, tail
}

func message(key int64) records.Row {
	m := records.Message{Seq: 1, Sender: 1, AtMs: 1790000000000, ClientID: "c0123456789abcdef", Author: "Ada",
		Body: "Hello, I have a question about my order, which did not arrive yet.", Page: "/pricing", State: 2}
	r := m.Row()
	r.Key = key
	return r
}

// BenchmarkCommit makes groups of rows durable.
func BenchmarkCommit(b *testing.B) {
	for _, size := range []int{1, 10, 100} {
		for _, p := range peers {
			b.Run(fmt.Sprintf("%d/%s", size, p.name), func(b *testing.B) {
				commit, _ := p.open(b)
				key := int64(1)
				b.ReportAllocs()
				for b.Loop() {
					rows := make([]records.Row, size)
					for i := range rows {
						rows[i] = message(key)
						key++
					}
					if err := commit(rows); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkTail reads the newest 200 rows of one actor among 100.
func BenchmarkTail(b *testing.B) {
	for _, p := range peers {
		b.Run(p.name, func(b *testing.B) {
			commit, tail := p.open(b)
			for a := range int64(100) {
				rows := make([]records.Row, 400)
				for i := range rows {
					rows[i] = message(records.RowID(a, int64(i)))
				}
				if err := commit(rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			a := int64(0)
			for b.Loop() {
				n, err := tail(records.RowID(a, 0), records.RowID(a, 1<<records.KeyBits-1), 200)
				if err != nil || n != 200 {
					b.Fatal(n, err)
				}
				a = (a + 1) % 100
			}
		})
	}
}
