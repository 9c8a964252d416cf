package wire

import (
	"bytes"
	"errors"
	"math"
	"math/bits"
	"strconv"
)

// ErrBroken is the answer to bytes that are no whole JSON value of the expected shape: cut short, HTML, empty.
var ErrBroken = errors.New("wire: broken or truncated JSON")

// A scanner walks JSON once. Each read method consumes exactly one value, whatever its type; on a syntax error it
// sets bad, and from then on every method is a no-op that gives zero values, so a walk needs one check at its end.
//
// Commas are stepped over like blanks: what counts is never to lose a field and never to read past the end, not
// to be a validator.
type scanner struct {
	b   []byte
	i   int
	bad bool
	odd int // values of an unexpected type, read as zero

	// ids are some that were read before: in a list of channels most fields repeat those of the others. nil where no list is read.
	ids *[64]Snowflake
}

// peek steps over blanks and gives the first byte of the next value, or 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c > ' ' {
			return c
		}
		s.i++
	}
	return 0
}

// fail makes the rest of the walk a no-op.
func (s *scanner) fail() {
	s.bad = true
	s.i = len(s.b)
}

// between steps over blanks and commas up to the next item, key or closing bracket.
func (s *scanner) between() byte {
	for s.i < len(s.b) {
		c := s.b[s.i]
		if c > ' ' && c != ',' {
			return c
		}
		s.i++
	}
	s.fail()
	return 0
}

// object enters an object. False: the value was something else and is consumed.
func (s *scanner) object() bool {
	if s.peek() == '{' {
		s.i++
		return true
	}
	s.other()
	return false
}

// key gives the next key inside an object, and false at its end. The slice is valid until the next call.
func (s *scanner) key() ([]byte, bool) {
	switch s.between() {
	case '"':
		start := s.i + 1
		escaped := s.skipString()
		if s.bad {
			return nil, false
		}
		name := s.b[start : s.i-1]
		if escaped {
			name = unescape(name)
		}
		if s.peek() != ':' {
			s.fail()
			return nil, false
		}
		s.i++
		return name, true
	case '}':
		s.i++
	default:
		s.fail()
	}
	return nil, false
}

// array enters an array. False: the value was something else and is consumed.
func (s *scanner) array() bool {
	if s.peek() == '[' {
		s.i++
		return true
	}
	s.other()
	return false
}

// item says whether the array has one more value, which the caller must consume.
func (s *scanner) item() bool {
	switch s.between() {
	case ']':
		s.i++
		return false
	case 0, '}', ':':
		s.fail()
		return false
	}
	return true
}

// other consumes a value of an unexpected type. null stands for "absent" and is not held against the sender.
func (s *scanner) other() {
	if s.peek() != 'n' {
		s.odd++
	}
	s.skip()
}

// skip consumes one value of any type.
func (s *scanner) skip() {
	switch s.peek() {
	case '"':
		s.skipString()
	case '{', '[':
		s.skipNested()
	default:
		s.scalar()
	}
}

// scalar consumes a number, true, false or null and gives its bytes.
func (s *scanner) scalar() []byte {
	start := s.i
	for s.i < len(s.b) && !delimiter[s.b[s.i]] {
		s.i++
	}
	if s.i == start {
		s.fail()
		return nil
	}
	return s.b[start:s.i]
}

// delimiter marks the bytes that end a scalar; special those that matter outside strings: 1 a quote, 2 an opening and 3 a closing bracket.
var delimiter, special = func() (d [256]bool, sp [256]uint8) {
	for c := 0; c <= ' '; c++ {
		d[c] = true
	}
	for _, c := range `,:"{}[]` {
		d[c] = true
	}
	sp['"'], sp['{'], sp['['], sp['}'], sp[']'] = 1, 2, 2, 3, 3
	return d, sp
}()

