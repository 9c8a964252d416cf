package discord_test

import (
	"strings"
	"testing"

	"cloudflarechat/discord"
)

// TestJudgeRelay holds that only the chat itself can say that a body is dealt with.
func TestJudgeRelay(t *testing.T) {
	for _, c := range []struct {
		status        int
		body          string
		over, refused bool
	}{
		{200, `{"code":"taken","message":"It is on its way to the visitor."}`, true, false},
		{404, `{"code":"unknown_thread","message":"No conversation has this thread."}`, true, false},
		{400, `{"code":"bad_request","message":"x"}`, true, true},
		{413, `{"code":"too_big","message":"x"}`, true, true},
		{422, `{"message":"x","code":"set_aside"}`, true, true},
		{200, ``, false, false},
		{200, `<html>We are back soon.</html>`, false, false},
		{200, `{"code":"later"}`, false, false},
		{200, `{"code":"taken"`, false, false},
		{200, `["taken"]`, false, false},
		{200, `{"code":"taken","pad":"` + strings.Repeat("x", discord.MaxRelayAnswerBytes) + `"}`, false, false},
		{404, "404 page not found\n", false, false},
		{404, `{"code":"taken"}`, false, false},
		{404, `{"code":7}`, false, false},
		{400, `Bad Request`, false, false},
		{413, `<html>413 Request Entity Too Large</html>`, false, false},
		{422, `{}`, false, false},
		{415, `{"code":"bad_request"}`, false, false},
		{401, `{"code":"unauthorized"}`, false, false},
		{403, ``, false, false},
		{503, `{"code":"later"}`, false, false},
		{0, ``, false, false},
	} {
		got := discord.JudgeRelay(c.status, []byte(c.body))
		if got.Over != c.over || got.Refused != c.refused || (got.Trouble == "") != c.over {
			t.Errorf("%d %.60q: %+v", c.status, c.body, got)
		}
	}
	for status, want := range map[int]string{401: "BOT_RELAY_SECRET", 404: "something else", 0: "does not answer"} {
		body := ""
		if status == 401 {
			body = `{"code":"unauthorized"}`
		}
		if got := discord.JudgeRelay(status, []byte(body)).Trouble; !strings.Contains(got, want) {
			t.Errorf("%d: %q", status, got)
		}
	}
}
