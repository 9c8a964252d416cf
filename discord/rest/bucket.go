package rest

import "strings"

// A bucket is known by method, route, hash and major. Discord's page names hash and major alone, but POST and DELETE of messages answer the same hash with
// different counters (https://github.com/discord/discord-api-docs/issues/1442): "shared hash, unique count per route". Where several routes do
// share one counter, that shows as a 429 that the own count did not foresee;
// from then on the hash is counted together (suspect).

type entryKey struct{ method, route, major string }

type routeKey struct{ method, route string }

type poolKey struct{ hash, major string }

// An entry is a route of one resource, and what is known of its limits.
type entry struct {
	key    entryKey
	kinds  []kindState
	used   int64 // last time that a request left or was answered
	at     int   // in Scheduler.order
	now    int   // requests under way
	exempt bool  // the major holds a token
}

// kindState is what is known for one Kind of request on the entry.
type kindState struct {
	_       unequal
	kind    Kind
	cur     *window // of the last answer; nil: not known yet
	prev    *window // of answers before: one route can alternate between hashes
	bare    bool    // the last answer named no bucket
	probe   uint64  // the one request that finds out, while nothing is known
	limited int     // 429s in a row
	fails   int     // other failures in a row
}

// A window is the state of one of Discord's buckets.
type window struct {
	_       unequal
	hash    string
	limit   int
	left    int   // what the answers say; those under way may or may not be counted in it
	resetAt int64 // local clock
	newest  uint64
	asOf    uint64 // the last permit given when an answer came: later ones left knowing it
	flying  int
	used    int64
}

// Those under way count as not yet counted, which is right or too careful. After the reset at least one slot is there; how many more is not known, since the window may
// slide. https://github.com/discord/discord-api-docs/issues/7680
func (w *window) openAt(now int64) int64 {
	left := w.left
	if now >= w.resetAt {
		left = max(left, 1)
	}
	switch {
	case left > w.flying:
		return 0
	case left == 0:
		return w.resetAt
	}
	return now + answerWaitMs
}

func (w *window) take(now int64) {
	w.flying++
	w.used = now
}

// learn takes an answer's headers in. Answers overtake each other, so what is left rises only with the answer to a request that left after
// the last answer came.
func (w *window) learn(now int64, number, last uint64, m *meters) {
	if m.limit > 0 {
		w.limit = m.limit
	}
	resetAt := now + m.resetMs + resetPadMs
	asOf := w.asOf
	w.asOf = last
	if number < w.newest {
		w.left = min(w.left, m.remaining)
		if now >= w.resetAt {
			w.resetAt = resetAt // it was slow on its way there, and tells of a later window
		}
		return
	}
	w.newest = number
	if number > asOf {
		w.left = m.remaining
		w.resetAt = resetAt
	} else {
		w.left = min(w.left, m.remaining)
		w.resetAt = max(w.resetAt, resetAt)
	}
}

// entry finds or makes the entry of a request; nil when there is room for no more.
func (s *Scheduler) entry(now int64, r *Request) *entry {
	key := entryKey{r.Method, r.Route, r.Major}
	if e := s.entries[key]; e != nil {
		return e
	}
	s.sweep(now, 2)
	if len(s.order) >= s.opts.MaxBuckets {
		s.sweep(now, len(s.order))
		if len(s.order) >= s.opts.MaxBuckets {
			return nil
		}
	}
	e := &entry{key: key, used: now, at: len(s.order), exempt: r.Exempt}
	s.entries[key] = e
	s.order = append(s.order, e)
	return e
}

// idleMs is how long an entry is kept after its last use. What it knows is then worth no more than what one probe finds out.
const idleMs = 60_000

// sweep looks at up to n entries and forgets those that hold nothing back.
func (s *Scheduler) sweep(now int64, n int) {
	all := n >= len(s.order)
	for ; n > 0 && len(s.order) > 0; n-- {
		if s.hand >= len(s.order) {
			s.hand = 0
		}
		e := s.order[s.hand]
		if !e.idle(now, all) {
			s.hand++
			continue
		}
		last := s.order[len(s.order)-1]
		s.order[s.hand], last.at = last, s.hand
		s.order[len(s.order)-1] = nil
		s.order = s.order[:len(s.order)-1]
		delete(s.entries, e.key)
		for i := range e.kinds {
			s.dropPool(e.kinds[i].cur, e.key.major, now)
			s.dropPool(e.kinds[i].prev, e.key.major, now)
		}
	}
}

func (e *entry) idle(now int64, atOnce bool) bool {
	if e.now > 0 || (!atOnce && now-e.used < idleMs) {
		return false
	}
	for i := range e.kinds {
		for _, w := range [...]*window{e.kinds[i].cur, e.kinds[i].prev} {
			if w != nil && (w.flying > 0 || now < w.resetAt) {
				return false
			}
		}
	}
	return true
}

// kind finds or makes the state of a Kind. There are few kinds a route.
func (e *entry) kind(kind Kind) int {
	for i := range e.kinds {
		if e.kinds[i].kind == kind {
			return i
		}
	}
	e.kinds = append(e.kinds, kindState{kind: kind})
	return len(e.kinds) - 1
}

