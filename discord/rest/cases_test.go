package rest_test

import (
	"fmt"
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// These are the cases in which clients for Discord were seen to fail, one test each.

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

// A cancelled request used up nothing: not the bucket, not the budget, not the turn of one that tries.
func TestCase13CancelReturnsThePermit(t *testing.T) {
	b := newBench(t, rest.Options{BudgetPerSecond: 4})
	b.send(post(1), ok(meters(2, 1, "5", "h")))
	p := b.take(post(1))
	b.held(post(1))
	b.s.Cancel(b.now, p)
	b.s.Cancel(b.now, p) // twice is once
	p = b.take(post(1))
	b.s.Cancel(b.now, p)
	if got := b.s.Done(b.now, p, globalLimited("9")); got.RetryAt != 0 || b.s.Gate(b.now) > b.now+2000 {
		t.Errorf("a permit that was given back counted again: %+v", got)
	}
	if h := b.s.Health(b.now); h.InFlight != 0 || h.SentInWindow != 1 {
		t.Errorf("health %+v", h)
	}
	// Of one that tries after a reset.
	b.now += 10_000
	p = b.take(post(1))
	b.s.Done(b.now, p, ok(meters(2, 0, "5", "h")))
	b.now += 5050
	p = b.take(post(1))
	b.held(post(1))
	b.s.Cancel(b.now, p)
	b.now += 1000
	b.take(post(1))
}

// Answers to interactions are outside of the bot's global limit.
func TestCase14ExemptFromGlobal(t *testing.T) {
	b := newBench(t, rest.Options{})
	v := b.send(post(1), globalLimited("30"))
	if d := b.held(post(2)); d.Reason != rest.Parked {
		t.Errorf("decision %+v", d)
	}
	for i := range 100 {
		b.take(rest.AnswerInteraction(wire.Snowflake(strconv.Itoa(i+1)), "token", rest.CallbackMessage, "done", wire.FlagEphemeral))
	}
	if b.s.Gate(b.now) != v.RetryAt {
		t.Error("the pause is over")
	}
	if h := b.s.Health(b.now); h.SentInWindow != 1 {
		t.Errorf("%d counted against the budget", h.SentInWindow)
	}
}

// Webhooks are counted by id and token; the channel's limit on all of them shows as a shared 429.
func TestCase15Webhooks(t *testing.T) {
	hook := func(id string) rest.Request {
		return rest.Request{Method: "POST", Route: "/webhooks/{webhook.id}/{webhook.token}", Path: "/webhooks/" + id, Major: id + "/token", Exempt: true}
	}
	b := newBench(t, rest.Options{})
	b.send(hook("1"), ok(meters(5, 0, "2", "w")))
	b.held(hook("1"))
	b.send(hook("2"), ok(meters(5, 4, "2", "w")))
	h := meters(5, 4, "2", "w")
	h.Scope, h.RetryAfter = "shared", "41"
	v := b.send(hook("2"), limited(h, "40.3"))
	if v.RetryAt != b.now+40_350 {
		t.Errorf("waits %d ms and not what was asked for", v.RetryAt-b.now)
	}
	if d := b.s.Snapshot(b.now); len(d.Blocks) != 0 {
		t.Errorf("a token was made durable: %+v", d.Blocks)
	}
}

// A wait longer than a person waits is told as such; the message stays with its owner.
func TestCase16ParkedUntil(t *testing.T) {
	b := newBench(t, rest.Options{ParkAfterMs: 10_000})
	open := rest.ThreadFromMessage("1", "5", rest.ThreadStart{Name: "Support"})
	h := rest.Header{Scope: "shared", RetryAfter: "219"}
	v := b.send(open, limited(h, "218.2"))
	want := b.now + 218_250
	if d := b.held(open); d.Reason != rest.Parked || d.At != want || v.RetryAt != want || v.Counts {
		t.Errorf("decision %+v, verdict %+v", d, v)
	}
	// All ways to create a thread there share the cool-down; posting goes on.
	if d := b.held(rest.CreateThread("1", rest.ThreadStart{Name: "x", Type: wire.ChannelPublicThread})); d.At != want {
		t.Errorf("the other way: %+v", d)
	}
	b.send(post(1), ok(meters(5, 4, "5", "h")))
	// After it one thread is tried, then the rest.
	b.waitFor(open, want)
	p := b.take(open)
	b.held(open)
	b.s.Done(b.now+300, p, rest.Outcome{Status: 201})
	b.now += 400
	b.take(open)
}

// 429s use up no try of the message, and a server that always asks for nothing is asked ever more seldom.
func TestCase17RetriesOf429AreCapped(t *testing.T) {
	b := newBench(t, rest.Options{})
	sends := 0
	for end := b.now + 600_000; b.now < end; {
		r := post(1)
		d := b.s.Reserve(b.now, &r)
		if !d.Go {
			b.now = max(d.At, b.now+1)
			continue
		}
		sends++
		h := meters(5, 0, "0", "h")
		h.Scope = "user"
		if v := b.s.Done(b.now, d.Permit, limited(h, "0")); v.Counts || v.Class != rest.RetryLater {
			t.Fatalf("verdict %+v", v)
		}
	}
	if sends > 20 {
		t.Errorf("%d requests in ten minutes into a bucket that always answers 429", sends)
	}
	// The same for the global limit.
	b = newBench(t, rest.Options{})
	sends = 0
	for end := b.now + 600_000; b.now < end; {
		if at := b.s.Gate(b.now); at > b.now {
			b.now = at
		}
		b.s.Done(b.now, b.take(post(sends)), globalLimited("0"))
		sends++
	}
	if sends > 30 {
		t.Errorf("%d requests in ten minutes against a global limit", sends)
	}
}

// Long before Discord would ban the address, everything stops, for as long as it must.
func TestCase18InvalidRequestGuard(t *testing.T) {
	b := newBench(t, rest.Options{InvalidStop: 100, BudgetPerSecond: 1000})
	h := meters(5, 4, "1", "h")
	h.Scope = "shared"
	b.send(post(7), limited(h, "0.1"))
	saves := 0
	for i := range 100 {
		if d := b.s.Reserve(b.now, ptr(post(1000+i))); !d.Go {
			t.Fatalf("held after %d: %+v", i, d)
		} else if b.s.Done(b.now, d.Permit, refusal(403, 50013)).Save {
			saves++
		}
		b.now += 100
	}
	d := b.held(post(1))
	if d.Reason != rest.Halted || !d.All || b.s.Health(b.now).Invalid != 100 || saves == 0 {
		t.Errorf("decision %+v, health %+v, %d saves", d, b.s.Health(b.now), saves)
	}
	if wait := d.At - b.now; wait < 590_000 || wait > 660_000 {
		t.Errorf("halted for %d ms", wait)
	}
	// It outlives the process.
	again := rest.New(rest.Options{InvalidStop: 100})
	again.Restore(b.now, b.s.Snapshot(b.now))
	if d := again.Reserve(b.now, ptr(post(1))); d.Reason != rest.Halted {
		t.Errorf("after a restart: %+v", d)
	}
	b.waitFor(post(1), d.At)
	b.take(post(1))
}

// 401 ends everything at once. Only the first is said to be the reason; nothing leaves after it.
func TestCase19UnauthorizedStops(t *testing.T) {
	b := newBench(t, rest.Options{})
	flying := b.take(post(2))
	v := b.send(post(1), refusal(401, 0))
	if v.Class != rest.TokenDead || v.RetryAt != 0 {
		t.Errorf("verdict %+v", v)
	}
	b.s.Done(b.now, flying, ok(meters(5, 4, "5", "h")))
	b.now += 86_400_000
	if d := b.held(post(3)); d.Reason != rest.DeadToken || d.At != 0 || !d.All || b.s.Gate(b.now) == 0 {
		t.Errorf("decision %+v", d)
	}
	// An interaction's token that is over says nothing about the bot's.
	b = newBench(t, rest.Options{})
	if v := b.send(rest.FollowUp("5", "token", "late", 0), refusal(401, 50027)); v.Class != rest.Expired {
		t.Errorf("verdict %+v", v)
	}
	b.take(post(1))
}

// Buckets that are idle are forgotten, and those with requests under way are not.
func TestCase20IdleBucketsAreForgotten(t *testing.T) {
	b := newBench(t, rest.Options{BudgetPerSecond: 1000, MaxBuckets: 500})
	kept := b.take(post(1))
	for i := range 5_000 {
		b.send(post(i+2), ok(meters(5, 4, "5", "h")))
	}
	if got := b.s.Health(b.now).Buckets; got > 500 {
		t.Errorf("%d buckets are kept", got)
	}
	b.held(post(1)) // still the one that finds out
	b.s.Done(b.now, kept, ok(meters(5, 4, "5", "h")))
	b.take(post(1))
	// All are in use: new ones wait, and nothing is lost.
	b = newBench(t, rest.Options{BudgetPerSecond: 1000, MaxBuckets: 10})
	for i := range 10 {
		b.send(post(i), ok(meters(5, 0, "60", "h")))
	}
	if d := b.held(post(99)); d.At-b.now > 2000 {
		t.Errorf("decision %+v", d)
	}
	b.now += 61_000
	b.take(post(99))
}

// Deletions of messages older than 14 days, and younger than 10 s, are buckets of their own.
func TestCase21OldDeletes(t *testing.T) {
	b := newBench(t, rest.Options{})
	at := func(ms int64) wire.Snowflake { return wire.SnowflakeAt(b.now - ms) }
	old := rest.DeleteMessage(b.now, "1", at(15*86_400_000))
	usual := rest.DeleteMessage(b.now, "1", at(3_600_000))
	fresh := rest.DeleteMessage(b.now, "1", at(2_000))
	if old.Kind != rest.KindOldDelete || usual.Kind != "" || fresh.Kind != rest.KindNewDelete {
		t.Errorf("kinds %q %q %q", old.Kind, usual.Kind, fresh.Kind)
	}
	b.send(usual, ok(meters(5, 4, "1", "usual")))
	b.send(old, ok(meters(30, 0, "120", "old")))
	b.held(old)
	b.send(usual, ok(meters(5, 3, "1", "usual")))
	b.take(usual)
}

// With one post of a thread under way, a 429 changes no order.
func TestCase22OrderAcrossRetries(t *testing.T) {
	srv := &server{sliding: true, perSecond: 7, limit: 3, windowMs: 3000}
	l := newLoad(5, 6, 50, srv)
	l.there = func() int64 { return 20 + l.rng.Int64N(200) }
	l.back = l.there
	got := map[int][]int{}
	l.onPost = func(conv int, at int64) { got[conv] = append(got[conv], 50-l.backlog[conv]) }
	l.run(120_000)
	if srv.refused == 0 {
		t.Fatal("no 429 came: the case was not met")
	}
	for c := range 6 {
		if len(got[c]) != 50 {
			t.Fatalf("conversation %d: %d of 50 arrived", c, len(got[c]))
		}
		for i, n := range got[c] {
			if n != i+1 {
				t.Fatalf("conversation %d: post %d came in place %d", c, n, i+1)
			}
		}
	}
}

// One conversation with a flood takes its turns and no more, under a budget that all use up.
func TestCase23Fairness(t *testing.T) {
	srv := &server{sliding: true, perSecond: 50, limit: 5, windowMs: 5000}
	l := newLoad(9, 401, 0, srv)
	l.there = func() int64 { return 20 + l.rng.Int64N(100) }
	l.back = l.there
	l.backlog[0] = 1 << 20 // the flood
	var waits []int64
	since := make([]int64, 401)
	l.onPost = func(conv int, at int64) {
		if conv != 0 {
			waits = append(waits, at-since[conv])
		}
	}
	for range 120 { // each second ten visitors write one message
		for range 45 {
			c := 1 + l.rng.IntN(400)
			if l.backlog[c] == 0 {
				since[c] = l.now
			}
			l.backlog[c]++
		}
		l.run(1000)
	}
	worst := int64(0)
	for _, w := range waits {
		worst = max(worst, w)
	}
	t.Logf("flood %d posts, others %d, longest wait %d ms", l.done[0], len(waits), worst)
	if l.done[0] > 125+5 {
		t.Errorf("the flood got %d posts in 120 s through a bucket of 5 in 5 s", l.done[0])
	}
	if worst > 20_000 {
		t.Errorf("a visitor waited %d ms", worst)
	}
}

func ptr(r rest.Request) *rest.Request { return &r }
