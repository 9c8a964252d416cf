//go:build !planted

// Command simulate plays schedules of the simulation and says what became of them.
//
//	go run ./sim/simulate [-seeds N] [-first N] [-keep]
//
// It ends with one line of totals. A schedule that fails is printed with all that is known of it, and the exit code is 1.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloudflarechat/sim"
)

func main() {
	seeds := flag.Int("seeds", 2000, "how many schedules")
	first := flag.Uint64("first", 1, "the seed of the first one")
	keep := flag.Bool("keep", false, "go on after a failure, and list all seeds that fail")
	verbose := flag.Bool("v", false, "print the transcript of a schedule that does not fail, too")
	flag.Parse()
	debug.SetGCPercent(2000) // schedules are small and many: a few megabytes each
	os.Exit(play(*seeds, *first, *keep, *verbose))
}

// play plays schedules on all cores, one schedule a core.
func play(seeds int, first uint64, keep, verbose bool) int {
	var (
		mu       sync.Mutex
		wg       sync.WaitGroup
		next     atomic.Int64
		stop     atomic.Bool
		played   int
		visitors int
		agents   int
		found    sim.Findings
		failed   []sim.Result
	)
	began, told := time.Now(), time.Now()
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for !stop.Load() {
				i := next.Add(1) - 1
				if i >= int64(seeds) {
					return
				}
				r := sim.Run(first + uint64(i))
				mu.Lock()
				played++
				visitors += r.VisitorMessages
				agents += r.AgentMessages
				found.Add(r.Found)
				if r.Failure != "" {
					failed = append(failed, r)
					line, _, _ := strings.Cut(r.Failure, "\n")
					fmt.Fprintf(os.Stderr, "seed %d FAILED: %s\n", r.Seed, line)
					stop.Store(!keep)
				} else if verbose {
					r.Print(os.Stdout)
				}
				if time.Since(told) > 30*time.Second {
					told = time.Now()
					fmt.Fprintf(os.Stderr, "%d schedules in %s, %d failed\n", played, time.Since(began).Round(time.Second), len(failed))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for i, r := range failed {
		if i == 0 {
			r.Print(os.Stdout)
			continue
		}
		line, _, _ := strings.Cut(r.Failure, "\n")
		fmt.Printf("seed %d FAILED: %s\n", r.Seed, line)
	}
	if found.Other > 0 {
		fmt.Printf("%d schedules failed otherwise\n", found.Other)
	}
	fmt.Printf("%d schedules, %d visitor messages, %d agent messages: %d lost, %d doubled, %d reordered, %d misdelivered\n",
		played, visitors, agents, found.Lost, found.Doubled, found.Reordered, found.Misdelivered)
	if len(failed) > 0 {
		return 1
	}
	return 0
}
