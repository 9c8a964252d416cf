package discord

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// Unwell tells how the host is. A host says it at its start, when it changes, and about once a minute while something is wrong, because an
// Egress may have been rebuilt meanwhile.
type Unwell struct {
	// Reason says what is wrong, in words that hold nothing private; "" is nothing. What keeps Discord from being asked does not belong there:
	// it could not be said.
	Reason string
}

// EventName implements [chat.Event].
func (Unwell) EventName() string { return "unwell" }

// unwell tells the team in the support channel that the chat is not well, once it has not been for a while, and that it is again.
type unwell struct {
	reason string
	// since is when it began; said is when the team was told of it, also by an earlier life; 0 is not.
	since, said chat.Time
	// over is set while it is to be said that all is well again.
	over bool
	busy bool
	next chat.Time
}

const (
	defaultAlertAfter = 2 * chat.Minute
	// unwellPause is for how long trouble that comes back at once is no news.
	unwellPause = 30 * chat.Minute
	// mostReasonRunes of a reason are said.
	mostReasonRunes = 300

	unwellTitle = "The chat is not well"
	unwellMend  = ". `cloudflare-chat doctor` says how to mend it."
	unwellOver  = "The chat is well again."
)

// unwellKey is the nonce, by which Discord knows a repeat.
func unwellKey(over bool, at chat.Time) string {
	kind := "unwell-"
	if over {
		kind = "well-"
	}
	return kind + strconv.FormatInt(int64(at), 36)
}

func (e *Egress) heardUnwell(ev Unwell) {
	u := &e.unwell
	if r := []rune(ev.Reason); len(r) > mostReasonRunes {
		ev.Reason = string(r[:mostReasonRunes]) + "…" // a relay elsewhere gave the words
	}
	if ev.Reason == u.reason && (ev.Reason != "" || u.said == 0) {
		return
	}
	switch {
	case ev.Reason == "":
		u.over, u.next = u.said != 0 && e.kind() != ThreadsForum, e.now
		if !u.over {
			e.unwellSaid(0)
		}
		u.since = 0
	case u.reason == "":
		u.since, u.over = e.now, false
		if u.next < e.now {
			u.next = e.now
		}
	}
	u.reason = ev.Reason
}

// unwellSaid keeps over a restart what the team knows.
func (e *Egress) unwellSaid(at chat.Time) {
	e.unwell.said = at
	f := records.Egress{}
	if at != 0 {
		f = records.Egress{Name: "unwell", AtMs: int64(at)}
	}
	e.saveFact(keyUnwell, f)
}

// due is when the team is to be told something; 0 is never.
func (u *unwell) due(e *Egress) chat.Time {
	switch {
	case e.opt.AlertAfter < 0 || u.busy || e.health.TokenDead:
		return 0
	case u.over:
		return max(u.next, 1)
	case u.reason == "" || u.said != 0:
		return 0
	}
	return max(u.since+e.opt.AlertAfter, u.next)
}

func (u *unwell) wake(e *Egress) chat.Time {
	at := u.due(e)
	if at == 0 || at > e.now {
		return at
	}
	return e.jobWake(at)
}

func (e *Egress) moveUnwell() {
	u := &e.unwell
	if at := u.due(e); at == 0 || at > e.now || !e.open() {
		return
	}
	u.busy = true
	f := &flight{step: stepUnwell}
	if u.over {
		f.step = stepWell
	}
	e.launch(f)
}

// unwellRequest is the post, or in a forum the thread, that tells the team.
func (e *Egress) unwellRequest(f *flight) rest.Request {
	u := &e.unwell
	call := &chat.DeskCall{Key: unwellKey(f.step == stepWell, u.since), Text: unwellOver}
	if f.step == stepWell {
		call.Key = unwellKey(true, u.said)
	} else {
		call.Text, call.Alert = "⚠ "+unwellTitle+": "+u.reason+unwellMend, true
	}
	return e.teamPost(unwellTitle, calling(e.opt.alertRole(), call))
}

// teamPost says something to the team in the support channel; a forum takes only what has a title.
func (e *Egress) teamPost(title string, post rest.Post) rest.Request {
	if e.kind() != ThreadsForum {
		return rest.CreateMessage(e.opt.Channel, post)
	}
	start := e.start(title)
	if e.place.tag != "" {
		start.Tags = []wire.Snowflake{e.place.tag}
	}
	return rest.ForumPost(e.opt.Channel, start, post)
}

func (e *Egress) unwellAnswered(f *flight, v *rest.Verdict) {
	u := &e.unwell
	u.busy = false
	switch v.Class {
	case rest.TokenDead:
		e.tokenDead()
		return
	case rest.RetryLater, rest.InDoubt:
		u.next = max(chat.Time(v.RetryAt), e.now+shortWait) // Discord knows a repeat by its nonce
		return
	case rest.OK:
	default:
		u.next = e.now + mostMisset // a permission is missing: that is seen in /health
		return
	}
	u.next = e.now + unwellPause
	if f.step == stepUnwell {
		e.unwellSaid(e.now)
		if u.reason == "" {
			u.over, u.next = e.kind() != ThreadsForum, e.now
		}
		return
	}
	u.over = false
	e.unwellSaid(0)
}
