package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLinkUnits is the longest link that stays one. What is longer is shown as text, and may then be cut.
const maxLinkUnits = 1500

// linkEnd gives the end of the http(s) link that begins at s[i], or 0 where none does.
//
// The link ends before a blank, before what RFC 3986 allows in no URL, before invisible characters (which could
// make two links look alike) and before punctuation of East Asian scripts, which stands without a blank. Closing
// punctuation belongs to the sentence, and a closing bracket to the link only when it was opened inside.
// Only the lower-case scheme counts: Discord's pattern has no case folding.
func linkEnd(s string, i int) int {
	var start int
	switch {
	case strings.HasPrefix(s[i:], "https://"):
		start = i + len("https://")
	case strings.HasPrefix(s[i:], "http://"):
		start = i + len("http://")
	default:
		return 0
	}
	first, _ := utf8.DecodeRuneInString(s[start:])
	if first != '[' && !letterOrDigit(first) && first < 0xa1 {
		return 0
	}
	end := start
	for end < len(s) && !strings.HasPrefix(s[end:], "](") {
		n := clusterLen(s[end:]) // a link ends where a grapheme ends
		if strings.IndexFunc(s[end:end+n], linkStop) >= 0 {
			break
		}
		end += n
	}
	return trimLink(s, start, end)
}

func linkStop(r rune) bool {
	switch r {
	case '<', '>', '"', '\\', '^', '`', '{', '|', '}', utf8.RuneError:
		return true
	}
	if r < 0x80 {
		return r <= ' ' || r == 0x7f
	}
	switch { // East Asian punctuation, in its own block and in the full-width one
	case r >= 0x3001 && r <= 0x3003, r >= 0x3008 && r <= 0x301f, r >= 0xff01 && r <= 0xff0f, r >= 0xff1a && r <= 0xff20,
		r >= 0xff3b && r <= 0xff40, r >= 0xff5b && r <= 0xff65:
		return true
	}
	return isSpace(r) || invisible(r) || unicode.IsControl(r)
}

func trimLink(s string, start, end int) int {
	for end > start {
		switch c := s[end-1]; c {
		case '.', ',', ':', ';', '!', '?', '\'', '*', '_', '~', '(', '[':
			end--
			continue
		case ')', ']':
			open := byte('(')
			if c == ']' {
				open = '['
			}
			if strings.Count(s[start:end], string(open)) < strings.Count(s[start:end], string(c)) {
				end--
				continue
			}
		}
		break
	}
	if end == start {
		return 0
	}
	return end
}
