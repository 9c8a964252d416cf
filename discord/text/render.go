package text

import (
	"strings"
	"unicode/utf8"
)

// A style is a set of marks. Their order is the order in which they nest, from the outside in.
type style uint8

const (
	spoiler style = 1 << iota
	struck
	underlined
	bold
	italic
)

var marks = [...]struct {
	bit  style
	mark string
}{{spoiler, "||"}, {struck, "~~"}, {underlined, "__"}, {bold, "**"}, {italic, "*"}}

// What a renderer keeps free below its limit: the marks to close, a block's end, the ellipsis.
const (
	reserveUnits = 24
	beginUnits   = 16 // and for a line break, a quote's prefix and the marks to open
)

// A renderer writes styled text as the small markup in its canonical form: a mark is opened only before something
// visible and closed right behind it, on the same line.
type renderer struct {
	out   strings.Builder
	units int
	limit int
	full  bool // the limit was met: nothing more is taken

	open   style
	blanks []byte // met, and not yet written
	quote  bool   // lines begin with "> "
	inLine bool   // the line holds something
	brk    bool   // whatever comes next begins a line
	linked bool   // a link was written, and since then only punctuation
	last   byte   // the last byte written; 0 after a link or a line break
	code   bool   // last is a code's end
	star   bool   // last is the end of bold or italic
}

func (r *renderer) put(s string) {
	r.out.WriteString(s)
	r.units += Units(s)
	r.last = s[len(s)-1]
	r.code, r.star = false, false
}

// text writes s, in which nothing is markup. An address in it is a link all the same: a client would take it for one.
func (r *renderer) text(st style, s string) {
	for len(s) > 0 && !r.full {
		if r.plain(st) {
			if n := plainRun(s[:min(len(s), max(r.limit-reserveUnits-r.units, 0))]); n > 0 {
				r.out.WriteString(s[:n])
				r.units += n
				r.last, r.code, r.star = s[n-1], false, false
				s = s[n:]
				continue
			}
		}
		c, size := utf8.DecodeRuneInString(s)
		switch {
		case c == 'h' && linkEnd(s, 0) > 0:
			size = linkEnd(s, 0)
			r.link(s[:size])
		case c == '\n':
			r.newline()
		case isSpace(c):
			r.blanks = append(r.blanks, s[:size]...)
		default:
			size = clusterLen(s)
			if gap := strings.IndexFunc(s[:size], isSpace); gap > 0 {
				size = gap // a few characters draw what follows into their grapheme, even a blank (UAX #29, GB9b)
			}
			if size > maxGraphemeUnits && Units(s[:size]) > maxGraphemeUnits {
				size = len(cutRunes(s[:size], maxGraphemeUnits))
			}
			if size > 1 && c < utf8.RuneSelf {
				c = utf8.RuneError // punctuation with a mark on it is none
			}
			if r.begin(st, c) {
				r.cluster(s[:size], s[size:])
			}
		}
		s = s[size:]
	}
}

// plain reports that a letter in the style st would be written as it is.
func (r *renderer) plain(st style) bool {
	return r.inLine && r.open == st && len(r.blanks) == 0 && !r.brk && !r.linked
}

// plainRun counts the letters and digits that s begins with, each a grapheme of its own, and none the start of a link.
func plainRun(s string) int {
	n := 0
	for n < len(s) && s[n] != 'h' && letterOrDigit(rune(s[n])) {
		n++
	}
	if n == len(s) || s[n] >= utf8.RuneSelf {
		n-- // it may belong to the next character
	}
	return n
}

