package rest_test

import (
	"reflect"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// What each answer means, for a post with a nonce.
func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		name   string
		out    rest.Outcome
		want   rest.Class
		retry  bool
		counts bool
	}{
		{"success", ok(meters(5, 4, "5", "h")), rest.OK, false, false},
		{"success with headers that do not parse", ok(rest.Header{Limit: "five", Remaining: "-", Reset: "soon", ResetAfter: "NaN", Bucket: "h", Date: "x"}), rest.OK, false, false},
		{"success with HTML", rest.Outcome{Status: 200, Body: []byte("<html>")}, rest.OK, false, false},
		{"no content", rest.Outcome{Status: 204}, rest.OK, false, false},
		{"time-out", rest.Outcome{Failure: rest.DoubtfulSent}, rest.InDoubt, true, false},
		{"not sent", rest.Outcome{Failure: rest.NotSent}, rest.RetryLater, true, false},
		{"bad gateway", rest.Outcome{Status: 502, Body: []byte("<html>")}, rest.InDoubt, true, false},
		{"server error", refusal(500, 0), rest.InDoubt, true, true},
		{"overloaded", refusal(503, 130000), rest.RetryLater, true, false},
		{"unknown channel", refusal(404, 10003), rest.ThreadGone, false, false},
		{"unknown message", refusal(404, 10008), rest.ItemGone, false, false},
		{"archived", refusal(400, 50083), rest.ThreadArchived, false, false},
		{"locked", refusal(403, 160005), rest.ThreadLocked, false, false},
		{"too many threads", refusal(400, 160006), rest.ThreadsFull, false, false},
		{"thread exists", refusal(400, 160004), rest.AlreadyDone, false, false},
		{"answered before", refusal(400, 40060), rest.AlreadyDone, false, false},
		{"interaction over", refusal(404, 10062), rest.Expired, false, false},
		{"form", rest.Outcome{Status: 400, Body: []byte(`{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"x"}]}}}`)}, rest.Refused, false, false},
		{"empty", refusal(400, 50006), rest.Refused, false, false},
		{"automod", refusal(400, 200000), rest.Refused, false, false},
		{"an unknown code", refusal(400, 987654), rest.Refused, false, false},
		{"no access", refusal(403, 50001), rest.Misconfigured, true, false},
		{"no permission", refusal(403, 50013), rest.Misconfigured, true, false},
		{"two factor", refusal(403, 60003), rest.Misconfigured, true, false},
		{"two factor, as unauthorized", refusal(401, 60003), rest.Misconfigured, true, false},
		{"blocked by the post's author", refusal(403, 90001), rest.Refused, false, false},
		{"forum", refusal(400, 40058), rest.Misconfigured, true, false},
		{"user agent", refusal(403, 40333), rest.Misconfigured, true, false},
		{"no such route", refusal(404, 0), rest.Misconfigured, true, false},
		{"not Discord", rest.Outcome{Status: 404, Body: []byte("<html>")}, rest.Misconfigured, true, false},
		{"redirect", rest.Outcome{Status: 302}, rest.Misconfigured, true, false},
		{"HTML 400", rest.Outcome{Status: 400, Body: []byte("<html>")}, rest.RetryLater, true, true},
		{"slow mode", rest.Outcome{Status: 429, Header: rest.Header{Scope: "user"}, Body: []byte(`{"code":20016,"retry_after":5}`)}, rest.RetryLater, true, false},
		{"wrong token", refusal(401, 0), rest.TokenDead, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, rest.Options{})
			v := b.send(post(1), c.out)
			if v.Class != c.want || (v.RetryAt > b.now) != c.retry || v.Counts != c.counts {
				t.Errorf("verdict %+v", v)
			}
		})
	}
}

// A repeat that does no harm is no doubt.
func TestDoubtIsForPostsOnly(t *testing.T) {
	b := newBench(t, rest.Options{})
	lost := rest.Outcome{Failure: rest.DoubtfulSent}
	for _, c := range []struct {
		r    rest.Request
		want rest.Class
	}{
		{rest.EditMessage("1", "2", "x"), rest.RetryLater}, {rest.AddReaction("1", "2", "✅"), rest.RetryLater}, {rest.GetChannel("1"), rest.RetryLater},
		{rest.ThreadFromMessage("1", "2", rest.ThreadStart{Name: "x"}), rest.RetryLater},
		{rest.CreateThread("1", rest.ThreadStart{Name: "x"}), rest.InDoubt}, {rest.FollowUp("1", "t", "x", 0), rest.InDoubt}, {post(1), rest.InDoubt},
	} {
		if v := b.send(c.r, lost); v.Class != c.want || v.RetryAt <= b.now {
			t.Errorf("%s %s: %+v", c.r.Method, c.r.Route, v)
		}
		b.now += 60_000
	}
}

