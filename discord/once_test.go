package discord_test

import (
	"reflect"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
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

// TestTakeUp holds that a session is taken up only where it was made, and that what was kept before that was known counts as made here.
func TestTakeUp(t *testing.T) {
	here := discord.MadeFor("https://discord.com/api", channelID, "token")
	for _, c := range []struct {
		was     string
		dropped bool
	}{{here, false}, {"", false}, {discord.MadeFor("http://127.0.0.1:8788/api", channelID, "token"), true},
		{discord.MadeFor("https://discord.com/api", otherID, "token"), true}, {discord.MadeFor("https://discord.com/api", channelID, "another"), true}} {
		s := records.Gateway{SessionID: "s", ResumeURL: "wss://x", Epoch: "1", AtMs: 5, MadeFor: c.was}
		place := discord.Place{Channel: channelID}
		st, dropped := place.TakeUp(&s, here)
		if dropped != c.dropped || (st.SessionID == "") != c.dropped || (place.Epoch == "") != c.dropped || st.SeenMs != 5 {
			t.Errorf("made for %q: %v, %+v, epoch %q", c.was, dropped, st, place.Epoch)
		}
		if s.MadeFor = here; !dropped && !reflect.DeepEqual(place.Keep(&st, here), &s) {
			t.Errorf("%+v is kept as %+v", s, place.Keep(&st, here))
		}
	}
}
