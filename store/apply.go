package store

import (
	"errors"

	"cloudflarechat/chat/records"
)

// Actor names an actor: its kind and its key.
type Actor struct {
	Kind uint8
	Key  string
}

// Writes are what one step of one actor makes durable.
type Writes struct {
	Actor Actor
	// Rows are put or deleted, in order.
	Rows []records.Row
	// Erase deletes every row of the actor, its timer and the actor itself, before
	// Rows are put.
	Erase bool
	// SetTimer sets the timer to WakeAtMs, Unix milliseconds; 0 clears it.
	SetTimer bool
	WakeAtMs int64
}

// Apply makes the writes of many steps durable, in order, all or none. When it
// returns nil they are on disk.
func (s *Store) Apply(writes []Writes) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := 0
	defer func() {
		if err == nil {
			if s.opt.Wrote != nil && rows > 0 {
				s.opt.Wrote(rows)
			}
			return
		}
		// A number given in a transaction that failed is nobody's.
		for i := range writes {
			s.actors.forget(writes[i].Actor)
		}
		err = s.explain("saving", err)
	}()
	if err := s.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	for i := range writes {
		n, err := s.apply(&writes[i])
		rows += n
		if err != nil {
			return s.undo(err)
		}
	}
	if err := s.exec("COMMIT"); err != nil {
		return s.undo(err)
	}
	return nil
}

// undo takes a transaction back. SQLite has done so itself after some errors.
func (s *Store) undo(cause error) error {
	if !s.db.GetAutocommit() {
		if err := s.db.Exec("ROLLBACK"); err != nil {
			return errors.Join(cause, err)
		}
	}
	return cause
}

func (s *Store) apply(w *Writes) (rows int, err error) {
	number, wake, err := s.number(w.Actor, !w.Erase || len(w.Rows) > 0 || w.SetTimer && w.WakeAtMs != 0)
	if err != nil {
		return 0, err
	}
	if w.Erase && number != 0 {
		n, err := s.erase(number)
		rows += n
		if err != nil {
			return rows, err
		}
		s.actors.forget(w.Actor)
		number, wake = 0, 0
	}
	if number == 0 {
		if len(w.Rows) == 0 && (!w.SetTimer || w.WakeAtMs == 0) {
			return rows, nil
		}
		if number, wake, err = s.number(w.Actor, true); err != nil {
			return rows, err
		}
	}
	for i := range w.Rows {
		if err := s.put(number, &w.Rows[i]); err != nil {
			return rows, err
		}
		rows++
	}
	if w.SetTimer && w.WakeAtMs != wake {
		if err := s.exec("UPDATE actor SET wake_at_ms = ? WHERE id = ?", w.WakeAtMs, number); err != nil {
			return rows, err
		}
		s.actors.remember(w.Actor, actorEntry{number, w.WakeAtMs})
		rows++
	}
	return rows, nil
}

// erase deletes an actor and all that it holds.
func (s *Store) erase(number int64) (rows int, err error) {
	first, last := span(number)
	for i := range records.Tables {
		if err := s.exec(records.Tables[i].EraseSQL(), first, last); err != nil {
			return rows, err
		}
		rows += int(s.db.Changes())
	}
	return rows, s.exec("DELETE FROM actor WHERE id = ?", number)
}

// put writes or deletes one row.
func (s *Store) put(number int64, row *records.Row) error {
	schema := records.SchemaOf(row.Table)
	id := records.RowID(number, row.Key)
	if row.Delete {
		return s.exec(statements[row.Table].remove, id)
	}
	st, err := s.stmt(statements[row.Table].put)
	if err != nil {
		return err
	}
	if err := st.BindInt64(1, id); err != nil {
		return err
	}
	for i, c := range schema.Columns {
		v := row.Values[i]
		if c.Kind == records.Text {
			err = st.BindText(i+2, v.Text)
		} else {
			err = st.BindInt64(i+2, v.Int)
		}
		if err != nil {
			return err
		}
	}
	return st.Exec()
}

// number gives the number and the timer of an actor, and gives it one where it
// has none and create is set; 0 is none.
func (s *Store) number(a Actor, create bool) (number, wake int64, err error) {
	if e, ok := s.actors.get(a); ok {
		return e.number, e.wakeAtMs, nil
	}
	st, err := s.stmt("SELECT id, wake_at_ms FROM actor WHERE kind = ? AND key = ?")
	if err != nil {
		return 0, 0, err
	}
	if err := bind(st, int64(a.Kind), a.Key); err != nil {
		return 0, 0, err
	}
	found := st.Step()
	if found {
		number, wake = st.ColumnInt64(0), st.ColumnInt64(1)
	}
	if err := errors.Join(st.Err(), st.Reset()); err != nil {
		return 0, 0, err
	}
	if !found {
		if !create {
			return 0, 0, nil
		}
		if err := s.exec("INSERT INTO actor (kind, key) VALUES (?, ?)", int64(a.Kind), a.Key); err != nil {
			return 0, 0, err
		}
		number = s.db.LastInsertRowID()
	}
	s.actors.remember(a, actorEntry{number, wake})
	return number, wake, nil
}

// span is the first and the last key of an actor's rows.
func span(number int64) (first, last int64) {
	return records.RowID(number, 0), records.RowID(number, 1<<records.KeyBits-1)
}

// statements are the texts of each table's statements, made once.
var statements = func() map[records.Table]struct{ put, remove, tail string } {
	m := map[records.Table]struct{ put, remove, tail string }{}
	for i := range records.Tables {
		t := &records.Tables[i]
		m[t.Table] = struct{ put, remove, tail string }{t.PutSQL(), t.DeleteSQL(), t.RangeSQL()}
	}
	return m
}()

// actorEntry is what is known of an actor without asking the database.
type actorEntry struct{ number, wakeAtMs int64 }

// maxCachedActors bounds the numbers kept in memory; the rest are asked for.
const maxCachedActors = 50_000

// actorCache knows the numbers of some actors.
type actorCache struct{ m map[Actor]actorEntry }

func (c *actorCache) get(a Actor) (actorEntry, bool) {
	e, ok := c.m[a]
	return e, ok
}

func (c *actorCache) remember(a Actor, e actorEntry) {
	if c.m == nil {
		c.m = map[Actor]actorEntry{}
	}
	if len(c.m) >= maxCachedActors {
		for old := range c.m {
			delete(c.m, old)
			break
		}
	}
	c.m[a] = e
}

func (c *actorCache) forget(a Actor) { delete(c.m, a) }
