package sim

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
)

// Schedule is what a seed decides before anything happens. Probabilities are from 0 to 1, durations in milliseconds.
type Schedule struct {
	// Edge lets each actor commit and die by itself, as Durable Objects do; else one process commits for all.
	Edge bool
	// Visitors, and of 100 of them how many speak the base protocol only; Agents answer them.
	Visitors, BasePercent, Agents int
	// Forum and Private: the conversations are posts of a forum, or private threads; else public threads of a text channel.
	Forum, Private bool
	// Unmanaged: the bot may not manage threads, so that a locked one takes nothing more of it.
	Unmanaged bool
	// Expires lets everybody leave in the end, and time pass until what leads to a conversation must be gone with it.
	Expires bool
	// SharedEmails is how many addresses the visitors have between them; 0: one each.
	SharedEmails int
	// Crowd lets visitors with one address come one after another, each for minutes, while Discord is down for longer than
	// a lease: they all want the same thread.
	Crowd bool
	// ActiveMs is how long people are busy and faults strike. GraceMs is the sessions' grace.
	ActiveMs, GraceMs int64
	// LatencyMs is the most that a frame takes one way.
	LatencyMs int64

	// The network between browser and host: how often a connection is cut, and how many cuts nobody notices at first.
	CutEveryMs int64
	Silent     float64

	// The host. Crash, FailedWrite and Drop are for each batch; TellMs delays and TellTwice repeats what actors tell
	// each other, TellLate minutes later; LostAlarm loses timers, which the cron then finds.
	Crash, FailedWrite, Drop, TellTwice, TellLate, LostAlarm float64
	TellMs                                                   int64
	ClockJumps                                               int

	// Discord.
	RestFaults    float64 // how much of the time one of them is at work
	GatewayFaults int
	ThreadBurst   int // threads that may be made before a cool-down
	NonceMs       int64
	RelayCrashes  int
	// OutageMs is how long Discord is down as a whole, from five minutes after the beginning on.
	OutageMs int64

	// What agents do beside answering.
	Edits, Deletes, Notes, Closes, Locks, ThreadDeletes float64
	// Archives lets agents put a thread away right after a post.
	Archives float64
	// Replies in the support channel to opening posts.
	Replies float64
	// Ends is how often a visitor ends the conversation, Reloads how often a page is left and come back to.
	Ends, Reloads float64
	// Comebacks lets visitors come back after the grace.
	Comebacks float64
	// Long is how many messages need several posts.
	Long float64
	// PerAddress is how many conversations an internet address may begin in an hour. Household lets all visitors have one
	// address; Roams is how often a connection comes from another one. Midnight lets a day end meanwhile, and with it the
	// salt of the addresses.
	PerAddress          int
	Household, Midnight bool
	Roams               float64
	// Blocks is how often an agent blocks a visitor, and the address with them for BlockMs.
	Blocks  float64
	BlockMs int64
	// Floods is how often an agent says so much at once that what was said before leaves the memory of the conversation, and
	// Stale how often a page sends once more what was acknowledged long ago.
	Floods, Stale float64
	// Reopens is how often an agent opens a thread again that was closed or locked.
	Reopens float64
	// Refuses is how many of the words of visitors Discord's automatic moderation blocks, from some moment on until the faults end.
	Refuses float64
	// Quotes is how often an agent's post answers another one of the thread, and quotes it.
	Quotes float64
	// Unseen is how often a visitor sends a text of which nothing can be seen.
	Unseen float64
	// RelayAheadMs is how far the clock of the relay is ahead of the true time; RelayJumps is how often it is set.
	RelayAheadMs int64
	RelayJumps   int
}

