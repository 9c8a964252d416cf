package world

import (
	"hash/fnv"
	"math"
	"sort"
	"strconv"
)

// defaultBuckets are limits that were observed from 2018 to 2026; Discord promises none of them.
var defaultBuckets = map[string]Bucket{
	"message.create":       {Limit: 5, WindowMs: 5000},
	"message.edit":         {Limit: 5, WindowMs: 5000},
	"message.delete":       {Limit: 5, WindowMs: 1000},
	"message.delete.old":   {Limit: 30, WindowMs: 120000, Fixed: true},
	"message.list":         {Limit: 5, WindowMs: 1000},
	"message.get":          {Limit: 5, WindowMs: 1000},
	"message.bulk-delete":  {Limit: 1, WindowMs: 1000},
	"reaction":             {Limit: 1, WindowMs: 250},
	"typing":               {Limit: 5, WindowMs: 5000},
	"channel.edit":         {Limit: 5, WindowMs: 15000},
	"thread.create":        {Limit: 10, WindowMs: 10000},
	"thread.member":        {Limit: 10, WindowMs: 1000},
	"thread.list":          {Limit: 10, WindowMs: 10000},
	"member.edit":          {Limit: 10, WindowMs: 10000},
	"webhook.execute":      {Limit: 5, WindowMs: 2000},
	"command.write":        {Limit: 5, WindowMs: 20000},
	"channel.webhook.post": {Limit: 30, WindowMs: 60000},
}

// Buckets gives the names and limits of the buckets that a world has where its Config says nothing.
func Buckets() map[string]Bucket {
	out := make(map[string]Bucket, len(defaultBuckets))
	for name, b := range defaultBuckets {
		out[name] = b
	}
	return out
}

// window counts the requests of one bucket and major parameter.
type window struct {
	bucket  Bucket
	name    string
	major   string
	startMs int64   // of a fixed window
	used    int     // in a fixed window
	times   []int64 // of a sliding window
}

// count is how many requests stand in the window at now.
func (b *window) count(now int64) int {
	if b.bucket.Fixed {
		if now >= b.startMs+b.bucket.WindowMs {
			b.used = 0
		}
		return b.used
	}
	b.times = keepSince(b.times, now-b.bucket.WindowMs)
	return len(b.times)
}

func (b *window) take(now int64) {
	if b.bucket.Fixed {
		if b.used == 0 {
			b.startMs = now
		}
		b.used++
		return
	}
	b.times = append(b.times, now)
}

// freeMs is when the next slot comes free, resetMs when all are.
func (b *window) freeMs(now int64) int64 {
	switch {
	case b.count(now) < b.bucket.Limit:
		return now
	case b.bucket.Fixed:
		return b.startMs + b.bucket.WindowMs
	default:
		return b.times[len(b.times)-b.bucket.Limit] + b.bucket.WindowMs
	}
}

func (b *window) resetMs(now int64) int64 {
	switch {
	case b.count(now) == 0:
		return now
	case b.bucket.Fixed:
		return b.startMs + b.bucket.WindowMs
	default:
		return b.times[len(b.times)-1] + b.bucket.WindowMs
	}
}

// limiter holds every counter of the world.
type limiter struct {
	windows  map[string]*window // by bot, bucket and major parameter
	globals  map[*bot]*window
	renames  map[ChannelID]*window
	sweepAt  int     // size of windows at which the empty ones are dropped
	creates  []int64 // thread creations
	coldMs   int64   // thread creation is refused until then
	invalid  []int64 // answers that count against the address
	blockMs  int64   // Cloudflare blocks the address until then
	requests int64
	limited  int64
}

func (l *limiter) init() {
	l.windows, l.globals, l.renames = map[string]*window{}, map[*bot]*window{}, map[ChannelID]*window{}
}

