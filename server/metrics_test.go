package server_test

import (
	"log/slog"
	"strings"
	"testing"

	"cloudflarechat/server"
)

// What alerts look at stands at zero before it happens: Prometheus sees no
// increase in a series that begins with 1.
func TestMetricsBeginAtZero(t *testing.T) {
	s := start(t, server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Metrics: true, AdminSecret: "the-owner's", Log: slog.New(slog.DiscardHandler)})
	body := text(t, get(t, s, "GET", "/metrics", "", "Authorization", "Bearer the-owner's"))
	for _, line := range []string{`errors_total{code="unavailable"} 0`, `failed_messages_total{code="desk_refused"} 0`, `turnstile_total{result="turnstile_unavailable"} 0`,
		`sessions_total 0`, `first_response_seconds_count 0`, `first_response_seconds_bucket{le="120"} 0`, `gateway_connects_total{result="tried"} 0`,
		`host_discord_invalid_left -1`, `unanswered_total 0`, `delivery_seconds_count{way="visitor_to_thread"} 0`} {
		if !strings.Contains(body, "cloudflare_chat_"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
}
