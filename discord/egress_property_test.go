package discord_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"

	"pgregory.net/rapid"
)

// TestEveryMessageOnceInOrder plays random stories: visitors who write, faults of every kind, crashes, repeated and lost events. Once everything is healed each message
// stands in its thread once and in order, each conversation has one opening post and one thread, and the ring is empty.
func TestEveryMessageOnceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := world.Config{Seed: rapid.Uint64().Draw(t, "seed")}
		// Discord forgets a nonce as early as the toys allow for, so that what is only safe within its life shows.
		cfg.Limits.NonceTTLMs = int64(nonceLife) + 1000
		opt := discord.Options{MaxInFlight: rapid.IntRange(1, 8).Draw(t, "in flight"), Seed: cfg.Seed}
		switch rapid.IntRange(0, 5).Draw(t, "kind") {
		case 0:
			cfg.ChannelType = world.GuildForum
		case 1:
			opt.Threads = discord.ThreadsPrivate
			cfg.Bots = []world.Bot{{Token: "demo-token", Permissions: world.DefaultBotPermissions | world.CreatePrivateThreads}}
		}
		if rapid.Bool().Draw(t, "few threads") {
			cfg.Limits.ThreadCreateBurst = 2
		}
		r := newRig(cfg, opt)
		r.quiet = true
		said := map[*talk]int{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch op := rapid.IntRange(0, 9).Draw(t, "op"); {
			case op == 0 && len(r.order) < 12 || len(r.order) == 0:
				v := r.visitor(fmt.Sprintf("v%d", len(r.order)+1))
				v.kick()
			case op <= 4:
				v := rapid.SampledFrom(r.order).Draw(t, "who")
				for range rapid.IntRange(1, 8).Draw(t, "times") {
					said[v]++
					v.add(&chat.DeskCall{Kind: chat.CallPost, Text: fmt.Sprintf("message %d", said[v])})
				}
				v.kick()
			case op == 5:
				v := rapid.SampledFrom(r.order).Draw(t, "who")
				v.add(&chat.DeskCall{Kind: chat.CallRead})
				v.kick()
			case op == 6:
				r.inject(t)
			case op == 7 && rapid.Bool().Draw(t, "crash"):
				r.rebuild()
			case op == 8:
				v := rapid.SampledFrom(r.order).Draw(t, "who")
				switch rapid.IntRange(0, 3).Draw(t, "noise") {
				case 0:
					r.toDesk(chat.DeskReady{From: v.route})
				case 1:
					r.toDesk(discord.CallDone{ID: 1})
				case 2:
					r.toDesk(chat.TimerFired{})
				case 3:
					r.toDesk(discord.GatewayGap{At: r.now - chat.Minute})
				}
			}
			r.run(chat.Time(rapid.IntRange(0, 20_000).Draw(t, "pause")))
		}
		r.world.Heal(int64(r.now), 0)
		r.run(2 * chat.Hour)
		r.check(t, said)
	})
}

// inject lets something go wrong for a while.
func (r *rig) inject(t *rapid.T) {
	kinds := []world.FaultKind{world.FaultError, world.FaultErrorAfter, world.FaultLostBefore, world.FaultLostAfter, world.FaultHTML,
		world.FaultLimitUser, world.FaultLimitGlobal, world.FaultLimitShared, world.FaultThreadCooldown, world.FaultLatency,
		world.FaultSkew, world.FaultGarbledLimits, world.FaultOutage}
	f := world.Fault{Kind: rapid.SampledFrom(kinds).Draw(t, "fault"), Probability: rapid.Float64Range(0.1, 1).Draw(t, "probability"),
		UntilMs: int64(r.now) + int64(rapid.IntRange(100, 400_000).Draw(t, "for")), RetryAfterMs: int64(rapid.IntRange(100, 20_000).Draw(t, "retry")),
		DelayMs: 500, JitterMs: 3000, SkewMs: 40_000}
	if _, err := r.world.Inject(int64(r.now), f); err != nil {
		t.Fatal(err)
	}
}

type fataler interface {
	Fatalf(format string, args ...any)
}

// check compares what stands in Discord with what was said.
func (r *rig) check(t fataler, said map[*talk]int) {
	h := r.egress.Health(r.now)
	if h.Ready != 0 || h.InFlight != 0 || h.Sweeping {
		t.Fatalf("not drained: %+v", h)
	}
	for key, row := range r.rows {
		if row.Table == records.TableReady {
			t.Fatalf("row %s is left", key)
		}
	}
	if r.maxOpen > r.opt.MaxInFlight+4 {
		t.Fatalf("%d calls were open at once, %d are allowed", r.maxOpen, r.opt.MaxInFlight)
	}
	threads := r.world.Threads(r.world.SupportChannel())
	if len(threads) != len(r.order) {
		t.Fatalf("%d threads for %d conversations", len(threads), len(r.order))
	}
	openings := map[string]int{}
	note := func(c string) {
		if strings.HasPrefix(c, "New conversation · ") {
			openings[c]++
		}
	}
	for _, m := range r.world.Messages(r.world.SupportChannel()) {
		note(m.Content)
	}
	for _, v := range r.order {
		if len(v.calls) != 0 || v.thread == "" {
			t.Fatalf("%s still has %d calls", v.route, len(v.calls))
		}
		for key, n := range v.ended {
			if n < 1 {
				t.Fatalf("%s ended %d times", key, n)
			}
		}
		var got []string
		found := false
		for _, th := range threads {
			if th.ID.String() != string(v.thread) {
				continue
			}
			found = true
			for _, m := range r.world.Messages(th.ID) {
				note(m.Content)
				if strings.HasPrefix(m.Content, "message ") {
					got = append(got, m.Content)
				}
			}
		}
		if !found {
			t.Fatalf("%s has no thread %s", v.route, v.thread)
		}
		for i := range said[v] {
			if i >= len(got) || got[i] != fmt.Sprintf("message %d", i+1) {
				t.Fatalf("%s said %d messages, in its thread stand %q", v.route, said[v], got)
			}
		}
		if len(got) != said[v] {
			t.Fatalf("%s said %d messages, in its thread stand %q", v.route, said[v], got)
		}
		if n := openings["New conversation · "+string(v.route)]; n != 1 {
			t.Fatalf("%s has %d opening posts", v.route, n)
		}
	}
}
