package text

import (
	"slices"
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	cases := []struct{ name, typed, want string }{
		{"plain", "Hello, world! How's it going? 100%", "Hello, world! How's it going? 100%"},
		{"scripts", "Привет שלום 你好 😀👨‍👩‍👧", "Привет שלום 你好 😀👨‍👩‍👧"},
		{"marks", "*a* _b_ ~~c~~ ||d|| `e` \\", "\\*a\\* \\_b\\_ \\~\\~c\\~\\~ \\|\\|d\\|\\| \\`e\\` \\\\"},
		{"line starts", "# a\n - b\n> c\n+ d\n-# e\n---", "\\# a\n \\- b\n\\> c\n\\+ d\n\\-# e\n\\---"},
		{"not line starts", "a # b - c > d + e", "a # b - c > d + e"},
		{"numbers", "1. a\n 23. b\n3.5 c\n1) d\n4.", "1\\. a\n 23\\. b\n3.5 c\n1) d\n4\\."},
		{"mentions", "<@1> <#2> @everyone @HERE a@b.cd", "\\<@1> \\<#2> \\@everyone \\@HERE a@b.cd"},
		{"emoji names", ":smile: a:b 10:30:45 :a:b:", "\\:smile: a:b 10\\:30:45 \\:a\\:b:"},
		{"masked link", "[a](https://b.c)", "\\[a\\]\\(<https://b.c>)"},
		{"brackets apart", "[a] (b) (c)", "\\[a\\] \\(b) (c)"},
		{"links", "see https://a.b/c_d, ok", "see <https://a.b/c_d>, ok"},
		{"other schemes", "steam://x HTTP://a.b http:// javascript:x", "steam\\://x HTTP\\://a.b http\\:// javascript:x"},
		{"invites", "discord.gg/x Discord.com/invite/x discordia.gg", "discord\\.gg/x Discord\\.com/invite/x discordia.gg"},
		{"post format", "Page: /x\na Page: /x\n[a] (b)", "Page\\: /x\na Page: /x\n\\[a\\] \\(b)"},
		{"line ends", "a\r\nb\rc\u2028d\ve", "a\nb\nc\nd\ne"},
		{"controls", "a\x00b\x1b[1m\x7f\u0085", "ab\\[1m\n"},
		{"not text", "a\xffb", "a\ufffdb"},
		{"empty", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Escape(c.typed); got != c.want {
				t.Errorf("%q\ngives %q\nwant  %q", c.typed, got, c.want)
			}
		})
	}
}

func TestUnitsAndGraphemes(t *testing.T) {
	for s, want := range map[string][2]int{
		"": {0, 0}, "abc": {3, 3}, "é": {1, 1}, "e\u0301": {2, 1}, "😀": {2, 1}, "👨‍👩‍👧": {8, 1}, "🇩🇪🇫🇷": {8, 2}, "\xff\xff": {2, 2},
		"a\r\nb": {4, 3}, "\u1100\u1161\u11a8": {3, 1}, "\U0010ffff": {2, 1},
	} {
		if u, g := Units(s), Graphemes(s); u != want[0] || g != want[1] {
			t.Errorf("%q has %d units and %d graphemes, want %v", s, u, g, want)
		}
	}
}

