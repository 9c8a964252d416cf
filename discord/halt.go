package discord

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// scope is a part of the work that a wrong permission can stop by itself.
type scope uint8

const (
	// scopeOpening is the support channel itself: opening posts and new threads.
	scopeOpening scope = iota
	// scopeThreads is everything in threads.
	scopeThreads
	scopes
)

func scopeOf(k chat.CallKind) scope {
	if k == chat.CallAnnounce || k == chat.CallOpen {
		return scopeOpening
	}
	return scopeThreads
}

// halt stops a scope while a setting or permission is wrong: each refusal counts towards a ban of the address, so one call tries from time to
// time and the others wait. https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
type halt struct {
	_ unequal
	// until is when one call may try again; 0 is no halt.
	until chat.Time
	tries int
	// trying is the call that does.
	trying *flight
	// streak counts refusals since the last success, at passedAt, and many the conversations that met them.
	streak, many int
	passedAt     chat.Time
	// reason is what Discord answered, by its code.
	reason string
}

const (
	leastMisset = 30 * chat.Second
	mostMisset  = 10 * chat.Minute
	// haltStreak is how many conversations must be refused in a row before all of them wait: one thread may be closed to the bot by itself. It is
	// also after how many refusals the owner is told.
	haltStreak = 3
	// tryWait is how long others wait while one call tries.
	tryWait = 5 * chat.Second
)

// closed says until when nothing of the scope may be begun; 0 is that it may.
func (h *halt) closed(now chat.Time) chat.Time {
	switch {
	case h.until == 0:
		return 0
	case now < h.until:
		return h.until
	case h.trying != nil:
		return now + tryWait
	}
	return 0
}

// tried notes the call that tries whether the halt is over.
func (h *halt) tried(f *flight) {
	if h.until != 0 {
		h.trying = f
	}
}

// ended notes that a call is over, whatever became of it.
func (h *halt) ended(f *flight) {
	if h.trying == f {
		h.trying = nil
	}
}

// passed takes in that Discord let a call of the scope through.
func (h *halt) passed(now chat.Time) { *h = halt{passedAt: now} }

// misset takes in that a call was refused for a setting or permission, and keeps it for later.
func (e *Egress) misset(f *flight, v *rest.Verdict, until chat.Time) {
	if e.rechecked != 0 && f.begun <= e.rechecked {
		e.giveBack(f, e.now+chat.Second, "") // it left before somebody mended what was wrong
		return
	}
	s, c := scopeOf(f.call.Kind), f.conv
	h := &e.halts[s]
	h.streak++
	if c.refusedAt <= h.passedAt {
		h.many++
	}
	c.refusedAt = e.now
	if v.Code != missingAccess && v.Code != missingPermission {
		e.against(f, costly)
	} else if f.call.Kind == chat.CallPost && e.othersPass(c) {
		if c.shut++; c.shut >= mostShut {
			// The others' threads take posts: this one is closed to the bot. Where a post may stand there, nobody can look.
			if f.step == stepLook {
				e.finish(f, chat.DeskResult{Outcome: chat.OutcomeRefused})
				return
			}
			e.finishClosed(f)
			return
		}
	}
	wait := max(until, e.now+leastMisset)
	if s == scopeOpening || h.streak >= haltStreak {
		h.reason = reasonOf(v)
	}
	if s == scopeOpening || h.many >= haltStreak {
		if h.until <= e.now || h.trying == f {
			h.until = e.now + min(leastMisset<<min(h.tries, 8), mostMisset)
			if s == scopeOpening {
				h.until = max(h.until, until)
			}
			h.tries++
		}
		wait = max(wait, h.until)
		if s == scopeThreads {
			wait = max(wait, h.until+tryWait) // it may be its thread alone: somebody else tries first
		}
	}
	e.giveBack(f, wait, chat.CodeDeskMisset)
}

// What speaks against a post itself, or its thread, counts against it where others' posts went through since the last time: else it is Discord that is not well,
// or a setting. A post that so many speak against is given up, so that its conversation goes on: its visitor is told, and may try again.
const (
	mostAgainst = 40
	// costly is for an answer that stopped everybody for a while.
	costly = 5
	// mostShut is how often a post is refused in a thread, while others' pass in theirs, until the thread is taken for closed.
	mostShut = 3
)

