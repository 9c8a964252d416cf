package server_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sort"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/server"
)

var rewrite = flag.Bool("rewrite", false, "write the documents anew")

// TestMetricsInDocs holds the table of metrics in docs/api-reference.md in step
// with what /metrics serves.
func TestMetricsInDocs(t *testing.T) {
	const file, begin, end = "../docs/api-reference.md", "<!-- generated: metrics -->\n", "<!-- end generated -->"
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
		t.Errorf("%s is stale; go test ./server -run TestMetricsInDocs -rewrite writes it anew", file)
	}
}

// What alerts look at stands at zero before it happens: Prometheus sees no
// increase in a series that begins with 1.
func TestMetricsBeginAtZero(t *testing.T) {
	s := start(t, server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Metrics: true, AdminSecret: "the-owner's", Log: slog.New(slog.DiscardHandler)})
	body := text(t, get(t, s, "GET", "/metrics", "", "Authorization", "Bearer the-owner's"))
	for _, line := range []string{`errors_total{code="unavailable"} 0`, `failed_messages_total{code="desk_refused"} 0`, `turnstile_total{result="turnstile_unavailable"} 0`,
		`sessions_total 0`, `first_response_seconds_count 0`, `delivery_seconds_count{way="visitor_to_thread"} 0`} {
		if !strings.Contains(body, "cloudflare_chat_"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}
