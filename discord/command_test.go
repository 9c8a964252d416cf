package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
)

// TestCommandsAgain holds that the commands are brought again, at growing pauses, until Discord takes them or will never.
func TestCommandsAgain(t *testing.T) {
	limited := discord.CallDone{Status: 429, Body: []byte(`{"message":"You are being rate limited.","retry_after":100.0,"global":false}`)}
	absurd := discord.CallDone{Status: 429, Header: rest.Header{RetryAfter: "999999999"}}
	for _, c := range []struct {
		name  string
		done  discord.CallDone
		tries int
		want  chat.Time
	}{
		{"taken", discord.CallDone{Status: 200}, 1, 0},
		{"refused", discord.CallDone{Status: 400}, 1, 0},
		{"no access", discord.CallDone{Status: 403}, 1, 0},
		{"an error", discord.CallDone{Status: 500}, 1, chat.Second},
		{"a second one", discord.CallDone{Status: 503}, 2, 2 * chat.Second},
		{"no answer", discord.CallDone{Failure: discord.FailureLost}, 3, 4 * chat.Second},
		{"not sent", discord.CallDone{Failure: discord.FailureUnsent}, 4, 8 * chat.Second},
		{"for ever", discord.CallDone{Status: 502}, 1000, 10 * chat.Minute},
		{"limited for longer than the pause", limited, 1, 100*chat.Second + chat.Second/20},
		{"limited for shorter", limited, 9, 256 * chat.Second},
		{"limited by nobody in his senses", absurd, 1, chat.Hour},
	} {
		if got := discord.CommandsAgain(&c.done, c.tries); got != c.want {
			t.Errorf("%s: %d and not %d", c.name, got, c.want)
		}
	}
}
