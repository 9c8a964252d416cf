package sim

import (
	"os"
	"testing"
)

// TestCalm plays schedules in which nothing fails: what goes wrong here is no matter of faults.
func TestCalm(t *testing.T) {
	for i := range uint64(20) {
		plan := Schedule{Edge: i%2 == 1, Visitors: 1 + int(i%3), BasePercent: int(i%3) * 50, Agents: 1, ActiveMs: 20 * minute,
			GraceMs: 10 * minute, LatencyMs: 50, NonceMs: minute}
		if r := RunPlan(i, plan); r.Failure != "" {
			r.Print(os.Stdout)
			t.Fatal(r.Failure)
		}
	}
}
