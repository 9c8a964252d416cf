package text

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on what one message may cost: how deep marks nest, and how many bytes are looked through for closing marks.
// Beyond them marks are text. No message written by a person comes near.
const (
	maxDepth = 8
	maxWork  = 1 << 18
)

// shrug is the one text that Discord's markup spares as a whole.
const shrug = `¯\_(ツ)_/¯`

// A parser reads Discord's markup. Its rules are those of Discord's client as the simple-markdown family of parsers
// states them; where a rule is a pattern there, the function here names it.
type parser struct {
	r     renderer
	names []Mention
	work  int
}

// run reads s in a style. top says that s begins a line.
func (p *parser) run(s string, st style, depth int, top bool) {
	start, i := 0, 0
	for i < len(s) && !p.r.full {
		if i == 0 && top || i > 0 && s[i-1] == '\n' {
			if n := p.lineStart(s[start:i], s[i:], st, depth); n > 0 {
				i += n
				start = i
				continue
			}
		}
		n := 0
		switch before, rest := s[start:i], s[i:]; rest[0] {
		case '\\':
			n = p.escape(before, rest, st)
		case '`':
			n = p.code(before, rest, st)
		case '<':
			n = p.angle(before, rest, st)
		case '[':
			n = p.masked(before, rest, st, depth)
		case 'h':
			n = p.bare(before, s, i, st)
		case '*', '_', '~', '|':
			n = p.mark(before, rest, st, depth)
		case shrug[0]:
			if strings.HasPrefix(rest, shrug) {
				p.r.text(st, before)
				p.r.text(st, shrug)
				n = len(shrug)
			}
		}
		if n > 0 {
			i += n
			start = i
		} else {
			i++
		}
	}
	p.r.text(st, s[start:])
}

// escape: ^\\([^0-9A-Za-z\s])
func (p *parser) escape(before, rest string, st style) int {
	c, size := utf8.DecodeRuneInString(rest[1:])
	if len(rest) == 1 || letterOrDigit(c) || isSpace(c) {
		return 0
	}
	p.r.text(st, before)
	p.r.text(st, rest[1:1+size])
	return 1 + size
}

// bare: ^https?://…
func (p *parser) bare(before, s string, i int, st style) int {
	end := linkEnd(s, i)
	if end == 0 {
		return 0
	}
	p.r.text(st, before)
	p.r.link(s[i:end])
	return end - i
}

// code reads a block or a code inside a line.
func (p *parser) code(before, rest string, st style) int {
	ticks := run(rest, '`')
	if ticks >= 3 {
		if n := p.fence(before, rest, st); n > 0 {
			return n
		}
	}
	// ^(`+)([\s\S]*?[^`])\1(?!`)
	for k := ticks; k < len(rest); {
		next := strings.IndexByte(rest[k:], '`')
		if next < 0 || !p.spend(next) {
			break
		}
		k += next
		if n := run(rest[k:], '`'); n != ticks {
			k += n
			continue
		}
		p.r.text(st, before)
		body := rest[ticks:k]
		if trimmed := strings.Trim(body, " "); strings.HasPrefix(trimmed, "`") || strings.HasSuffix(trimmed, "`") {
			body = trimmed
		}
		p.r.codeSpan(st, body)
		return k + ticks
	}
	if before != "" || ticks < len(rest) {
		p.r.text(st, before)
	}
	p.r.text(st, rest[:ticks])
	return ticks
}

// fence: ^```(([a-z0-9_+\-.#]+?)\n+)?\n*([^]+?)\n*```
func (p *parser) fence(before, rest string, st style) int {
	body := rest[3:]
	if len(body) < 4 {
		return 0
	}
	end := strings.Index(body[1:], "```") + 1
	if end == 0 || !p.spend(end) {
		return 0
	}
	s := body[:end]
	if lang, code, found := strings.Cut(s, "\n"); found && language(lang) && strings.Trim(code, "\n") != "" {
		s = code
	}
	if s = strings.Trim(s, "\n"); blank(s) || strings.Contains(s, "```") {
		return 0 // nothing to show, or what could not be told from the block's end
	}
	p.r.text(st, before)
	p.r.block(s)
	return 3 + end + 3
}

func language(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !letterOrDigit(rune(c)) && !strings.ContainsRune("_+-.#", rune(c)) {
			return false
		}
	}
	return s != ""
}

// mark reads a pair of marks with what they hold.
func (p *parser) mark(before, rest string, st style, depth int) int {
	if depth >= maxDepth || len(rest) < 3 || !p.spend(0) {
		return 0
	}
	c := rest[0]
	double := rest[1] == c
	size, end, bit := 0, 0, style(0)
	switch {
	case c == '|' && double:
		size, bit = 2, spoiler
		end = p.plainPair(rest)
	case c == '~' && double:
		size, bit = 2, struck
		end = p.plainPair(rest)
		if end > 0 && strings.HasPrefix(rest[end+2:], "_") {
			end = 0 // (?!_)
		}
	case c == '*' || c == '_':
		if double {
			if end = p.pair(rest); end > 0 {
				size, bit = 2, bold
				if c == '_' {
					bit = underlined
				}
			}
		}
		// The longer of the two wins, and of equals the single mark.
		if single := p.emphasis(rest); single > 0 && single+1 >= end+size {
			size, end, bit = 1, single, italic
		}
	}
	if end == 0 {
		return 0
	}
	p.r.text(st, before)
	p.run(rest[size:end], st|bit, depth+1, false)
	return end + size
}

