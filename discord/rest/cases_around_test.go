package rest_test

import (
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// Cases 13 to 23: what is around the buckets. Cases 1 to 12 are in cases_test.go.

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
