package rest

import "maps"

// Options configure a Scheduler. The zero value is ready to use.
type Options struct {
	// BudgetPerSecond is the bot's global limit. 0 means 50, Discord's for ordinary bots.
	// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
	BudgetPerSecond int

	// Seed decides the jitter of backoffs; hosts of different bots should differ. 0 is a seed like any other.
	Seed uint64

	// ParkAfterMs is from which wait on a request is told as Parked instead of Wait. 0 means 30,000.
	ParkAfterMs int64

	// InvalidStop is how many invalid requests (401, 403, 429 but shared) in 10 minutes stop everything. 0 means 5,000, half of what
	// makes Discord ban the address. https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
	InvalidStop int

	// MaxBuckets bounds the remembered routes of resources. 0 means 8,192. When all are in use, requests into new ones wait for a second.
	MaxBuckets int

	// MaxInFlight bounds the requests without an outcome. 0 means 256. At the bound, requests wait.
	MaxInFlight int
}

func (o *Options) fill() {
	fill := func(v *int, preset int) {
		if *v <= 0 {
			*v = preset
		}
	}
	fill(&o.BudgetPerSecond, 50)
	fill(&o.InvalidStop, 5000)
	fill(&o.MaxBuckets, 8192)
	fill(&o.MaxInFlight, 256)
	if o.ParkAfterMs <= 0 {
		o.ParkAfterMs = 30_000
	}
}

const (
	answerWaitMs  = 200       // when to ask again while another request's answer is awaited
	fullWaitMs    = 1000      // the same when a bound is reached
	permitLapseMs = 5 * 60000 // a permit that was not given back by then counts as timed out
	lapseSweepMs  = 1000
)

// Permit is the right to send one request, given by Reserve and returned by Done or Cancel. The zero value is no permit.
type Permit struct {
	Slot   int
	Number uint64
}

// Reason says why a request may not leave now.
type Reason int

// The reasons.
const (
	Free      Reason = iota // it may leave
	Wait                    // a bucket or the global budget is used up, for less than ParkAfterMs
	Parked                  // a limit holds this request for ParkAfterMs or longer: say so to whoever waits
	Outage                  // Discord does not answer; one request at a time tries again
	Banned                  // Cloudflare refuses this address
	Halted                  // too many invalid requests: stopped to avoid a ban of the address. Tell the owner
	DeadToken               // 401 was answered: stopped until the owner sets a new token
)

// Decision is the answer to Reserve.
type Decision struct {
	Go     bool
	Permit Permit // when Go
	Reason Reason
	At     int64 // when to ask again, Unix milliseconds; 0 when Go or when only the owner can help
	All    bool  // the reason holds for every request that is not Exempt: no use in asking for another candidate before At
}

// Scheduler is the rate-limit machine of one bot. Make it with New. It is not safe for use from several goroutines.
type Scheduler struct {
	opts   Options
	pace   pace
	guard  guard
	number uint64 // of the last permit
	jitter uint64 // counts draws

	slots   []slot
	free    []int
	flying  int
	sweepAt int64

	entries map[entryKey]*entry
	order   []*entry // the same, for the sweep; a map's order would differ from run to run
	hand    int
	bare    map[routeKey]bool // routes that answer without bucket headers
	shared  map[string]bool   // hashes whose counters several routes were seen to share
	cases   map[string]int    // how often a hash was suspected of that
	pools   map[poolKey]*window

	parks map[parkKey]*park
	hints map[parkKey]hint
}

// A slot remembers a request that is under way.
type slot struct {
	_      unequal
	number uint64 // 0: free
	sentAt int64
	entry  *entry
	kind   int        // index into entry.kinds
	took   [2]*window // the windows that it was charged to

	exempt     bool
	idempotent bool
	repeatFor  int64
}

// New makes a Scheduler that knows no limit but the global one.
func New(opts Options) *Scheduler {
	opts.fill()
	s := &Scheduler{
		opts:    opts,
		entries: map[entryKey]*entry{},
		bare:    map[routeKey]bool{},
		shared:  map[string]bool{},
		cases:   map[string]int{},
		pools:   map[poolKey]*window{},
		parks:   map[parkKey]*park{},
		hints:   map[parkKey]hint{},
	}
	s.pace.start(opts.BudgetPerSecond)
	return s
}

// Gate says until when nothing but Exempt requests may leave, Unix milliseconds; 0 means that the way is open. It is cheap. With a dead token it
// gives a day from now, since no time is known.
func (s *Scheduler) Gate(now int64) int64 {
	at, reason := s.closed(now, false, false)
	if reason == DeadToken {
		return now + 24*60*60*1000
	}
	return at
}

// LowGate is Gate for requests that are Low.
func (s *Scheduler) LowGate(now int64) int64 {
	return max(s.Gate(now), s.pace.openAt(now, true))
}

// closed says until when the way is closed for every request of this sort.
func (s *Scheduler) closed(now int64, exempt, low bool) (int64, Reason) {
	if at, reason := s.guard.closed(now, s.opts.InvalidStop); reason != Free {
		return at, reason
	}
	if s.flying >= s.opts.MaxInFlight {
		return now + answerWaitMs, Wait
	}
	if exempt {
		return 0, Free
	}
	if at := s.guard.outageAt(now); at > now {
		return at, Outage
	}
	if at := s.pace.openAt(now, low); at > now {
		return at, Wait
	}
	return 0, Free
}

