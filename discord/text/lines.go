package text

import "strings"

// lineStart reads what has a meaning only at a line's start: quotes, headings, subtext, lists. It gives the length of
// what it read, or 0.
func (p *parser) lineStart(before, rest string, st style, depth int) int {
	indent := run(rest, ' ')
	s := rest[indent:]
	if s == "" {
		return 0
	}
	switch s[0] {
	case '>':
		return p.quoted(before, rest, s, st, depth)
	case '#':
		level := run(s, '#')
		if gap := run(s[level:], ' '); level <= 3 && gap > 0 {
			return p.restOfLine(before, rest, indent+level+gap, st, bold, depth)
		}
	case '-', '*':
		if s[0] == '-' && strings.HasPrefix(s, "-# ") {
			return p.restOfLine(before, rest, indent+run(s[2:], ' ')+2, st, 0, depth)
		}
		gap := run(s[1:], ' ')
		if line, _, _ := strings.Cut(s[1:], "\n"); gap == 0 || blank(line) {
			return 0
		}
		p.r.text(st, before)
		p.r.text(0, rest[:indent]+"• ")
		return indent + 1 + gap
	}
	return 0
}

// restOfLine reads a line from at on, with one more mark.
func (p *parser) restOfLine(before, rest string, at int, st, more style, depth int) int {
	line, _, _ := strings.Cut(rest[at:], "\n")
	if blank(line) || depth >= maxDepth {
		return 0
	}
	p.r.text(st, before)
	p.run(line, st|more, depth+1, false)
	return at + len(line)
}

// quoted: ^( *>>> ([\s\S]*))|^( *> [^\n]*(\n *> [^\n]*)*\n?)
func (p *parser) quoted(before, rest, s string, st style, depth int) int {
	if p.r.quote || depth >= maxDepth {
		return 0
	}
	var held strings.Builder
	n := 0
	if strings.HasPrefix(s, ">>> ") {
		held.WriteString(s[len(">>> "):])
		n = len(rest)
	} else {
		for n < len(rest) {
			line, _, more := strings.Cut(rest[n:], "\n")
			content, ok := strings.CutPrefix(line[run(line, ' '):], "> ")
			if !ok {
				break
			}
			if n > 0 {
				held.WriteByte('\n')
			}
			held.WriteString(content)
			n += len(line)
			if more {
				n++
			}
		}
	}
	if n == 0 {
		return 0
	}
	p.r.text(st, before)
	p.r.line()
	p.inQuote(func() { p.run(held.String(), st, depth+1, true) })
	return n
}

// inQuote runs do with every line that it writes quoted.
func (p *parser) inQuote(do func()) {
	if p.r.brk {
		p.r.newline() // the break belongs to what is before the quote
	}
	outer := p.r.quote
	p.r.quote = true
	do()
	p.r.line()
	if p.r.brk && !outer {
		p.r.newline()
	}
	p.r.quote = outer
}
