package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// Health is how the sending goes, for /health and the log. It holds no word of a visitor.
type Health struct {
	// LastSuccess is when a call last had its effect; 0 is never in this life.
	LastSuccess chat.Time `json:"lastSuccess"`
	// LastFailure is when Discord or the network last failed; LastCode is the HTTP status of it, 0 where no answer came.
	LastFailure chat.Time `json:"lastFailure"`
	LastCode    int       `json:"lastCode"`
	// Ready is how many conversations wait, and OldestSince when the one that waits longest of those that are next began to; 0 where none waits.
	Ready       int       `json:"ready"`
	OldestSince chat.Time `json:"oldestSince"`
	// InFlight is how many calls are open.
	InFlight int `json:"inFlight"`
	// PausedUntil is when Discord may be asked again; 0 is now.
	PausedUntil chat.Time `json:"pausedUntil"`
	// BudgetLeft is what may leave still in the running second. InvalidLeft is how many requests Discord may refuse within ten minutes before
	// nothing leaves any more, because it bans the address at twice as many.
	BudgetLeft  int `json:"budgetLeft"`
	InvalidLeft int `json:"invalidLeft"`
	// TokenDead: Discord does not take the bot's token. Nothing is sent until the owner sets another.
	TokenDead bool `json:"tokenDead"`
	// Wrong says what the owner must mend; "" is nothing.
	Wrong string `json:"wrong"`
	// NoContent: people's posts came without text, so the MESSAGE CONTENT intent is off.
	NoContent bool `json:"noContent"`
	// ThreadsFull: the server has as many active threads as Discord allows.
	ThreadsFull bool `json:"threadsFull"`
	// Sweeping: threads are being looked up after a gap of the Gateway. SweepIncomplete: not all could be.
	Sweeping        bool `json:"sweeping"`
	SweepIncomplete bool `json:"sweepIncomplete"`
	// Refused counts conversations that found the ring full.
	Refused int `json:"refused"`
}

// OK says that nothing needs the owner.
func (h *Health) OK() bool { return !h.TokenDead && h.Wrong == "" && !h.NoContent }

// Health tells how the sending goes at a time.
func (e *Egress) Health(now chat.Time) Health {
	h := e.health
	h.Ready, h.InFlight, h.Sweeping = e.ring.waits, len(e.flights)-e.held, e.sweep.phase != sweepNone
	for i := range e.ring.queues {
		if c := e.ring.queues[i].head; c != nil && (h.OldestSince == 0 || c.since < h.OldestSince) {
			h.OldestSince = c.since
		}
	}
	if !h.TokenDead {
		h.PausedUntil = chat.Time(e.sched.Gate(int64(now)))
	}
	h.Wrong = e.wrong()
	limits := e.sched.Health(int64(now))
	h.BudgetLeft, h.InvalidLeft = limits.BudgetLeft, limits.InvalidLeft
	return h
}

// wrong says what the owner must mend; "" is nothing.
func (e *Egress) wrong() string {
	if e.health.TokenDead {
		return "Discord does not take the bot's token (401)"
	}
	wrong := e.place.wrong
	for i := range e.halts {
		if wrong == "" {
			wrong = e.halts[i].reason
		}
	}
	if wrong == "" && e.unread.why != "" && e.now-e.unread.at < unreadFor {
		wrong = e.unread.why
	}
	return wrong
}

// unread is what Discord answered when a thread was to be read, where that is nothing that is known: the conversation asks again and again, and what was
// missed in the thread reaches nobody until it can be read.
type unread struct {
	at  chat.Time
	why string
}

// unreadFor is for how long the owner is told of it after the last time.
const unreadFor = 10 * chat.Minute

// note keeps what the answer to a request says of Discord's state.
func (e *Egress) note(ev *CallDone, v *rest.Verdict) {
	if ev.Failure != Answered || ev.Status >= 500 || v.Class == rest.TokenDead || v.Class == rest.Misconfigured {
		e.health.LastFailure, e.health.LastCode = e.now, ev.Status
	}
}
