package edge_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"cloudflarechat/edge"
)

// TestFreePlanSpent holds what a visitor is told when every call to an object
// fails: 503 capacity until midnight UTC where the free plan is spent, else a
// moment's patience.
func TestFreePlanSpent(t *testing.T) {
	const elevenPM = 20_000*86_400_000 + 23*3_600_000
	for exception, want := range map[string][]string{
		"Exceeded allowed duration in Durable Objects free tier.":           {"capacity", "Retry-After", "3600", `"retryAfterMs":3600000`},
		"Exceeded allowed rows written in Durable Objects free tier.":       {"capacity", "3600"},
		"Your account has exceeded the daily limit of requests":             {"capacity", "3600"},
		"Network connection lost.":                                          {"unavailable", `"retryAfterMs":5000`},
		"Durable Object reset because its code was updated.":                {"unavailable"},
		"Durable Object is overloaded. Too many requests queued. ada@x.org": {"unavailable"},
	} {
		in := binary.AppendVarint(nil, elevenPM)
		in = append(binary.AppendUvarint(in, uint64(len(exception))), exception...)
		out := new(edge.Border).Call(edge.OpUnable, in)
		if edge.Status(out[0]) != edge.StatusOK {
			t.Fatalf("%s", out)
		}
		status, _ := binary.Uvarint(out[1:])
		if status != 503 {
			t.Errorf("%s: %d", exception, status)
		}
		for _, w := range want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: it says %q, without %q", exception, out, w)
			}
		}
		if strings.Contains(string(out), "ada@x.org") {
			t.Errorf("the exception's words reach the visitor")
		}
	}
}
