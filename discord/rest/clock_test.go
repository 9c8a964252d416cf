package rest_test

import (
	"testing"

	"cloudflarechat/discord/rest"
)

// TestClockSetBack holds that what was measured by the old clock moves with it.
func TestClockSetBack(t *testing.T) {
	const hour = 3_600_000
	b := newBench(t, rest.Options{})
	for channel := 1; ; channel++ {
		r := post(channel)
		d := b.s.Reserve(b.now, &r)
		if !d.Go {
			break
		}
		b.s.Done(b.now, d.Permit, ok(rest.Header{}))
	}
	left := b.s.Gate(b.now) - b.now
	if left <= 0 {
		t.Fatal("the budget is not spent")
	}
	b.s.ClockBack(hour)
	b.now -= hour
	if got := b.s.Gate(b.now) - b.now; got != left {
		t.Errorf("the gate opens in %d ms, %d before the clock was set back", got, left)
	}
	// So do the blocks that outlive the process, and the count of refusals.
	b = newBench(t, rest.Options{})
	b.s.Restore(b.now, rest.Durable{Blocks: []rest.Block{{Kind: rest.KindRename, Major: "7", UntilMs: b.now + 60_000}},
		Invalid: []rest.InvalidMinute{{Minute: b.now / 60_000, Count: 12}}})
	b.s.ClockBack(hour)
	b.now -= hour
	d := b.s.Snapshot(b.now)
	if len(d.Blocks) != 1 || d.Blocks[0].UntilMs != b.now+60_000 {
		t.Errorf("blocks %+v", d.Blocks)
	}
	if len(d.Invalid) != 1 || d.Invalid[0].Minute != b.now/60_000 || d.Invalid[0].Count != 12 || b.s.Health(b.now).Invalid != 12 {
		t.Errorf("invalid %+v", d.Invalid)
	}
}
