package discord_test

import (
	"encoding/json"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// TestDividersEndAReading finds the first divider of a page, and takes nothing for one that somebody else wrote: a visitor's text is
// escaped, and an agent's is not the bot's.
func TestDividersEndAReading(t *testing.T) {
	divider := discord.Desk{}.Notice(chat.NoticeDivider, "abc123", threadID)
	verified := discord.Desk{}.Notice(chat.NoticeVerified, "abc123", threadID)
	typed := discord.Desk{}.Parts(nil, []string{divider})[0]
	for _, c := range []struct {
		name string
		page [][2]string // author and text, oldest first; ids count from …001
		want chat.MessageID
	}{
		{"none", [][2]string{{agentID, "Hello"}, {botID, "hi"}}, ""},
		{"a stranger's", [][2]string{{agentID, "Hello"}, {botID, divider}, {agentID, "For you"}}, "1000000000000000002"},
		{"a verified visitor's", [][2]string{{botID, verified}}, "1000000000000000001"},
		{"the first of two", [][2]string{{botID, divider}, {botID, verified}}, "1000000000000000001"},
		{"typed by a visitor", [][2]string{{botID, typed}}, ""},
		{"written by an agent", [][2]string{{agentID, divider}}, ""},
	} {
		p := newPlain(t, discord.Options{})
		calls, _ := p.offer("mia", &chat.DeskCall{Kind: chat.CallRead, Key: "k", Thread: threadID, After: "1000000000000000000"})
		var page []map[string]any
		for i := len(c.page) - 1; i >= 0; i-- {
			page = append(page, map[string]any{"id": "100000000000000000" + string(rune('1'+i)), "channel_id": threadID, "content": c.page[i][1],
				"author": map[string]any{"id": c.page[i][0], "username": "u", "bot": c.page[i][0] == botID}})
		}
		body, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		_, told := p.step(answer(calls[0], 200, string(body)))
		if len(told) != 1 {
			t.Fatalf("%s: %+v", c.name, told)
		}
		if got := told[0].(chat.DeskDone).Result.Divider; got != c.want {
			t.Errorf("%s: the divider is %q, want %q", c.name, got, c.want)
		}
	}
}
