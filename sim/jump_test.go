package sim

import (
	"os"
	"testing"
)

// TestClockJumps plays schedules in which the host's clock is set, forwards and backwards.
func TestClockJumps(t *testing.T) {
	played, enough := 0, 60
	if testing.Short() {
		enough = 10
	}
	for s := uint64(200_000); played < enough; s++ {
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
