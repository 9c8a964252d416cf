package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// TestNoHistory takes the permission to read a thread's history from the bot: Discord gives empty pages then. They are no answer: neither is
// a post in doubt taken for one that is not there, nor a reading for finished, and the owner hears why.
func TestNoHistory(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{MaxInFlight: 6})
	v := crowd(r, 1)[0]
	r.world.SetEveryonePermissions(int64(r.now), world.ViewChannel)
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions&^world.ReadMessageHistory)
	v.add(&chat.DeskCall{Kind: chat.CallRead, Key: "read:1"})
	v.kick()
	r.run(5 * chat.Minute)
	if len(v.calls) == 0 {
		t.Error("an empty page was taken for a thread in which nothing stands")
	}
	if h := r.egress.Health(r.now); h.Wrong == "" {
		t.Error("the owner hears nothing")
	}
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions)
	r.run(5 * chat.Minute)
	last := v.done[len(v.done)-1]
	if len(v.calls) > 0 || last.Outcome != chat.OutcomeDone || len(last.Seen) == 0 {
		t.Errorf("once it may: %d calls left, %+v", len(v.calls), last)
	}
	if h := r.egress.Health(r.now); h.Wrong != "" {
		t.Errorf("the owner still hears %q", h.Wrong)
	}

	// A post whose answer was lost, and no longer known by its nonce.
	id, err := r.world.Inject(int64(r.now), world.Fault{Kind: world.FaultLostAfter, Route: "POST /channels/{channel.id}/messages"})
	must(err)
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions&^world.ReadMessageHistory)
	v.say("once")
	r.run(5 * chat.Minute)
	r.world.Heal(int64(r.now), id)
	r.run(5 * chat.Minute)
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions)
	r.run(15 * chat.Minute)
	n := 0
	for _, m := range r.world.Messages(worldThread(t, v)) {
		if m.Content == "once" {
			n++
		}
	}
	if n != 1 || len(v.calls) > 0 {
		t.Errorf("it stands there %d times, %d calls left", n, len(v.calls))
	}
}
