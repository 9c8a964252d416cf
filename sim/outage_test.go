package sim

import (
	"fmt"
	"os"
	"testing"
)

// TestHourOfOutage takes Discord away for an hour, REST and Gateway, while visitors go on writing, with conversations that began before it and
// some that begin meanwhile. Afterwards everything arrives, once and in order, on a host of one process and on one of many objects: the checkers
// of every simulation say so.
func TestHourOfOutage(t *testing.T) {
	for _, edge := range []bool{false, true} {
		t.Run(fmt.Sprintf("edge=%t", edge), func(t *testing.T) {
			said := 0
			for seed := range uint64(4) {
				plan := Schedule{Edge: edge, Visitors: 8, BasePercent: 25, Agents: 2, ActiveMs: 80 * minute, GraceMs: 2 * hour, LatencyMs: 50,
					NonceMs: 5 * minute, OutageMs: hour}
				if seed%2 == 1 {
					plan.Crash, plan.CutEveryMs = 0.002, 10*minute // and the host and the visitors' network fail too
				}
				r := RunPlan(seed, plan)
				if r.Failure != "" {
					r.Print(os.Stdout)
					t.Fatal(r.Failure)
				}
				said += r.DuringOutage
			}
			if t.Logf("%d messages were sent during the outage, all arrived", said); said < 500 {
				t.Errorf("only %d messages were sent during the outage", said)
			}
		})
	}
}
