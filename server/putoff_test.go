package server

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/store"
)

// A gap that finds no room among what waits for the disk was not handed over:
// whoever told it tells it again.
func TestAGapThatFindsNoRoomIsToldAgain(t *testing.T) {
	r := newRig(t, func(t *toy, _ chat.Time, ev chat.Event) []chat.Effect { return []chat.Effect{t.say(ev.EventName())} })
	r.store.fail = func([]store.Writes) error { return store.ErrFull }
	tell := func() <-chan delivered {
		told := make(chan delivered, 1)
		go func() { told <- r.tellGap(t.Context(), discord.GatewayGap{}) }()
		eventuallyTrue(t, "a gap in the inbox", func() bool {
			r.mu.Lock()
			defer r.mu.Unlock()
			return len(r.inbox) == 1
		})
		r.settle()
		return told
	}
	kept := tell()
	if len(r.later) != 1 {
		t.Fatalf("%d wait for the disk", len(r.later))
	}
	for len(r.later) < maxPutOff {
		r.later = append(r.later, item{to: chat.DeskAddress, ev: discord.Recheck{}})
	}
	if got := <-tell(); got != tryAgain {
		t.Error("one that was lost counts as handed over")
	}
	r.store.fail = nil
	r.clock.now += lastHold
	r.settle()
	if got := <-kept; got != handedOver {
		t.Error("one that was kept does not count as handed over")
	}
}
