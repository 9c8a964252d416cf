package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of the header lines, so that a header and some text always fit in one post.
const (
	maxNameUnits       = 200
	maxEmailUnits      = 520 // 254 characters (RFC 5321), each escaped
	maxPageUnits       = 500
	maxAttributesUnits = 240
)

// maxMarks is how many combining marks may follow each other in a name: the bound of Unicode's stream-safe text
// format (UAX #15), far above what any language needs.
const maxMarks = 30

// CleanName gives s as a name can be shown in one line beside other words: control, bidi and zero-width characters
// removed, blanks folded to one, at most maxGraphemes graphemes. Everything else is kept, in every script, and the invisible
// characters too that change what is seen between two others; see join.go.
func CleanName(s string, maxGraphemes int) string {
	s = CleanLine(s)
	n := 0
	for i := 0; i < len(s); i += clusterLen(s[i:]) {
		if n++; n > maxGraphemes {
			return strings.TrimRight(s[:i], " "+joiners)
		}
	}
	return s
}

// CleanLine is [CleanName] without a bound: for a page or an e-mail address in a header line.
func CleanLine(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	marks := 0
	at, end := 0, 0     // the grapheme that was begun last
	var base, prev rune // its first, and what was written last
	for i, r := range s {
		switch {
		case isSpace(r), r == 0x85:
			gap = true
			continue
		case invisible(r):
			if i < end && joins(s, at, i, end, base, prev, r) {
				b.WriteRune(r)
			}
			continue
		case unicode.IsControl(r), nonCharacter(r):
			continue
		case r == utf8.RuneError && !strings.HasPrefix(s[i:], "\ufffd"):
			continue // a byte that is no text
		}
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if gap && b.Len() > 0 {
			b.WriteByte(' ')
		}
		gap = false
		b.WriteRune(r)
		if i >= end {
			at, end, base = i, i+clusterLen(s[i:]), r
		}
		prev = r
	}
	return b.String()
}

// ThreadName gives "prefix: name - email" in at most [ThreadNameUnits] units, cut at graphemes. The name gives way first,
// for the team finds a person by the e-mail address.
func ThreadName(prefix, name, email string) string {
	prefix, name, email = CleanLine(prefix), CleanLine(name), CleanLine(email)
	prefix = ellipsis(prefix, 40)
	head := ""
	if prefix != "" {
		head = prefix + ": "
	}
	switch room := ThreadNameUnits - Units(head); {
	case name == "" && email == "":
		if prefix == "" {
			return "Support"
		}
		return prefix
	case email == "":
		return head + ellipsis(name, room)
	case name == "":
		return head + ellipsis(email, room)
	default:
		room -= len(" - ")
		email = ellipsis(email, max(room-20, room-Units(name)))
		return head + ellipsis(name, room-Units(email)) + " - " + email
	}
}

// Header gives the lines that say who writes and from where, with everything in them escaped:
//
//	[Visitor Name] (email@example.com)
//	Page: /pricing
//	The page says: plan = gold
//	---
//
// What has nothing to say has no line. It ends in a line break. The brackets round the name are the only unescaped ones
// that a post can have, and no escaped text has a line like the last one: to a program the header cannot be forged.
func Header(name, email, page, attributes string) string {
	name = CleanLine(name)
	if name == "" {
		name = "Visitor"
	}
	var b strings.Builder
	b.WriteByte('[')
	b.WriteString(escapeLine(name, maxNameUnits, false))
	b.WriteByte(']')
	if email = CleanLine(email); email != "" {
		b.WriteString(" (")
		b.WriteString(escapeLine(email, maxEmailUnits, false))
		b.WriteByte(')')
	}
	if page = CleanLine(page); page != "" {
		b.WriteString("\nPage: ")
		b.WriteString(escapeLine(page, maxPageUnits, true))
	}
	if attributes = CleanLine(attributes); attributes != "" {
		b.WriteString("\nThe page says: ")
		b.WriteString(escapeLine(attributes, maxAttributesUnits, true))
	}
	b.WriteString("\n---\n")
	return b.String()
}

// escapeLine escapes what stands inside a header line, in at most limit units.
func escapeLine(s string, limit int, links bool) string {
	e := escaper{src: s, fold: true}
	if links {
		e.linkUnits = limit
	}
	e.newLine(0)
	for e.at < len(s) {
		before := e.out.Len()
		e.step()
		if e.units > limit-1 && e.at < len(s) || e.units > limit {
			return e.out.String()[:before] + "…"
		}
	}
	return e.out.String()
}
