package sim

import "container/heap"

// startMs is when a schedule begins, in Unix milliseconds.
const startMs int64 = 1_800_000_000_000

// nearMidnightMs is half an hour before the end of that day, where a schedule begins instead.
const nearMidnightMs = startMs + 15*hour + 30*minute

// Lengths of virtual time in milliseconds.
const (
	second int64 = 1000
	minute       = 60 * second
	hour         = 60 * minute
)

// happening is one event of a schedule.
type happening struct {
	at, seq int64
	do      func()
}

// agenda orders happenings by time, then by when they were put in.
type agenda []happening

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push is part of container/heap.
func (a *agenda) Push(x any) { *a = append(*a, x.(happening)) }

// Pop is part of container/heap.
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = happening{}
	*a = old[:len(old)-1]
	return last
}

// at lets something happen at a time, or now where that has passed.
func (s *Sim) at(ms int64, do func()) {
	s.seq++
	heap.Push(&s.agenda, happening{max(ms, s.now), s.seq, do})
}

// after lets something happen later.
func (s *Sim) after(ms int64, do func()) { s.at(s.now+max(ms, 0), do) }

// runUntil lets everything happen that is due up to a time. It is false where that does not end.
func (s *Sim) runUntil(ms int64) bool {
	for len(s.agenda) > 0 && s.agenda[0].at <= ms {
		if s.steps++; s.steps > mostSteps {
			return false
		}
		h := heap.Pop(&s.agenda).(happening)
		s.now = h.at
		h.do()
		if s.broken != "" {
			return true
		}
	}
	s.now = max(s.now, ms)
	return true
}

// mostSteps bounds a schedule: one that needs more is spinning.
const mostSteps = 1_000_000

// chance is true with a probability.
func (s *Sim) chance(p float64) bool { return p > 0 && s.rng.Float64() < p }

// between draws a number from lo to hi, both included.
func (s *Sim) between(lo, hi int64) int64 {
	if hi <= lo {
		return lo
	}
	return lo + s.rng.Int64N(hi-lo+1)
}

// pick draws one of n.
func (s *Sim) pick(n int) int { return s.rng.IntN(n) }
