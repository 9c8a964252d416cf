package text

import (
	"strings"
	"unicode/utf8"
)

// Escape gives s as Discord must be told it, so that it reads as it was typed. See the package comment for what is
// escaped and why.
func Escape(s string) string {
	s = Clean(s)
	if !needsEscape(s) {
		return s
	}
	e := escaper{src: s, linkUnits: maxLinkUnits}
	e.out.Grow(len(s) + len(s)/8 + 8)
	e.newLine(0)
	for e.at < len(s) {
		e.step()
	}
	return e.out.String()
}

// needsEscape is the quick answer for most of what people type: letters of any script and plain punctuation.
func needsEscape(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\', '*', '_', '~', '|', '`', '<', '>', '[', ']', '#', '-', '+', '@', ':', '.':
			return true
		}
	}
	return false
}

// An escaper walks cleaned text, one atom at a time: a link or a grapheme. What must be escaped depends on what
// stands before in the line; a walk that starts in the middle of a text starts a line there, because a post does.
type escaper struct {
	src       string
	at        int // the next byte to read
	out       strings.Builder
	units     int  // written so far
	linkUnits int  // a longer link is text; 0: no link at all
	fold      bool // the text stands inside a header line: no line start, and brackets are escaped too

	visible int  // where the first visible character of the line stands; -1: not met yet
	noLink  int  // up to here stands an address that is too long to be a link
	pieces  int  // up to here stands a grapheme that is too long to keep in one piece
	number  bool // the line so far is blanks and then digits only
	bracket bool // the last visible character was ]
}

func (e *escaper) newLine(at int) {
	e.at = at
	e.visible = -1
	e.number = false
	e.bracket = false
	if e.fold {
		e.visible = 0
	}
}

// step writes one atom.
func (e *escaper) step() {
	if e.src[e.at] == 'h' && e.linkUnits > 0 && e.at >= e.noLink && e.link() {
		return
	}
	if e.at >= e.pieces {
		n := clusterLen(e.src[e.at:])
		if n <= maxGraphemeUnits || Units(e.src[e.at:e.at+n]) <= maxGraphemeUnits {
			e.runes(n)
			return
		}
		e.pieces = e.at + n // asked once: a thousand marks must not be looked through a thousand times
	}
	_, n := utf8.DecodeRuneInString(e.src[e.at:])
	e.runes(n)
}

// runes writes the next n bytes.
func (e *escaper) runes(n int) {
	for end := e.at + n; e.at < end; {
		r, size := rune(e.src[e.at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(e.src[e.at:])
		}
		if r < utf8.RuneSelf && e.special(byte(r)) {
			e.out.WriteByte('\\')
			e.units++
		}
		e.out.WriteString(e.src[e.at : e.at+size])
		e.units += runeUnits(r)
		e.seen(r)
		e.at += size
	}
}

// seen keeps what the next characters' meaning depends on.
func (e *escaper) seen(r rune) {
	switch {
	case r == '\n':
		e.newLine(e.at)
	case isSpace(r) || invisible(r):
		// Discord strips some of these, so what they part may come together: they change nothing, except that a
		// number with a blank in it begins no list.
		e.number = e.number && e.visible < 0
	default:
		if e.visible < 0 {
			e.visible = e.at
			e.number = true
		}
		e.number = e.number && r >= '0' && r <= '9'
		e.bracket = r == ']'
	}
}

// special reports whether c, at e.at, must be escaped.
func (e *escaper) special(c byte) bool {
	rest := e.src[e.at+1:]
	switch c {
	case '\\', '*', '_', '~', '|', '`', '<', '[', ']':
		return true
	case '(':
		return e.fold || e.bracket
	case ')':
		return e.fold
	case '#', '>', '-', '+':
		return e.visible < 0
	case '.':
		return e.number && listGap(rest) || codedHost(e.src[:e.at])
	case ':':
		return strings.HasPrefix(rest, "//") || shortcode(rest) ||
			e.visible >= 0 && e.src[e.visible:e.at] == "Page"
	case '@':
		return hasFoldPrefix(rest, "everyone") || hasFoldPrefix(rest, "here")
	}
	return false
}

// link writes the link that begins here, if one does.
func (e *escaper) link() bool {
	end := linkEnd(e.src, e.at)
	if end == 0 {
		return false
	}
	units := Units(e.src[e.at:end]) + len("<>")
	if units > e.linkUnits {
		e.noLink = end
		return false
	}
	e.out.WriteByte('<')
	e.out.WriteString(e.src[e.at:end])
	e.out.WriteByte('>')
	e.units += units
	e.seen('h')
	e.at = end
	return true
}

// listGap reports whether "1." with rest behind it begins a list item.
func listGap(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || isSpace(r) || invisible(r)
}

// shortcode reports whether ":" with rest behind it is :name:, which Discord shows as an emoji even where a bot wrote it.
func shortcode(rest string) bool {
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		switch {
		case c == ':':
			return i > 0
		case c == '_', c == '-', c == '+', c == '~', c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
		default:
			return false
		}
	}
	return false
}

// codedHost reports whether the text so far ends in the name of a host whose invites Discord finds in plain text.
func codedHost(before string) bool {
	return hasFoldSuffix(before, "discord") || hasFoldSuffix(before, "discordapp")
}

func hasFoldPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func hasFoldSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}
