package sim

import (
	"cmp"
	"slices"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// disk is what survives a crash: the rows and the timer of each actor.
type disk struct {
	actors map[chat.Address]*shelf
	// order holds the addresses in the order of their first row, for a map has none.
	order []chat.Address
}

// shelf is what one actor has on disk.
type shelf struct {
	rows  map[rowKey]chat.Row
	timer chat.Time
	// silent: a session in which nobody had said a word was forgotten here.
	silent bool
}

type rowKey struct {
	table records.Table
	key   int64
}

func newDisk() *disk { return &disk{actors: map[chat.Address]*shelf{}} }

func (d *disk) of(a chat.Address) *shelf {
	if s := d.actors[a]; s != nil {
		return s
	}
	s := &shelf{rows: map[rowKey]chat.Row{}}
	d.actors[a] = s
	d.order = append(d.order, a)
	return s
}

// rowsOf gives the newest rows of a table, newest first; limit 0 is all.
func (s *shelf) rowsOf(t records.Table, limit int, below int64) []chat.Row {
	var list []chat.Row
	for k, r := range s.rows {
		if k.table == t && (below == 0 || k.key < below) {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b chat.Row) int { return cmp.Compare(b.Key, a.Key) })
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list
}

// find gives the messages that fit.
func (s *shelf) find(f records.Find) (list []chat.Row) {
	for _, r := range s.rowsOf(records.TableMessage, 0, f.Before) {
		if f.Fits(records.MessageOf(r)) && len(list) < f.Limit {
			list = append(list, r)
		}
	}
	return list
}

// tails gives what an actor is rebuilt from.
func (s *shelf) tails(tails []chat.Tail) (rows []chat.Row) {
	for _, t := range tails {
		rows = append(rows, s.rowsOf(t.Table, t.Limit, 0)...)
	}
	return rows
}

// writes are what a step wants durable.
type writes struct {
	to       chat.Address
	rows     []chat.Row
	erase    bool
	setTimer bool
	timer    chat.Time
}

func (w *writes) empty() bool { return len(w.rows) == 0 && !w.erase && !w.setTimer }

// apply makes the writes of a batch durable, together.
func (d *disk) apply(list []writes) {
	for _, w := range list {
		s := d.of(w.to)
		if w.erase {
			s.silent = s.silent || len(s.rowsOf(records.TableSession, 1, 0)) > 0 && len(s.rowsOf(records.TableMessage, 1, 0)) == 0
			s.rows, s.timer = map[rowKey]chat.Row{}, 0
		}
		for _, r := range w.rows {
			k := rowKey{r.Table, r.Key}
			if r.Delete {
				delete(s.rows, k)
			} else {
				s.rows[k] = r
			}
		}
		if w.setTimer {
			s.timer = w.timer
		}
	}
}