// skipNested consumes an object or array without looking inside beyond strings and brackets. It does not recurse,
// so depth costs nothing. Eight bytes are looked at in one step: without brackets and backslashes it only counts
// whether their quotes leave us inside a string. In WASM a call costs as much as all that: so it makes none.
func (s *scanner) skipNested() {
	// A byte is zero where its highest bit is set in ^((x&lows + lows) | x | lows).
	const ones, lows = 0x0101010101010101, 0x7f7f7f7f7f7f7f7f
	b, i, depth, inside := s.b, s.i, 0, false
	for i < len(b) {
		until := i + 8
		if until <= len(b) {
			w := b[i:until:until]
			word := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
				uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
			quote, slash := word^ones*'"', word^ones*'\\'
			opening, closing := word|ones*' '^ones*'{', word|ones*' '^ones*'}' // [ and ] differ by the bit of a blank
			quotes := ^((quote&lows + lows) | quote | lows)
			others := ^((slash&lows + lows) | slash | lows) | ^((opening&lows + lows) | opening | lows) | ^((closing&lows + lows) | closing | lows)
			if others == 0 {
				inside = inside != (bits.OnesCount64(quotes)&1 != 0)
				i = until
				continue
			}
		} else {
			until = len(b)
		}
		for i < until {
			c := special[b[i]]
			switch {
			case c == 1:
				inside = !inside
			case inside:
				if b[i] == '\\' {
					i++
				}
			case c == 2:
				depth++
			case c == 3:
				if depth--; depth == 0 {
					s.i = i + 1
					return
				}
			}
			i++
		}
	}
	s.fail()
}

// stringEnd gives what follows a string of which the first byte is b[i], and whether an escape is in it; more than
// len(b) where it does not end. Eight bytes are looked at in one step, since most bytes of a payload are inside
// strings. In WASM a call costs as much as a short string: so it makes none.
func stringEnd(b []byte, i int) (end int, escaped bool) {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for i < len(b) {
		if i+8 <= len(b) {
			w := b[i : i+8 : i+8]
			word := uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 |
				uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
			quote, slash := word^(ones*'"'), word^(ones*'\\')
			// The lowest bit that is set tells of the first quote or backslash.
			hit := ((quote - ones) &^ quote & highs) | ((slash - ones) &^ slash & highs)
			i += bits.TrailingZeros64(hit) >> 3
			if hit == 0 {
				continue
			}
		}
		switch b[i] {
		case '"':
			return i + 1, escaped
		case '\\':
			escaped = true
			i++
		}
		i++
	}
	return len(b) + 1, escaped
}

// skipString consumes a string and says whether it holds an escape.
func (s *scanner) skipString() (escaped bool) {
	end, escaped := stringEnd(s.b, s.i+1)
	if end > len(s.b) {
		s.fail()
		return escaped
	}
	s.i = end
	return escaped
}

// text reads a string; null and other types give "".
func (s *scanner) text() string {
	if s.peek() != '"' {
		s.other()
		return ""
	}
	start := s.i + 1
	escaped := s.skipString()
	if s.bad {
		return ""
	}
	return decodeText(s.b[start:s.i-1], escaped)
}

// word reads a string that is compared and not kept: its bytes as they stand.
func (s *scanner) word() []byte {
	if s.peek() != '"' {
		s.other()
		return nil
	}
	start := s.i + 1
	s.skipString()
	if s.bad {
		return nil
	}
	return s.b[start : s.i-1]
}

// textOrNumber reads a nonce or an option's value, which may be either; true and false are given as such words.
func (s *scanner) textOrNumber() string {
	switch c := s.peek(); {
	case c == '"':
		return s.text()
	case c == '-' || c >= '0' && c <= '9' || c == 't' || c == 'f':
		return string(s.scalar())
	}
	s.other()
	return ""
}

// id reads a snowflake. Discord sends strings; a bare number is taken too. Anything that is no number is no id.
func (s *scanner) id() Snowflake {
	switch c := s.peek(); {
	case c == '"':
		if id := s.usualID(); id != "" {
			return id
		}
		id := Snowflake(s.text())
		if id != "" && !id.Valid() {
			s.odd++
			return ""
		}
		return id
	case c >= '0' && c <= '9':
		id := Snowflake(s.scalar())
		if !id.Valid() {
			s.odd++
			return ""
		}
		return id
	}
	s.other()
	return ""
}

