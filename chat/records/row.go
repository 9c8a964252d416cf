package records

import "strconv"

// KeyBits is how many of a row id's low bits hold the actor's own key. An actor
// holds at most 2^28 rows of a table.
const KeyBits = 28

// RowID is the INTEGER PRIMARY KEY of an actor's row: the actor's number
// above, the key inside the actor below. In a Durable Object actor is 0.
func RowID(actor, key int64) int64 {
	if key < 0 || key >= 1<<KeyBits || actor < 0 {
		panic("records: key " + strconv.FormatInt(key, 10) + " of actor " + strconv.FormatInt(actor, 10) + " is out of range")
	}
	return actor<<KeyBits | key
}

// Kind is the kind of a column.
type Kind uint8

const (
	// Integer columns hold 64 bits; at the edge only values below 2^53 are
	// stored (times, counters, flags).
	Integer Kind = iota
	// Text columns hold UTF-8 text, snowflakes included.
	Text
)

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and
// the code for it would be in the module all the same: what is behind an interface
// may be compared.
type unequal [0]func()

// Value is one column's value; the column's [Kind] says which field counts.
type Value struct {
	_    unequal
	Int  int64  `json:"i,omitempty"`
	Text string `json:"t,omitempty"`
}

// Row is one record on its way to or from disk.
type Row struct {
	Table Table `json:"table"`
	// Key is the key inside the actor; see [RowID].
	Key int64 `json:"key"`
	// Delete says that the row shall go; Values is empty then.
	Delete bool `json:"delete,omitempty"`
	// Values are in the order of the table's columns, the key left out.
	Values []Value `json:"values,omitempty"`
}

// Record is a typed record.
type Record interface {
	// Row is the record as a host stores it.
	Row() Row
}

func integer(v int64) Value { return Value{Int: v} }
func text(v string) Value   { return Value{Text: v} }
func flag(v bool) Value {
	if v {
		return Value{Int: 1}
	}
	return Value{}
}

// values reads a row's columns in order. Columns that a row lacks (an older
// database) read as zero.
type values struct {
	v []Value
}

func (r *values) next() Value {
	if len(r.v) == 0 {
		return Value{}
	}
	v := r.v[0]
	r.v = r.v[1:]
	return v
}
func (r *values) int() int64   { return r.next().Int }
func (r *values) text() string { return r.next().Text }
func (r *values) flag() bool   { return r.next().Int != 0 }