// openAt is when the entry lets a request of this kind pass; not after now when it may pass now.
func (e *entry) openAt(now int64, k int, bareRoute bool) int64 {
	ks := &e.kinds[k]
	at := int64(0)
	if ks.cur == nil {
		if !ks.bare && !bareRoute && ks.probe != 0 {
			return now + answerWaitMs
		}
		// Another kind's bucket may well be this one's too.
		for i := range e.kinds {
			if w := e.kinds[i].cur; w != nil {
				at = max(at, w.openAt(now))
			}
		}
		return at
	}
	at = ks.cur.openAt(now)
	if ks.prev != nil && now < ks.prev.resetAt {
		at = max(at, ks.prev.openAt(now))
	}
	return at
}

func (e *entry) take(now int64, number uint64, sl *slot) {
	ks := &e.kinds[sl.kind]
	e.now++
	e.used = now
	if ks.cur == nil {
		ks.probe = number
		return
	}
	sl.took[0] = ks.cur
	ks.cur.take(now)
	if ks.prev != nil && ks.prev != ks.cur && now < ks.prev.resetAt {
		sl.took[1] = ks.prev
		ks.prev.take(now)
	}
}

// landed takes a request out of those under way.
func (e *entry) landed(now int64, sl *slot) {
	e.now--
	e.used = now
	if ks := &e.kinds[sl.kind]; ks.probe == sl.number {
		ks.probe = 0
	}
	for _, w := range sl.took {
		if w != nil {
			w.flying--
		}
	}
}

// silent takes in that a request which may have arrived was not answered: it may be counted.
func (sl *slot) silent() {
	for _, w := range sl.took {
		if w != nil && w.left > 0 {
			w.left--
		}
	}
}

// learn takes the bucket headers of an answer in.
func (s *Scheduler) learn(now int64, sl *slot, m *meters) {
	ks := &sl.entry.kinds[sl.kind]
	if !m.known {
		// No bucket is named: only the global limit holds, or the headers did not parse. Do not hold the route to one at a time.
		if ks.cur == nil {
			ks.bare = true
			if len(s.bare) < maxRoutes {
				s.bare[routeKey{sl.entry.key.method, sl.entry.key.route}] = true
			}
		}
		sl.silent() // Discord counted it all the same
		return
	}
	if ks.bare {
		ks.bare = false
		delete(s.bare, routeKey{sl.entry.key.method, sl.entry.key.route})
	}
	w := s.windowOf(sl.entry, m.hash)
	if w != ks.cur {
		ks.prev, ks.cur = ks.cur, w
	}
	w.used = now
	w.learn(now, sl.number, s.number, m)
}

// maxRoutes bounds the maps that are keyed by route or hash; there are some fifty routes.
const maxRoutes = 256

// windowOf finds the window with that hash among the entry's kinds and the shared ones, or makes it.
func (s *Scheduler) windowOf(e *entry, hash string) *window {
	for i := range e.kinds {
		for _, w := range [...]*window{e.kinds[i].cur, e.kinds[i].prev} {
			if w != nil && w.hash == hash {
				return w
			}
		}
	}
	hash = strings.Clone(hash) // not to hold the whole header
	if !s.shared[hash] {
		return &window{hash: hash}
	}
	key := poolKey{hash, e.key.major}
	w := s.pools[key]
	if w == nil {
		w = &window{hash: hash}
		s.pools[key] = w
	}
	return w
}

// suspect looks, after a 429 of the bucket itself, for another route that names the same hash and limit for the same resource and was in use within the window. The own count
// should have foreseen the 429 unless the two share a counter. After two such cases the hash is counted together; one alone may be chance.
func (s *Scheduler) suspect(now int64, e *entry, m *meters) {
	if s.shared[m.hash] || len(s.cases) >= maxRoutes || !s.rival(now, e, m) {
		return
	}
	if s.cases[m.hash] == 0 {
		m.hash = strings.Clone(m.hash)
	}
	s.cases[m.hash]++
	if s.cases[m.hash] < casesToShare {
		return
	}
	s.shared[m.hash] = true
	for _, other := range s.order {
		for i := range other.kinds {
			ks := &other.kinds[i]
			ks.cur = s.pooled(ks.cur, m.hash, other.key.major)
			ks.prev = s.pooled(ks.prev, m.hash, other.key.major)
		}
	}
}

const casesToShare = 2

func (s *Scheduler) rival(now int64, e *entry, m *meters) bool {
	for _, other := range s.order {
		if other == e || other.key.major != e.key.major || now-other.used > m.resetMs+unaskedMs {
			continue
		}
		if w := other.window(m.hash); w != nil && w.limit == m.limit {
			return true
		}
	}
	return false
}

func (e *entry) window(hash string) *window {
	for i := range e.kinds {
		if w := e.kinds[i].cur; w != nil && w.hash == hash {
			return w
		}
	}
	return nil
}

// pooled gives the one window of a shared hash and resource in place of w, with the stricter of the two states. Requests that are under way stay charged to the
// old window; their answers are read all the same.
func (s *Scheduler) pooled(w *window, hash, major string) *window {
	if w == nil || w.hash != hash {
		return w
	}
	key := poolKey{hash, major}
	pool := s.pools[key]
	if pool == nil {
		s.pools[key] = w
		return w
	}
	if pool != w {
		pool.left = min(pool.left, w.left)
		pool.resetAt = max(pool.resetAt, w.resetAt)
		pool.newest = max(pool.newest, w.newest)
		pool.asOf = max(pool.asOf, w.asOf)
	}
	return pool
}

func (s *Scheduler) dropPool(w *window, major string, now int64) {
	if w == nil || !s.shared[w.hash] || w.flying > 0 || now < w.resetAt || now-w.used < idleMs {
		return
	}
	delete(s.pools, poolKey{w.hash, major})
}
