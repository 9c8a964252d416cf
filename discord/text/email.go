package text

import (
	"strings"
	"unicode/utf8"
)

// Lengths of RFC 5321 (4.5.3.1) and RFC 1035 (2.3.4), in octets.
const (
	maxEmailBytes = 254
	maxLocalBytes = 64
	maxLabelBytes = 63
)

// ValidEmail reports whether s is one plain address that mail could be sent to: local@host.tld, with letters of any
// script (RFC 6531). Display names, quoted local parts, comments, address literals and hosts without a dot are legal in some
// mail and never what a visitor means.
func ValidEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	if len(s) > maxEmailBytes || at < 1 || at > maxLocalBytes || !utf8.ValidString(s) {
		return false
	}
	return validLocal(s[:at]) && validHost(s[at+1:])
}

func validLocal(s string) bool {
	dot := true // a dot may not stand first
	for _, r := range s {
		switch {
		case r == '.':
			if dot {
				return false
			}
			dot = true
			continue
		case r < utf8.RuneSelf:
			if !letterOrDigit(r) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		case !foreign(r):
			return false
		}
		dot = false
	}
	return !dot
}

func validHost(s string) bool {
	labels := 0
	digits := false
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabelBytes || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		digits = true
		for _, r := range label {
			digits = digits && r >= '0' && r <= '9'
			if r != '-' && !letterOrDigit(r) && (r < utf8.RuneSelf || !foreign(r)) {
				return false
			}
		}
		labels++
	}
	return labels >= 2 && !digits // an address of digits has no top-level domain
}

func letterOrDigit(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// foreign reports characters beyond ASCII that an internationalised address may hold: any that can be seen. To know
// the letters of all scripts would take tables, and refuse nobody who means to deceive.
func foreign(r rune) bool {
	return r >= 0xa1 && !isSpace(r) && !invisible(r) && !nonCharacter(r)
}
