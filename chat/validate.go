package chat

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// cleanName takes away what could change how the text around a name reads
// (control, bidirectional and invisible characters) and folds spaces. What a
// person's name is made of stays.
func cleanName(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = b.Len() > 0
		case r == utf8.RuneError || unicode.IsControl(r) || invisible(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// invisible tells characters that show nothing or turn the direction of what
// follows. Joiners inside a word stay: Persian and emoji families need them.
func invisible(r rune) bool {
	switch {
	case r == 0x200C, r == 0x200D:
		return false
	case r >= 0xE0000 && r <= 0xE0FFF: // tags: flags of regions use them, names do not
		return true
	}
	return unicode.Is(unicode.Cf, r) || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0
}

// checkName gives the cleaned name, or false.
func checkName(s string) (string, bool) {
	if len(s) > 16*MaxNameGraphemes {
		return "", false
	}
	s = cleanName(s)
	if strings.Trim(s, "\u200c\u200d") == "" || uniseg.GraphemeClusterCount(s) > MaxNameGraphemes {
		return "", false
	}
	return s, true
}

// CheckEmail gives the trimmed address, or false. It is a pragmatic check of
// RFC 5321's form: one @, a local part of at most 64 bytes, a host with a dot.
func CheckEmail(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if len(s) > MaxEmailBytes || !utf8.ValidString(s) {
		return "", false
	}
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 {
		return "", false
	}
	local, host := s[:at], s[at+1:]
	for _, r := range local {
		if r <= ' ' || r == 0x7F || strings.ContainsRune("()<>[]:;,\\\"@", r) || unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r) {
			return "", false
		}
	}
	if strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", false
	}
	labels := strings.Split(host, ".")
	if len(labels) < 2 {
		return "", false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || strings.HasPrefix(l, "-") || strings.HasSuffix(l, "-") {
			return "", false
		}
		for _, r := range l {
			if r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
				return "", false
			}
		}
	}
	return s, true
}

// checkPage gives the page's path in one line, or false when it is too long.
func checkPage(s string) (string, bool) {
	if len(s) > MaxPageBytes {
		return "", false
	}
	return cleanName(s), true
}

// checkMessage tells with a code what is wrong with a text; "" is nothing. What
// can be seen is the desk's to say: of a text that it takes for empty it would
// make no post.
func checkMessage(desk Desk, s string) Code {
	if strings.TrimSpace(s) == "" || desk.Blank(s) {
		return CodeMessageEmpty
	}
	if len(s) > 3*MaxMessageUnits || utf16Units(s) > MaxMessageUnits {
		return CodeMessageTooLong
	}
	if len(s) > MaxMessageGraphemes && uniseg.GraphemeClusterCount(s) > MaxMessageGraphemes {
		return CodeMessageTooLong
	}
	return ""
}

func utf16Units(s string) (n int) {
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// checkID tells whether a client's message id has the form that the protocol
// asks for.
func checkID(s string) bool {
	if len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return true
}
