package rest

import "cloudflarechat/discord/wire"

// guard holds what stops everything: a dead token, a ban of the address, too many invalid requests, and an outage.
type guard struct {
	_    unequal
	dead bool

	banUntil int64
	bans     int
	banProbe uint64

	minutes [invalidMinutes]minute

	fails       int // failures in a row without any success
	outageUntil int64
	outages     int
	outageProbe uint64
}

type minute struct {
	minute int64
	count  int
}

const (
	invalidMinutes = 11 // ten whole minutes and the running one
	firstBanMs     = 60_000
	longestBanMs   = 60 * 60_000
	outageAfter    = 8 // failures in a row, of whatever requests, that are an outage
	firstOutageMs  = 1000
	mostOutageMs   = 15_000
)

// closed says until when nothing at all may leave.
func (g *guard) closed(now int64, stop int) (int64, Reason) {
	if g.dead {
		return 0, DeadToken
	}
	if g.bans > 0 {
		if now < g.banUntil {
			return g.banUntil, Banned
		}
		if g.banProbe != 0 {
			return now + answerWaitMs, Banned
		}
	}
	if at := g.haltedUntil(now, stop); at > now {
		return at, Halted
	}
	return 0, Free
}

// outageAt says until when an outage holds ordinary requests back.
func (g *guard) outageAt(now int64) int64 {
	switch {
	case g.fails < outageAfter:
		return 0
	case now < g.outageUntil:
		return g.outageUntil
	case g.outageProbe != 0:
		return now + answerWaitMs
	}
	return 0
}

func (g *guard) tryOutage(now int64, number uint64) {
	if g.fails >= outageAfter {
		g.outageProbe = number
	}
}

func (g *guard) tryBan(now int64, number uint64) {
	if g.bans > 0 {
		g.banProbe = number
	}
}

func (g *guard) untry(number uint64) {
	if g.outageProbe == number {
		g.outageProbe = 0
	}
	if g.banProbe == number {
		g.banProbe = 0
	}
}

// answered takes in that Discord itself answered the request.
func (g *guard) answered(now int64, number uint64) {
	g.fails, g.outages, g.outageUntil, g.outageProbe = 0, 0, 0, 0
	if g.bans > 0 && now >= g.banUntil {
		g.bans, g.banUntil, g.banProbe = 0, 0, 0
	}
}

// failed takes in a failure that is Discord's or the network's. The wait grows with each failed try, not with the many that were under way when it began.
func (g *guard) failed(s *Scheduler, now int64, number uint64) {
	g.fails++
	if g.fails < outageAfter {
		return
	}
	if g.outages == 0 || g.outageProbe == number {
		g.outages++
		g.outageUntil = now + s.backoff(g.outages, firstOutageMs, mostOutageMs)
	}
}

// banned takes in an answer of Cloudflare that refuses the address. askedMs is what it asked for, 0 when nothing. Answers to requests that were under way when the ban was
// met do not prolong it.
func (g *guard) banned(s *Scheduler, now int64, number uint64, askedMs int64) {
	if g.bans == 0 || g.banProbe == number {
		g.bans++
		wait := min(int64(firstBanMs)<<min(g.bans-1, 10), longestBanMs)
		g.banUntil = now + min(max(wait, askedMs)+s.draw(wait/4), wire.MaxSecondsMs)
	} else {
		g.banUntil = max(g.banUntil, now+askedMs)
	}
}

// invalid counts a request that Discord counts towards a ban of the address.
func (g *guard) invalid(now int64) (inWindow int) {
	m := max(now, 0) / 60_000
	slot := &g.minutes[m%invalidMinutes]
	if slot.minute != m {
		*slot = minute{minute: m}
	}
	slot.count++
	return g.invalidCount(now)
}

func (g *guard) invalidCount(now int64) int {
	oldest := max(now, 0)/60_000 - invalidMinutes + 1
	n := 0
	for _, slot := range g.minutes {
		if slot.minute >= oldest {
			n += slot.count
		}
	}
	return n
}

// haltedUntil is when enough invalid requests are ten minutes old; not after now when there are few enough.
func (g *guard) haltedUntil(now int64, stop int) int64 {
	n := g.invalidCount(now)
	if n < stop {
		return 0
	}
	current := max(now, 0) / 60_000
	for m := max(current-invalidMinutes+1, 0); m <= current; m++ {
		slot := &g.minutes[m%invalidMinutes]
		if slot.minute != m {
			continue
		}
		n -= slot.count
		if n < stop {
			return (m + invalidMinutes) * 60_000
		}
	}
	return (current + 1) * 60_000
}
