package world

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func (r *rig) postStatus(channel string) Response {
	r.t.Helper()
	res, _ := r.do(botAuth, "POST", "/channels/"+channel+"/messages", map[string]any{"content": "x"})
	return res
}

func TestSlidingBucket(t *testing.T) {
	r := newRig(t, Config{})
	for i := range 5 {
		res := r.postStatus(r.channel())
		if res.Status != 200 || res.Header["X-RateLimit-Remaining"] != itoa(4-i) || res.Header["X-RateLimit-Limit"] != "5" {
			t.Fatalf("request %d: %d %v", i, res.Status, res.Header)
		}
		// The time to reset moves with each request.
		if res.Header["X-RateLimit-Reset-After"] != "5.000" {
			t.Fatalf("request %d: reset after %s", i, res.Header["X-RateLimit-Reset-After"])
		}
		r.now += 430
	}
	res, body := r.do(botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": "x"})
	wait := 5000 - 5*430
	if res.Status != 429 || res.Header["X-RateLimit-Scope"] != "user" || res.Header["Retry-After"] != "3" || body["retry_after"] != float64(wait)/1000 || body["global"] != false {
		t.Fatalf("limited: %d %v %v", res.Status, res.Header, body)
	}
	reset, _ := strconv.ParseFloat(res.Header["X-RateLimit-Reset"], 64)
	if int64(reset*1000) <= r.now || len(res.Header["X-RateLimit-Bucket"]) != 32 {
		t.Fatalf("headers: %v", res.Header)
	}
	// One slot is free then, not five.
	r.now += int64(wait)
	if res := r.postStatus(r.channel()); res.Status != 200 || res.Header["X-RateLimit-Remaining"] != "0" {
		t.Fatalf("after the wait: %d %v", res.Status, res.Header)
	}
	// Another channel has its own counter, with the same hash.
	r.now += 5000
	other := r.thread("x")
	if res := r.postStatus(other); res.Status != 200 || res.Header["X-RateLimit-Bucket"] != r.w.hash("message.create") {
		t.Fatalf("another channel: %d", res.Status)
	}
}

func TestFixedBucket(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Fixed: true}})
	for range 5 {
		r.postStatus(r.channel())
		r.now += 400
	}
	if res := r.postStatus(r.channel()); res.Status != 429 || res.Header["X-RateLimit-Reset-After"] != "3.000" {
		t.Fatalf("limited: %d %v", res.Status, res.Header)
	}
	r.now += 3000
	if res := r.postStatus(r.channel()); res.Status != 200 || res.Header["X-RateLimit-Remaining"] != "4" {
		t.Fatalf("the window did not begin anew: %d %v", res.Status, res.Header)
	}
}

func TestGlobalLimit(t *testing.T) {
	for _, sliding := range []bool{false, true} {
		r := newRig(t, Config{Limits: Limits{GlobalSliding: sliding}})
		var ok, limited int
		var first map[string]string
		for i := range 100 {
			// Many channels, so that no bucket is in the way.
			res, _ := r.do(botAuth, "GET", "/channels/"+r.channel(), nil)
			switch res.Status {
			case 200:
				ok++
			case 429:
				limited++
				first = res.Header
			default:
				t.Fatalf("request %d: %d", i, res.Status)
			}
		}
		if ok != 50 || limited != 50 {
			t.Fatalf("sliding %v: %d passed", sliding, ok)
		}
		if first["X-RateLimit-Global"] != "true" || first["X-RateLimit-Scope"] != "global" || first["X-RateLimit-Bucket"] != "" {
			t.Fatalf("headers: %v", first)
		}
		r.now += 1000
		r.must(200, botAuth, "GET", "/channels/"+r.channel(), nil)
		// People and interaction callbacks do not count.
		r.must(200, "User Ada Lovelace", "GET", "/channels/"+r.channel(), nil)
		r.refused(404, CodeUnknownInteraction, "", "POST", "/interactions/123456789012345678/tok/callback", map[string]any{"type": 5})
	}
}

