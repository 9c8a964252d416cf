package sim

import (
	"os"
	"testing"
)

// TestClockJumps plays schedules in which the host's clock is set, forwards and backwards.
func TestClockJumps(t *testing.T) {
	played := 0
	for s := uint64(200_000); played < 60; s++ {
		plan := Draw(s)
		if plan.ClockJumps == 0 {
			continue
		}
		played++
		if r := RunPlan(s, plan); r.Failure != "" {
			r.Print(os.Stdout)
			t.Errorf("seed %d: %s", s, r.Failure)
		}
	}
}
