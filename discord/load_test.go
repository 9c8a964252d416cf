package discord_test

import (
	"fmt"
	"sort"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// TestOverload gives Discord's budget three times what it can take: nearly all of it is used, practically nothing is refused, and every conversation
// gets its share. That holds where a word between two actors takes its time, as between two objects at the edge or with a disk in between, and where
// the network does.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of virtual time for 300 conversations")
	}
	for _, c := range []struct {
		sliding     bool
		inFlight    int
		hop, jitter chat.Time
	}{{false, 64, 1, 0}, {true, 64, 1, 0}, {false, 20, 10, 100}, {true, 20, 40, 100}, {true, 5, 40, 0}} {
		t.Run(fmt.Sprintf("sliding=%t/in-flight=%d/hop=%d/jitter=%d", c.sliding, c.inFlight, c.hop, c.jitter), func(t *testing.T) {
			const talks, seconds = 300, 60
			// Requests of these kinds are held to Discord's description elsewhere; here it would cost more than all else.
			unread := func(world.Request, world.Response) {}
			r := newRig(world.Config{Inspect: unread, Limits: world.Limits{GlobalSliding: c.sliding}}, discord.Options{MaxInFlight: c.inFlight})
			r.quiet, r.hop, r.jitter = true, c.hop, c.jitter
			if c.jitter > 0 {
				r.latency = 0
			} else if c.inFlight == 5 {
				r.latency = 60
			}
			for i := range talks {
				v := r.visitor(fmt.Sprintf("v%03d", i))
				v.kick()
			}
			r.run(12 * chat.Minute) // one opening post a second: the channel's own limit
			for _, v := range r.order {
				if v.thread == "" {
					t.Fatalf("%s has no thread", v.route)
				}
			}
			before, limited := r.calls, r.world.LimitState(int64(r.now)).Limited
			rows := r.written
			for _, v := range r.order {
				for i := range 40 {
					v.add(&chat.DeskCall{Kind: chat.CallPost, Text: fmt.Sprint(i)})
				}
				v.kick()
			}
			r.run(seconds * chat.Second)
			calls, refused := r.calls-before, r.world.LimitState(int64(r.now)).Limited-limited
			var shares []int
			for _, v := range r.order {
				shares = append(shares, len(v.done))
			}
			sort.Ints(shares)
			t.Logf("%d calls in %d s, %d refused, %d rows; calls a conversation: least %d, median %d, most %d", calls, seconds, refused, r.written-rows,
				shares[0], shares[talks/2], shares[talks-1])
			if calls < 50*seconds*9/10 {
				t.Errorf("%d calls of %d were used", calls, 50*seconds)
			}
			if int(refused)*1000 > calls {
				t.Errorf("%d of %d calls were refused", refused, calls)
			}
			if shares[0] < shares[talks-1]-3 {
				t.Errorf("shares from %d to %d", shares[0], shares[talks-1])
			}
		})
	}
}
