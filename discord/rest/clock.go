package rest

import "sort"

// ClockBack takes in that the clock was set back by so many milliseconds. Every time that was measured by the old clock moves with it: else the budget would
// count as spent, and limits would hold, until the old time came again.
func (s *Scheduler) ClockBack(byMs int64) {
	if byMs <= 0 {
		return
	}
	back := func(times ...*int64) {
		for _, t := range times {
			if *t != 0 {
				*t = max(*t-byMs, 1)
			}
		}
	}
	s.pace.clockBack(back)
	s.guard.clockBack(byMs, back)
	back(&s.sweepAt)
	seen := map[*window]bool{}
	windowBack := func(w *window) {
		if w != nil && !seen[w] {
			seen[w] = true
			back(&w.resetAt, &w.used)
		}
	}
	for _, e := range s.order {
		back(&e.used)
		for i := range e.kinds {
			windowBack(e.kinds[i].cur)
			windowBack(e.kinds[i].prev)
		}
	}
	// order does not matter: each moves by itself.
	for _, w := range s.pools {
		windowBack(w)
	}
	for i := range s.slots {
		back(&s.slots[i].sentAt)
		for _, w := range s.slots[i].took {
			windowBack(w)
		}
	}
	// order does not matter: each moves by itself.
	for _, p := range s.parks {
		back(&p.until)
	}
	// order does not matter: each moves by itself.
	for key, h := range s.hints {
		back(&h.until)
		s.hints[key] = h
	}
}

func (p *pace) clockBack(back func(...*int64)) {
	for i := range p.sent {
		back(&p.sent[i])
	}
	back(&p.last, &p.pausedAt, &p.pausedUntil)
}

// clockBack counts the invalid requests in minutes of the new clock, rounded so that none is forgotten too early.
func (g *guard) clockBack(byMs int64, back func(...*int64)) {
	back(&g.banUntil, &g.outageUntil)
	old := g.minutes
	g.minutes = [invalidMinutes]minute{}
	sort.Slice(old[:], func(i, j int) bool { return old[i].minute < old[j].minute })
	for _, m := range old {
		if m.minute -= byMs / 60_000; m.count == 0 || m.minute < 0 {
			continue
		}
		slot := &g.minutes[m.minute%invalidMinutes]
		if slot.minute != m.minute {
			*slot = minute{minute: m.minute}
		}
		slot.count += m.count
	}
}
