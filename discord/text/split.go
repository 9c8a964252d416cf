package text

import "strings"

// minPartUnits is the smallest limit that [Split] works with: an escape pair, or a surrogate pair.
const minPartUnits = 2

// Split escapes typed text and cuts it into parts of at most limit units each. Read back, the parts together are
// the cleaned text, to the last blank. A cut falls after a line, else after a word, else between two graphemes;
// never inside an escape or surrogate pair, nor inside a link that fits in a part.
func Split(typed string, limit int) []string {
	limit = max(limit, minPartUnits)
	rest := Clean(typed)
	var parts []string
	for rest != "" {
		var part string
		part, rest = take(rest, limit, limit)
		parts = append(parts, part)
	}
	return parts
}

// A place is where a part may end: so much read, so much written.
type place struct{ src, out int }

// take escapes as much of cleaned text as fits in room units, and gives the rest. A link that does not fit is left for
// the rest, where a part of full units may hold it, unless it comes first: then it is text. Some of s is always taken.
func take(s string, room, full int) (part, rest string) {
	e := escaper{src: s, linkUnits: min(room, maxLinkUnits)}
	e.out.Grow(min(len(s)+len(s)/8, 3*room) + 8)
	e.newLine(0)
	var line, word, any place
	for e.at < len(s) {
		if here := (place{e.at, e.out.Len()}); here.src > 0 {
			switch s[here.src-1] {
			case '\n':
				line = here
			case ' ', '\t':
				word = here
			}
			any = here
			e.linkUnits = min(full, maxLinkUnits)
		}
		e.step()
		if e.units <= room {
			continue
		}
		if any.src == 0 {
			return takeRunes(s, room)
		}
		// A cut that leaves more than half of the room unused is worse than one at a lesser boundary.
		end := any
		for _, better := range [...]place{line, word} {
			if better.out > any.out/2 {
				end = better
				break
			}
		}
		return e.out.String()[:end.out], s[end.src:]
	}
	return e.out.String(), ""
}

// takeRunes is for a single grapheme above the room: it is cut between its characters.
func takeRunes(s string, room int) (part, rest string) {
	e := escaper{src: s}
	e.newLine(0)
	end := place{}
	for i, r := range s {
		e.runes(len(string(r)))
		if e.units > room {
			break
		}
		end = place{i + len(string(r)), e.out.Len()}
	}
	return e.out.String()[:end.out], s[end.src:]
}

// fits escapes cleaned text whole, if that takes at most room units.
func fits(s string, room, full int) (string, bool) {
	if len(s) > 3*room { // no character has more than three bytes a unit
		return "", false
	}
	e := escaper{src: s, linkUnits: min(full, maxLinkUnits)}
	e.out.Grow(len(s) + len(s)/8 + 8)
	e.newLine(0)
	for e.at < len(s) && e.units <= room {
		e.step()
	}
	return e.out.String(), e.units <= room
}

// Parts makes the posts that say texts, each of at most limit units: header (see [Header]; may be empty), then the
// escaped texts, one a line. What does not fit goes on in further parts without a header. A text begins a part of
// its own rather than be cut, but the header never stands alone.
//
// Discord trims a message and refuses a blank one, so neither texts nor parts keep blanks at their ends, and blank
// texts are left out: what is stored is to the byte what was sent. No text gives no part.
func Parts(header string, texts []string, limit int) []string {
	limit = max(limit, minPartUnits)
	p := packer{limit: limit}
	if Units(header) > limit/2+limit/4 {
		header = "" // not one of Header's: a text needs room beside it
	}
	p.begin(header)
	for _, typed := range texts {
		p.add(Clean(typed))
	}
	p.flush()
	return p.parts
}

type packer struct {
	limit int
	parts []string
	post  strings.Builder
	units int
	texts int // in the post so far
}

func (p *packer) begin(header string) {
	p.post.Reset()
	p.post.WriteString(header)
	p.units = Units(header)
	p.texts = 0
}

// flush ends a post, if it says something. A header with no text yet stays.
func (p *packer) flush() {
	if p.texts > 0 {
		p.parts = append(p.parts, strings.TrimFunc(p.post.String(), isSpace))
		p.begin("")
	}
}

func (p *packer) add(s string) {
	s = strings.TrimFunc(s, isSpace)
	if blank(s) {
		return
	}
	gap := min(p.texts, 1)
	if whole, ok := fits(s, p.limit-p.units-gap, p.limit); ok {
		p.put(whole)
		return
	}
	p.flush()
	for s != "" {
		var part string
		part, s = take(s, p.limit-p.units, p.limit)
		if blank(part) {
			continue
		}
		p.put(part)
		if s != "" {
			p.flush()
		}
	}
}

func (p *packer) put(escaped string) {
	if p.texts > 0 {
		p.post.WriteByte('\n')
		p.units++
	}
	p.post.WriteString(escaped)
	p.units += Units(escaped)
	p.texts++
}
