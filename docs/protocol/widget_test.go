package protocol_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/api-reference.md anew")

// TestAPIInDocs holds the tables of the widget's settings, methods and events in
// docs/api-reference.md to its types.
func TestAPIInDocs(t *testing.T) {
	const file = "../api-reference.md"
	types, err := os.ReadFile("../../widget/chat-widget.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(raw), "<!-- generated: widget -->\n")
	_, tail, closed := strings.Cut(rest, "<!-- end generated -->")
	if !found || !closed {
		t.Fatal("there is no section for the widget")
	}
	var b strings.Builder
	for _, part := range []struct{ of, title string }{{"ChatSettings", "Setting"}, {"ChatTheme", "`theme`"}, {"ChatIdentity", "`identity`"},
		{"CloudflareChat", "Method"}, {"ChatEvents", "Event"}} {
		b.WriteString("\n| " + part.title + " | type | meaning |\n|---|---|---|\n")
		rows := rowsOf(t, string(types), part.of)
		for _, r := range rows {
			b.WriteString("| " + r + " |\n")
		}
		if len(rows) < 4 {
			t.Errorf("%s has %d rows", part.of, len(rows))
		}
	}
	got := head + "<!-- generated: widget -->\n" + b.String() + "<!-- end generated -->" + tail
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(raw) {
		t.Errorf("%s is stale; go test ./docs/... -run InDocs -rewrite writes it anew", file)
	}
}

var (
	comment = regexp.MustCompile(`^  /\*\* (.*) \*/$`)
	field   = regexp.MustCompile(`^  (\w+)\??: (.*);$`)
	method  = regexp.MustCompile(`^  (\w+)(?:<.*>)?(\(.*\)): (.*);$`)
)

// rowsOf reads the members of an interface.
func rowsOf(t *testing.T, types, name string) (rows []string) {
	t.Helper()
	_, body, found := strings.Cut(types, "export interface "+name+" ")
	body, _, ended := strings.Cut(body, "\n}")
	if !found || !ended {
		t.Fatalf("there is no %s", name)
	}
	says := ""
	for _, line := range strings.Split(body, "\n")[1:] {
		if m := comment.FindStringSubmatch(line); m != nil {
			says = m[1]
			continue
		}
		m, kind := field.FindStringSubmatch(line), 1
		if m == nil {
			m, kind = method.FindStringSubmatch(line), 2
		}
		if m == nil {
			t.Fatalf("%s: %q is neither a comment, a field nor a method", name, line)
		}
		of := m[2]
		if kind == 2 {
			of += ": " + m[3]
		}
		rows = append(rows, "`"+m[1]+"` | `"+strings.ReplaceAll(of, "|", `\|`)+"` | "+strings.ReplaceAll(says, "|", `\|`))
		says = ""
	}
	return rows
}
