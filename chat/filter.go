package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Filter decides which messages of visitors are marked for the team. A marked
// message is posted like any other, by itself and with its mark, and its
// conversation calls nobody. Nothing is lost. The zero value marks none.
type Filter struct {
	// Words are words or phrases that a message may not hold; a star stands for
	// any characters. Case, invisible characters and kinds of spaces do not count.
	Words []string
	// Links is the most links that a message may hold; 0 is any number.
	Links int
	// Repeats is how often the same text may come in a conversation; 0 is any
	// number.
	Repeats int
}

// Mark is why a message was marked.
type Mark string

// The marks, as they stand in a message's row.
const (
	MarkNone    Mark = ""
	MarkWord    Mark = "filter_word"
	MarkLinks   Mark = "filter_links"
	MarkRepeats Mark = "filter_repeats"
)

// judge tells whether a text is to be marked; before is how often the same text
// came already.
func (f *Filter) judge(text string, before int) Mark {
	if len(f.Words) > 0 {
		folded := foldText(text)
		for _, w := range f.Words {
			if w = foldText(w); w != "" && holdsPhrase(folded, w) {
				return MarkWord
			}
		}
	}
	if f.Links > 0 && countLinks(text) > f.Links {
		return MarkLinks
	}
	if f.Repeats > 0 && before >= f.Repeats {
		return MarkRepeats
	}
	return MarkNone
}

// foldText makes texts alike that a reader takes for the same.
func foldText(s string) string {
	return strings.ToLower(cleanName(s))
}

// countLinks counts what a reader could follow: addresses with a scheme, and
// names that begin with www.
func countLinks(text string) (n int) {
	text = strings.ToLower(text)
	for i := 0; i < len(text); i++ {
		rest := text[i:]
		if strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, "www.") && (i == 0 || text[i-1] != '/') {
			n++
		}
	}
	return n
}

// holdsPhrase tells whether a phrase stands in a text, as whole words where the
// phrase begins or ends with a letter or a digit. A star stands for any
// characters; the parts between stars must follow each other.
func holdsPhrase(text, phrase string) bool {
	openLeft, openRight := strings.HasPrefix(phrase, "*"), strings.HasSuffix(phrase, "*")
	var parts []string
	for _, p := range strings.Split(phrase, "*") {
		if p = strings.TrimSpace(p); p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return false
	}
	// The earliest place of each part leaves the most room for the next; only the
	// ends have edges to look at.
	from := 0
	for i, p := range parts {
		at := findPart(text[from:], p, i > 0 || openLeft, i < len(parts)-1 || openRight)
		if at < 0 {
			return false
		}
		from += at + len(p)
	}
	return true
}

// findPart finds a part whose ends are the ends of words, where they are not
// open.
func findPart(text, part string, openLeft, openRight bool) int {
	for from := 0; ; {
		at := strings.Index(text[from:], part)
		if at < 0 {
			return -1
		}
		at += from
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(part):])
		first, size := utf8.DecodeRuneInString(part)
		last, _ := utf8.DecodeLastRuneInString(part)
		left := openLeft || at == 0 || !wordRune(before) || !wordRune(first)
		right := openRight || at+len(part) == len(text) || !wordRune(after) || !wordRune(last)
		if left && right {
			return at
		}
		from = at + size
	}
}

func wordRune(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_')
}
