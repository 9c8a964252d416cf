package rest

import "slices"

// The global budget is a window of one second on Discord's side, fixed or sliding, of which no header tells the state. What arrives in such a window left
// here within a second and the spread of the way there. So the pace allows the budget in any window of a second plus a margin, and the margin follows
// the measured spread. Requests are spaced out as well: a burst that the network squeezes would overrun a margin that suits an even flow.
// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
const (
	serverWindowMs   = 1000
	firstSpreadMs    = 100 // until it is measured
	spreadShare      = 90  // per cent of the spread that is the margin before corrections
	leastMarginMs    = 30
	mostMarginMs     = 400
	mostExtraMs      = 300
	extraStepMs      = 15  // more margin with each overrun
	cleanGrants      = 400 // grants under pressure without an overrun for 1 ms less margin
	samples          = 64
	fewestSamples    = 16
	sampleEvery      = 8 // how many samples for one new estimate
	burstShare       = 4 // a quarter of the budget may leave without spacing
	leastPauseMs     = 250
	mostPauseMs      = 60_000
	pauseRoundTripMs = 50 // on top of what Discord asks for: clocks and rounding
)

type pace struct {
	budget int
	sent   []int64 // ring of the last sends; twice the budget, so that what is taken back uncovers older ones
	next   int     // where the next goes
	n      int     // how many there are
	last   int64   // also when it was taken back

	pausedAt    int64 // when the pause was last prolonged by a request that left after the one before
	pausedUntil int64
	pauses      int // in a row

	round, up samplesRing // round trips, and the way there by Discord's clock
	count     int
	spreadMs  int64
	extraMs   int64
	clean     int
}

type samplesRing struct {
	v [samples]int64
	n int
}

func (r *samplesRing) add(v int64) {
	r.v[r.n%samples] = v
	r.n++
}

// spread is the width of the middle 94 % of the samples. False while there are too few.
func (r *samplesRing) spread() (int64, bool) {
	n := min(r.n, samples)
	if n < fewestSamples {
		return 0, false
	}
	sorted := r.v
	slices.Sort(sorted[:n])
	cut := n * 3 / 100
	return sorted[n-1-cut] - sorted[cut], true
}

func (p *pace) start(budget int) {
	p.budget = budget
	p.sent = make([]int64, 2*budget)
	p.spreadMs = firstSpreadMs
}

func (p *pace) windowMs() int64 {
	margin := p.spreadMs*spreadShare/100 + p.extraMs
	return serverWindowMs + min(max(margin, leastMarginMs), mostMarginMs)
}

// ago is when the nth last request left; ok is false when there were fewer.
func (p *pace) ago(n int) (at int64, ok bool) {
	if n > p.n {
		return 0, false
	}
	return p.sent[(p.next-n+2*len(p.sent))%len(p.sent)], true
}

// openAt is when the next request may leave; not after now when it may leave now.
func (p *pace) openAt(now int64, low bool) int64 {
	window := p.windowMs()
	at := p.pausedUntil
	most := p.budget
	if low {
		most = max(most*4/5, 1)
	}
	if sent, ok := p.ago(most); ok {
		at = max(at, sent+window)
	}
	if sent, ok := p.ago(p.budget/burstShare + 1); ok && sent+window > now {
		at = max(at, p.last+window*9/10/int64(p.budget))
	}
	return at
}

func (p *pace) take(now int64) {
	p.sent[p.next] = now
	p.next = (p.next + 1) % len(p.sent)
	p.n = min(p.n+1, len(p.sent))
	p.last = now
	if sent, ok := p.ago(p.budget*4/5 + 1); ok && sent+p.windowMs() > now {
		p.clean++
		if p.clean >= cleanGrants {
			p.clean = 0
			p.extraMs = max(p.extraMs-1, -p.spreadMs/2)
		}
	}
}

// giveBack takes the newest send of that time out.
func (p *pace) giveBack(sentAt int64) {
	size := len(p.sent)
	for n := 1; n <= p.n; n++ {
		if at, _ := p.ago(n); at != sentAt {
			continue
		}
		for ; n > 1; n-- {
			p.sent[(p.next-n+2*size)%size] = p.sent[(p.next-n+1+2*size)%size]
		}
		p.next = (p.next - 1 + size) % size
		p.n--
		return
	}
}

// within counts the requests that left within the window.
func (p *pace) within(now int64) int {
	n := 0
	for {
		at, ok := p.ago(n + 1)
		if !ok || at+p.windowMs() <= now {
			return n
		}
		n++
	}
}

// measured takes one answer's times in. serverMs is Discord's clock at the answer, 0 when unknown. Its distance to the sending is the way there up to a
// constant, which is what matters; the round trip counts the way back and Discord's work too. The narrower of the two is the better measure.
func (p *pace) measured(sentAt, now, serverMs int64) {
	p.round.add(now - sentAt)
	if serverMs > 0 {
		p.up.add(serverMs - sentAt)
	}
	p.count++
	if p.count%sampleEvery != 0 {
		return
	}
	round, ok := p.round.spread()
	if !ok {
		return
	}
	p.spreadMs = round
	if up, ok := p.up.spread(); ok && p.up.n*2 >= p.round.n {
		p.spreadMs = min(round, up)
	}
}

// overrun takes in a 429 of global scope for a request that left at sentAt. Answers to requests that were under way when the pause began only prolong it.
func (p *pace) overrun(now, sentAt, retryMs int64) {
	if sentAt >= p.pausedAt || p.pauses == 0 {
		p.pauses++
		p.pausedAt = now
		p.clean = 0
		p.extraMs = min(p.extraMs+max(extraStepMs, p.spreadMs/8), mostExtraMs)
	}
	least := min(int64(leastPauseMs)<<min(p.pauses-1, 16), mostPauseMs)
	p.pausedUntil = max(p.pausedUntil, now+max(retryMs, least)+pauseRoundTripMs)
}

// passed takes in that a request which left at sentAt was not refused. Those under way when a pause began do not end it.
func (p *pace) passed(sentAt int64) {
	if sentAt >= p.pausedUntil {
		p.pauses = 0
	}
}
