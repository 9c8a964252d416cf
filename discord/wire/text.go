package wire

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decodeText copies the inside of a JSON string out of the input.
func decodeText(raw []byte, escaped bool) string {
	if escaped {
		raw = unescape(raw)
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	return strings.ToValidUTF8(string(raw), "\uFFFD")
}

// unescape resolves the escapes of RFC 8259. An escape that is none stands for the byte after the backslash, and a
// lone surrogate becomes U+FFFD: a strange message must still be shown.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for {
		slash := bytes.IndexByte(raw, '\\')
		if slash < 0 || slash+1 >= len(raw) {
			return append(out, raw...)
		}
		out = append(out, raw[:slash]...)
		c := raw[slash+1]
		raw = raw[slash+2:]
		switch c {
		case 'n':
			out = append(out, '\n')
		case 't':
			out = append(out, '\t')
		case 'r':
			out = append(out, '\r')
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'u':
			var r rune
			r, raw = unescapeRune(raw)
			out = utf8.AppendRune(out, r)
		default:
			out = append(out, c)
		}
	}
}

// unescapeRune reads the four hex digits after \u, and the second half of a surrogate pair where one follows.
func unescapeRune(raw []byte) (rune, []byte) {
	first, ok := hex4(raw)
	if !ok {
		return utf8.RuneError, raw
	}
	raw = raw[4:]
	if !utf16.IsSurrogate(first) {
		return first, raw
	}
	if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
		if second, ok := hex4(raw[2:]); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				return pair, raw[6:]
			}
		}
	}
	return utf8.RuneError, raw
}

func hex4(raw []byte) (rune, bool) {
	if len(raw) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range raw[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// AppendString appends text to dst as a JSON string. Control characters, the quote and the backslash are escaped;
// broken UTF-8 becomes U+FFFD, so that the same text always gives the same bytes and Discord never refuses them
// as malformed.
func AppendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(text); {
		c := text[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(text[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ' || c == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