// While Discord is down one request at a time tries, seldom; when it is back all goes on at once. An hour of it.
func TestOutage(t *testing.T) {
	b := newBench(t, rest.Options{Seed: 4})
	tries := 0
	ready := make([]int64, 900)
	end := b.now + 3_600_000
	for b.now < end {
		for c := range ready {
			if ready[c] > b.now || b.s.Gate(b.now) > b.now {
				continue
			}
			r := post(c)
			d := b.s.Reserve(b.now, &r)
			if !d.Go {
				ready[c] = d.At
				continue
			}
			tries++
			out := rest.Outcome{Status: 502}
			if tries%3 == 0 {
				out = rest.Outcome{Failure: rest.DoubtfulSent}
			}
			v := b.s.Done(b.now, d.Permit, out)
			if v.RetryAt <= b.now || v.RetryAt > b.now+31_000 || v.Counts {
				t.Fatalf("verdict %+v", v)
			}
			ready[c] = v.RetryAt
		}
		b.now += 100
	}
	if tries > 600 || tries < 200 {
		t.Errorf("%d requests in an hour of outage", tries)
	}
	b.now = max(b.s.Gate(b.now), b.now)
	b.send(post(1), ok(meters(5, 4, "5", "h")))
	sent := 0
	for range 1000 {
		b.now += 10
		for b.s.Gate(b.now) == 0 {
			sent++
			b.s.Done(b.now, b.take(post(2000+sent)), ok(meters(5, 4, "5", "h")))
		}
	}
	if sent < 400 {
		t.Errorf("%d posts in the ten seconds after the outage", sent)
	}
}

// What must outlive a restart does, and only that.
func TestDurable(t *testing.T) {
	b := newBench(t, rest.Options{})
	b.send(post(1), ok(meters(5, 0, "4", "h"))) // short
	v := b.send(rest.GetChannel("2"), ok(meters(5, 0, "100", "g")))
	if !v.Save {
		t.Error("a bucket that is empty for long is not saved")
	}
	open := rest.ThreadFromMessage("1", "5", rest.ThreadStart{Name: "x"})
	b.send(open, limited(rest.Header{Scope: "shared"}, "219"))
	b.send(post(3), refusal(403, 50013))
	paused := b.send(post(4), globalLimited("60")).RetryAt
	saved := b.s.Snapshot(b.now)
	want := rest.Durable{
		PauseUntilMs: paused,
		Blocks: []rest.Block{
			{Method: "GET", Route: rest.RouteChannel, Major: "2", UntilMs: t0 + 80 + 100_050},
			{Kind: rest.KindThreadCreate, Major: "1", UntilMs: t0 + 120 + 219_050},
		},
		Invalid: []rest.InvalidMinute{{Minute: t0 / 60_000, Count: 2}},
	}
	if !reflect.DeepEqual(saved, want) {
		t.Errorf("saved\n%+v\nwant\n%+v", saved, want)
	}
	again := &bench{t: t, s: rest.New(rest.Options{}), now: b.now + 1000}
	again.s.Restore(again.now, saved)
	if at := again.s.Gate(again.now); at != paused {
		t.Errorf("the pause ends at %+d, want %+d", at-t0, paused-t0)
	}
	again.now = paused
	again.take(post(1))
	if d := again.held(open); d.At != t0+120+219_050 || d.Reason != rest.Parked {
		t.Errorf("decision %+v", d)
	}
	again.held(rest.GetChannel("2"))
	// A clock that was wrong, and rows that are.
	wrong := rest.New(rest.Options{})
	wrong.Restore(t0, rest.Durable{PauseUntilMs: t0 + 1e12, BanUntilMs: t0 + 1e12, BanCount: 3, Blocks: []rest.Block{{Major: "1", UntilMs: -5}},
		Invalid: []rest.InvalidMinute{{Minute: -3, Count: 1e6}, {Minute: 1e12, Count: 1e6}, {Minute: t0 / 60_000, Count: -5}}})
	if d := wrong.Reserve(t0, ptr(post(1))); !d.Go {
		t.Errorf("decision %+v", d)
	}
}

// A permit that its host lost lapses, and holds its bucket no longer.
func TestLostPermitLapses(t *testing.T) {
	b := newBench(t, rest.Options{MaxInFlight: 2})
	b.take(post(1))
	b.take(post(2))
	if d := b.held(post(3)); d.Reason != rest.Wait || !d.All {
		t.Errorf("decision %+v", d)
	}
	if at := b.s.NextWake(b.now); at <= b.now || at > b.now+300_000 {
		t.Errorf("wakes at %+d", at-b.now)
	}
	b.now += 301_000
	b.take(post(1))
	b.take(post(3))
}

// Requests of low priority leave the last fifth of the budget to the others.
func TestLowPriority(t *testing.T) {
	b := newBench(t, rest.Options{})
	low, usual := 0, 0
	for end := b.now + 900; b.now < end; b.now++ {
		r := rest.ArchivedThreads("1", "", 100)
		r.Major = string(wire.SnowflakeAt(b.now))
		if d := b.s.Reserve(b.now, &r); d.Go {
			low++
		} else if d.All && b.s.Gate(b.now) == 0 {
			t.Fatal("it said that nobody may leave")
		}
	}
	for end := b.now + 90; b.now < end; b.now++ {
		if b.s.Reserve(b.now, ptr(post(int(b.now-t0)))).Go {
			usual++
		}
	}
	if low != 40 || usual < 4 {
		t.Errorf("%d of low priority and %d others", low, usual)
	}
}

func TestPickHeader(t *testing.T) {
	got := rest.PickHeader(func(name string) string { return "v:" + name })
	want := rest.Header{Limit: "v:X-RateLimit-Limit", Remaining: "v:X-RateLimit-Remaining", Reset: "v:X-RateLimit-Reset", ResetAfter: "v:X-RateLimit-Reset-After",
		Bucket: "v:X-RateLimit-Bucket", Global: "v:X-RateLimit-Global", Scope: "v:X-RateLimit-Scope", RetryAfter: "v:Retry-After", Date: "v:Date"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
