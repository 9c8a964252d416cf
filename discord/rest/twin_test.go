package rest_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"

	"pgregory.net/rapid"
)

// budgetTwin is the rule of the global budget, slow and obvious: it keeps every send for ever and counts anew each time.
type budgetTwin struct {
	budget int
	sends  []int64
	last   int64 // also when it was taken back
	pause  int64
}

func (w *budgetTwin) within(now, ms int64) (n int) {
	for _, at := range w.sends {
		if at > now-ms && at <= now {
			n++
		}
	}
	return n
}

// may says whether one more may leave, for a window and the spacing that belongs to it.
func (w *budgetTwin) may(now, window int64, low bool) bool {
	n := w.within(now, window)
	most := w.budget
	if low {
		most = max(w.budget*4/5, 1)
	}
	if now < w.pause || n >= most {
		return false
	}
	if n > w.budget/4 {
		return now >= w.last+window*9/10/int64(w.budget)
	}
	return true
}

// The scheduler and its twin agree about every single request, and no window ever holds more than the budget.
func TestBudgetAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		budget := rapid.IntRange(1, 60).Draw(t, "budget")
		s := rest.New(rest.Options{BudgetPerSecond: budget})
		twin := &budgetTwin{budget: budget}
		type flight struct {
			p    rest.Permit
			sent int64
		}
		var flying []flight
		now, channel := int64(t0), 0
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			now += rapid.Int64Range(0, 60).Draw(t, "pass")
			switch rapid.IntRange(0, 9).Draw(t, "do") {
			case 0: // an answer
				if len(flying) == 0 {
					continue
				}
				f := flying[0]
				flying = flying[1:]
				out := ok(rest.Header{})
				if rapid.IntRange(0, 30).Draw(t, "refused") == 0 {
					out = globalLimited("0.5")
				}
				v := s.Done(now, f.p, out)
				if out.Status == 429 {
					twin.pause = max(twin.pause, v.RetryAt)
				}
			case 1: // a request that did not leave
				if len(flying) == 0 {
					continue
				}
				f := flying[len(flying)-1]
				flying = flying[:len(flying)-1]
				s.Cancel(now, f.p)
				for i := len(twin.sends) - 1; i >= 0; i-- {
					if twin.sends[i] == f.sent {
						twin.sends = append(twin.sends[:i:i], twin.sends[i+1:]...)
						break
					}
				}
			default:
				channel++
				r := post(channel)
				r.Low = rapid.IntRange(0, 4).Draw(t, "low") == 0
				window := s.Health(now).WindowMs
				want := twin.may(now, window, r.Low)
				d := s.Reserve(now, &r)
				if d.Go != want {
					t.Fatalf("at %+d the scheduler says %+v and the twin %v; %d in %d ms", now-t0, d, want, twin.within(now, window), window)
				}
				if !d.Go {
					if d.At <= now {
						t.Fatalf("at %+d held until %+d", now-t0, d.At-t0)
					}
					continue
				}
				twin.last = now
				twin.sends = append(twin.sends, now)
				flying = append(flying, flight{d.Permit, now})
				if n := twin.within(now, 1000); n > budget {
					t.Fatalf("%d within a second, of %d", n, budget)
				}
			}
		}
	})
}