// cluster writes one grapheme, escaped; rest is what follows it in the same run.
func (r *renderer) cluster(s, rest string) {
	if r.units+2*Units(s) > r.limit-reserveUnits {
		r.full = true
		return
	}
	for i, c := range s {
		size := utf8.RuneLen(c)
		if c < utf8.RuneSelf && r.special(byte(c), s[i+size:]+firstByte(rest)) {
			r.put(`\`)
		}
		r.put(s[i : i+size])
	}
	r.inLine = true
}

func firstByte(s string) string { return s[:min(len(s), 1)] }

// special reports whether c would be markup here, with next behind it.
func (r *renderer) special(c byte, next string) bool {
	switch c {
	case '\\', '*', '`':
		return true
	case '>':
		return !r.inLine
	case ':': // an address that the agent kept from being a link
		return !r.linked && (next == "" || next == "/") && (strings.HasSuffix(r.out.String(), "http") || strings.HasSuffix(r.out.String(), "https"))
	case '_', '~', '|':
		// Inside marks a blank behind it may turn out to be the end, and the closing mark to stand beside it.
		return next == "" || isMark(next[0]) || isMark(r.last) || r.open != 0 && !letterOrDigit(rune(next[0]))
	}
	return false
}

func isMark(c byte) bool {
	return c == '*' || c == '_' || c == '~' || c == '|' || c == '\\' || c == '`'
}

// begin makes ready for something visible that starts with c.
func (r *renderer) begin(st style, c rune) bool {
	if r.full || r.units > r.limit-reserveUnits-beginUnits-len(r.blanks) {
		r.full = true
		return false
	}
	if r.brk {
		r.newline()
	}
	if !r.inLine {
		r.prefix()
	}
	if st&bold != 0 {
		st &^= italic
	}
	from := r.differ(st)
	r.close(from)
	if r.linked && len(r.blanks) == 0 {
		if !strings.ContainsRune(`.,:;!?)'"`, c) {
			r.blanks = append(r.blanks, ' ')
		}
	}
	if len(r.blanks) > 0 {
		r.put(string(r.blanks))
		r.blanks = r.blanks[:0]
		r.linked = false
	}
	if r.linked {
		return true // punctuation behind a link stays without a mark
	}
	for _, m := range marks[from:] {
		if r.star && m.bit&(bold|italic) != 0 {
			continue // * never stands beside **
		}
		if st&m.bit != 0 {
			r.put(m.mark)
			r.open |= m.bit
		}
	}
	return true
}

// differ gives the outermost mark in which the open style and st differ.
func (r *renderer) differ(st style) int {
	for i, m := range marks {
		if (r.open^st)&m.bit != 0 {
			return i
		}
	}
	return len(marks)
}

// close closes the open marks from the given one inwards.
func (r *renderer) close(from int) {
	for i := len(marks) - 1; i >= from; i-- {
		if r.open&marks[i].bit != 0 {
			r.put(marks[i].mark)
			r.open &^= marks[i].bit
			r.star = marks[i].bit&(bold|italic) != 0
		}
	}
}

// prefix begins a line.
func (r *renderer) prefix() {
	if r.quote {
		r.put("> ")
		r.last = 0
	}
}

// newline ends the line.
func (r *renderer) newline() {
	r.close(0)
	r.blanks = r.blanks[:0]
	if !r.inLine && !r.brk {
		r.prefix()
	}
	r.put("\n")
	r.last = 0
	r.inLine, r.brk, r.linked = false, false, false
	if r.units > r.limit-reserveUnits-beginUnits {
		r.full = true
	}
}

// line makes whatever comes next begin a line.
func (r *renderer) line() {
	r.close(0)
	r.blanks = r.blanks[:0]
	r.brk = r.brk || r.inLine
}

// link writes an http(s) link, bare and outside every mark.
func (r *renderer) link(url string) {
	if !r.begin(0, 'h') {
		return
	}
	if r.units+Units(url) > r.limit-reserveUnits {
		r.full = true
		return
	}
	r.put(url)
	r.last = 0
	r.inLine, r.linked = true, true
}

// codeSpan writes code inside a line. What holds a backtick is written as text.
func (r *renderer) codeSpan(st style, s string) {
	if strings.IndexByte(s, '`') >= 0 || blank(s) {
		r.text(st, s)
		return
	}
	if r.code && len(r.blanks) == 0 && !r.brk {
		r.blanks = append(r.blanks, ' ')
	}
	if !r.begin(st, '`') {
		return
	}
	r.put("`")
	if s = strings.ReplaceAll(s, "\n", " "); r.units+Units(s) > r.limit-reserveUnits {
		s = cut(s, r.limit-reserveUnits-r.units)
		r.full = true
	}
	if s != "" {
		r.put(s)
	}
	r.put("`")
	r.code = true
	r.inLine = true
}

// block writes a code block on lines of its own, and in a quote as one code a line.
func (r *renderer) block(s string) {
	r.line()
	if r.quote {
		for l := range strings.SplitSeq(s, "\n") {
			r.codeSpan(0, l)
			r.line()
		}
		return
	}
	if !r.begin(0, '`') {
		return
	}
	r.put("```\n")
	if r.units+Units(s) > r.limit-reserveUnits {
		s = cut(s, r.limit-reserveUnits-r.units)
		r.full = true
	}
	if s != "" {
		r.put(s)
	}
	r.put("\n```")
	r.inLine, r.brk = true, true
}

// end gives what was written.
func (r *renderer) end() string {
	r.close(0)
	s := r.out.String()
	for {
		s = strings.TrimRightFunc(s, isSpace)
		rest, quoted := strings.CutSuffix(s, ">")
		if !quoted || rest != "" && !strings.HasSuffix(rest, "\n") {
			break
		}
		s = rest // an empty last line of a quote
	}
	if !r.full {
		return s
	}
	if strings.HasSuffix(s, "```") {
		return s + "\n…"
	}
	return s + "…"
}
