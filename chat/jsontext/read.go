package jsontext

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep objects and lists may be nested.
const MaxDepth = 100

// Reader reads one JSON value. Each method takes one value off its front. A null
// reads as the zero value; a value of another kind than is asked for, or bytes
// that are no JSON, end the reading: what comes after is zero, and [Reader.OK] is
// false.
type Reader struct {
	b     []byte
	i     int
	depth int
	bad   bool
}

// Read reads b, which must not change meanwhile.
func Read(b []byte) *Reader { return &Reader{b: b} }

// OK tells, after the value was read, that it was one, whole and alone.
func (r *Reader) OK() bool {
	r.blanks()
	return !r.bad && r.i == len(r.b)
}

func (r *Reader) fail() {
	r.bad = true
	r.i = len(r.b)
}

func (r *Reader) blanks() {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r':
			r.i++
		default:
			return
		}
	}
}

// peek gives the first byte of what comes; 0 at the end.
func (r *Reader) peek() byte {
	r.blanks()
	if r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// word takes a literal such as null.
func (r *Reader) word(w string) bool {
	if r.peek() != w[0] || !bytes.HasPrefix(r.b[r.i:], []byte(w)) {
		return false
	}
	r.i += len(w)
	return true
}

// enter takes an opening bracket; false for null and for what is none.
func (r *Reader) enter(open byte) bool {
	if r.peek() != open {
		if !r.word("null") {
			r.fail()
		}
		return false
	}
	if r.depth++; r.depth > MaxDepth {
		r.fail()
		return false
	}
	r.i++
	return true
}

// next takes what stands between the values of an object or list; false at its
// end.
func (r *Reader) next(first bool, end byte) bool {
	switch c := r.peek(); {
	case c == end:
		r.i++
		r.depth--
		return false
	case first:
		return !r.bad
	case c == ',':
		r.i++
		if r.peek() != end {
			return true
		}
	}
	r.fail()
	return false
}

// Object reads an object: field is called for each name and takes the value.
func (r *Reader) Object(field func(name string)) {
	if !r.enter('{') {
		return
	}
	for first := true; r.next(first, '}'); first = false {
		if r.peek() != '"' {
			r.fail()
			return
		}
		name := r.Text()
		if r.peek() != ':' {
			r.fail()
			return
		}
		r.i++
		field(name)
		if r.bad {
			return
		}
	}
}

// List reads a list: item is called at each value and takes it.
func (r *Reader) List(item func()) {
	if !r.enter('[') {
		return
	}
	for first := true; r.next(first, ']'); first = false {
		item()
		if r.bad {
			return
		}
	}
}

// Text reads a text. Bytes that are no UTF-8, and halves of surrogate pairs,
// become U+FFFD.
func (r *Reader) Text() string {
	if r.peek() != '"' {
		if !r.word("null") {
			r.fail()
		}
		return ""
	}
	r.i++
	start, plain := r.i, true
	for r.i < len(r.b) {
		switch c := r.b[r.i]; {
		case c == '"':
			raw := r.b[start:r.i]
			r.i++
			if !plain {
				return r.unescape(raw)
			}
			if utf8.Valid(raw) {
				return string(raw)
			}
			return replaced(raw)
		case c == '\\':
			plain = false
			r.i += 2
		case c < ' ':
			r.fail()
			return ""
		default:
			r.i++
		}
	}
	r.fail()
	return ""
}

// replaced puts U+FFFD in the place of each byte that is no UTF-8.
func replaced(raw []byte) string {
	var out strings.Builder
	for _, c := range string(raw) {
		out.WriteRune(c)
	}
	return out.String()
}

func (r *Reader) unescape(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' {
			if c < utf8.RuneSelf {
				out = append(out, c)
				i++
				continue
			}
			v, n := utf8.DecodeRune(raw[i:])
			out = utf8.AppendRune(out, v)
			i += n
			continue
		}
		i += 2
		switch e := raw[i-1]; e {
		case '"', '\\', '/':
			out = append(out, e)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			v, ok := hex(raw[i:])
			if !ok {
				r.fail()
				return ""
			}
			i += 4
			if utf16.IsSurrogate(v) {
				second, ok := rune(0), false
				if len(raw) >= i+6 && raw[i] == '\\' && raw[i+1] == 'u' {
					second, ok = hex(raw[i+2:])
				}
				if v = utf16.DecodeRune(v, second); ok && v != utf8.RuneError {
					i += 6
				}
			}
			out = utf8.AppendRune(out, v)
		default:
			r.fail()
			return ""
		}
	}
	return string(out)
}

func hex(b []byte) (v rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

// number takes a number as it is written.
func (r *Reader) number() []byte {
	r.blanks()
	start := r.i
	digits := func() bool {
		from := r.i
		for r.i < len(r.b) && '0' <= r.b[r.i] && r.b[r.i] <= '9' {
			r.i++
		}
		return r.i > from
	}
	at := func(set string) bool {
		if r.i < len(r.b) && strings.IndexByte(set, r.b[r.i]) >= 0 {
			r.i++
			return true
		}
		return false
	}
	at("-")
	ok := at("0") || digits()
	if ok && at(".") {
		ok = digits()
	}
	if ok && at("eE") {
		at("+-")
		ok = digits()
	}
	if !ok {
		r.fail()
		return nil
	}
	return r.b[start:r.i]
}

// Int reads a whole number of 64 bits, written without fraction or exponent.
func (r *Reader) Int() int64 {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		if !r.word("null") {
			r.fail()
		}
		return 0
	}
	v, err := strconv.ParseInt(string(r.number()), 10, 64)
	if err != nil {
		r.fail()
		return 0
	}
	return v
}

// Bool reads true or false.
func (r *Reader) Bool() bool {
	switch {
	case r.word("true"):
		return true
	case r.word("false"), r.word("null"):
	default:
		r.fail()
	}
	return false
}

// Null takes a null, if that is what comes.
func (r *Reader) Null() bool { return r.word("null") }

// Skip passes over a value of any kind.
func (r *Reader) Skip() {
	switch c := r.peek(); {
	case c == '{':
		r.Object(func(string) { r.Skip() })
	case c == '[':
		r.List(r.Skip)
	case c == '"':
		_ = r.Text()
	case c == '-' || '0' <= c && c <= '9':
		r.number()
	case r.word("true"), r.word("false"), r.word("null"):
	default:
		r.fail()
	}
}

// Raw passes over a value and gives it as it is written.
func (r *Reader) Raw() []byte {
	r.blanks()
	start := r.i
	r.Skip()
	if r.bad {
		return nil
	}
	return r.b[start:r.i]
}
