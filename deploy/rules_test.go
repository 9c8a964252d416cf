package deploy_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"cloudflarechat/server"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// known tells whether the native host serves a metric.
func known(help map[string]string, name string) bool {
	for _, end := range []string{"_bucket", "_sum", "_count"} {
		if base := strings.TrimSuffix(name, end); help[base] != "" {
			return true
		}
	}
	return help[name] != ""
}

var metric = regexp.MustCompile(`cloudflare_chat_\w+`)

// TestMetricsExist holds that alerts and the dashboard ask for metrics that are
// served, and that the dashboard shows each.
func TestMetricsExist(t *testing.T) {
	help := server.MetricHelp()
	dashboard := read(t, "grafana/dashboard.json")
	for _, text := range []string{read(t, "prometheus/rules.yml"), dashboard} {
		for _, name := range metric.FindAllString(text, -1) {
			if !known(help, name) {
				t.Errorf("there is no metric %s", name)
			}
		}
	}
	for name := range help { // order does not matter: each is a finding of its own
		if !strings.Contains(dashboard, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
	if !json.Valid([]byte(dashboard)) {
		t.Error("the dashboard is no JSON")
	}
}

var alertName = regexp.MustCompile(`- alert: (\w+)`)

// TestAlertsAreExplained holds that docs/operations.md says what to do about
// each alert.
func TestAlertsAreExplained(t *testing.T) {
	guide := read(t, "../docs/operations.md")
	for _, m := range alertName.FindAllStringSubmatch(read(t, "prometheus/rules.yml"), -1) {
		if !strings.Contains(guide, "| `"+m[1]+"` |") {
			t.Errorf("docs/operations.md does not say what to do about %s", m[1])
		}
	}
}
