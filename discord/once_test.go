package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// A call that is told for the second time, long after, is not carried out: its
// conversation may have gone on without it, and is asked for what it has.
func TestLateCallIsAskedFor(t *testing.T) {
	p := newPlain(t, discord.Options{})
	old := post("k1", "given up long ago")
	old.HandedAt = p.now - chat.Minute
	calls, told := p.offer("mia", old)
	if len(calls) != 0 || len(told) != 1 {
		t.Fatalf("%d calls left, and %v was told", len(calls), told)
	}
	if pull, ok := told[0].(chat.DeskPull); !ok || pull.Unsent != 0 {
		t.Fatalf("the conversation was told %#v", told[0])
	}
	// What it answers is carried out, however its clock goes.
	now := post("k2", "what it has now")
	now.HandedAt = p.now - chat.Hour
	if calls, _ = p.offer("mia", now); len(calls) != 1 {
		t.Fatalf("%d calls left for what was asked for", len(calls))
	}
}
