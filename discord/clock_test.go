package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// TestAClockThatWasSetBack looks for an earlier attempt of a post whose age nobody knows any more.
func TestAClockThatWasSetBack(t *testing.T) {
	p := newPlain(t, discord.Options{})
	call := post("k", "x")
	call.HandedAt, call.CheckFrom = p.now, p.now+45*chat.Second
	p.now -= chat.Hour // while it was on its way
	calls, _ := p.offer("mia", call)
	if len(calls) != 1 || calls[0].Request.Method != "GET" {
		t.Errorf("%+v", calls)
	}
	// The clocks of two hosts differ a little all the time.
	p = newPlain(t, discord.Options{})
	call.HandedAt, call.CheckFrom = p.now+chat.Second, p.now+46*chat.Second
	if calls, _ = p.offer("mia", call); len(calls) != 1 || calls[0].Request.Method != "POST" {
		t.Errorf("%+v", calls)
	}
}
