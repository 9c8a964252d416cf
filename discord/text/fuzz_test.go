package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds gives the corpus without its long texts: the fuzzer would spend its time on making them shorter.
func seeds(f *testing.F) []string {
	return slices.DeleteFunc(corpus(f), func(s string) bool { return len(s) > 300 })
}

func FuzzEscape(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		escaped := Escape(s)
		if got := unescape(escaped); got != Clean(s) {
			t.Errorf("%q escaped is %q, which reads %q", s, escaped, got)
		}
		if strings.Contains(withoutLinks(escaped), "](") {
			t.Errorf("%q escaped is %q", s, escaped)
		}
	})
}

func FuzzParts(f *testing.F) {
	for i, s := range seeds(f) {
		f.Add("Ann", s, uint16(i*7))
		f.Add(s, "hi", uint16(PostUnits))
	}
	f.Fuzz(func(t *testing.T, name, s string, n uint16) {
		limit := int(n % (PostUnits + 1))
		var back strings.Builder
		for _, part := range Split(s, limit) {
			if Units(part) > max(limit, minPartUnits) {
				t.Errorf("a part of %d units", Units(part))
			}
			back.WriteString(unescape(part))
		}
		if back.String() != Clean(s) {
			t.Errorf("%q reads %q", s, back.String())
		}
		for i, part := range Parts(Header(name, name, name, name), []string{s, name}, PostUnits) {
			if Units(part) > PostUnits || blank(part) || strings.TrimFunc(part, isSpace) != part || !utf8.ValidString(part) {
				t.Errorf("part %d: %q", i, part)
			}
		}
		if thread := ThreadName("Support", name, s); Units(thread) > ThreadNameUnits || thread == "" {
			t.Errorf("thread name %q", thread)
		}
	})
}

func FuzzPlain(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, "Ann")
	}
	f.Add("> **a\n> b** <@123456789012345678>\n```go\nx\n```\n||s||", "_x_")
	f.Fuzz(func(t *testing.T, s, name string) {
		got := Plain(Incoming{
			Content: s, Mentions: []Mention{{MentionUser, "123456789012345678", name}}, Stickers: []string{name},
			Embeds: []Embed{{name, s, name}}, Poll: &Poll{s, []string{name}}, Attachments: []Attachment{{Name: name, ContentType: s, Bytes: int64(len(s))}},
			Forwarded: []Incoming{{Content: s}},
		})
		if Units(got) > PlainUnits {
			t.Errorf("%d units", Units(got))
		}
		checkMarkup(t, got)
		quote := Quote(Reply{name, s}, []Mention{{MentionUser, "123456789012345678", name}})
		if bare := strings.ReplaceAll("\n"+quote, "\n> ", ""); quote != "" && strings.Contains(bare, "\n") {
			t.Errorf("%q is not all a quote", quote)
		}
		checkMarkup(t, quote)
	})
}

func FuzzValidEmail(f *testing.F) {
	for _, s := range []string{"ann@example.com", "a@b@c.de", "müller@exämple.de", "\"a\"@b.cd", ".@.", "a@b.c\u200bd"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ValidEmail(s) && (CleanLine(s) != s || strings.ContainsAny(s, " <>()[],;:\\\"\r\n") || len(s) > maxEmailBytes) {
			t.Errorf("%q is taken", s)
		}
	})
}