// Draw gives the schedule of a seed.
func Draw(seed uint64) Schedule {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	on := func(p float64) bool { return r.Float64() < p }
	some := func(p, most float64) float64 {
		if !on(p) {
			return 0
		}
		return most * (0.1 + 0.9*r.Float64())
	}
	upTo := func(p float64, most int64) int64 {
		if !on(p) {
			return 0
		}
		return 1 + r.Int64N(most)
	}
	c := Schedule{
		Edge: on(0.5), Visitors: 1 + r.IntN(4), BasePercent: []int{0, 0, 30, 100}[r.IntN(4)], Agents: 1 + r.IntN(2),
		ActiveMs: 20*minute + r.Int64N(70*minute), GraceMs: []int64{10 * minute, 20 * minute, hour}[r.IntN(3)],
		LatencyMs: 1 + upTo(0.6, 800),
		Silent:    0.3,
		NonceMs:   []int64{61 * second, 3 * minute, 5 * minute}[r.IntN(3)],
		Reloads:   some(0.5, 0.5), Long: some(0.3, 0.3),
	}
	if on(0.4) {
		c.SharedEmails = 1 + r.IntN(2)
	}
	c.Comebacks = some(0.5, 1)
	if on(0.5) {
		c.CutEveryMs = minute + r.Int64N(10*minute)
	}
	c.Crash = some(0.35, 0.02)
	c.FailedWrite = some(0.25, 0.02)
	c.Drop = some(0.4, 0.12)
	c.TellTwice = some(0.3, 0.5)
	c.TellMs = upTo(0.4, 5*second)
	c.LostAlarm = some(0.25, 0.5)
	if on(0.2) {
		c.ClockJumps = 1 + r.IntN(3)
	}
	c.RestFaults = some(0.5, 0.7)
	if on(0.4) {
		c.GatewayFaults = 1 + r.IntN(6)
	}
	if on(0.2) {
		c.ThreadBurst = 1 + r.IntN(2)
	}
	if on(0.25) {
		c.RelayCrashes = 1 + r.IntN(3)
	}
	c.Edits, c.Deletes, c.Notes = some(0.3, 0.3), some(0.3, 0.2), some(0.2, 0.2)
	c.Closes, c.Locks, c.ThreadDeletes = some(0.2, 0.15), some(0.15, 0.1), some(0.1, 0.1)
	c.Ends = some(0.2, 0.3)
	c.Archives = some(0.2, 0.5)
	if on(0.08) {
		c.Crowd, c.SharedEmails, c.Visitors, c.GraceMs, c.RestFaults = true, 1, 5, 2*minute, 0
	}
	if c.GatewayFaults == 0 && c.RelayCrashes == 0 {
		c.Replies = some(0.2, 0.2)
	} else if q := rand.New(rand.NewPCG(seed, 0x4e91)); q.Float64() < 0.2 { // drawn apart, so that the seeds that are known stay what they are
		c.Replies = 0.2 * (0.1 + 0.9*q.Float64())
	}
	c.PerAddress = []int{2, 3, 5, 1001}[r.IntN(4)]
	c.Household, c.Midnight = on(0.25), on(0.2)
	c.Roams = some(0.3, 0.3)
	c.TellLate = some(0.2, 0.03)
	if c.Blocks = some(0.15, 0.15); c.Blocks > 0 {
		c.BlockMs = []int64{10 * minute, hour, 30 * hour}[r.IntN(3)]
	}
	c.Unseen = some(0.3, 0.2)
	if on(0.3) {
		c.RelayAheadMs = r.Int64N(20*minute) - 10*minute
	}
	if on(0.15) {
		c.RelayJumps = 1 + r.IntN(3)
	}
	c.Quotes = some(0.3, 0.6)
	if on(0.08) {
		c.Floods, c.Stale, c.Edits, c.Deletes = some(1, 0.05), some(1, 0.2), some(1, 0.3), some(1, 0.2)
		c.BasePercent = 0 // one of the base that was away is told the newest alone
	}
	// Of several threads, what was taken is known only as far as the memory of the conversation reaches.
	if c.Closes+c.Locks > 0 && c.Floods == 0 {
		c.Reopens = some(0.5, 0.1)
	}
	if c.Refuses = some(0.15, 0.25); c.Refuses > 0 {
		// One of the base does not try again, nor can anybody what was said long ago. And what is told much later, when the
		// rule has ended, arrives beside what was tried again.
		c.BasePercent, c.Floods, c.TellLate, c.Crash, c.Drop = 0, 0, 0, 0, 0
	}
	switch rand.New(rand.NewPCG(seed, 0x4b1d)).IntN(6) {
	case 0:
		c.Forum, c.Replies = true, 0 // nobody can write into a forum itself
	case 1:
		c.Private, c.Replies = true, 0
	}
	// Without the permission nobody can list private threads that were put away, so that not all is found after a gap.
	c.Unmanaged = !c.Private && rand.New(rand.NewPCG(seed, 0x10c4)).IntN(8) == 0
	c.Expires = seed%8 == 0
	return c
}

// String gives what is not zero.
func (c Schedule) String() string {
	var b strings.Builder
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if f := v.Field(i); !f.IsZero() {
			fmt.Fprintf(&b, " %s=%v", v.Type().Field(i).Name, f.Interface())
		}
	}
	return strings.TrimSpace(b.String())
}
