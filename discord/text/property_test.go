package text

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// bits is what random texts are made of: everything that any rule here looks at.
var bits = []string{
	"\\", "*", "**", "_", "__", "~", "~~", "|", "||", "`", "``", "```", "<", ">", ">>> ", "> ", "[", "]", "(", ")", "](", "#", "# ", "## ", "-", "- ",
	"-# ", "+ ", "1. ", "12", ".", ":", ":smile:", "@everyone", "@here", "@", "<@123456789012345678>", "<#123456789012345678>",
	"<@&123456789012345678>", "<:ab:123456789012345678>", "<t:1618953630:R>", "</a:123456789012345678>", "<id:browse>",
	"https://a.b/c", "http://", "https://x", "http://[::1]/", "discord.gg/x", "steam://x", "Page:", "Page: /x", "---", "\n", "\n\n", "\r\n", "\r", " ", "  ", "\t",
	"a", "word", "é", "漢", "。", "😀", "👨‍👩‍👧", "🇩🇪", "\u0301", "\u0301\u0301\u0301", "\u200b", "\u200d", "\u200c", "ی", "ර", "\u0dca", "\u202e", "\u0600", "\ufe0f", "\u20e3", "\xff", "\x00", "\u2028",
	"\u00a0", "\ufeff", "¯\\_(ツ)_/¯", "/", "//", "!", "\"", "'", "=", "&lt;", "http", "s://", "h",
}

func typedText() *rapid.Generator[string] {
	pieces := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(bits), rapid.SampledFrom(bits), rapid.SampledFrom(bits), rapid.StringN(0, 4, -1)), 0, 25)
	return rapid.Map(pieces, func(p []string) string { return strings.Join(p, "") })
}

func TestEscapeReadsBackAsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := typedText().Draw(t, "typed")
		escaped := Escape(s)
		if got := unescape(escaped); got != Clean(s) {
			t.Fatalf("%q escaped is %q, which reads %q", s, escaped, got)
		}
		for _, never := range []string{"](", "@everyone", "@here", "||", "**", "```", "\n# ", "\n> ", "\n---", "\nPage:", "discord.gg"} {
			if strings.Contains(withoutLinks(escaped), never) {
				t.Fatalf("%q escaped is %q, which holds %q", s, escaped, never)
			}
		}
	})
}

// withoutLinks takes <links> and escape pairs out of escaped text.
func withoutLinks(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
			b.WriteByte(' ')
			continue
		}
		if strings.HasPrefix(s[i:], "<http") {
			i += strings.IndexByte(s[i:], '>')
			b.WriteByte('.')
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestSplitKeepsEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := typedText().Draw(t, "typed")
		limit := rapid.IntRange(0, 60).Draw(t, "limit")
		parts := Split(s, limit)
		var back strings.Builder
		for _, part := range parts {
			if n := Units(part); n > max(limit, minPartUnits) || n == 0 {
				t.Fatalf("a part of %d units: %q", n, parts)
			}
			if !utf8.ValidString(part) {
				t.Fatalf("a cut character: %q", parts)
			}
			back.WriteString(unescape(part))
		}
		if back.String() != Clean(s) {
			t.Fatalf("%q in parts %q reads %q", s, parts, back.String())
		}
	})
}

func TestSplitCutsNoGrapheme(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Clean(typedText().Draw(t, "typed"))
		limit := rapid.IntRange(30, 80).Draw(t, "limit")
		var ends []int // of graphemes
		long := false
		for i := 0; i < len(s); {
			n := clusterLen(s[i:])
			long = long || Units(s[i:i+n]) > 12
			i += n
			ends = append(ends, i)
		}
		if long {
			t.Skip("a grapheme that must be cut at this limit")
		}
		at := 0
		for _, part := range Split(s, limit) {
			at += len(unescape(part))
			if _, ok := slices.BinarySearch(ends, at); !ok {
				t.Fatalf("%q is cut inside a grapheme at %d", s, at)
			}
		}
	})
}

func TestPartsLoseNoText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(typedText(), 0, 6).Draw(t, "texts")
		header := ""
		if rapid.Bool().Draw(t, "header") {
			header = Header("Ann", "a_b@example.com", "/x", "")
		}
		limit := rapid.IntRange(100, 300).Draw(t, "limit")
		parts := Parts(header, texts, limit)
		var got strings.Builder
		for i, part := range parts {
			if n := Units(part); n > limit || blank(part) {
				t.Fatalf("a part of %d units: %q", n, part)
			}
			if strings.TrimFunc(part, isSpace) != part {
				t.Fatalf("Discord would trim %q", part)
			}
			if i == 0 {
				if !strings.HasPrefix(part, header) {
					t.Fatalf("no header: %q", part)
				}
				part = part[len(header):]
			}
			got.WriteString(unescape(part))
		}
		var want strings.Builder
		for _, s := range texts {
			if s = Clean(s); !blank(s) {
				want.WriteString(s)
			}
		}
		if seen(got.String()) != seen(want.String()) {
			t.Fatalf("texts %q in parts %q", texts, parts)
		}
	})
}