// global counts a request against the bot's 50 a second, and gives how long to wait where they are spent.
func (w *World) global(b *bot) (waitMs int64) {
	limit := w.cfg.Limits.Global
	if limit < 0 || w.cfg.Limits.Off {
		return 0
	}
	g := w.limits.globals[b]
	if g == nil {
		g = &window{bucket: Bucket{Limit: limit, WindowMs: 1000, Fixed: !w.cfg.Limits.GlobalSliding}, name: "global"}
		// Discord's second begins when it begins, not when the client's first request comes.
		g.startMs = w.now - int64(mix(w.cfg.Seed^uint64(b.app))%1000)
		w.limits.globals[b] = g
	}
	if g.bucket.Fixed {
		if passed := (w.now - g.startMs) / 1000; passed > 0 {
			g.startMs += passed * 1000
			g.used = 0
		}
		if g.used >= limit {
			return g.startMs + 1000 - w.now
		}
		g.used++
		return 0
	}
	if g.count(w.now) >= limit {
		return g.freeMs(w.now) - w.now
	}
	g.take(w.now)
	return 0
}

// bucketOf gives the counter of a route's bucket; nil where it has no limit.
func (w *World) bucketOf(who, name, major string) *window {
	if name == "" || w.cfg.Limits.Off {
		return nil
	}
	key := who + " " + name + " " + major
	if b := w.limits.windows[key]; b != nil {
		if b.bucket.Limit <= 0 {
			return nil
		}
		return b
	}
	limit, ok := w.cfg.Limits.Buckets[name]
	if !ok {
		limit = defaultBuckets[name]
		limit.Fixed = limit.Fixed || w.cfg.Limits.Fixed
	}
	if limit.Limit <= 0 {
		return nil
	}
	w.sweep()
	b := &window{bucket: limit, name: name, major: major}
	w.limits.windows[key] = b
	return b
}

// sweep forgets empty counters, so that a long run does not keep one for each thread that ever was.
func (w *World) sweep() {
	if len(w.limits.windows) < w.limits.sweepAt {
		return
	}
	defer func() { w.limits.sweepAt = max(1024, 2*len(w.limits.windows)) }()
	for key, b := range w.limits.windows {
		if b.count(w.now) == 0 {
			delete(w.limits.windows, key)
		}
	}
}

// setLimit changes the limit of a bucket while requests are in flight, as Discord does.
func (w *World) setLimit(name string, b Bucket) {
	buckets := map[string]Bucket{}
	for k, v := range w.cfg.Limits.Buckets {
		buckets[k] = v
	}
	buckets[name] = b
	w.cfg.Limits.Buckets = buckets
	for _, win := range w.limits.windows {
		if win.name == name {
			win.bucket = b
		}
	}
}

// SetLimit changes the limit of a bucket by its name (see Buckets) from now on; a Limit of -1 takes it away.
func (w *World) SetLimit(nowMs int64, name string, b Bucket) {
	w.advance(nowMs)
	w.setLimit(name, b)
}

// hash is what stands in X-RateLimit-Bucket: the same for a route everywhere, without the major parameter.
func (w *World) hash(name string) string {
	if w.cfg.Limits.MutualHash {
		switch name {
		case "message.edit", "message.delete":
			name = "message.create"
		}
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	s := strconv.FormatUint(mix(h.Sum64()), 16) + strconv.FormatUint(mix(h.Sum64()+1), 16)
	return (s + "00000000000000000000000000000000")[:32]
}

// limitHeaders writes X-RateLimit-*.
func (w *World) limitHeaders(h map[string]string, b *window, skewMs int64) {
	reset := b.resetMs(w.now)
	h["X-RateLimit-Limit"] = itoa(b.bucket.Limit)
	h["X-RateLimit-Remaining"] = itoa(max(0, b.bucket.Limit-b.count(w.now)))
	h["X-RateLimit-Reset"] = seconds(reset + skewMs)
	h["X-RateLimit-Reset-After"] = seconds(reset - w.now)
	h["X-RateLimit-Bucket"] = w.hash(b.name)
}

func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64) }

// tooMany gives a 429. Retry-After is in whole seconds, rounded up; the body has the fraction.
func tooMany(scope string, waitMs int64, h map[string]string) *APIError {
	after := float64(waitMs) / 1000
	global := scope == "global"
	h["Retry-After"] = strconv.FormatInt(int64(math.Ceil(after)), 10)
	h["X-RateLimit-Scope"] = scope
	e := &APIError{Status: 429, Message: "You are being rate limited.", RetryAfter: &after, Global: &global}
	switch scope {
	case "global":
		h["X-RateLimit-Global"] = "true"
	case "shared":
		e.Message = "The resource is being rate limited."
	}
	return e
}

