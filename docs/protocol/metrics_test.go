package protocol_test

import (
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/server"
)

// TestMetricsInDocs holds the table of metrics in docs/api-reference.md in step
// with what /metrics serves.
func TestMetricsInDocs(t *testing.T) {
	const file, begin, end = "../api-reference.md", "<!-- generated: metrics -->\n", "<!-- end generated -->"
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	labels := map[string]string{}
	for _, m := range chat.Metrics {
		labels["cloudflare_chat_"+string(m.Metric)] = m.Label
	}
	help := server.MetricHelp()
	names := make([]string, 0, len(help))
	for name := range help {
		names = append(names, name)
	}
	sort.Strings(names)
	var b strings.Builder
	b.WriteString("| metric | label | meaning |\n|---|---|---|\n")
	for _, name := range names {
		label := ""
		if labels[name] != "" {
			label = "`" + labels[name] + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, label, help[name])
	}
	head, rest, found := strings.Cut(string(raw), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("there is no section for metrics")
	}
	got := head + begin + b.String() + end + tail
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
