package edge

import (
	"encoding/binary"
	"errors"
	"math"
)

// ErrTruncated says that bytes end before what they announce.
var ErrTruncated = errors.New("edge: the bytes end too early")

// ErrUnknown says that bytes name an event or effect that this release lacks.
var ErrUnknown = errors.New("edge: unknown event or effect")

// writer writes what [reader] reads. What has no structure is written by it too,
// through functions that append: put and its like.
type writer struct{ b []byte }

func (w *writer) byte(v byte) { w.b = append(w.b, v) }

//go:noinline
func (w *writer) uint(v uint64) { w.b = binary.AppendUvarint(w.b, v) }

//go:noinline
func (w *writer) int(v int64) { w.b = binary.AppendVarint(w.b, v) }

//go:noinline
func (w *writer) bool(v bool) { w.b = putBool(w.b, v) }

func (w *writer) float(v float64) {
	w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
}

func (w *writer) raw(v []byte) { w.b = append(w.b, v...) }

//go:noinline
func (w *writer) string(v string) { w.b = putString(w.b, v) }

//go:noinline
func (w *writer) bytes(v []byte) { w.b = putBytes(w.b, v) }

// prefix leaves room for the length of what follows, and says where; measure
// fills it in.
func (w *writer) prefix() (at int) {
	at = len(w.b)
	w.b = append(w.b, 0, 0, 0, 0)
	return at
}

func (w *writer) measure(at int) {
	binary.LittleEndian.PutUint32(w.b[at:], uint32(len(w.b)-at-4))
}

//go:noinline
func putUint(b []byte, v uint64) []byte { return binary.AppendUvarint(b, v) }

//go:noinline
func putBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

//go:noinline
func putString(b []byte, v string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

//go:noinline
func putBytes(b, v []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(v))), v...)
}

// reader reads what the put functions wrote. After the first error it gives
// zero values.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail() {
	if r.err == nil {
		r.err = ErrTruncated
	}
	r.b = nil
}

//go:noinline
func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

//go:noinline
func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

//go:noinline
func (r *reader) bool() bool { return r.byte() != 0 }

//go:noinline
func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) float() float64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(r.b))
	r.b = r.b[8:]
	return v
}

//go:noinline
func (r *reader) take() []byte {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

//go:noinline
func (r *reader) string() string { return string(r.take()) }

// bytes copies: what it read from may be used again.
func (r *reader) bytes() []byte {
	v := r.take()
	if len(v) == 0 {
		return nil
	}
	return append([]byte(nil), v...)
}

func (r *reader) fill(to []byte) {
	if len(r.b) < len(to) {
		r.fail()
		return
	}
	copy(to, r.b)
	r.b = r.b[len(to):]
}

// count reads a length and bounds it by what could follow, so that a wrong one
// cannot ask for memory.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.fail()
		return 0
	}
	return int(n)
}

// inner reads what has its length before it; join says how that went.
func (r *reader) inner() *reader {
	if len(r.b) < 4 {
		r.fail()
		return &reader{err: ErrTruncated}
	}
	n := binary.LittleEndian.Uint32(r.b)
	if uint64(n) > uint64(len(r.b)-4) {
		r.fail()
		return &reader{err: ErrTruncated}
	}
	in := &reader{b: r.b[4 : 4+n]}
	r.b = r.b[4+n:]
	return in
}

func (r *reader) join(in *reader) {
	if in.err != nil && r.err == nil {
		r.err, r.b = in.err, nil
	}
}