// threadCooldown answers a creation of a thread while the hidden limit holds; nil: go on.
func (w *World) threadCooldown(c *call) *APIError {
	l := &w.cfg.Limits
	if f := w.strike(FaultThreadCooldown, c.route.name, c.req.Path, c.actor.bot == nil); f != nil {
		wait := f.RetryAfterMs
		if wait == 0 {
			wait = l.ThreadCreateCooldownMs
		}
		return tooMany("shared", wait, c.header)
	}
	if l.ThreadCreateBurst <= 0 || l.Off || c.actor.bot == nil && !l.Humans {
		return nil
	}
	if w.now < w.limits.coldMs {
		return tooMany("shared", w.limits.coldMs-w.now, c.header)
	}
	w.limits.creates = keepSince(w.limits.creates, w.now-l.ThreadCreateWindowMs)
	if len(w.limits.creates) >= l.ThreadCreateBurst {
		w.limits.coldMs, w.limits.creates = w.now+l.ThreadCreateCooldownMs, nil
		return tooMany("shared", l.ThreadCreateCooldownMs, c.header)
	}
	w.limits.creates = append(w.limits.creates, w.now)
	return nil
}

// renameLimit is the hidden limit of name and topic changes, threads included.
func (w *World) renameLimit(c *call, id ChannelID) *APIError {
	l := &w.cfg.Limits
	if l.RenameLimit < 0 || l.Off || c.actor.bot == nil && !l.Humans {
		return nil
	}
	b := w.limits.renames[id]
	if b == nil {
		b = &window{bucket: Bucket{Limit: l.RenameLimit, WindowMs: l.RenameWindowMs, Fixed: true}}
		w.limits.renames[id] = b
	}
	if b.count(w.now) >= l.RenameLimit {
		return tooMany("user", b.freeMs(w.now)-w.now, c.header)
	}
	b.take(w.now)
	return nil
}

// BucketState is one counter, for consoles.
type BucketState struct {
	Name      string `json:"name"`
	Major     string `json:"major"`
	Limit     int    `json:"limit"`
	Remaining int    `json:"remaining"`
	ResetMs   int64  `json:"resetMs"` // until every slot is free
	WindowMs  int64  `json:"windowMs"`
}

// LimitState is what a console shows of the limits.
type LimitState struct {
	// Requests and Limited count all requests of bots and those answered 429.
	Requests        int64         `json:"requests"`
	Limited         int64         `json:"limited"`
	GlobalLimit     int           `json:"globalLimit"`
	GlobalUsed      int           `json:"globalUsed"`
	InvalidRequests int           `json:"invalidRequests"`
	ThreadColdMs    int64         `json:"threadColdMs"` // until threads can be made again
	Buckets         []BucketState `json:"buckets"`
}

// LimitState gives the counters that are not empty, the emptiest bucket first.
func (w *World) LimitState(nowMs int64) LimitState {
	w.advance(nowMs)
	w.limits.invalid = keepSince(w.limits.invalid, w.now-600000)
	out := LimitState{
		Requests: w.limits.requests, Limited: w.limits.limited, GlobalLimit: w.cfg.Limits.Global, InvalidRequests: len(w.limits.invalid),
		ThreadColdMs: max(0, w.limits.coldMs-w.now), Buckets: []BucketState{},
	}
	for _, g := range w.limits.globals {
		if !g.bucket.Fixed || w.now < g.startMs+1000 {
			out.GlobalUsed += g.count(w.now)
		}
	}
	for _, b := range w.limits.windows {
		if n := b.count(w.now); n > 0 {
			out.Buckets = append(out.Buckets, BucketState{
				Name: b.name, Major: b.major, Limit: b.bucket.Limit, Remaining: max(0, b.bucket.Limit-n), ResetMs: b.resetMs(w.now) - w.now,
				WindowMs: b.bucket.WindowMs,
			})
		}
	}
	sort.Slice(out.Buckets, func(i, j int) bool {
		a, b := out.Buckets[i], out.Buckets[j]
		if a.Remaining != b.Remaining {
			return a.Remaining < b.Remaining
		}
		return a.Name+a.Major < b.Name+b.Major
	})
	return out
}
