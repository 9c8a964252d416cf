package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	const id = "123456789012345678"
	names := []Mention{
		{MentionUser, id, "Ann **B**"}, {MentionRole, id, "Support"}, {MentionChannel, id, "help_desk"},
	}
	cases := []struct{ name, content, want string }{
		{"words", "Hello, how can I help?", "Hello, how can I help?"},
		{"marks", "**b** *i* __u__ ~~s~~ ||x||", "**b** *i* __u__ ~~s~~ ||x||"},
		{"underscore italic", "_it_ and snake_case_name", "*it* and snake_case_name"},
		{"bold italic is bold", "***x*** and **a *b* c**", "**x** and **a b c**"},
		{"nested marks in order", "**__~~||x||~~__**", "||~~__**x**__~~||"},
		{"marks hug", "** a **b", " **a** b"},
		{"marks end with the line", "**a\nb**", "**a**\n**b**"},
		{"unpaired", "2 * 3 ** 4 ` 5 ~~ 6 || 7 __ 8", "2 \\* 3 \\*\\* 4 \\` 5 \\~\\~ 6 \\|\\| 7 \\_\\_ 8"},
		{"escapes", `\*a\* \_b\_ \# \é \a \\`, `\*a\* \_b\_ # é \\a \\`},
		{"shrug", `¯\_(ツ)_/¯`, `¯\\\_(ツ)_/¯`},
		{"code", "`a **b** <@1>` and ``c`d``", "`a **b** <@1>` and c\\`d"},
		{"block", "see\n```go\nx := 1\n```\nok", "see\n```\nx := 1\n```\nok"},
		{"block in a line", "see ```x``` ok", "see\n```\nx\n```\nok"},
		{"block keeps marks", "```\n**a** <@" + id + ">\n\n  b\n```", "```\n**a** <@" + id + ">\n\n  b\n```"},
		{"fences in a fence", "``````\n```", "\\`\\`\\`\\`\\`\\`\n\\`\\`\\`"},
		{"quote", "> a **b**\n> c\nd", "> a **b**\n> c\nd"},
		{"long quote", "a\n>>> b\nc", "a\n> b\n> c"},
		{"quote with a block", "> ```\n> x\n> y\n> ```", "> `x`\n> `y`"},
		{"no quote", ">a\na > b", "\\>a\na > b"},
		{"heading", "# Hi **you**\ntext", "**Hi you**\ntext"},
		{"no heading", "#hi\n#### x", "#hi\n#### x"},
		{"subtext", "-# small", "small"},
		{"list", "- a\n* b\n  - c\n1. d", "• a\n• b\n  • c\n1. d"},
		{"user", "<@" + id + "> <@!" + id + ">", "@Ann \\*\\*B\\*\\* @Ann \\*\\*B\\*\\*"},
		{"role, channel", "<@&" + id + "> <#" + id + ">", "@Support #help_desk"},
		{"unknown", "<@1> <@&1> <#1>", "@user @role #channel"},
		{"everyone", "@everyone @here", "@everyone @here"},
		{"emoji", "<:party_cat:" + id + "> <a:x1:" + id + "> 😀", ":party_cat: :x1: 😀"},
		{"timestamps", "<t:1618953630> <t:1618953630:R>", "20 April 2021, 21:20 UTC 20 April 2021, 21:20 UTC"},
		{"timestamp styles", "<t:1618953630:t>, <t:1618953630:T>, <t:1618953630:d>, <t:1618953630:F>",
			"21:20 UTC, 21:20:30 UTC, 20 April 2021, Tuesday, 20 April 2021, 21:20 UTC"},
		{"timestamps of long ago", "<t:0:f> <t:-1:T> <t:-62135596800:D>", "1 January 1970, 00:00 UTC 23:59:59 UTC 1 January 1"},
		{"timestamp too far", "<t:8640000000001>", "<t:8640000000001>"},
		{"command", "</say hello:" + id + ">", "/say hello"},
		{"places", "<id:customize> <" + id + ":guide>", "Channels & Roles Server Guide"},
		{"address", "<mail@example.com>", "mail@example.com"},
		{"link", "see https://example.com/a_b_c.", "see https://example.com/a_b_c."},
		{"link without preview", "<https://example.com/x>, ok", "https://example.com/x, ok"},
		{"link and word", "<https://example.com/x>ok", "https://example.com/x ok"},
		{"address that is no link", `http\://example.com https:\//x.y`, `http\://example.com https\://x.y`},
		{"bold link", "**https://example.com/x**", "https://example.com/x"},
		{"masked link", "[our **docs**](https://example.com/x \"t\").", "our **docs** (https://example.com/x)."},
		{"masked link, angled", "[docs](<https://example.com/x>)", "docs (https://example.com/x)"},
		{"masked by itself", "[https://example.com](https://example.com)", "https://example.com"},
		{"a lie is told", "[https://good.example](https://evil.example)", "https://good.example (https://evil.example)"},
		{"no link", "[a](javascript:alert(1)) [b] (c)", "[a](javascript:alert(1)) [b] (c)"},
		{"html", "<b>x</b> <script>alert(1)</script> &lt;", "<b>x</b> <script>alert(1)</script> &lt;"},
		{"spoilers", "||a **b**||", "||a **b**||"},
		{"blank", " \n ", ""},
		{"lines", "a\r\nb\n\n\nc\n", "a\nb\n\n\nc"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Plain(Incoming{Content: c.content, Mentions: names}); got != c.want {
				t.Errorf("%q\ngives %q\nwant  %q", c.content, got, c.want)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct {
		name string
		to   Reply
		want string
	}{
		{"an agent's post", Reply{Author: "Ann", Content: "**Does** it?\nmore"}, "> Ann: **Does** it?"},
		{"a visitor's post", Reply{Content: Header("Ann_", "a@b.cd", "/x", "plan = gold") + `does \*it\*`}, "> does \\*it\\*"},
		{"a mention", Reply{Content: "ask <@123456789012345678>"}, "> ask @Mia"},
		{"a note", Reply{Author: "Ann", Content: " // secret"}, ""},
		{"nothing", Reply{Author: "Ann"}, ""},
	} {
		if got := Quote(c.to, []Mention{{MentionUser, "123456789012345678", "Mia"}}); got != c.want {
			t.Errorf("%s gives %q\nwant  %q", c.name, got, c.want)
		}
	}
}

func TestPlainExtras(t *testing.T) {
	cases := []struct {
		name string
		in   Incoming
		want string
	}{
		{"nothing", Incoming{}, ""},
		{"files", Incoming{Content: "here", Attachments: []Attachment{
			{Name: "a_b.pdf", Bytes: 1_258_291}, {Name: "SPOILER_x.png", ContentType: "image/png", Bytes: 348_160}, {Name: "v.ogg", Seconds: 12.4},
			{Name: "\u202e", Bytes: 12}, {Name: "x.mp4", ContentType: "video/mp4"}}},
			"here\nFile: a_b.pdf (1.2 MB)\nImage: x.png (340 KB)\nVoice message (12 s)\nFile: file (12 bytes)\nVideo: x.mp4"},
		{"sticker", Incoming{Stickers: []string{"Wave *hi*"}}, "Sticker: Wave \\*hi\\*"},
		{"poll", Incoming{Poll: &Poll{"Which *one*?", []string{"A", "B"}}}, "Poll: Which \\*one\\*?\n1. A\n2. B"},
		{"embed", Incoming{Content: "see", Embeds: []Embed{{Title: "T", Description: "d **e**\n> f", URL: "https://example.com"}}},
			"see\n> **T**\n> d **e**\n> \\> f\n> https://example.com"},
		{"embed of a link in the text", Incoming{Content: "https://example.com/x", Embeds: []Embed{{Title: "T", URL: "https://example.com/x"}}},
			"https://example.com/x"},
		{"forwarded", Incoming{Content: "look", Forwarded: []Incoming{{Content: "a\n- b", Stickers: []string{"W"}}}},
			"look\nForwarded:\n> a\n> • b\n> Sticker: W"},
		{"forwarded note", Incoming{Content: "look", Forwarded: []Incoming{{Content: "// secret"}}}, "look"},
		{"quote, then a file", Incoming{Content: "> a", Stickers: []string{"W"}}, "> a\nSticker: W"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := Plain(c.in); got != c.want {
				t.Errorf("gives %q\nwant  %q", got, c.want)
			}
		})
	}
}

func TestPlainIsBounded(t *testing.T) {
	for _, content := range []string{
		strings.Repeat("a", 20000), strings.Repeat("*", 20000), strings.Repeat("**a** ", 5000), strings.Repeat("> a\n", 8000),
		strings.Repeat("||~~__**", 4000), strings.Repeat("[", 20000), strings.Repeat("[a](", 8000), strings.Repeat("`", 20000),
		"```\n" + strings.Repeat("x\n", 10000) + "```", "`" + strings.Repeat("x", 10000) + "`", strings.Repeat("\n", 20000) + "x",
		strings.Repeat(" ", 20000) + "x", "https://a.b/" + strings.Repeat("x", 9000), strings.Repeat("z"+strings.Repeat("\u0301", 500), 40),
		strings.Repeat("👨‍👩‍👧", 2000), strings.Repeat("<@1>", 5000), strings.Repeat("_a", 9000), strings.Repeat("\\*", 8000), strings.Repeat("> ", 9000),
	} {
		got := Plain(Incoming{Content: content, Stickers: []string{"S"}})
		if n := Units(got); n > PlainUnits {
			t.Errorf("%.20q gives %d units", content, n)
		}
		checkMarkup(t, got)
	}
	got := Plain(Incoming{Content: "**" + strings.Repeat("a", 9000) + "**"})
	if !strings.HasPrefix(got, "**aaa") || !strings.HasSuffix(got, "a**…") {
		t.Errorf("a long bold text gives %.10q … %q", got, got[len(got)-10:])
	}
}

// checkMarkup checks what the package comment promises about the canonical form, with a reader of its own.
func checkMarkup(t interface {
	Helper()
	Errorf(string, ...any)
}, s string,
) {
	t.Helper()
	if !utf8.ValidString(s) || s != Clean(s) {
		t.Errorf("not clean: %.200q", s)
	}
	block := false
	for line := range strings.SplitSeq(s, "\n") {
		if line == "```" {
			block = !block
			continue
		}
		if block {
			continue
		}
		line = strings.TrimPrefix(line, "> ")
		if strings.HasPrefix(line, ">") && line != ">" {
			t.Errorf("an unescaped > begins a line: %.200q", line)
		}
		if why := badLine(line); why != "" {
			t.Errorf("%s: %.300q", why, line)
		}
	}
	if block {
		t.Errorf("an open block in %.200q", s)
	}
}

// badLine says what is wrong with a line, or nothing.
func badLine(line string) string {
	var open []string
	prev := "" // what stands right before: a mark, or nothing
	for i := 0; i < len(line); {
		if end := linkEnd(line, i); end > 0 {
			if len(open) > 0 {
				return "a link inside a mark"
			}
			rest := strings.TrimLeft(line[end:], `.,:;!?)'"`)
			if rest != "" && !strings.HasPrefix(rest, "…") {
				if r, _ := utf8.DecodeRuneInString(rest); !isSpace(r) {
					return "something sticks to a link"
				}
			}
			i, prev = end, ""
			continue
		}
		mark := ""
		switch {
		case line[i] == '\\':
			if i+1 == len(line) || !strings.ContainsRune("\\*_~|`>:", rune(line[i+1])) {
				return "a backslash before nothing"
			}
			i, prev = i+2, ""
			continue
		case line[i] == '`':
			end := strings.IndexByte(line[i+1:], '`')
			if end < 1 {
				return "an open or empty code"
			}
			i, prev = i+end+2, ""
			continue
		case strings.HasPrefix(line[i:], "**"), strings.HasPrefix(line[i:], "__"), strings.HasPrefix(line[i:], "~~"), strings.HasPrefix(line[i:], "||"):
			mark = line[i : i+2]
		case line[i] == '*':
			mark = "*"
		}
		if mark == "" {
			i, prev = i+1, ""
			continue
		}
		if n := len(open); n > 0 && open[n-1] == mark {
			if prev == mark {
				return "an empty mark"
			}
			if before, _ := utf8.DecodeLastRuneInString(line[:i]); isSpace(before) {
				return "a blank before a closing mark"
			}
			open = open[:n-1]
		} else {
			for _, o := range open {
				if o == mark || o[0] == '*' && mark[0] == '*' {
					return "a mark inside itself, or * beside **"
				}
			}
			if after, _ := utf8.DecodeRuneInString(line[i+len(mark):]); isSpace(after) {
				return "a blank behind an opening mark"
			}
			open = append(open, mark)
		}
		i, prev = i+len(mark), mark
	}
	if len(open) > 0 {
		return "an open mark"
	}
	return ""
}

func TestForTeam(t *testing.T) {
	for s, want := range map[string]bool{
		"// note": true, "//": true, "  // note": true, "\n//x": true, "\u200b// x": true, "\u00a0//": true,
		"/ / x": false, "x // y": false, "https://x": false, "\\// x": false, "": false, "/x": false,
		"/close": true, "/Close please": true, "/ block": true, "/close\nplease": true, "/close,": true, "/closed": false, "/shrug": false, "close": false,
	} {
		if ForTeam(s) != want {
			t.Errorf("ForTeam(%q) is %v", s, !want)
		}
	}
}
