package sim

import (
	"flag"
	"os"
	"testing"
)

var (
	seeds = flag.Int("seeds", 300, "how many schedules TestSeeds plays")
	first = flag.Uint64("first", 1, "the first of them")
	seed  = flag.Uint64("seed", 0, "the one schedule that TestSeed plays, with its transcript")
)

// TestSeeds plays schedules, one after the other.
func TestSeeds(t *testing.T) {
	n := *seeds
	if testing.Short() {
		n = min(n, 50)
	}
	for i := range n {
		r := Run(*first + uint64(i))
		if r.Failure != "" {
			r.Print(os.Stdout)
			t.Fatalf("seed %d: %s", r.Seed, r.Failure)
		}
	}
}

// TestSeed plays one schedule and prints what happened.
func TestSeed(t *testing.T) {
	if *seed == 0 {
		t.Skip("no -seed")
	}
	r := Run(*seed)
	r.Print(os.Stdout)
	if r.Failure != "" {
		t.Fatal(r.Failure)
	}
}

// TestDeterminism holds that a seed decides everything.
func TestDeterminism(t *testing.T) {
	for s := uint64(1); s <= 10; s++ {
		if a, b := Run(s), Run(s); a.Sum != b.Sum || a.Failure != b.Failure {
			t.Fatalf("seed %d: %x %q, then %x %q", s, a.Sum, a.Failure, b.Sum, b.Failure)
		}
	}
}

// known are seeds that once found something, and what. They were found when every thread was a public one, and the bot might do all.
var known = map[uint64]string{
	6:      "every page got the ack of a message that one of them sent before its address was let in",
	252:    "a pull that was told twice said of an earlier attempt that it was not sent, and the later one had no doubt",
	5100:   "the simulation itself told an edit again that came before a crash of the whole edge",
	9367:   "a session was told to read a thread before somebody took it over, and read on behind their divider",
	200043: "a post that waited while the clock was set back was sent again without a look",
	14760:  "what a pull said was no longer true when it arrived: what had not been sent had come to the desk again",
	6526:   "the budget of a clock that was set back counted as spent until the old time came again",
	20282:  "who was kept out for an hour had more to say than ten messages a minute let in within the time to settle",
	200032: "an opening post was looked for from a time at which the clock, set forward by more than an hour, said it was made",
	2817:   "a session that was rebuilt did not know that the clock had been set back since its post left",
	2568:   "a base-protocol client that was last heard of by the old clock was believed to have what was written by the new one",
	6226:   "a sweep took a time of the old clock for a sign of life after what was written by the new one",
	9143:   "the posts of several threads are not in the order of their ids, and one that had left memory was taken again",
	9163:   "a reading took what an agent had edited behind what was said after it",
	4670:   "a message was tried again though a repeat of its refused post had been accepted",
	8939:   "two strangers took the same thread over: the first one's time was over, and then the clock was set back",
	4740:   "the simulation itself let repeats wait behind repeats without end",
}

// drawn are the like, found with the threads and the permissions that they draw.
var drawn = map[uint64]string{
	3760:   "a thread was closed while somebody's divider was on its way to it: it stood there, and was withdrawn",
	10102:  "a private thread was put away before its first message, and another one made",
	22181:  "a closed conversation read what it had no room for, again and again, and its next thread waited for that",
	5752:   "the simulation itself took a time of the relay's clock, which had been set, for the beginning of a gap",
	14115:  "the support channel was read from a time on at which a clock that was ahead said that the gap began",
	24355:  "a call that its conversation had given up was told once more, minutes late, and carried out",
	6807:   "a page that had done nothing wrong was closed: its last frames were of a clock that was set back by as much as a whole burst takes",
	110006: "a registry that was asked twice answered twice, and the second answer gave up a post that was on its way",
	21618:  "an order to block was given in a private thread before its registry knew it",
	22422:  "an answer to an earlier attempt ended the one on its way",
	15873:  "an edit that was told for the second time, late, stood for the newer one",
	31782:  "the same, behind a restart",
	13229:  "a call was told once more, minutes late, after the clock was set back and its Egress had died",
	21142:  "what a client that had forgotten all said again left memory between its init and that",
	19885:  "a reading was on its way when a late edit asked for one, and passed the post by as it was before",
	63033:  "the checker took a conversation's tag, a6x5yc, for the answer a6x",
	43572:  "a thread was taken over from who had it before, while its new owner had not heard yet that it was theirs",
	64273:  "what was found after a gap came to a session that died just then",
	35281:  "an answer to an opening post was found after a gap while it was open whose it is",
	76122:  "an answer was deleted during a gap, after it had left memory",
	14144:  "a post that was deleted before it was taken came once more, minutes late",
}

// TestKnown plays the schedules that found something.
func TestKnown(t *testing.T) {
	for s, found := range drawn {
		if r := Run(s); r.Failure != "" {
			r.Print(os.Stdout)
			t.Errorf("seed %d, which found that %s: %s", s, found, r.Failure)
		}
	}
	for s, found := range known {
		plan := Draw(s)
		plan.Forum, plan.Private, plan.Unmanaged = false, false, false
		if r := RunPlan(s, plan); r.Failure != "" {
			r.Print(os.Stdout)
			t.Errorf("seed %d, which found that %s: %s", s, found, r.Failure)
		}
	}
}
