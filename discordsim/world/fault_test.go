package world

import (
	"strings"
	"testing"
)

func (r *rig) inject(f Fault) int {
	r.t.Helper()
	id, err := r.w.Inject(r.now, f)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func TestFaultsOfREST(t *testing.T) {
	const create = "POST /channels/{channel.id}/messages"
	cases := []struct {
		fault  Fault
		status int
		lost   bool
		effect bool
		says   string // in the body
		header string // must be there
	}{
		{Fault{Kind: FaultError}, 500, false, false, `"500: Internal Server Error"`, "Via"},
		{Fault{Kind: FaultError, Status: 503}, 503, false, false, "503", ""},
		{Fault{Kind: FaultErrorAfter}, 502, false, true, "<!DOCTYPE html>", ""},
		{Fault{Kind: FaultLostBefore}, 504, true, false, "", ""},
		{Fault{Kind: FaultLostAfter}, 200, true, true, "", ""},
		{Fault{Kind: FaultHTML, Status: 520}, 520, false, false, "<!DOCTYPE html>", ""},
		{Fault{Kind: FaultBlocked}, 429, false, false, "1015", ""},
		{Fault{Kind: FaultLimitUser}, 429, false, false, `"retry_after":1`, "Retry-After"},
		{Fault{Kind: FaultLimitGlobal, RetryAfterMs: 64570}, 429, false, false, "64.57", "X-RateLimit-Global"},
		{Fault{Kind: FaultLimitShared}, 429, false, false, "resource", "X-RateLimit-Scope"},
		{Fault{Kind: FaultOutage}, 503, false, false, "503", ""},
		{Fault{Kind: FaultGarbledLimits}, 200, false, true, `"id"`, "X-RateLimit-Remaining"},
		{Fault{Kind: FaultLatency, DelayMs: 100, JitterMs: 50}, 200, false, true, "", ""},
	}
	for _, c := range cases {
		t.Run(string(c.fault.Kind), func(t *testing.T) {
			r := newRig(t, Config{})
			c.fault.Route, c.fault.Count = create, 1
			r.inject(c.fault)
			// Neither people nor other routes are struck.
			r.must(200, botAuth, "GET", "/users/@me", nil)
			if _, err := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "from a person"); err != nil {
				t.Fatal(err)
			}
			res := r.w.REST(r.now, Request{Method: "POST", Path: "/api/v10/channels/" + r.channel() + "/messages", Authorization: botAuth, ContentType: "application/json", Body: []byte(`{"content":"x"}`)})
			if res.Status != c.status || res.Lost != c.lost || !strings.Contains(string(res.Body), c.says) {
				t.Fatalf("got %d, lost %v: %s", res.Status, res.Lost, res.Body)
			}
			if c.header != "" && res.Header[c.header] == "" {
				t.Fatalf("no %s in %v", c.header, res.Header)
			}
			if c.fault.Kind == FaultLatency && (res.DelayMs < 100 || res.DelayMs >= 150) {
				t.Fatalf("delay %d", res.DelayMs)
			}
			if n := len(r.w.Messages(r.w.SupportChannel())); n != 1 && !c.effect || n != 2 && c.effect {
				t.Fatalf("%d messages stand there", n)
			}
			if len(r.w.Faults()) != 0 {
				t.Fatal("the fault outlived its count")
			}
			r.must(200, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": "healed"})
		})
	}
}

func TestFaultWindows(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}, Seed: 7})
	r.inject(Fault{Kind: FaultError, FromMs: r.now + 1000, UntilMs: r.now + 2000})
	r.must(200, botAuth, "GET", "/users/@me", nil)
	r.now += 1000
	r.must(500, botAuth, "GET", "/users/@me", nil)
	r.now += 1000
	r.must(200, botAuth, "GET", "/users/@me", nil)
	r.w.Heal(r.now, 0)
	r.inject(Fault{Kind: FaultError, Skip: 2, Count: 1})
	for _, want := range []int{200, 200, 500, 200} {
		r.must(want, botAuth, "GET", "/users/@me", nil)
	}
	id := r.inject(Fault{Kind: FaultHTML, Probability: 0.5})
	struck := 0
	for range 1000 {
		if res, _ := r.do(botAuth, "GET", "/users/@me", nil); res.Status == 502 {
			struck++
		}
	}
	if struck < 400 || struck > 600 {
		t.Fatalf("a fault of one half struck %d of 1000", struck)
	}
	r.w.Heal(r.now, id)
	if _, err := r.w.Inject(r.now, Fault{Kind: "gremlins"}); err == nil {
		t.Fatal("an unknown kind was taken")
	}
	r.inject(Fault{Kind: FaultSkew, SkewMs: -40000})
	if res, _ := r.do(botAuth, "GET", "/users/@me", nil); !strings.HasPrefix(res.Header["Date"], "Sun, 15 Jun 2025 15:0") {
		t.Fatalf("date %s", res.Header["Date"])
	}
}

