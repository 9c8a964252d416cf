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
// gets its share.
func TestOverload(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute of virtual time for 300 conversations")
	}
	for _, sliding := range []bool{false, true} {
		t.Run(fmt.Sprintf("sliding=%t", sliding), func(t *testing.T) {
			const talks, seconds = 300, 60
			r := newRig(world.Config{Limits: world.Limits{GlobalSliding: sliding}}, discord.Options{MaxInFlight: 64})
			r.quiet = true
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
