package rest_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"
)

// A server is a small model of Discord's limits with its own clock offset, in virtual time. It shares no code with the
// scheduler that it judges.
type server struct {
	rng       *rand.Rand
	sliding   bool  // windows slide, global and buckets alike; else they are fixed
	perSecond int   // global budget
	skewMs    int64 // the server's clock minus ours
	limit     int   // of a bucket
	windowMs  int64

	globalHits []int64
	buckets    map[string][]int64

	requests, refused, global429 int
	arrivals                     []int64
}

func (s *server) count(hits *[]int64, at, window int64) int {
	kept := (*hits)[:0]
	for _, h := range *hits {
		if s.sliding && h > at-window || !s.sliding && h/window == at/window {
			kept = append(kept, h)
		}
	}
	*hits = kept
	return len(kept)
}

// freeIn is how long until one more fits.
func (s *server) freeIn(hits []int64, at, window int64) int64 {
	if !s.sliding {
		return (at/window+1)*window - at
	}
	return hits[0] + window - at
}

func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64) }

// handle answers one request that arrives at the given time of the server's clock.
func (s *server) handle(at int64, bucket string) rest.Outcome {
	s.requests++
	s.arrivals = append(s.arrivals, at)
	if s.count(&s.globalHits, at, 1000) >= s.perSecond {
		s.refused++
		s.global429++
		wait := s.freeIn(s.globalHits, at, 1000)
		return rest.Outcome{
			Status: 429,
			Header: rest.Header{RetryAfter: strconv.FormatInt((wait+999)/1000, 10), Global: "true", Scope: "global"},
			Body:   fmt.Appendf(nil, `{"message":"You are being rate limited.","retry_after":%s,"global":true}`, seconds(wait)),
		}
	}
	if s.buckets == nil {
		s.buckets = map[string][]int64{}
	}
	hits := s.buckets[bucket]
	n := s.count(&hits, at, s.windowMs)
	s.globalHits = append(s.globalHits, at)
	h := rest.Header{Limit: strconv.Itoa(s.limit), Bucket: "hash"}
	if n >= s.limit {
		s.buckets[bucket] = hits
		s.refused++
		wait := s.freeIn(hits, at, s.windowMs)
		h.Remaining, h.ResetAfter, h.Reset, h.Scope = "0", seconds(wait), seconds(at+wait), "user"
		h.RetryAfter = strconv.FormatInt((wait+999)/1000, 10)
		return rest.Outcome{Status: 429, Header: h,
			Body: fmt.Appendf(nil, `{"message":"You are being rate limited.","retry_after":%s,"global":false}`, seconds(wait))}
	}
	hits = append(hits, at)
	s.buckets[bucket] = hits
	wait := s.freeIn(hits, at, s.windowMs)
	if s.sliding {
		wait = hits[len(hits)-1] + s.windowMs - at
	}
	h.Remaining, h.ResetAfter, h.Reset = strconv.Itoa(s.limit-n-1), seconds(wait), seconds(at+wait)
	return rest.Outcome{Status: 200, Header: h, Body: []byte(`{"id":"1"}`)}
}

// A load drives a scheduler against a server: many conversations, each with one post in flight, taking turns in a ring.
type load struct {
	sched  *rest.Scheduler
	server *server
	rng    *rand.Rand
	there  func() int64 // way there, ms
	back   func() int64 // way back, ms
	now    int64

	reqs    []rest.Request
	readyAt []int64 // per conversation; -1 while in flight
	backlog []int   // messages that wait
	done    []int
	turn    int
	pending []landing
	seq     int
	classes map[rest.Class]int
	onPost  func(conv int, at int64)
}

type landing struct {
	at   int64
	seq  int
	conv int
	send bool // arrives at the server; else its answer arrives here
	p    rest.Permit
	out  rest.Outcome
}

func (l *load) push(x landing) {
	l.seq++
	x.seq = l.seq
	l.pending = append(l.pending, x)
	for i := len(l.pending) - 1; i > 0; i-- {
		a, b := &l.pending[i-1], &l.pending[i]
		if a.at < b.at || a.at == b.at && a.seq < b.seq {
			break
		}
		*a, *b = *b, *a
	}
}

