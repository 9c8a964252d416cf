package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

const judgeDir = "testdata/judge"

// A verdict is what one foreign parser read in a text. See testdata/judge/README.md.
type verdict struct {
	Parser string
	Text   string
	Links  []string
	Marks  []string
	Styled []string
}

var installed = sync.OnceValue(func() string {
	node, err := exec.LookPath("node")
	if err != nil {
		return "there is no node"
	}
	if _, err := os.Stat(judgeDir + "/node_modules/discord-markdown-parser"); err != nil {
		npm, err := exec.LookPath("npm")
		if err != nil {
			return "there is no npm to install the parsers with"
		}
		install := exec.Command(npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts")
		install.Dir = judgeDir
		if out, err := install.CombinedOutput(); err != nil {
			return "npm ci failed: " + err.Error() + "\n" + string(out)
		}
	}
	probe := exec.Command(node, "judge.mjs")
	probe.Dir = judgeDir
	probe.Stdin = strings.NewReader("\"x\"\n")
	if out, err := probe.CombinedOutput(); err != nil {
		return "the judge does not run: " + err.Error() + "\n" + string(out)
	}
	return ""
})

// judge lets the foreign parsers read texts: one list of verdicts a text.
func judge(t *testing.T, texts []string) [][]verdict {
	t.Helper()
	if why := installed(); why != "" {
		t.Skipf("NOT JUDGED: escaping was not checked by a foreign parser, because %s", why)
	}
	var in bytes.Buffer
	for _, s := range texts {
		line, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		in.Write(line)
		in.WriteByte('\n')
	}
	cmd := exec.Command("node", "judge.mjs")
	cmd.Dir = judgeDir
	cmd.Stdin = &in
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all [][]verdict
	scan := bufio.NewScanner(bytes.NewReader(out))
	scan.Buffer(nil, 16<<20)
	for scan.Scan() {
		var v []verdict
		if err := json.Unmarshal(scan.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	if len(all) != len(texts) {
		t.Fatalf("%d verdicts for %d texts", len(all), len(texts))
	}
	return all
}

// asDrawn gives cleaned text as a Discord client draws it: simple-markdown makes a tab four spaces.
func asDrawn(s string) string { return strings.ReplaceAll(Clean(s), "\t", "    ") }

// readsAs checks that every parser finds nothing but text and links in escaped, and reads want.
func readsAs(t *testing.T, escaped, want string, verdicts []verdict) {
	t.Helper()
	if len(verdicts) == 0 {
		t.Errorf("no verdict on %q", escaped)
	}
	for _, v := range verdicts {
		if len(v.Marks) > 0 {
			t.Errorf("%s finds %v in %.300q", v.Parser, v.Marks, escaped)
		}
		if v.Text != asDrawn(want) {
			t.Errorf("%s reads %.300q\nas    %.300q\nwant  %.300q", v.Parser, escaped, v.Text, asDrawn(want))
		}
		for _, link := range v.Links {
			if !strings.HasPrefix(link, "http://") && !strings.HasPrefix(link, "https://") {
				t.Errorf("%s finds the link %q in %.300q", v.Parser, link, escaped)
			}
		}
	}
}

func TestJudgeEscapedCorpus(t *testing.T) {
	typed := corpus(t)
	escaped := make([]string, len(typed))
	for i, s := range typed {
		escaped[i] = Escape(s)
	}
	for i, v := range judge(t, escaped) {
		readsAs(t, escaped[i], typed[i], v)
	}
}

// Whole posts: each malicious text as the name, the address, the page and the message of one.
func TestJudgeWholePosts(t *testing.T) {
	var posts, want []string
	for _, s := range corpus(t) {
		for _, field := range []struct{ name, email, page, attributes, text string }{
			{s, "ann@example.com", "/pricing", "", "hello"},
			{"Ann", s, "/pricing", "", "hello"},
			{"Ann", "ann@example.com", s, "", "hello"},
			{"Ann", "ann@example.com", "/pricing", s, "hello"},
			{"Ann", "ann@example.com", "/pricing", "", s},
			{s, s, s, s, s},
		} {
			header := Header(field.name, field.email, field.page, field.attributes)
			if n := Units(header); n > PostUnits/2+PostUnits/4 {
				t.Errorf("a header of %d units for %.80q", n, s)
			}
			for i, part := range Parts(header, []string{field.text, "and " + field.text}, PostUnits) {
				posts = append(posts, part)
				want = append(want, unescape(part))
				if head := strings.Count(part, "\n---\n"); i == 0 && head != 1 || i > 0 && head != 0 {
					t.Errorf("%d headers in part %d: %.300q", head, i, part)
				}
			}
		}
	}
	for i, v := range judge(t, posts) {
		readsAs(t, posts[i], want[i], v)
	}
}

func TestJudgeLinksStayClickable(t *testing.T) {
	cases := []struct{ typed, link string }{
		{"https://example.com", "https://example.com"},
		{"see https://example.com/a_b_c.", "https://example.com/a_b_c"},
		{"(https://example.com/a)", "https://example.com/a"},
		{"https://en.wikipedia.org/wiki/Foo_(bar)", "https://en.wikipedia.org/wiki/Foo_(bar)"},
		{"<https://example.com>", "https://example.com"},
		{"**https://example.com/x**", "https://example.com/x"},
		{"https://example.com/?a[]=1&b=~*~*x", "https://example.com/?a[]=1&b=~*~*x"},
		{"请看https://example.com/页。谢谢", "https://example.com/页"},
		{"[label](https://example.com/x)", "https://example.com/x"},
		{"http://[::1]:8080/x", "http://[::1]:8080/x"},
		{"https://example.com<b>", "https://example.com"},
		{"\"http://example.com\"", "http://example.com"},
	}
	var escaped []string
	for _, c := range cases {
		escaped = append(escaped, Escape(c.typed))
	}
	for i, verdicts := range judge(t, escaped) {
		readsAs(t, escaped[i], cases[i].typed, verdicts)
		for _, v := range verdicts {
			if len(v.Links) != 1 || v.Links[0] != cases[i].link {
				t.Errorf("%s: %q as %q: links %q, want %q", v.Parser, cases[i].typed, escaped[i], v.Links, cases[i].link)
			}
		}
	}
}

// Random texts made of everything that means something, in batches: one start of node for many texts.
func TestJudgeRandomTexts(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	gen := rapid.SliceOfN(typedText(), 800, 800)
	for seed := range 5 {
		typed := gen.Example(seed)
		var escaped, want []string
		for _, s := range typed {
			escaped = append(escaped, Escape(s))
			want = append(want, s)
			for _, part := range Split(s, 40) {
				escaped = append(escaped, part)
				want = append(want, unescape(part))
			}
			escaped = append(escaped, Parts(Header(s, "a_b@example.com", "", "plan = "+s), []string{s}, PostUnits)...)
			for len(want) < len(escaped) {
				want = append(want, unescape(escaped[len(want)]))
			}
		}
		for i, v := range judge(t, escaped) {
			readsAs(t, escaped[i], want[i], v)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
	}
}

// Plain keeps the text and the marks of what an agent wrote, as a foreign parser reads both.
func TestJudgePlainKeepsMarks(t *testing.T) {
	pieces := []string{"*", "**", "_", "__", "~~", "||", "***", "a", "b", " ", "\n", "x y", "`", "\\", "c", "1", "**b**", "_i_", "__u__", "`c`"}
	gen := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 9), func(p []string) string { return strings.Join(p, "") })
	var texts []string
	for _, s := range rapid.SliceOfN(gen, 4000, 4000).Example(1) {
		if s = strings.TrimSpace(s); !strings.Contains("\n"+s, "\n* ") { // lists get a bullet
			texts = append(texts, s, Plain(Incoming{Content: s}))
		}
	}
	verdicts := judge(t, texts)
	same := 0
	for i := 0; i < len(texts); i += 2 {
		agent, visitor := verdicts[i][0].Styled, verdicts[i+1][0].Styled
		for j := range agent {
			agent[j] = withoutBoldItalic(agent[j])
		}
		if slices.Equal(agent, visitor) {
			same++
		}
	}
	// The rest is not what people write: * beside **, which the canonical form has not, code that holds backticks, and
	// escapes inside ~~ and ||, which the parser does not honour.
	if share := 100 * same / (len(texts) / 2); share < 95 {
		t.Errorf("%d %% of the texts keep their marks, want 95", share)
	}
}

// withoutBoldItalic takes italic from what is bold, as Plain does.
func withoutBoldItalic(styled string) string {
	if strings.Contains(styled, " strong") {
		return strings.Replace(styled, " em", "", 1)
	}
	return styled
}