func TestSplitPrefersLinesThenWords(t *testing.T) {
	cases := []struct {
		name  string
		typed string
		limit int
		want  []string
	}{
		{"fits", "one two", 7, []string{"one two"}},
		{"word", "one two", 6, []string{"one ", "two"}},
		{"line", "one two\nthree four", 13, []string{"one two\n", "three four"}},
		{"a line too far back", "a\nbcdefghijkl mn", 14, []string{"a\nbcdefghijkl ", "mn"}},
		{"long word", "abcdefgh", 3, []string{"abc", "def", "gh"}},
		{"escape pair", "ab*cd", 3, []string{"ab", "\\*c", "d"}},
		{"surrogate pair", "a😀😀", 4, []string{"a😀", "😀"}},
		{"grapheme", "ab👨‍👩‍👧c", 9, []string{"ab", "👨‍👩‍👧c"}},
		{"link", "see https://a.b/c ok", 18, []string{"see ", "<https://a.b/c> ok"}},
		{"link too long", "https://a.b/cdefgh", 12, []string{"https\\://a.b", "/cdefgh"}},
		{"a part starts a line", "5 - 3", 2, []string{"5 ", "\\-", " 3"}},
		{"stacked marks", "z" + strings.Repeat("\u0301", 250), 200, []string{"z" + strings.Repeat("\u0301", 199), strings.Repeat("\u0301", 51)}},
		{"nothing", "", 5, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Split(c.typed, c.limit); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestSplitMeetsDiscordsLimit(t *testing.T) {
	for _, s := range []string{strings.Repeat("a", PostUnits), strings.Repeat("*", PostUnits/2), strings.Repeat("😀", PostUnits/2)} {
		if parts := Split(s, PostUnits); len(parts) != 1 || Units(parts[0]) != PostUnits {
			t.Errorf("%.10q: %d parts", s, len(parts))
		}
		if parts := Split(s+"*", PostUnits); len(parts) != 2 || Units(parts[0]) != PostUnits {
			t.Errorf("%.10q and one more: %d parts", s, len(parts))
		}
	}
}

func TestParts(t *testing.T) {
	header := "[Ann] (a@b.cd)\nPage: /x\n---\n" // 28 units
	cases := []struct {
		name   string
		header string
		texts  []string
		limit  int
		want   []string
	}{
		{"one", header, []string{"hi"}, 100, []string{header + "hi"}},
		{"merged", header, []string{"hi", "*there*"}, 100, []string{header + "hi\n\\*there\\*"}},
		{"no header", "", []string{"hi", "there"}, 100, []string{"hi\nthere"}},
		{"each begins a line", "", []string{"a", "# b", "- c"}, 100, []string{"a\n\\# b\n\\- c"}},
		{"whole texts", "", []string{"one two", "three four"}, 12, []string{"one two", "three four"}},
		{"exactly full", "", []string{"one two", "three four"}, 18, []string{"one two\nthree four"}},
		{"one unit short", "", []string{"one two", "three four"}, 17, []string{"one two", "three four"}},
		{"long text", header, []string{"one two three four five six"}, 40, []string{header + "one two", "three four five six"}},
		{"the header is not alone", header, []string{"https://a.b/cdef"}, 40, []string{header + "https\\://a.b", "/cdef"}},
		{"a link that fits in the next part", header, []string{"see https://a.b/cdef"}, 40, []string{header + "see", "<https://a.b/cdef>"}},
		{"blank texts", header, []string{" ", "\n", "\u200b", "a", ""}, 100, []string{header + "a"}},
		{"blanks inside", "", []string{"a" + strings.Repeat(" ", 50) + "b"}, 10, []string{"a", "b"}},
		{"blanks first", header, []string{strings.Repeat("\n", 50) + "b"}, 40, []string{header + "b"}},
		{"no text", header, nil, 100, nil},
		{"a header of no room", strings.Repeat("x", 80), []string{"a"}, 100, []string{"a"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Parts(c.header, c.texts, c.limit); !slices.Equal(got, c.want) {
				t.Errorf("%q\nwant %q", got, c.want)
			}
		})
	}
}

func TestHeader(t *testing.T) {
	cases := []struct{ name, email, page, attributes, want string }{
		{"Visitor Name", "email@example.com", "/pricing", "", "[Visitor Name] (email@example.com)\nPage: /pricing\n---\n"},
		{"", "", "", "", "[Visitor]\n---\n"},
		{"](x) @everyone\nPage:", "a@b.cd", "", "", "[\\]\\(x\\) \\@everyone Page:] (a@b.cd)\n---\n"},
		{"[b](https://c.d)", "a@b.cd) [x] (y", "/a_b\n---\n#", "", "[\\[b\\]\\(https\\://c.d\\)] (a@b.cd\\) \\[x\\] \\(y)\nPage: /a\\_b --- #\n---\n"},
		{"\u202eeman", "a@b.cd", "https://shop.example/a_b?c=d", "", "[eman] (a@b.cd)\nPage: <https://shop.example/a_b?c=d>\n---\n"},
		{"Ann", "a@b.cd", "/", "plan = **gold** · order = https://shop.example/a_b", "[Ann] (a@b.cd)\nPage: /\nThe page says: plan = \\*\\*gold\\*\\* · order = <https://shop.example/a_b>\n---\n"},
		{"Ann", "a@b.cd", "", "a = b\nIdentity: confirmed by the site\n---\n", "[Ann] (a@b.cd)\nThe page says: a = b Identity: confirmed by the site ---\n---\n"},
	}
	for _, c := range cases {
		if got := Header(c.name, c.email, c.page, c.attributes); got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
	}
	long := strings.Repeat("_漢😀", 5000)
	if n := Units(Header(long, long, long, long)); n > maxNameUnits+maxEmailUnits+maxPageUnits+maxAttributesUnits+32 {
		t.Errorf("a header of %d units", n)
	}
}

func TestCleanName(t *testing.T) {
	cases := []struct {
		name string
		max  int
		want string
	}{
		{"Ann", 80, "Ann"},
		{"  Ann \t\n  Lee  ", 80, "Ann Lee"},
		{"A\u200bn\u202en\u2066\ufeff", 80, "Ann"},
		{"A\x00n\x1bn\u0085Lee", 80, "Ann Lee"},
		{"Zoë 李 Ğ́ שלום", 80, "Zoë 李 Ğ́ שלום"},
		{"👍🏽☺️🇩🇪", 80, "👍🏽☺️🇩🇪"},
		{"👍🏽☺️🇩🇪", 2, "👍🏽☺️"},
		{"ab cd", 3, "ab"},
		{"z" + strings.Repeat("\u0301", 100), 80, "z" + strings.Repeat("\u0301", maxMarks)},
		{"a\xffb", 80, "ab"},
		{"\u3164\u2800\u115f", 80, ""},
	}
	for _, c := range cases {
		if got := CleanName(c.name, c.max); got != c.want {
			t.Errorf("CleanName(%q, %d) is %q, want %q", c.name, c.max, got, c.want)
		}
	}
}

// Joiners and tags stay where they change what is seen, and nowhere else.
func TestCleanNameKeepsWhatJoins(t *testing.T) {
	const zwnj, zwj, england = "\u200c", "\u200d", "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
	kiss := "👩🏽" + zwj + "❤\ufe0f" + zwj + "💋" + zwj + "👨🏿"
	for _, name := range []string{
		"👨" + zwj + "👩" + zwj + "👧", kiss, "🏳\ufe0f" + zwj + "🌈", "🏴" + zwj + "☠\ufe0f", "Ann " + england, england + england,
		"علی" + zwnj + "رضا", "علی\u0651" + zwnj + "رضا", // Persian: Ali-Reza
		"ශ්" + zwj + "රී ලංකා",           // Sinhala: the country
		"র" + zwj + "্যাচেল",             // Bengali: Rachel
		"क्" + zwj + "ष क्" + zwnj + "ष", // Devanagari: half form, and visible virama
	} {
		if got := CleanName(name, 80); got != name {
			t.Errorf("%+q reads %+q", name, got)
		}
	}
	for _, c := range []struct{ name, want string }{
		{"An" + zwj + "n" + zwnj + "a", "Anna"}, {"Ан" + zwnj + "на", "Анна"}, {"李" + zwj + "明", "李明"}, {"1" + zwj + "2", "12"},
		{zwj + "👨" + zwj, "👨"}, {zwnj + "علی" + zwnj, "علی"}, {"علی " + zwnj + "رضا", "علی رضا"}, {"علی" + zwnj + " رضا", "علی رضا"}, {zwj + zwnj, ""},
		{"👨" + zwj + zwj + zwj + "👩", "👨👩"}, {"علی" + zwnj + zwj + zwnj + "رضا", "علی" + zwnj + "رضا"}, {"👨" + zwnj + "👩", "👨👩"},
		{"دا" + zwnj + "د", "داد"}, // no letter joins to the left of an alef: nothing would be seen
		{"👨" + zwj + "Ann", "👨Ann"}, {"👨" + zwj + "\ufe0f", "👨\ufe0f"}, {"👨" + zwj + "🏽", "👨🏽"}, {"👨" + zwj + "\u0903", "👨\u0903"}, {"ක්" + zwj + "\u3164ෂ", "ක්ෂ"}, {"a්" + zwj, "a්"},
		{strings.Repeat("👨"+zwj, 5) + "👨", "👨" + strings.Repeat(zwj+"👨", 3) + "👨👨"},
		{strings.TrimSuffix(england, "\U000e007f"), "🏴"}, {"🏴\U000e007f", "🏴"}, {"A" + england[4:], "A"}, {"🏴" + strings.Repeat("\U000e0061", 7) + "\U000e007f", "🏴"},
		{england + "\U000e0067\U000e007f", "🏴"}, {"🏴\U000e0075\U000e0073\U000e0074\U000e0078\U000e0078\U000e007f", "🏴"}, {"🏴\U000e0041\U000e0042\U000e0043\U000e007f", "🏴"},
		{"ක්" + strings.Repeat("\u0dca", 40) + zwj + "ෂ", "ක්" + strings.Repeat("\u0dca", maxMarks-1) + zwj + "ෂ"},
		{"র" + strings.Repeat("\u0981", 40) + zwj + "\u09cd", "র" + strings.Repeat("\u0981", maxMarks)},
	} {
		if got := CleanName(c.name, 80); got != c.want {
			t.Errorf("%+q reads %+q, want %+q", c.name, got, c.want)
		}
	}
	// A name that is cut ends in no joiner.
	if got := CleanName("ශ්"+zwj+"රී", 1); got != "ශ්" {
		t.Errorf("cut: %+q", got)
	}
}

func TestThreadName(t *testing.T) {
	long := strings.Repeat("long name ", 30)
	cases := []struct{ prefix, name, email, want string }{
		{"Support", "Ann", "ann@example.com", "Support: Ann - ann@example.com"},
		{"Support", "", "ann@example.com", "Support: ann@example.com"},
		{"Support", "Ann", "", "Support: Ann"},
		{"Support", "", "", "Support"},
		{"", "Ann", "a@b.cd", "Ann - a@b.cd"},
		{"", "", "", "Support"},
		{"Support", long, "ann@example.com", "Support: long name long name long name long name long name long name long name lo… - ann@example.com"},
		{"Support", strings.Repeat("👨‍👩‍👧", 50), "a@b.cd", "Support: " + strings.Repeat("👨\u200d👩\u200d👧", 10) + "… - a@b.cd"},
	}
	for _, c := range cases {
		got := ThreadName(c.prefix, c.name, c.email)
		if got != c.want {
			t.Errorf("%q\nwant %q", got, c.want)
		}
		if Units(got) > ThreadNameUnits {
			t.Errorf("%d units: %q", Units(got), got)
		}
	}
	if got := ThreadName(long, long, strings.Repeat("e", 250)+"@example.com"); Units(got) > ThreadNameUnits {
		t.Errorf("%d units: %q", Units(got), got)
	}
}

func TestValidEmail(t *testing.T) {
	local := strings.Repeat("a", maxLocalBytes)
	label := strings.Repeat("b", maxLabelBytes)
	for s, want := range map[string]bool{
		"ann@example.com": true, "a.b+c@sub.example.co.uk": true, "o'neil@example.ie": true, "müller@exämple.de": true, "用户@例子.公司": true,
		"a@1.example": true, "_@example.com": true, local + "@example.com": true, "a@" + label + ".com": true, "a@xn--80ak6aa92e.com": true,
		"a@" + label + "." + label + "." + label + "." + strings.Repeat("c", 60): true,  // 254 bytes
		"a@" + label + "." + label + "." + label + "." + strings.Repeat("c", 61): false, // 255
		"a" + local + "@example.com": false, "a@b" + label + ".com": false,
		"": false, "a": false, "@": false, "a@": false, "@b.cd": false, "a@b": false, "a@localhost": false, "a@1.2.3.4": false, "a@[1.2.3.4]": false,
		"a b@c.de": false, "a@b c.de": false, " a@b.cd": false, "a@b.cd ": false, "a@b.cd\n": false, "Ann <a@b.cd>": false, "a@b.cd,c@d.ef": false,
		".a@b.cd": false, "a.@b.cd": false, "a..b@c.de": false, "a@.b.cd": false, "a@b..cd": false, "a@b.cd.": false, "a@-b.cd": false, "a@b-.cd": false,
		"a@b_c.de": false, "\"a b\"@c.de": false, "a(b)@c.de": false, "a@b@c.de": false, "a\u200b@b.cd": false, "a@b\u202e.cd": false, "a\x00@b.cd": false, "\xff@b.cd": false,
		"a@b.c\u00a0d": false, "a@b/c.de": false, "a:b@c.de": false, "a;b@c.de": false, "<a@b.cd>": false,
	} {
		if ValidEmail(s) != want {
			t.Errorf("ValidEmail(%q) is %v", s, !want)
		}
	}
}