// Reserve asks whether r may leave now. With Decision.Go the request must be sent at once, and the permit given back with Done or Cancel.
func (s *Scheduler) Reserve(now int64, r *Request) Decision {
	if now >= s.sweepAt {
		s.lapse(now)
	}
	if at, reason := s.closed(now, r.Exempt, r.Low); reason != Free {
		if reason == Wait && at-now >= s.opts.ParkAfterMs {
			reason = Parked
		}
		return Decision{Reason: reason, At: at, All: !r.Exempt && (!r.Low || s.Gate(now) > 0)}
	}
	if len(s.parks) > 0 {
		if at := s.parkedUntil(now, r); at > now {
			return s.wait(now, at)
		}
	}
	e := s.entry(now, r)
	if e == nil {
		return s.wait(now, now+fullWaitMs)
	}
	k := e.kind(r.Kind)
	if at := e.openAt(now, k, s.bare[routeKey{r.Method, r.Route}]); at > now {
		return s.wait(now, at)
	}
	return Decision{Go: true, Permit: s.grant(now, r, e, k)}
}

func (s *Scheduler) wait(now, at int64) Decision {
	reason := Wait
	if at-now >= s.opts.ParkAfterMs {
		reason = Parked
	}
	return Decision{Reason: reason, At: at}
}

func (s *Scheduler) grant(now int64, r *Request, e *entry, k int) Permit {
	s.number++
	at := len(s.slots)
	if n := len(s.free); n > 0 {
		at = s.free[n-1]
		s.free = s.free[:n-1]
	} else {
		s.slots = append(s.slots, slot{})
	}
	sl := &s.slots[at]
	*sl = slot{
		number: s.number, sentAt: now, entry: e, kind: k,
		exempt: r.Exempt, idempotent: r.Idempotent, repeatFor: r.RepeatForMs,
	}
	s.flying++
	e.take(now, s.number, sl)
	if len(s.parks) > 0 {
		s.tryParks(r, s.number)
	}
	if !r.Exempt {
		s.pace.take(now)
		s.guard.tryOutage(now, s.number)
	}
	s.guard.tryBan(now, s.number)
	return Permit{Slot: at, Number: s.number}
}

// release empties a permit's slot and gives what it held. False for a permit that was given back before.
func (s *Scheduler) release(p Permit) (slot, bool) {
	if p.Slot < 0 || p.Slot >= len(s.slots) || p.Number == 0 || s.slots[p.Slot].number != p.Number {
		return slot{}, false
	}
	sl := s.slots[p.Slot]
	s.slots[p.Slot] = slot{}
	s.free = append(s.free, p.Slot)
	s.flying--
	return sl, true
}

// Cancel gives a permit back whose request did not leave: it used up nothing.
func (s *Scheduler) Cancel(now int64, p Permit) {
	sl, ok := s.release(p)
	if !ok {
		return
	}
	sl.entry.landed(now, &sl)
	s.untry(sl.entry, sl.kind, p.Number)
	if !sl.exempt {
		s.pace.giveBack(sl.sentAt)
	}
}

// untry lets the next request be the one that tries, where this one was it.
func (s *Scheduler) untry(e *entry, k int, number uint64) {
	s.guard.untry(number)
	if len(s.parks) > 0 {
		s.untryParks(e, k, number)
	}
}

// lapse takes permits as timed out that were never given back: a host that lost one must not lose its bucket for ever. It also forgets parks that ended long ago.
func (s *Scheduler) lapse(now int64) {
	s.sweepAt = now + lapseSweepMs
	maps.DeleteFunc(s.parks, func(_ parkKey, p *park) bool { return now-p.until > parkForgetMs })
	for i := range s.slots {
		if sl := &s.slots[i]; sl.number != 0 && now-sl.sentAt >= permitLapseMs {
			s.Done(now, Permit{Slot: i, Number: sl.number}, Outcome{Failure: DoubtfulSent})
		}
	}
}

// NextWake is when the Scheduler itself has something to tell, Unix milliseconds: the gate opens, or a permit that was never given back lapses. 0: never.
func (s *Scheduler) NextWake(now int64) int64 {
	wake := int64(0)
	if s.guard.dead {
		return 0
	}
	if at := s.Gate(now); at > now {
		wake = at
	}
	for i := range s.slots {
		if sl := &s.slots[i]; sl.number != 0 && (wake == 0 || sl.sentAt+permitLapseMs < wake) {
			wake = sl.sentAt + permitLapseMs
		}
	}
	return wake
}

// draw gives the next number of the jitter, below n.
func (s *Scheduler) draw(n int64) int64 {
	s.jitter++
	x := s.opts.Seed + s.jitter*0x9e3779b97f4a7c15 // splitmix64: a counter and a hash, so that the same calls give the same times
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	if n <= 0 {
		return 0
	}
	return int64(x % uint64(n))
}

// backoff is a wait that doubles with each try from baseMs up to mostMs; half of it is jitter.
func (s *Scheduler) backoff(tries int, baseMs, mostMs int64) int64 {
	wait := mostMs
	if tries = max(tries, 1); tries <= 20 {
		wait = min(baseMs<<(tries-1), mostMs)
	}
	return wait/2 + s.draw(wait/2+1)
}
