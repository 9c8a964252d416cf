package rest_test

import (
	"fmt"
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// These are the cases in which clients for Discord were seen to fail, one test each. Cases 1 to 12 are here, 13 to 23 in cases_around_test.go.

const t0 = 1_800_000_000_000

// A bench runs a scheduler by hand.
type bench struct {
	t   *testing.T
	s   *rest.Scheduler
	now int64
}

func newBench(t *testing.T, opts rest.Options) *bench {
	return &bench{t: t, s: rest.New(opts), now: t0}
}

// take reserves and must succeed.
func (b *bench) take(r rest.Request) rest.Permit {
	b.t.Helper()
	d := b.s.Reserve(b.now, &r)
	if !d.Go {
		b.t.Fatalf("%s %s may not leave at %+d: %+v", r.Method, r.Path, b.now-t0, d)
	}
	return d.Permit
}

// held reserves and must not succeed; it gives how long to wait.
func (b *bench) held(r rest.Request) rest.Decision {
	b.t.Helper()
	d := b.s.Reserve(b.now, &r)
	if d.Go {
		b.t.Fatalf("%s %s may leave at %+d", r.Method, r.Path, b.now-t0)
	}
	return d
}

// send reserves, and is answered after 40 ms.
func (b *bench) send(r rest.Request, out rest.Outcome) rest.Verdict {
	b.t.Helper()
	p := b.take(r)
	b.now += 40
	return b.s.Done(b.now, p, out)
}

// waitFor moves to a time, and holds that nothing may leave just before it.
func (b *bench) waitFor(r rest.Request, at int64) {
	b.t.Helper()
	b.now = at - 1
	b.held(r)
	b.now = at
}

func post(channel int) rest.Request {
	return rest.CreateMessage(wire.Snowflake(strconv.Itoa(channel)), rest.Post{Content: "hello", Nonce: "n"})
}

func meters(limit, remaining int, resetAfter, bucket string) rest.Header {
	return rest.Header{Limit: strconv.Itoa(limit), Remaining: strconv.Itoa(remaining), ResetAfter: resetAfter, Bucket: bucket}
}

func ok(h rest.Header) rest.Outcome {
	return rest.Outcome{Status: 200, Header: h, Body: []byte(`{"id":"1"}`)}
}

func limited(h rest.Header, retry string) rest.Outcome {
	return rest.Outcome{Status: 429, Header: h, Body: []byte(`{"message":"You are being rate limited.","retry_after":` + retry + `,"global":false}`)}
}

func globalLimited(retry string) rest.Outcome {
	return rest.Outcome{Status: 429, Header: rest.Header{RetryAfter: "1", Global: "true", Scope: "global"},
		Body: []byte(`{"message":"You are being rate limited.","retry_after":` + retry + `,"global":true}`)}
}

func refusal(status, code int) rest.Outcome {
	return rest.Outcome{Status: status, Body: fmt.Appendf(nil, `{"message":"no","code":%d}`, code)}
}

// https://github.com/abalabahaha/eris/issues/191: a clock that is off must not shorten or stretch the wait.
func TestCase01ClockSkew(t *testing.T) {
	for _, skew := range []int64{-40_000, 0, 40_000} {
		b := newBench(t, rest.Options{})
		server := b.now + 40 + skew
		h := meters(1, 0, "", "h")
		h.Reset = strconv.FormatFloat(float64(server+2000)/1000, 'f', 3, 64)
		h.Date = "Fri, 15 Jan 2027 08:00:00 GMT" // the whole second of t0, shifted below
		if skew != 0 {
			h.Date = map[int64]string{-40_000: "Fri, 15 Jan 2027 07:59:20 GMT", 40_000: "Fri, 15 Jan 2027 08:00:40 GMT"}[skew]
		}
		b.send(post(1), ok(h))
		if wait := b.held(post(1)).At - b.now; wait < 2000 || wait > 3100 {
			t.Errorf("skew %d with Reset and Date only: waits %d ms, want 2000 to 3100", skew, wait)
		}
		h.ResetAfter = "2.000"
		b = newBench(t, rest.Options{})
		b.send(post(1), ok(h))
		if wait := b.held(post(1)).At - b.now; wait != 2050 {
			t.Errorf("skew %d with Reset-After: waits %d ms, want 2050", skew, wait)
		}
		h.ResetAfter, h.Date = "", "no date"
		b = newBench(t, rest.Options{})
		b.send(post(1), ok(h))
		if wait := b.held(post(1)).At - b.now; wait < 1000 || wait > 60_100 {
			t.Errorf("skew %d with Reset alone: waits %d ms, want within a minute", skew, wait)
		}
	}
}

// https://github.com/abalabahaha/eris/issues/1344: fractions of seconds cut off are waits of nothing.
func TestCase02FloatResets(t *testing.T) {
	b := newBench(t, rest.Options{})
	b.send(post(1), ok(meters(1, 0, "0.9", "h")))
	b.waitFor(post(1), b.now+950)
	v := b.send(post(1), limited(meters(1, 0, "0.4", "h"), "0.251"))
	if v.RetryAt != b.now+301 {
		t.Errorf("retry in %d ms, want 301", v.RetryAt-b.now)
	}
	b.waitFor(post(1), b.now+301)
	b.take(post(1))
}

// A global 429 holds all other routes; successes of requests that were under way do not end it.
func TestCase03GlobalWhileInFlight(t *testing.T) {
	b := newBench(t, rest.Options{})
	var flying []rest.Permit
	for c := range 5 {
		flying = append(flying, b.take(post(c)))
	}
	b.now += 50
	v := b.s.Done(b.now, flying[0], globalLimited("0.8"))
	if v.Class != rest.RetryLater || v.RetryAt < b.now+800 {
		t.Errorf("verdict %+v", v)
	}
	until := v.RetryAt
	for _, p := range flying[1:4] {
		b.s.Done(b.now, p, ok(meters(5, 4, "5", "h")))
	}
	b.s.Done(b.now, flying[4], globalLimited("0.7"))
	if d := b.held(post(9)); d.At != until || !d.All || b.s.Gate(b.now) != until {
		t.Errorf("another route is held until %+d, want %+d; %+v", d.At-t0, until-t0, d)
	}
	b.waitFor(post(9), until)
	b.take(post(9))
	if h := b.s.Health(b.now); h.Invalid != 2 {
		t.Errorf("%d invalid requests counted, want 2", h.Invalid)
	}
}

// Answers overtake each other: one that tells of an earlier state raises nothing.
func TestCase04LateAnswerDoesNotRaise(t *testing.T) {
	b := newBench(t, rest.Options{})
	b.send(post(1), ok(meters(5, 4, "5", "h")))
	first, second, third := b.take(post(1)), b.take(post(1)), b.take(post(1))
	b.s.Done(b.now+100, third, ok(meters(5, 1, "4.9", "h")))
	b.s.Done(b.now+110, first, ok(meters(5, 3, "4.9", "h")))
	b.s.Done(b.now+120, second, ok(meters(5, 2, "4.9", "h")))
	b.now += 200
	b.take(post(1))
	b.held(post(1))
	// Answered in another order by Discord than sent: the least is what counts.
	b = newBench(t, rest.Options{})
	b.send(post(1), ok(meters(5, 2, "5", "h")))
	first, second = b.take(post(1)), b.take(post(1))
	b.s.Done(b.now+100, first, ok(meters(5, 0, "4.9", "h")))
	b.s.Done(b.now+110, second, ok(meters(5, 1, "4.9", "h")))
	b.now += 200
	b.held(post(1))
}

// A shared 429 is the resource's: the own bucket keeps its count, and it is not held against the bot.
func TestCase05Shared(t *testing.T) {
	b := newBench(t, rest.Options{})
	b.send(post(1), ok(meters(10, 9, "64.57", "h")))
	h := meters(10, 0, "64.57", "h")
	h.Scope, h.RetryAfter = "shared", "1337"
	v := b.send(post(1), limited(h, "1336.57"))
	if v.RetryAt != b.now+1_336_620 || !v.Save {
		t.Errorf("verdict %+v at %d", v, b.now)
	}
	if d := b.held(post(1)); d.Reason != rest.Parked || d.At != v.RetryAt || d.All {
		t.Errorf("decision %+v", d)
	}
	if got := b.s.Health(b.now).Invalid; got != 0 {
		t.Errorf("%d invalid requests counted", got)
	}
	b.take(post(2))
	b.waitFor(post(1), v.RetryAt)
	b.send(post(1), ok(meters(10, 9, "64.57", "h")))
	for range 9 {
		b.take(post(1)) // all nine at once
	}
	b.held(post(1))
}

// A 429 although some are left is a hidden limit: renames wait ten minutes, archiving goes on.
func TestCase06Sublimit(t *testing.T) {
	b := newBench(t, rest.Options{})
	yes := true
	archive, rename := rest.SetThread("1", rest.ThreadState{Archived: &yes}), rest.RenameThread("1", "new")
	b.send(archive, ok(meters(5, 4, "15", "h")))
	v := b.send(rename, limited(meters(5, 3, "15", "h"), "582"))
	if v.RetryAt != b.now+582_050 || !v.Save {
		t.Errorf("verdict %+v", v)
	}
	if d := b.held(rename); d.Reason != rest.Parked {
		t.Errorf("decision %+v", d)
	}
	b.send(archive, ok(meters(5, 2, "15", "h")))
	b.take(archive)
	b.take(archive)
	b.held(archive)
	b.take(rest.RenameThread("2", "new"))
}

// Cloudflare refuses the address, without JSON and without a time: nothing leaves, and the waits grow.
func TestCase07AddressBan(t *testing.T) {
	html := rest.Outcome{Status: 429, Body: []byte("<html>error code: 1015</html>")}
	static := rest.Outcome{Status: 429, Body: []byte(`{"code":0,"message":"You are being blocked from accessing our API temporarily due to exceeding our rate limits frequently."}`)}
	forbidden := rest.Outcome{Status: 403, Body: []byte("<html>1020</html>")}
	for _, answer := range []rest.Outcome{html, static, forbidden} {
		b := newBench(t, rest.Options{})
		other, late := b.take(post(2)), b.take(post(3))
		least := int64(60_000)
		for range 8 {
			v := b.send(post(1), answer)
			if v.Class != rest.RetryLater || v.RetryAt < b.now+least || v.RetryAt > b.now+least*5/4 || !v.Save {
				t.Fatalf("verdict %+v after %d, want a wait of %d", v, v.RetryAt-b.now, least)
			}
			least = min(least*2, 3_600_000)
			b.s.Done(b.now, other, answer) // was under way: makes nothing longer
			answerMe := rest.AnswerInteraction("5", "token", rest.CallbackMessage, "done", 0)
			if d := b.held(answerMe); d.Reason != rest.Banned || d.At != v.RetryAt {
				t.Fatalf("an interaction: %+v", d)
			}
			b.waitFor(post(9), v.RetryAt)
		}
		p := b.take(post(1))
		b.held(post(2)) // one tries
		b.s.Done(b.now+50, p, ok(rest.Header{}))
		b.now += 100
		b.take(post(2))
		b.s.Done(b.now, late, rest.Outcome{Failure: rest.DoubtfulSent})
	}
}

// Nothing is known of a bucket: one request finds out, then as many as are left.
func TestCase08UnknownBucketProbes(t *testing.T) {
	b := newBench(t, rest.Options{})
	p := b.take(post(1))
	if d := b.held(post(1)); d.At > b.now+1000 || d.All {
		t.Errorf("decision %+v", d)
	}
	b.take(post(2))
	b.now += 40
	b.s.Done(b.now, p, ok(meters(5, 4, "5", "h")))
	for range 4 {
		b.take(post(1))
	}
	b.held(post(1))
	// A route that names no bucket is not held to one at a time, on no resource.
	b = newBench(t, rest.Options{})
	b.send(rest.Type("1"), rest.Outcome{Status: 204})
	b.take(rest.Type("1"))
	b.take(rest.Type("1"))
	b.take(rest.Type("2"))
	b.take(rest.Type("2"))
	// A probe that is lost does not hold the bucket for ever.
	b = newBench(t, rest.Options{})
	b.s.Done(b.now, b.take(post(1)), rest.Outcome{Failure: rest.DoubtfulSent})
	b.now += 1000
	b.take(post(1))
}

// https://github.com/discord/discord-api-docs/issues/1295: one route answers with one bucket or another.
func TestCase09AlternatingHashes(t *testing.T) {
	b := newBench(t, rest.Options{})
	del := rest.Request{Method: "DELETE", Route: rest.RouteMessage, Path: "/x", Major: "1"}
	b.send(del, ok(meters(5, 4, "1", "fast")))
	b.send(del, ok(meters(30, 0, "120", "slow")))
	b.held(del) // it may be the slow one again
	b.now += 120_051
	b.send(del, ok(meters(5, 4, "1", "fast")))
	b.take(del)
	// A changed hash: the old one's emptiness ends with its reset.
	b = newBench(t, rest.Options{})
	b.send(post(1), ok(meters(5, 0, "2", "old")))
	b.waitFor(post(1), b.now+2050)
	b.send(post(1), ok(meters(5, 4, "5", "new")))
	for range 4 {
		b.take(post(1))
	}
}

// Two routes name the same hash. As a rule they are counted apart; when 429s show that they are not, together.
func TestCase10SharedHash(t *testing.T) {
	add, remove := rest.AddReaction("1", "5", "✅"), rest.RemoveReaction("1", "5", "✅")
	b := newBench(t, rest.Options{})
	pa, pr := b.take(add), b.take(remove) // both are unknown: they learn the hash while the other is under way
	b.s.Done(b.now, pa, ok(meters(1, 0, "0.25", "r")))
	b.s.Done(b.now, pr, ok(meters(1, 0, "0.25", "r")))
	// The server counts them together: a 429 for each request that the other one's used up.
	refused := 0
	free := b.now + 300
	for range 40 {
		for _, r := range []rest.Request{add, remove} {
			d := b.s.Reserve(b.now, &r)
			if !d.Go {
				continue
			}
			if b.now >= free {
				free = b.now + 250
				b.s.Done(b.now+5, d.Permit, ok(meters(1, 0, "0.25", "r")))
			} else {
				refused++
				wait := strconv.FormatFloat(float64(free-b.now)/1000, 'f', 3, 64)
				h := meters(1, 0, wait, "r")
				h.Scope = "user"
				b.s.Done(b.now+5, d.Permit, limited(h, wait))
			}
		}
		b.now += 100
	}
	if refused > 3 {
		t.Errorf("%d refused, want that the shared counter was noticed", refused)
	}
	// Counted apart, one does not slow the other down.
	b = newBench(t, rest.Options{})
	b.send(add, ok(meters(1, 0, "0.25", "r")))
	b.send(remove, ok(meters(1, 0, "0.25", "r")))
}

// https://github.com/discord/discord-api-docs/issues/8082: limits of the server, met through different threads.
func TestCase11GuildLimitThroughThreads(t *testing.T) {
	b := newBench(t, rest.Options{})
	hidden := limited(meters(5, 4, "5", "j"), "30")
	b.send(rest.JoinThread("1"), hidden)
	b.take(rest.JoinThread("2")) // one thread alone proves nothing
	b.now += 40
	v := b.send(rest.JoinThread("3"), hidden)
	d := b.held(rest.JoinThread("4"))
	if d.At != v.RetryAt {
		t.Errorf("a fourth thread waits until %+d, want %+d", d.At-b.now, v.RetryAt-b.now)
	}
	b.take(post(4)) // only joining is held
	b.waitFor(rest.JoinThread("4"), v.RetryAt)
	p := b.take(rest.JoinThread("4"))
	b.held(rest.JoinThread("5")) // one tries
	b.s.Done(b.now, p, ok(meters(5, 4, "5", "j")))
	b.take(rest.JoinThread("5"))
}

// https://github.com/discord/discord-api-docs/issues/7680: after the reset at least one is free, and not surely all.
func TestCase12SlidingAndFixedWindows(t *testing.T) {
	for _, sliding := range []bool{false, true} {
		for _, jitter := range []int64{0, 100} {
			srv := &server{sliding: sliding, perSecond: 1000, limit: 5, windowMs: 5000}
			l := newLoad(3, 1, 1<<20, srv)
			// Four conversations post to one channel, as openings do.
			for range 3 {
				l.reqs = append(l.reqs, l.reqs[0])
				l.readyAt, l.backlog, l.done = append(l.readyAt, 0), append(l.backlog, 1<<20), append(l.done, 0)
			}
			l.there = func() int64 { return 10 + l.rng.Int64N(jitter+1) }
			l.back = l.there
			l.run(120_000)
			share := float64(srv.requests-srv.refused) / 120
			t.Logf("sliding %v, jitter %d: %d requests, %d refused, %.2f of the bucket", sliding, jitter, srv.requests, srv.refused, share)
			if srv.refused > 0 {
				t.Errorf("sliding %v, jitter %d: %d of %d refused", sliding, jitter, srv.refused, srv.requests)
			}
			if share < 0.80 {
				t.Errorf("sliding %v, jitter %d: used %.2f of the bucket", sliding, jitter, share)
			}
		}
	}
}
