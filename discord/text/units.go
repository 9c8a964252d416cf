package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Limits of Discord, in UTF-16 code units.
const (
	// PostUnits is the longest content of a message (docs: resources/message, create-message).
	PostUnits = 2000
	// ThreadNameUnits is the longest name of a thread (docs: resources/channel, 1-100 characters).
	ThreadNameUnits = 100
)

// maxGraphemeUnits is the longest grapheme that is kept in one piece. Real ones (emoji families with skin tones,
// stacked marks of real scripts) stay below 40 units; what is longer is a game with combining marks.
const maxGraphemeUnits = 200

// Units counts the UTF-16 code units of s. A byte that is not UTF-8 counts one: it travels as U+FFFD.
func Units(s string) int {
	n := 0
	for _, r := range s {
		n += runeUnits(r)
	}
	return n
}

func runeUnits(r rune) int {
	if r >= 0x10000 {
		return 2
	}
	return 1
}

// Graphemes counts what a person would call the characters of s.
func Graphemes(s string) int {
	n := 0
	for s != "" {
		s = s[clusterLen(s):]
		n++
	}
	return n
}

// clusterLen gives the length in bytes of the first grapheme cluster of s, which is not empty.
// It is the only place that knows the library: between two ASCII characters there is always a boundary, except
// inside CR LF (UAX #29, GB3), and no table needs to be asked.
func clusterLen(s string) int {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf && s[0] != '\r') {
		return 1
	}
	cluster, _, _, _ := uniseg.FirstGraphemeClusterInString(s, -1)
	return len(cluster)
}

// Clean gives s as it can be sent and stored: valid UTF-8, lines that end in LF, and no control characters but tab.
// Vertical tab, form feed, NEL and the two Unicode separators end a line too (Unicode 5.8, newline guidelines):
// left alone, each would be a line start that looks like none. [Escape], [Split] and [Plain] clean by themselves.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		switch {
		case r == '\n':
			if i == 0 || s[i-1] != '\r' {
				b.WriteByte('\n')
			}
		case r == '\r', r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			b.WriteByte('\n')
		case r != '\t' && unicode.IsControl(r), nonCharacter(r):
		default:
			b.WriteRune(r) // U+FFFD for each byte that is not UTF-8
		}
	}
	return b.String()
}

func isClean(s string) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
				return false
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 || r < 0xa0 || r == 0x2028 || r == 0x2029 || nonCharacter(r) {
			return false
		}
		i += size
	}
	return true
}

// nonCharacter reports the code points that Unicode keeps out of interchange (23.7): nothing can show them.
func nonCharacter(r rune) bool {
	return r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef
}

// isSpace reports what JavaScript's \s matches, which is what Discord's patterns are written in.
func isSpace(r rune) bool {
	switch {
	case r == ' ', r >= '\t' && r <= '\r':
		return true
	case r < 0xa0:
		return false
	}
	return r == 0xa0 || r == 0x1680 || r >= 0x2000 && r <= 0x200a || r == 0x2028 || r == 0x2029 ||
		r == 0x202f || r == 0x205f || r == 0x3000 || r == 0xfeff
}

// invisible reports characters that leave no mark of their own: format characters (bidi controls, zero-width
// joiners, tags), and the letters that are drawn as nothing (Default_Ignorable_Code_Point of Unicode, and the
// Braille blank). Variation selectors are not among them: they choose between two visible forms.
func invisible(r rune) bool {
	if r < 0xad {
		return false
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180e, 0x2800, 0x3164, 0xffa0:
		return true
	}
	return unicode.Is(unicode.Cf, r) || r >= 0xe0000 && r <= 0xe00ff || r == 0x2065 || r >= 0xfff0 && r <= 0xfff8
}

// Blank reports that nothing of s can be seen once it is cleaned: [Parts] leaves it out.
func Blank(s string) bool { return blank(Clean(s)) }

// blank reports that nothing of s can be seen: Discord refuses such a message (code 50006).
func blank(s string) bool {
	for _, r := range s {
		if !isSpace(r) && !invisible(r) {
			return false
		}
	}
	return true
}

// cut gives the longest start of s that has at most limit units and ends at a grapheme's end.
func cut(s string, limit int) string {
	units := 0
	for i := 0; i < len(s); {
		n := clusterLen(s[i:])
		units += Units(s[i : i+n])
		if units > limit {
			if i == 0 {
				return cutRunes(s, limit) // one grapheme above the limit
			}
			return s[:i]
		}
		i += n
	}
	return s
}

func cutRunes(s string, limit int) string {
	units := 0
	for i, r := range s {
		if units += runeUnits(r); units > limit {
			return s[:i]
		}
	}
	return s
}

// ellipsis cuts s like [cut] and says so with "…" inside the limit.
func ellipsis(s string, limit int) string {
	if Units(s) <= limit {
		return s
	}
	return strings.TrimRight(strings.TrimRightFunc(cut(s, limit-1), isSpace), joiners) + "…"
}