// othersPass says whether others' posts went through since something last spoke against a conversation's, and notes that something does now.
func (e *Egress) othersPass(c *conv) bool {
	pass := c.badAt == 0 || c.badAt < e.postedAt
	c.badAt = e.now
	return pass
}

// against counts what speaks against a post.
func (e *Egress) against(f *flight, by int) {
	if f.call.Kind == chat.CallPost && posts(f) && e.othersPass(f.conv) {
		f.conv.bad += by
	}
}

// over says that a call is given up: an attempt may have had its effect all the same, and is looked for.
func (f *flight) over() bool { return f.call.Kind == chat.CallPost && f.conv.bad >= mostAgainst }

// heavy takes in what speaks against a call, and gives until when it waits: what stopped everybody is tried later each time, and after the others.
func (e *Egress) heavy(f *flight, until chat.Time) chat.Time {
	gate := chat.Time(e.sched.Gate(int64(e.now)))
	if gate < e.now+leastMisset {
		e.against(f, 1)
		return until
	}
	e.against(f, costly)
	return max(until, gate+min(leastMisset<<min(f.conv.bad/costly, 8), mostMisset))
}

// Discord's codes for a permission that the bot lacks, and for one that it has and may not use: the server asks moderators for two-factor authentication,
// and the bot's owner has not switched it on. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const (
	missingAccess     = 50001
	missingPermission = 50013
	twoFactorNeeded   = 60003
)

// doesWithout goes on where the bot lacks a permission that it can do without (docs/setup-discord.md says which): nobody's messages wait for a mark or
// a lock, and neither is asked for again soon, since each refusal counts towards a ban of the address.
func (e *Egress) doesWithout(f *flight) bool {
	switch {
	case f.step == stepReopen && !f.asked:
		f.asked = true
		e.proceed(f, stepThread) // it may be locked
	case f.step == stepReopen:
		return false
	case f.call.Kind == chat.CallMark:
		e.noMarks = e.now + mostMisset
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeRefused})
	case f.call.Kind == chat.CallClose && !f.unlocked:
		e.noLocks = e.now + mostMisset
		e.proceed(f, stepMain)
	case f.call.Kind == chat.CallClose:
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeRefused}) // it stays open; the next conversation has a thread of its own
	default:
		return false
	}
	return true
}

// reasonOf names a refusal without Discord's words, which may quote what was sent.
func reasonOf(v *rest.Verdict) string {
	switch v.Code {
	case 10003:
		return "the support channel is not there: it was deleted, or DISCORD_SUPPORT_CHANNEL_ID is of another (10003)"
	case 10004:
		return "the bot is not in the server (10004)"
	case 50001:
		return "the bot cannot see the channel (50001)"
	case 50013:
		return "the bot lacks a permission (50013)"
	case 40067:
		return "the forum requires a tag (40067)"
	}
	return "Discord refuses it (" + strconv.Itoa(v.Code) + ")"
}

// tokenDead takes in that the token is no good: nothing leaves any more.
func (e *Egress) tokenDead() {
	if e.health.TokenDead {
		return
	}
	e.health.TokenDead = true
	e.retellAll()
}

// retellAll lets every conversation that waits hear at once what is wrong.
func (e *Egress) retellAll() {
	for _, c := range append([]*conv(nil), e.ring.dues...) {
		if c.state != convIdle && c.state != convFlying && c.told != chat.CodeDeskMisset {
			c.tellAt = e.now
			e.ring.schedule(c)
		}
	}
}

// recheckPause is how far apart what is known is asked for anew: many channels may change at once, and each time everything waits for the answers.
const recheckPause = 10 * chat.Second

// recheck forgets what was known and what was stopped.
func (e *Egress) recheck() {
	e.rechecked, e.recheckAt = e.now, 0
	for _, c := range append([]*conv(nil), e.ring.dues...) {
		if c.state == convBlocked && c.why == chat.CodeDeskMisset {
			e.ring.wait(c, e.now, false)
		}
	}
	e.place = place{round: e.place.round + 1}
	for i := range e.halts {
		e.halts[i] = halt{passedAt: e.now}
	}
	e.noMarks, e.noLocks, e.history, e.noHistory = 0, 0, 0, 0
	e.ring.gates = [classes]chat.Time{}
	if e.health.TokenDead {
		d := e.sched.Snapshot(int64(e.now))
		e.sched = e.newScheduler()
		e.sched.Restore(int64(e.now), d)
	}
	e.health.TokenDead, e.health.NoContent = false, false
}