// A text is blank when nothing is left of it to post, and only then: who asked first waits for no post that never comes.
func TestBlankIsWhatPartsLeaveOut(t *testing.T) {
	unseen := rapid.SampledFrom([]rune{' ', '\n', '\t', 0, 0x7f, 0xad, 0x34f, 0x200b, 0x200d, 0x2028, 0x202e, 0x2060, 0x2800, 0x3164, 0xfe0f, 0xfeff, 0xfffe, 0xe0041})
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOfN(unseen, 0, 20).Draw(t, "unseen"))
		if rapid.Bool().Draw(t, "typed") {
			s += typedText().Draw(t, "text")
		}
		if parts := Parts("", []string{s}, PostUnits); (len(parts) == 0) != Blank(s) {
			t.Fatalf("%q: blank is %v, parts are %q", s, Blank(s), parts)
		}
	})
}

// seen takes everything out that leaves no mark.
func seen(s string) string {
	return strings.Map(func(r rune) rune {
		if isSpace(r) || invisible(r) {
			return -1
		}
		return r
	}, s)
}

func TestNamesStayInTheirLine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := typedText().Draw(t, "name")
		email := typedText().Draw(t, "email")
		page := typedText().Draw(t, "page")
		attributes := typedText().Draw(t, "attributes")
		header := Header(name, email, page, attributes)
		want := 2
		for _, line := range []string{page, attributes} {
			if CleanLine(line) != "" {
				want++
			}
		}
		if strings.Count(header, "\n") != want || !strings.HasSuffix(header, "\n---\n") {
			t.Fatalf("header %q", header)
		}
		thread := ThreadName("Support", name, email)
		if Units(thread) > ThreadNameUnits || thread == "" || !utf8.ValidString(thread) || strings.TrimFunc(thread, isSpace) != thread {
			t.Fatalf("thread name %q", thread)
		}
		for _, shown := range []string{CleanName(name, 20), thread} {
			last := ' '
			for _, r := range shown + " " {
				joiner := strings.ContainsRune(joiners, r)
				if !joiner && invisible(r) || r < ' ' {
					t.Fatalf("%U in %q", r, name)
				}
				if strings.ContainsRune(joiners, last) && (joiner || isSpace(r)) || joiner && isSpace(last) {
					t.Fatalf("a joiner that joins nothing in %+q", shown)
				}
				last = r
			}
		}
		if Graphemes(CleanName(name, 20)) > 20 {
			t.Fatalf("%d graphemes", Graphemes(CleanName(name, 20)))
		}
	})
}

func TestPlainIsCanonical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := Incoming{
			Content:  typedText().Draw(t, "content"),
			Mentions: []Mention{{MentionUser, "123456789012345678", typedText().Draw(t, "name")}},
			Stickers: rapid.SliceOfN(typedText(), 0, 1).Draw(t, "stickers"),
		}
		if rapid.Bool().Draw(t, "embed") {
			in.Embeds = []Embed{{typedText().Draw(t, "title"), typedText().Draw(t, "description"), "https://a.b/c"}}
		}
		if rapid.Bool().Draw(t, "forward") {
			in.Forwarded = []Incoming{{Content: typedText().Draw(t, "forwarded")}}
		}
		got := Plain(in)
		if Units(got) > PlainUnits || strings.TrimRightFunc(got, isSpace) != got {
			t.Fatalf("%q", got)
		}
		checkMarkup(t, got)
	})
}

// What a visitor typed, quoted by an agent, reads as the visitor typed it.
func TestPlainOfEscapedReadsAsTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := typedText().Draw(t, "typed")
		got := Plain(Incoming{Content: Escape(s)})
		if got, want := seen(unescapeMarkup(got)), seen(Clean(s)); got != want {
			t.Fatalf("%q escaped is %q, and plain reads %q, want %q", s, Escape(s), got, want)
		}
	})
}

// unescapeMarkup reads markup that has no marks.
func unescapeMarkup(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if end := linkEnd(s, i); end > 0 {
			b.WriteString(s[i:end])
			i = end - 1
			continue
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
