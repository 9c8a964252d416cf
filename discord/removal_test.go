package discord_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/discord"
)

// TestRemoval holds what is asked to delete a thread, and what counts as deleted.
func TestRemoval(t *testing.T) {
	for _, c := range []struct {
		answers       []int // 0 is none
		gone, refused bool
		asked         string
	}{
		{[]int{200, 204}, true, false, "thread post"},
		{[]int{404, 404}, true, false, "thread post"},
		{[]int{429, 0, 200, 500, 204}, true, false, "thread +thread +thread post +post"},
		{[]int{403, 204}, false, true, "thread post"},
		{[]int{0, 0, 0, 429, 503, 500}, false, false, "thread +thread +thread post +post +post"},
	} {
		r := discord.NewRemoval(1_790_000_000_000, "1100000000000000000", "1200000000000000000")
		var asked []string
		for i := 0; ; i++ {
			req, pause, ok := r.Next()
			if !ok {
				break
			}
			name := map[string]string{"DELETE /channels/1200000000000000000": "thread",
				"DELETE /channels/1100000000000000000/messages/1200000000000000000": "post"}[req.Method+" "+req.Path]
			if pause > 0 {
				name = "+" + name
			}
			asked = append(asked, name)
			done := discord.CallDone{Status: c.answers[i]}
			if done.Status == 0 {
				done.Failure = discord.FailureLost
			}
			r.Answered(&done)
		}
		if got := strings.Join(asked, " "); got != c.asked || r.Gone() != c.gone || r.Refused() != c.refused {
			t.Errorf("%v: asked %q, gone %v, refused %v", fmt.Sprint(c.answers), got, r.Gone(), r.Refused())
		}
	}
}