// Against a server that counts, whatever the delays and the kind of window: as the only user of a bucket no request is ever refused, save after an answer
// that was lost; and the bucket is used.
func TestBucketsAgainstServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		srv := &server{
			sliding: rapid.Bool().Draw(t, "sliding"), perSecond: 1 << 20, skewMs: rapid.Int64Range(-60_000, 60_000).Draw(t, "skew"),
			limit: rapid.IntRange(1, 6).Draw(t, "limit"), windowMs: rapid.Int64Range(200, 8000).Draw(t, "window"),
		}
		delay := rapid.Int64Range(1, 400).Draw(t, "delay")
		lost := rapid.IntRange(0, 3).Draw(t, "lost")
		rng := rand.New(rand.NewPCG(seed, 2))
		s := rest.New(rest.Options{Seed: seed, BudgetPerSecond: 1000})
		type flight struct {
			at     int64
			arrive bool
			p      rest.Permit
			key    string
			out    rest.Outcome
		}
		var flying []flight
		silent, granted, cancelled := 0, 0, 0
		const forMs = 40_000
		for now := int64(t0); now < t0+forMs; now += 5 {
			for i := 0; i < len(flying); i++ {
				f := flying[i]
				if f.at > now {
					continue
				}
				flying = append(flying[:i:i], flying[i+1:]...)
				i--
				if !f.arrive {
					s.Done(now, f.p, f.out)
					continue
				}
				out := srv.handle(now+srv.skewMs, f.key)
				if rng.IntN(100) < lost {
					silent++
					out = rest.Outcome{Failure: rest.DoubtfulSent}
				}
				flying = append(flying, flight{at: now + 1 + rng.Int64N(delay), p: f.p, out: out})
			}
			c := 1 + rng.IntN(3)
			r := post(c)
			d := s.Reserve(now, &r)
			if !d.Go {
				continue
			}
			if rng.IntN(20) == 0 {
				cancelled++
				s.Cancel(now, d.Permit)
				continue
			}
			granted++
			flying = append(flying, flight{at: now + 1 + rng.Int64N(delay), arrive: true, p: d.Permit, key: strconv.Itoa(c)})
		}
		what := fmt.Sprintf("%d granted, %d refused, %d without an answer, %d taken back", granted, srv.refused, silent, cancelled)
		if srv.refused > 2*silent {
			t.Fatal(what)
		}
		// One of the bucket's slots in each window and round trip is the least that can be expected.
		least := int(3 * forMs / (2*srv.windowMs + 4*delay + 2000) / 2)
		if silent == 0 && granted < least {
			t.Fatalf("%s; want at least %d", what, least)
		}
	})
}

// Whatever the outcome says, nothing panics, a success stays a success, no permit leaks, and the scheduler comes back.
func TestAnyOutcome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rest.New(rest.Options{InvalidStop: 1 << 30})
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "0", "1", "-1", "0.5", "NaN", "1e400", "true", "global", "shared", "user", "99999999999999999999"}))
		now := int64(t0)
		for range rapid.IntRange(1, 30).Draw(t, "requests") {
			r := post(rapid.IntRange(1, 3).Draw(t, "channel"))
			d := s.Reserve(now, &r)
			if !d.Go {
				if d.At <= now {
					t.Fatalf("held without a time: %+v", d)
				}
				now = d.At
				continue
			}
			now += rapid.Int64Range(0, 5000).Draw(t, "answered after")
			out := rest.Outcome{
				Failure: rest.Failure(rapid.IntRange(0, 2).Draw(t, "failure")),
				Status:  rapid.SampledFrom([]int{0, 100, 200, 201, 204, 302, 400, 403, 404, 405, 408, 413, 429, 429, 429, 500, 502, 503, 524, 999}).Draw(t, "status"),
				Header: rest.Header{Limit: text.Draw(t, "limit"), Remaining: text.Draw(t, "remaining"), Reset: text.Draw(t, "reset"), ResetAfter: text.Draw(t, "after"),
					Bucket: text.Draw(t, "bucket"), Global: text.Draw(t, "global"), Scope: text.Draw(t, "scope"), RetryAfter: text.Draw(t, "retry"), Date: text.Draw(t, "date")},
				Body: []byte(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "<html>", `{"retry_after":1e9}`, `{"retry_after":"x","global":1}`, `{"code":10003}`, `{"code":-1,"errors":[]}`})).Draw(t, "body")),
			}
			v := s.Done(now, d.Permit, out)
			if out.Failure == rest.Answered && out.Status >= 200 && out.Status < 300 && v.Class != rest.OK {
				t.Fatalf("a success became %+v", v)
			}
			if (v.Class == rest.RetryLater || v.Class == rest.InDoubt) && v.RetryAt <= now {
				t.Fatalf("to be repeated at once: %+v", v)
			}
			again, saved := rest.New(rest.Options{}), s.Snapshot(now)
			again.Restore(now, saved)
			if got := again.Snapshot(now); !reflect.DeepEqual(got, saved) {
				t.Fatalf("restored %+v from %+v", got, saved)
			}
		}
		now += 25 * 60 * 60 * 1000
		for range 3 {
			r := post(1)
			d := s.Reserve(now, &r)
			if d.Go {
				return
			}
			now = max(d.At, now+1000)
		}
		t.Fatalf("a day later it is still closed: %+v", s.Health(now))
	})
}
