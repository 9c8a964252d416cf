package chat_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// TestCatalogueInDocs holds docs/api-reference.md in step with the catalogues.
func TestCatalogueInDocs(t *testing.T) {
	const file = "../docs/api-reference.md"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := section(t, string(raw), "errors", errorTable())
	got = section(t, got, "closes", closeTable())
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(raw) {
		t.Errorf("%s is stale; go test ./chat -run TestCatalogueInDocs -rewrite writes it anew", file)
	}
}

func section(t *testing.T, doc, name, table string) string {
	t.Helper()
	head, rest, ok := strings.Cut(doc, "<!-- generated: "+name+" -->\n")
	if !ok {
		t.Fatalf("no section %q", name)
	}
	_, tail, ok := strings.Cut(rest, "<!-- end generated -->")
	if !ok {
		t.Fatalf("section %q has no end", name)
	}
	return head + "<!-- generated: " + name + " -->\n" + table + "<!-- end generated -->" + tail
}

func errorTable() string {
	var b strings.Builder
	b.WriteString("| `code` | what the visitor reads | the same again |\n|---|---|---|\n")
	for _, r := range chat.Codes {
		again := map[string]string{"never": "fails again", "later": "may work later", "fix": "works once something is changed"}[r.Retry]
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", r.Code, r.Text, again)
	}
	return b.String()
}

func closeTable() string {
	var b strings.Builder
	b.WriteString("| code | reason | meaning | connect again |\n|---|---|---|---|\n")
	for _, r := range chat.Closes {
		again := "no"
		if r.Reconnect {
			again = "yes"
		}
		fmt.Fprintf(&b, "| %d | %s | %s | %s |\n", r.Code, r.Reason, r.Text, again)
	}
	return b.String()
}

// TestCatalogueIsWhole checks that each row can be found by its code, and that
// close codes keep to their ranges.
func TestCatalogueIsWhole(t *testing.T) {
	seen := map[chat.Code]bool{}
	for _, r := range chat.Codes {
		if seen[r.Code] || r.Text == "" || chat.RowOf(r.Code) != r {
			t.Errorf("%s: twice, or without words", r.Code)
		}
		if r.Retry != "never" && r.Retry != "later" && r.Retry != "fix" {
			t.Errorf("%s: retry is %q", r.Code, r.Retry)
		}
		if strings.ContainsAny(r.Text, "!") || strings.Contains(r.Text, "Oops") {
			t.Errorf("%s: calm words only: %q", r.Code, r.Text)
		}
		seen[r.Code] = true
	}
	for _, r := range chat.Closes {
		if again := r.Code < 4500; again != r.Reconnect {
			t.Errorf("%d lies in the wrong range", r.Code)
		}
		if len(r.Reason) > 123 || r.Reason == "" || chat.ReasonOf(r.Code) != r.Reason {
			t.Errorf("%d: the reason must be 1 to 123 bytes (RFC 6455, section 5.5)", r.Code)
		}
	}
	if chat.RowOf("no such code").Code != chat.CodeInternal {
		t.Error("an unknown code is not told as an internal error")
	}
}
