package server

import (
	"testing"

	"cloudflarechat/chat"
)

// Whoever waits for a time of a clock that was set back is woken, in memory or
// not, whatever the timer's kind.
func TestAClockThatIsSetBackWakesAll(t *testing.T) {
	woken := map[chat.Address]int{}
	do := func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		if _, fired := ev.(chat.TimerFired); fired {
			woken[t.at]++
			return nil
		}
		return []chat.Effect{chat.SetTimer{At: now + 3*chat.Second}}
	}
	r := newRig(t, do)
	asleep := at("asleep")
	r.hear(asleep, "x")
	r.settle()
	r.actors.drop(asleep)
	r.hear(at("a"), "x")
	r.hear(chat.DeskAddress, "x")
	r.settle()
	r.clock.now -= chat.Hour
	r.settle()
	for _, to := range []chat.Address{asleep, at("a"), chat.DeskAddress} {
		if woken[to] != 1 {
			t.Errorf("%v was woken %d times", to, woken[to])
		}
	}
	r.clock.now -= clockBack // what two readings of a clock may differ by
	if r.settle(); len(woken) != 3 || woken[at("a")] != 1 {
		t.Errorf("woken again: %v", woken)
	}
}
