package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// unescape reads escaped text back, by the two rules of Discord that Escape leans on. The real judge is not ours
// (judge_test.go); this one is quick enough for a million random texts.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		switch {
		case s[i] == '\\' && i+1 < len(s) && !letterOrDigit(rune(s[i+1])) && !unicode.IsSpace(rune(s[i+1])):
			_, size := utf8.DecodeRuneInString(s[i+1:])
			b.WriteString(s[i+1 : i+1+size])
			i += 1 + size
			continue
		case strings.HasPrefix(s[i:], "<http"):
			if end := strings.IndexByte(s[i:], '>'); end > 0 {
				b.WriteString(s[i+1 : i+end])
				i += end + 1
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}