// run goes on for the given time.
func (l *load) run(forMs int64) {
	if l.classes == nil {
		l.classes = map[rest.Class]int{}
	}
	end := l.now + forMs
	for l.now < end {
		for len(l.pending) > 0 && l.pending[0].at <= l.now {
			x := l.pending[0]
			l.pending = l.pending[1:]
			if x.send {
				out := l.server.handle(x.at+l.server.skewMs, l.reqs[x.conv].Major)
				l.push(landing{at: x.at + l.back(), conv: x.conv, p: x.p, out: out})
				continue
			}
			v := l.sched.Done(l.now, x.p, x.out)
			l.classes[v.Class]++
			l.readyAt[x.conv] = max(v.RetryAt, l.now)
			if v.Class == rest.OK {
				l.backlog[x.conv]--
				l.done[x.conv]++
				if l.onPost != nil {
					l.onPost(x.conv, l.now)
				}
			}
		}
		for range l.reqs {
			if l.sched.Gate(l.now) > 0 {
				break
			}
			c := l.turn
			l.turn = (l.turn + 1) % len(l.reqs)
			if l.readyAt[c] < 0 || l.readyAt[c] > l.now || l.backlog[c] == 0 {
				continue
			}
			d := l.sched.Reserve(l.now, &l.reqs[c])
			if !d.Go {
				l.readyAt[c] = max(d.At, l.now+1)
				continue
			}
			l.readyAt[c] = -1
			l.push(landing{at: l.now + l.there(), conv: c, send: true, p: d.Permit})
		}
		l.now++
	}
}

func newLoad(seed uint64, conversations, backlog int, srv *server) *load {
	rng := rand.New(rand.NewPCG(seed, 1))
	srv.rng = rng
	l := &load{sched: rest.New(rest.Options{Seed: seed}), server: srv, rng: rng, now: 1_800_000_000_000}
	for c := range conversations {
		l.reqs = append(l.reqs, rest.Request{Method: "POST", Route: rest.RouteMessages, Major: strconv.Itoa(c + 1)})
		l.readyAt = append(l.readyAt, 0)
		l.backlog = append(l.backlog, backlog)
		l.done = append(l.done, 0)
	}
	return l
}

// The budget is nearly all used when there is more to send, and hardly a request is refused, with fixed and sliding windows alike.
func TestPaceUsesTheBudget(t *testing.T) {
	for _, sliding := range []bool{false, true} {
		for _, jitter := range []string{"steady", "there100", "split50", "both100", "longtail"} {
			t.Run(fmt.Sprintf("sliding=%v/%s", sliding, jitter), func(t *testing.T) {
				srv := &server{sliding: sliding, perSecond: 50, limit: 5, windowMs: 5000, skewMs: 30_123}
				l := newLoad(7, 900, 1<<30, srv)
				uniform := func(base, spread int64) func() int64 {
					return func() int64 { return base + l.rng.Int64N(spread+1) }
				}
				switch jitter {
				case "steady":
					l.there, l.back = uniform(20, 0), uniform(20, 0)
				case "there100":
					l.there, l.back = uniform(20, 100), uniform(20, 0)
				case "split50":
					l.there, l.back = uniform(20, 50), uniform(20, 50)
				case "both100":
					l.there, l.back = uniform(20, 100), uniform(20, 100)
				case "longtail":
					l.there = func() int64 { return 20 + int64(l.rng.ExpFloat64()*25) }
					l.back = l.there
				}
				const forMs = 300_000
				l.run(forMs)
				accepted := srv.requests - srv.refused
				share := float64(accepted) / (50 * forMs / 1000)
				rate := float64(srv.refused) / float64(srv.requests)
				sorted := append([]int{}, l.done...)
				sort.Ints(sorted)
				h := l.sched.Health(l.now)
				t.Logf("share of the budget %.3f, refused %d of %d (%.5f), least %d most %d posts, window %d ms, spread %d ms",
					share, srv.refused, srv.requests, rate, sorted[0], sorted[len(sorted)-1], h.WindowMs, h.SpreadMs)
				if share < 0.90 {
					t.Errorf("used %.3f of the budget, want at least 0.90", share)
				}
				if rate >= 0.001 {
					t.Errorf("%.5f of the requests were refused, want below 0.001", rate)
				}
			})
		}
	}
}
