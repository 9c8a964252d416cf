package rest

import (
	"cmp"
	"sort"
)

// Durable is what must outlive the process: blocks of over 5 s, and the count of invalid requests. It is plain data for rows. Nothing in it is secret.
type Durable struct {
	PauseUntilMs int64 // the global pause; 0 for none
	BanUntilMs   int64 // the address's ban; 0 for none
	BanCount     int   // bans in a row, for the backoff
	Blocks       []Block
	Invalid      []InvalidMinute
}

// Block holds requests of one kind and resource until a time.
type Block struct {
	_       unequal
	Kind    Kind   // "" together with Method and Route
	Method  string // "" when Kind names a group of routes
	Route   string
	Major   string // "*" for every resource
	UntilMs int64
}

// InvalidMinute is how many invalid requests a minute saw.
type InvalidMinute struct {
	Minute int64 // Unix minutes
	Count  int
}

// mostAheadMs bounds what a restored time may lie ahead: further is a clock that was wrong. No wait is longer than a day.
const mostAheadMs = 25 * 60 * 60 * 1000

// Snapshot gives what must be durable at now, in a fixed order. Blocks on routes with a token in their path are left out: they are short, and the token is a secret.
func (s *Scheduler) Snapshot(now int64) Durable {
	var d Durable
	if s.pace.pausedUntil-now > longBlockMs {
		d.PauseUntilMs = s.pace.pausedUntil
	}
	if s.guard.bans > 0 && s.guard.banUntil > now-longestBanMs {
		d.BanUntilMs, d.BanCount = s.guard.banUntil, s.guard.bans
	}
	// Sorted without generics: each kind of them is two kilobytes of the module for Cloudflare.
	parks := make([]parkKey, 0, len(s.parks))
	for key := range s.parks {
		parks = append(parks, key)
	}
	sort.Slice(parks, func(i, j int) bool { return parks[i].compare(parks[j]) < 0 })
	for _, key := range parks {
		if p := s.parks[key]; !p.exempt && p.until-now > longBlockMs {
			d.Blocks = append(d.Blocks, Block{Kind: key.kind, Method: key.method, Route: key.route, Major: key.major, UntilMs: p.until})
		}
	}
	for _, e := range s.order {
		for i := range e.kinds {
			w := e.kinds[i].cur
			if w == nil || w.left > 0 || w.resetAt-now <= longBlockMs || e.exempt {
				continue
			}
			key := keyOf(&e.key, e.kinds[i].kind)
			d.Blocks = append(d.Blocks, Block{Kind: key.kind, Method: key.method, Route: key.route, Major: key.major, UntilMs: w.resetAt})
		}
	}
	sort.Slice(d.Blocks, func(i, j int) bool {
		a, b := &d.Blocks[i], &d.Blocks[j]
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route),
			cmp.Compare(a.Major, b.Major), cmp.Compare(a.UntilMs, b.UntilMs)) < 0
	})
	oldest := max(now, 0)/60_000 - invalidMinutes + 1
	for _, m := range s.guard.minutes {
		if m.count > 0 && m.minute >= oldest {
			d.Invalid = append(d.Invalid, InvalidMinute{m.minute, m.count})
		}
	}
	sort.Slice(d.Invalid, func(i, j int) bool { return d.Invalid[i].Minute < d.Invalid[j].Minute })
	return d
}

// Restore takes a Snapshot in. What lies past, or more than 25 hours ahead, is ignored.
func (s *Scheduler) Restore(now int64, d Durable) {
	ahead := func(at int64) bool { return at > now && at <= now+mostAheadMs }
	if ahead(d.PauseUntilMs) {
		s.pace.pausedUntil = max(s.pace.pausedUntil, d.PauseUntilMs)
	}
	if d.BanCount > 0 && d.BanUntilMs > now-longestBanMs && d.BanUntilMs <= now+mostAheadMs { // one that ended a short while ago still wants a careful try
		s.guard.bans, s.guard.banUntil = d.BanCount, d.BanUntilMs
	}
	for _, b := range d.Blocks {
		if ahead(b.UntilMs) {
			s.setPark(now, parkKey{b.Kind, b.Method, b.Route, b.Major}, b.UntilMs, false)
		}
	}
	current := max(now, 0) / 60_000
	for _, m := range d.Invalid {
		if m.Count > 0 && m.Minute >= 0 && m.Minute <= current && m.Minute > current-invalidMinutes {
			slot := &s.guard.minutes[m.Minute%invalidMinutes]
			if slot.minute != m.Minute {
				*slot = minute{minute: m.Minute}
			}
			slot.count += m.Count
		}
	}
}

// Health is what an operator wants to see of a Scheduler.
type Health struct {
	Token        bool  // false: refused, the owner must act
	InFlight     int   // requests under way
	Buckets      int   // routes of resources that are remembered
	Parks        int   // limits of their own that hold requests back, or did lately
	Invalid      int   // invalid requests in the last ten minutes; Discord bans the address at 10,000
	HaltedUntil  int64 // Unix milliseconds; 0: not halted
	BannedUntil  int64 // Unix milliseconds; 0: not banned
	OutageUntil  int64 // Unix milliseconds; 0: Discord answers
	PausedUntil  int64 // Unix milliseconds; 0: no global 429 holds
	WindowMs     int64 // the global budget is spread over this
	SpreadMs     int64 // the measured jitter of the way to Discord
	SentInWindow int   // of the budget
	BudgetLeft   int   // of it
	InvalidLeft  int   // invalid requests until everything is halted
}

// Health tells the state at now.
func (s *Scheduler) Health(now int64) Health {
	after := func(at int64) int64 {
		if at > now {
			return at
		}
		return 0
	}
	h := Health{
		Token: !s.guard.dead, InFlight: s.flying, Buckets: len(s.order), Parks: len(s.parks),
		Invalid: s.guard.invalidCount(now), HaltedUntil: after(s.guard.haltedUntil(now, s.opts.InvalidStop)),
		OutageUntil: after(s.guard.outageAt(now)), PausedUntil: after(s.pace.pausedUntil),
		WindowMs: s.pace.windowMs(), SpreadMs: s.pace.spreadMs, SentInWindow: s.pace.within(now),
	}
	h.BudgetLeft, h.InvalidLeft = max(s.pace.budget-h.SentInWindow, 0), max(s.opts.InvalidStop-h.Invalid, 0)
	if s.guard.bans > 0 {
		h.BannedUntil = after(s.guard.banUntil)
	}
	return h
}