func TestFaultsOfGateway(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	r.inject(Fault{Kind: FaultEventMissed, Route: "MESSAGE_CREATE", Count: 1})
	r.post(r.channel(), "missed")
	r.post(r.channel(), "heard")
	list := r.frames(1)
	if names(list) != "MESSAGE_CREATE" || list[0].D["content"] != "heard" || list[0].S != 3 {
		t.Fatalf("missed: %v", list)
	}
	r.inject(Fault{Kind: FaultEventRepeated, Count: 1})
	r.post(r.channel(), "twice")
	list = r.frames(1)
	if names(list) != "MESSAGE_CREATE MESSAGE_CREATE" || list[0].D["id"] != list[1].D["id"] || list[1].S != list[0].S+1 {
		t.Fatalf("repeated: %v", list)
	}
	r.inject(Fault{Kind: FaultEventReordered, Count: 1})
	r.post(r.channel(), "one")
	r.post(r.channel(), "two")
	list = r.frames(1)
	if names(list) != "MESSAGE_CREATE MESSAGE_CREATE" || list[0].D["content"] != "two" || list[1].D["content"] != "one" {
		t.Fatalf("reordered: %v", list)
	}
	// What is held back alone comes after a while.
	r.inject(Fault{Kind: FaultEventReordered, Count: 1})
	r.post(r.channel(), "late")
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("held: %s", got)
	}
	r.now = r.w.NextTick()
	r.w.Tick(r.now)
	if got := names(r.frames(1)); got != "MESSAGE_CREATE" {
		t.Fatalf("released: %s", got)
	}
	r.inject(Fault{Kind: FaultNoAck, Count: 1})
	r.say(1, map[string]any{"op": 1, "d": 1})
	r.say(1, map[string]any{"op": 1, "d": 1})
	if got := names(r.frames(1)); got != "op 11" {
		t.Fatalf("acks: %s", got)
	}
	r.inject(Fault{Kind: FaultReconnect, Count: 1})
	r.w.Connect(r.now, 2, Dial{})
	if got := names(r.frames(2)); got != "op 7" {
		t.Fatalf("in place of Hello: %s", got)
	}
	r.inject(Fault{Kind: FaultOutage})
	r.w.Connect(r.now, 3, Dial{})
	if got := names(r.frames(3)); got != "close 0" {
		t.Fatalf("outage: %s", got)
	}
	r.w.Heal(r.now, 0)
	r.w.Connect(r.now, 4, Dial{})
	r.now += 5000
	r.say(4, identify(defaultIntents))
	r.inject(Fault{Kind: FaultSocketCut, Route: "MESSAGE_CREATE", Count: 2, Status: 4000})
	r.post(r.channel(), "the last one")
	if got := names(r.frames(4)); got != "op 10 READY GUILD_CREATE MESSAGE_CREATE close 4000" {
		t.Fatalf("cut after an event: %s", got)
	}
	r.now += 5000
	r.connect(1, defaultIntents)
	r.w.Cut(r.now, 4000)
	if got := names(r.frames(1)); got != "close 4000" {
		t.Fatalf("cut: %s", got)
	}
}
