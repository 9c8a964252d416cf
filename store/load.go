package store

import (
	"errors"

	"github.com/ncruces/go-sqlite3"

	"cloudflarechat/chat/records"
)

// Tail asks for the newest Limit rows of a table.
type Tail struct {
	Table records.Table
	Limit int
}

// Snapshot is what an actor is rebuilt from.
type Snapshot struct {
	// Rows are the tails asked for, each newest first.
	Rows []records.Row
	// WakeAtMs is its timer, Unix milliseconds; 0 is none.
	WakeAtMs int64
}

// Load reads what an actor is rebuilt from. An actor that nobody saved has an
// empty snapshot.
func (s *Store) Load(a Actor, tails []Tail) (snap Snapshot, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, wake, err := s.number(a, false)
	if err != nil || number == 0 {
		return snap, s.explain("loading", err)
	}
	snap.WakeAtMs = wake
	first, last := span(number)
	for _, t := range tails {
		if snap.Rows, err = s.rows(snap.Rows, number, t.Table, first, last, t.Limit); err != nil {
			return Snapshot{}, s.explain("loading", err)
		}
	}
	return snap, nil
}

// Range reads at most limit rows of an actor's table with keys below before,
// newest first; before 0 reads from the newest.
func (s *Store) Range(a Actor, table records.Table, before int64, limit int) (rows []records.Row, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	number, _, err := s.number(a, false)
	if err != nil || number == 0 || before < 0 {
		return nil, s.explain("reading", err)
	}
	first, last := span(number)
	if before > 0 && before < 1<<records.KeyBits {
		last = records.RowID(number, before) - 1
	}
	rows, err = s.rows(nil, number, table, first, last, limit)
	return rows, s.explain("reading", err)
}

// Find reads the messages of an actor that fit, newest first.
func (s *Store) Find(a Actor, f records.Find) (rows []records.Row, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { err = s.explain("looking messages up", err) }()
	number, _, err := s.number(a, false)
	if err != nil || number == 0 || f.Limit == 0 {
		return nil, err
	}
	st, err := s.stmt(findSQL)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Reset()) }()
	first, last := span(number)
	if f.Before > 0 && f.Before < 1<<records.KeyBits {
		last = records.RowID(number, f.Before) - 1
	}
	changed := int64(0)
	if f.Changed {
		changed = 1
	}
	if err := bind(st, first, last, changed, f.DeskID, f.ClientID, int64(f.Limit), f.After, f.UpTo); err != nil {
		return nil, err
	}
	for st.Step() {
		rows = append(rows, readRow(st, number, records.TableMessage))
	}
	return rows, st.Err()
}

var findSQL = records.FindSQL()

// rows appends the newest rows between two ids.
func (s *Store) rows(to []records.Row, number int64, table records.Table, first, last int64, limit int) (_ []records.Row, err error) {
	st, err := s.stmt(statements[table].tail)
	if err != nil {
		return to, err
	}
	defer func() { err = errors.Join(err, st.Reset()) }()
	if err := bind(st, first, last, int64(limit)); err != nil {
		return to, err
	}
	for st.Step() {
		to = append(to, readRow(st, number, table))
	}
	return to, st.Err()
}

// readRow reads the row that a statement stands on: id, then the columns.
func readRow(st *sqlite3.Stmt, number int64, table records.Table) records.Row {
	schema := records.SchemaOf(table)
	row := records.Row{Table: table, Key: st.ColumnInt64(0) - records.RowID(number, 0), Values: make([]records.Value, len(schema.Columns))}
	for i, c := range schema.Columns {
		if c.Kind == records.Text {
			row.Values[i].Text = st.ColumnText(i + 1)
		} else {
			row.Values[i].Int = st.ColumnInt64(i + 1)
		}
	}
	return row
}

// Wake is an actor and the time at which it wants to be woken.
type Wake struct {
	Actor Actor
	AtMs  int64
}

// Due gives at most limit actors whose timers have come, the earliest first.
func (s *Store) Due(nowMs int64, limit int) ([]Wake, error) {
	return s.wakes("SELECT kind, key, wake_at_ms FROM actor WHERE wake_at_ms > 0 AND wake_at_ms <= ? ORDER BY wake_at_ms LIMIT ?", nowMs, int64(limit))
}

// NextDue gives the time of the earliest timer later than afterMs; 0 is none.
func (s *Store) NextDue(afterMs int64) (int64, error) {
	w, err := s.wakes("SELECT kind, key, wake_at_ms FROM actor WHERE wake_at_ms > 0 AND wake_at_ms > ? ORDER BY wake_at_ms LIMIT 1", afterMs)
	if err != nil || len(w) == 0 {
		return 0, err
	}
	return w[0].AtMs, nil
}

func (s *Store) wakes(sql string, args ...any) (out []Wake, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { err = s.explain("looking for timers", err) }()
	st, err := s.stmt(sql)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Reset()) }()
	if err := bind(st, args...); err != nil {
		return nil, err
	}
	for st.Step() {
		out = append(out, Wake{Actor{uint8(st.ColumnInt(0)), st.ColumnText(1)}, st.ColumnInt64(2)})
	}
	return out, st.Err()
}

// Actors calls visit for each actor of a kind, in the order of their numbers,
// until it says false.
func (s *Store) Actors(kind uint8, visit func(key string, wakeAtMs int64) bool) error {
	const page = 500
	after := int64(0)
	for {
		keys, err := s.actorPage(kind, after, page)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if !visit(k.key, k.wakeAtMs) {
				return nil
			}
			after = k.number
		}
		if len(keys) < page {
			return nil
		}
	}
}

type actorRow struct {
	number   int64
	key      string
	wakeAtMs int64
}

func (s *Store) actorPage(kind uint8, after int64, limit int) (out []actorRow, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { err = s.explain("listing actors", err) }()
	st, err := s.stmt("SELECT id, key, wake_at_ms FROM actor WHERE kind = ? AND id > ? ORDER BY id LIMIT ?")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Reset()) }()
	if err := bind(st, int64(kind), after, int64(limit)); err != nil {
		return nil, err
	}
	for st.Step() {
		out = append(out, actorRow{st.ColumnInt64(0), st.ColumnText(1), st.ColumnInt64(2)})
	}
	return out, st.Err()
}
