package rest_test

import (
	"testing"

	"cloudflarechat/discord/rest"
)

// How long an answer asks to be left alone: by its body, which is more exact, else by its header.
func TestWaitAsked(t *testing.T) {
	for _, c := range []struct {
		body, after string
		want        int64
	}{
		{`{"message":"You are being rate limited.","retry_after":1.5,"global":false}`, "2", 1500},
		{"error code: 1015", "90", 90_000},
		{"<html>", "", 0},
		{`{"message":"401: Unauthorized","code":0}`, "soon", 0},
	} {
		got := rest.WaitAskedMs(&rest.Header{RetryAfter: c.after}, []byte(c.body))
		if got < c.want || c.want == 0 && got != 0 || got > c.want+1000 {
			t.Errorf("%s and %q: %d", c.body, c.after, got)
		}
	}
}
