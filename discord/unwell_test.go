package discord_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// A reason of any length is said in one post, and @everyone in it calls nobody.
func TestALongReason(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{Role: "any"})
	r.step(discord.Unwell{Reason: "@everyone " + strings.Repeat("é", 5000)})
	r.run(3 * chat.Minute)
	list := r.world.Messages(r.world.SupportChannel())
	if len(list) != 1 || !strings.Contains(list[0].Content, "@everyone é") || !strings.HasSuffix(list[0].Content, "how to mend it.") {
		t.Fatalf("%d posts", len(list))
	}
	if list[0].MentionEveryone {
		t.Error("everyone was called")
	}
}

// Without a wait nobody is told.
func TestAlertsOff(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{Role: "any", AlertAfter: -1})
	r.step(discord.Unwell{Reason: "the connection is not open"})
	r.run(chat.Day)
	if n := len(r.world.Messages(r.world.SupportChannel())); n != 0 {
		t.Errorf("%d posts", n)
	}
}