// usualID reads an id as Discord writes them, of so many digits that its size needs no check. Where it is none, nothing is consumed.
func (s *scanner) usualID() Snowflake {
	b, start := s.b, s.i+1
	i := start
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	n := i - start
	if n < 2 || n > 19 || i >= len(b) || b[i] != '"' || b[start] == '0' {
		return ""
	}
	raw := b[start:i]
	s.i = i + 1
	if s.ids == nil {
		return Snowflake(raw)
	}
	slot := &s.ids[(raw[n-1]+raw[n-2]*3+raw[0]*5+uint8(n)*7)%uint8(len(s.ids))]
	if string(*slot) != string(raw) {
		*slot = Snowflake(raw)
	}
	return *slot
}

// idList reads an array of snowflakes; items that are none are left out.
func (s *scanner) idList() []Snowflake {
	var out []Snowflake
	if !s.array() {
		return nil
	}
	for s.item() {
		if id := s.id(); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// number reads an integer; a fraction is cut off, and what does not fit is 0.
func (s *scanner) number() int64 {
	c := s.peek()
	if c != '-' && (c < '0' || c > '9') {
		s.other()
		return 0
	}
	raw := s.scalar()
	var n int64
	negative := false
	for i, c := range raw {
		switch {
		case i == 0 && c == '-':
			negative = true
		case c >= '0' && c <= '9' && n < (math.MaxInt64-9)/10:
			n = n*10 + int64(c-'0')
		default:
			return s.fraction(raw)
		}
	}
	if negative {
		n = -n
	}
	return n
}

func (s *scanner) fraction(raw []byte) int64 {
	f, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.IsNaN(f) || f > 1<<53 || f < -(1<<53) {
		s.odd++
		return 0
	}
	return int64(f)
}

// seconds reads a number of seconds, or a string that holds one, as milliseconds rounded up.
func (s *scanner) seconds() (ms int64, ok bool) {
	var raw string
	switch c := s.peek(); {
	case c == '"':
		raw = s.text()
	case c == '-' || c >= '0' && c <= '9':
		raw = string(s.scalar())
	default:
		s.other()
		return 0, false
	}
	ms, ok = ParseSecondsMs(raw)
	if !ok {
		s.odd++
	}
	return ms, ok
}

// boolean reads true or false.
func (s *scanner) boolean() bool {
	switch s.peek() {
	case 't', 'f':
		return bytes.Equal(s.scalar(), []byte("true"))
	}
	s.other()
	return false
}

// present consumes a value and says whether it was more than null, false, "", {} or [].
func (s *scanner) present() bool {
	switch s.peek() {
	case 'n', 'f':
		s.skip()
		return false
	}
	start := s.i
	s.skip()
	return !s.bad && s.i-start > 2
}

// MaxSecondsMs bounds every wait that Discord can impose: a day. A longer or absurd value is taken as a day.
const MaxSecondsMs = 24 * 60 * 60 * 1000

// ParseSecondsMs reads a count of seconds with a fraction, as rate-limit headers and bodies carry it, and gives
// milliseconds rounded up, at most MaxSecondsMs. False for what is no number or negative. Fractions matter: a
// client that cuts 0.9 s to 0 sends at once into the next 429.
func ParseSecondsMs(text string) (ms int64, ok bool) {
	f, err := strconv.ParseFloat(text, 64)
	if (err != nil && !math.IsInf(f, 1)) || math.IsNaN(f) || f < 0 {
		return 0, false
	}
	if f > MaxSecondsMs/1000 {
		return MaxSecondsMs, true
	}
	// Multiplying first would turn 0.1+0.2-like values into one millisecond more than was meant.
	return int64(math.Ceil(f*1000 - 1e-6)), true
}