// plainPair: ^\|\|([\s\S]+?)\|\| and the like
func (p *parser) plainPair(rest string) int {
	k := strings.Index(rest[3:], rest[:2])
	if !p.spend(max(k, 0)) || k < 0 {
		p.spend(len(rest))
		return 0
	}
	return 3 + k
}

// pair: ^\*\*((?:\\[\s\S]|[^\\])+?)\*\*(?!\*)
func (p *parser) pair(rest string) int {
	c := rest[0]
	for k := 2; k+1 < len(rest); k++ {
		switch {
		case rest[k] == '\\':
			k++
		case k > 2 && rest[k] == c && rest[k+1] == c && (k+2 == len(rest) || rest[k+2] != c):
			p.spend(k)
			return k
		}
	}
	p.spend(len(rest))
	return 0
}

// emphasis: ^\b_((?:__|\\[\s\S]|[^\\_])+?)_\b and ^\*(?=\S)((?:\*\*|\\[\s\S]|\s+(?:\\[\s\S]|[^\s\*\\]|\*\*)|[^\s\*\\])+?)\*(?!\*)
func (p *parser) emphasis(rest string) int {
	c := rest[0]
	if c == '*' && isSpace(rune(rest[1])) {
		return 0
	}
	for k := 1; k < len(rest); k++ {
		switch {
		case rest[k] == '\\':
			k++
		case rest[k] != c:
		case k+1 < len(rest) && rest[k+1] == c:
			k++
		case k == 1, c == '*' && isSpace(rune(rest[k-1])), c == '_' && k+1 < len(rest) && letterOrDigit(rune(rest[k+1])):
			p.spend(k)
			return 0
		default:
			p.spend(k)
			return k
		}
	}
	p.spend(len(rest))
	return 0
}

// spend counts work, and says whether more may be done.
func (p *parser) spend(n int) bool {
	p.work += n
	return p.work <= maxWork
}

// run counts how often c stands at the start of s.
func run(s string, c byte) int {
	n := 0
	for n < len(s) && s[n] == c {
		n++
	}
	return n
}

// masked reads [label](url): the label, then the address that it hides, in brackets.
func (p *parser) masked(before, rest string, st style, depth int) int {
	if depth >= maxDepth || !p.spend(0) {
		return 0
	}
	shut := p.labelEnd(rest)
	if shut < 2 || !strings.HasPrefix(rest[shut:], "](") {
		return 0
	}
	label := rest[1:shut]
	url, n := target(rest[shut+2:])
	p.spend(max(n, len(url)))
	if n == 0 || blank(label) {
		return 0
	}
	p.r.text(st, before)
	if label = strings.TrimFunc(label, isSpace); label != url && "https://"+label != url {
		p.run(label, st, depth+1, false)
		p.r.text(0, " (")
		p.r.link(url)
		p.r.text(0, ")")
	} else {
		p.r.link(url)
	}
	return shut + 2 + n
}

// labelEnd gives the place of the bracket that closes the one at rest[0].
func (p *parser) labelEnd(rest string) int {
	open := 0
	for k := 0; k < len(rest); k++ {
		switch rest[k] {
		case '\\':
			k++
		case '[':
			open++
		case ']':
			if open--; open == 0 {
				p.spend(k)
				return k
			}
		}
	}
	p.spend(len(rest))
	return 0
}

// target reads url), <url>) or url "title") and gives the url and the length of it all.
func target(s string) (url string, n int) {
	angled := strings.HasPrefix(s, "<")
	if angled {
		end := strings.IndexByte(s, '>')
		if end < 0 {
			return "", 0
		}
		url, n = s[1:end], end+1
	} else {
		open := 0
	scan:
		for n < len(s) {
			switch c := s[n]; {
			case c == '(':
				open++
			case c == ')':
				if open--; open < 0 {
					break scan
				}
			case isSpace(rune(c)):
				break scan
			}
			n++
		}
		if url = s[:n]; n == len(s) {
			return url, 0
		}
	}
	tail := strings.TrimLeft(s[n:], " ")
	if len(tail) > 1 && (tail[0] == '"' || tail[0] == '\'') {
		end := strings.IndexByte(tail[1:], tail[0])
		if end < 0 {
			return "", 0
		}
		tail = strings.TrimLeft(tail[end+2:], " ")
	}
	url, ok := wholeLink(url)
	if !ok || !strings.HasPrefix(tail, ")") {
		return "", 0
	}
	return url, len(s) - len(tail) + 1
}

// wholeLink gives url, if it is one http(s) link and nothing else. Punctuation at its end is percent-encoded, for
// outside of brackets it would be taken for the sentence's.
func wholeLink(url string) (string, bool) {
	end := linkEnd(url, 0)
	if end == 0 {
		return "", false
	}
	for i := end; i < len(url); i++ {
		if !strings.ContainsRune(".,:;!?'*_~()[]", rune(url[i])) {
			return "", false
		}
	}
	if end == len(url) {
		return url, true
	}
	whole := url[:end]
	for i := end; i < len(url); i++ {
		whole += "%" + strings.ToUpper(strconv.FormatInt(int64(url[i]), 16))
	}
	return whole, true
}