func TestThreadCooldown(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{ThreadCreateBurst: 2, ThreadCreateCooldownMs: 219000}})
	r.thread("a")
	r.thread("b")
	m := r.post(r.channel(), "opening")
	path := "/channels/" + r.channel() + "/messages/" + m + "/threads"
	res, body := r.do(botAuth, "POST", path, map[string]any{"name": "c"})
	if res.Status != 429 || res.Header["X-RateLimit-Scope"] != "shared" || res.Header["Retry-After"] != "219" || body["message"] != "The resource is being rate limited." {
		t.Fatalf("cool-down: %d %v %v", res.Status, res.Header, body)
	}
	if res.Header["X-RateLimit-Remaining"] == "0" {
		t.Fatal("the route's own bucket says that it is spent")
	}
	r.now += 219000
	r.must(201, botAuth, "POST", path, map[string]any{"name": "c"})
	if got := r.w.LimitState(r.now).InvalidRequests; got != 0 {
		t.Fatalf("a shared 429 counted as invalid: %d", got)
	}
}

func TestInvalidRequestBan(t *testing.T) {
	r := newRig(t, Config{OnlyKnownTokens: true, Limits: Limits{InvalidRequests: 10, InvalidBlockMs: 60000}})
	for range 10 {
		r.must(401, "Bot wrong", "GET", "/users/@me", nil)
	}
	res, _ := r.do(botAuth, "GET", "/users/@me", nil)
	if res.Status != 429 || res.Header["Via"] != "" || res.Header["Retry-After"] != "" || !strings.Contains(string(res.Body), "1015") {
		t.Fatalf("not blocked: %d %v %s", res.Status, res.Header, res.Body)
	}
	r.must(200, "User Ada Lovelace", "GET", "/users/@me", nil)
	r.now += 60000
	r.must(200, botAuth, "GET", "/users/@me", nil)
}

func TestLimitsChangeInFlight(t *testing.T) {
	r := newRig(t, Config{})
	r.postStatus(r.channel())
	r.w.SetLimit(r.now, "message.create", Bucket{Limit: 2, WindowMs: 1000})
	if res := r.postStatus(r.channel()); res.Header["X-RateLimit-Limit"] != "2" || res.Header["X-RateLimit-Remaining"] != "0" {
		t.Fatalf("headers: %v", res.Header)
	}
	r.w.SetLimit(r.now, "message.create", Bucket{Limit: -1})
	for range 20 {
		if res := r.postStatus(r.channel()); res.Header["X-RateLimit-Limit"] != "" || res.Status != 200 {
			t.Fatalf("without a limit: %d %v", res.Status, res.Header)
		}
		r.now += 1000
	}
}

// TestWindowsAgainstTwin compares both kinds of windows with slow, obvious ones.
func TestWindowsAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Bucket{Limit: rapid.IntRange(1, 6).Draw(t, "limit"), WindowMs: int64(rapid.IntRange(1, 50).Draw(t, "window")), Fixed: rapid.Bool().Draw(t, "fixed")}
		w := &window{bucket: b}
		var taken []int64 // every request that passed
		var begin int64 = -1
		now := int64(1000)
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now += int64(rapid.IntRange(0, 20).Draw(t, "pass"))
			used := 0
			if b.Fixed {
				if begin < 0 || now >= begin+b.WindowMs {
					begin = -1
				}
				for _, at := range taken {
					if begin >= 0 && at >= begin {
						used++
					}
				}
			} else {
				for _, at := range taken {
					if at > now-b.WindowMs {
						used++
					}
				}
			}
			if got := w.count(now); got != used {
				t.Fatalf("%d used at %d, want %d", got, now, used)
			}
			if used >= b.Limit {
				free := w.freeMs(now)
				probe := *w
				probe.times = append([]int64(nil), w.times...)
				if free <= now || probe.count(free) >= b.Limit {
					t.Fatalf("free at %d (now %d), but it is not", free, now)
				}
				continue
			}
			if begin < 0 {
				begin = now
			}
			w.take(now)
			taken = append(taken, now)
		}
	})
}
