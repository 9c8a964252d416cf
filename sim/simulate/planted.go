//go:build planted

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

	"cloudflarechat/sim"
)

// main plants each defect, one at a time, and looks for a schedule that finds it.
func main() {
	most := flag.Int("seeds", 3000, "how many schedules a defect may survive")
	first := flag.Uint64("first", 1, "the seed of the first one")
	only := flag.String("only", "", "plant this one alone")
	flag.Parse()
	debug.SetGCPercent(400) // schedules are small and many
	planted, missed := 0, 0
	for _, name := range sim.Defects() {
		if *only != "" && *only != name {
			continue
		}
		planted++
		sim.Plant(name, true)
		r, tries := hunt(*first, *most)
		sim.Plant(name, false)
		if r.Failure == "" {
			missed++
			fmt.Printf("%-40s NOT FOUND in %d schedules\n", name, tries)
			continue
		}
		line, _, _ := strings.Cut(r.Failure, "\n")
		fmt.Printf("%-40s seed %-6d after %-5d %s\n", name, r.Seed, r.Seed-*first+1, line)
	}
	fmt.Printf("%d defects planted, %d not found\n", planted, missed)
	if planted == 0 || missed > 0 {
		os.Exit(1)
	}
}

// hunt gives the first schedule that fails, on all cores.
func hunt(first uint64, most int) (found sim.Result, tries int) {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		next atomic.Int64
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				mu.Lock()
				over := found.Failure != "" || i >= int64(most)
				mu.Unlock()
				if over {
					return
				}
				r := sim.Run(first + uint64(i))
				mu.Lock()
				tries++
				if r.Failure != "" && (found.Failure == "" || r.Seed < found.Seed) {
					found = r
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return found, tries
}
