package rest

import (
	"strconv"
	"strings"

	"cloudflarechat/discord/wire"
)

const (
	firstRetryMs     = 1000
	mostRetryMs      = 30_000
	firstConfigMs    = 60_000
	mostConfigMs     = 10 * 60_000
	unaskedMs        = 1000 // a 429 that says no time
	saveEveryInvalid = 50
)

// Done reports what became of a request.
func (s *Scheduler) Done(now int64, p Permit, out Outcome) Verdict {
	sl, ok := s.release(p)
	if !ok {
		return Verdict{Class: InDoubt}
	}
	sl.entry.landed(now, &sl)
	var v Verdict
	switch {
	case out.Failure != Answered:
		v = s.unanswered(now, &sl, out.Failure)
	case out.Status == 429:
		v = s.limited(now, &sl, &out)
	default:
		v = s.answered(now, &sl, &out)
	}
	s.untry(sl.entry, sl.kind, sl.number)
	return v
}

// unanswered takes in a request that no answer came to.
func (s *Scheduler) unanswered(now int64, sl *slot, f Failure) Verdict {
	v := Verdict{Class: InDoubt}
	if f == NotSent || (sl.idempotent && sl.repeatFor == 0) {
		v.Class = RetryLater
	}
	if f != NotSent {
		sl.silent()
	}
	v.RetryAt = s.troubled(now, sl)
	return v
}

// troubled counts a failure of Discord or the network and gives the time for the next try.
func (s *Scheduler) troubled(now int64, sl *slot) int64 {
	ks := &sl.entry.kinds[sl.kind]
	ks.fails++
	s.guard.failed(s, now, sl.number)
	return max(now+s.backoff(ks.fails, firstRetryMs, mostRetryMs), s.guard.outageAt(now))
}

// answered takes in every answer but 429.
func (s *Scheduler) answered(now int64, sl *slot, out *Outcome) Verdict {
	var e wire.ErrorBody
	if out.Status < 200 || out.Status >= 300 {
		e = wire.ParseError(out.Body)
	}
	if out.Status == 403 && cloudflareBlock(&e) {
		return s.blocked(now, sl, 0)
	}
	m := readMeters(now, &out.Header)
	if m.known || (out.Status >= 200 && out.Status < 300) {
		s.learn(now, sl, &m)
	}
	s.pace.measured(sl.sentAt, now, m.serverMs)
	s.pace.passed(sl.sentAt)
	v := Verdict{Class: Classify(out.Status, e), Code: e.Code, Text: e.Message, Field: fieldText(&e)}
	if out.Status >= 500 {
		v.RetryAt = s.troubled(now, sl)
		v.Counts = out.Status == 500
		if v.Class == InDoubt && sl.idempotent && sl.repeatFor == 0 {
			v.Class = RetryLater
		}
		v.Save = s.longWindow(now, sl)
		return v
	}
	s.guard.answered(now, sl.number)
	ks := &sl.entry.kinds[sl.kind]
	ks.limited = 0
	if out.Status == 401 || out.Status == 403 {
		v.Save = s.guard.invalid(now)%saveEveryInvalid == 0
	}
	v.Save = s.longWindow(now, sl) || v.Save
	switch v.Class {
	case OK:
		ks.fails = 0
		s.unpark(now, sl.entry, sl.kind, sl.number)
	case TokenDead:
		if sl.exempt {
			v.Class = Expired // such a request carries no bot token
			break
		}
		s.guard.dead = true
	case Misconfigured:
		ks.fails++
		v.RetryAt = now + s.backoff(ks.fails, firstConfigMs, mostConfigMs)
	case RetryLater:
		ks.fails++
		v.RetryAt = now + s.backoff(ks.fails, firstRetryMs, mostRetryMs)
		if e.HasRetry {
			v.RetryAt = max(v.RetryAt, now+e.RetryAfterMs+resetPadMs)
		}
		v.Counts = !e.IsJSON
	}
	return v
}

func fieldText(e *wire.ErrorBody) string {
	if e.FieldCode == "" {
		return e.Fields
	}
	return e.Fields + " " + e.FieldCode
}

// cloudflareBlock knows the refusals that are not the API's own: HTML, or a fixed JSON body without a code and a time.
// https://github.com/discord/discord-api-docs/issues/5810
func cloudflareBlock(e *wire.ErrorBody) bool {
	return !e.IsJSON || (e.Code == 0 && !e.HasRetry && strings.HasPrefix(e.Message, "You are being blocked"))
}

// WaitAskedMs gives for how long an answer wants its sender to be silent; 0 is that it does not say. It is for the one request that no [Scheduler] sends, the
// gateway's GET /gateway/bot.
func WaitAskedMs(h *Header, body []byte) int64 {
	if e := wire.ParseError(body); e.HasRetry {
		return e.RetryAfterMs + resetPadMs
	}
	if ms, ok := wire.ParseSecondsMs(h.RetryAfter); ok {
		return ms + resetPadMs
	}
	return 0
}

// blocked takes in that Cloudflare refuses the address. https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
func (s *Scheduler) blocked(now int64, sl *slot, askedMs int64) Verdict {
	s.guard.invalid(now)
	s.guard.banned(s, now, sl.number, askedMs)
	return Verdict{Class: RetryLater, RetryAt: s.guard.banUntil, Save: true, Counts: true}
}

// limited takes a 429 in.
func (s *Scheduler) limited(now int64, sl *slot, out *Outcome) Verdict {
	e := wire.ParseError(out.Body)
	h := &out.Header
	m := readMeters(now, h)
	retry, asked := e.RetryAfterMs, e.HasRetry
	if !asked {
		retry, asked = wire.ParseSecondsMs(h.RetryAfter)
	}
	if !e.HasRetry && (cloudflareBlock(&e) || !asked) && !m.known && h.Scope == "" {
		return s.blocked(now, sl, retry)
	}
	ks := &sl.entry.kinds[sl.kind]
	v := Verdict{Class: RetryLater, Code: e.Code, Text: e.Message}
	scope := strings.ToLower(h.Scope)
	if scope != "shared" {
		v.Save = s.guard.invalid(now)%saveEveryInvalid == 0
	}
	s.guard.answered(now, sl.number)
	if e.Global || scope == "global" || isTrue(h.Global) {
		// The example in the documentation has no bucket headers: nothing is learnt of the bucket.
		if sl.exempt {
			s.park(now, sl.entry, sl.kind, now+max(retry, leastPauseMs)+resetPadMs, true)
			v.RetryAt = now + max(retry, leastPauseMs) + resetPadMs
			return v
		}
		s.pace.overrun(now, sl.sentAt, retry)
		v.RetryAt = s.pace.pausedUntil
		v.Save = v.Save || v.RetryAt-now > longBlockMs
		return v
	}
	ks.limited++
	if !asked {
		retry = unaskedMs
		if m.known {
			retry = m.resetMs
		}
	}
	retry = max(retry, s.streakWait(ks.limited))
	until := now + retry + resetPadMs
	v.RetryAt = until
	v.Save = v.Save || retry > longBlockMs
	own := scope != "shared" && m.known && m.remaining == 0
	if own && retry <= m.resetMs+unaskedMs {
		s.emptied(now, sl, &m, until)
		return v
	}
	// A limit that the bucket does not show. Of a shared one the bucket's headers say nothing either: they are left alone.
	if scope != "shared" && m.known {
		s.learn(now, sl, &m)
	}
	s.park(now, sl.entry, sl.kind, until, sl.exempt)
	return v
}

// emptied takes in a 429 of the bucket itself. Its time is until one slot is free, which with a sliding window comes before the reset.
func (s *Scheduler) emptied(now int64, sl *slot, m *meters, until int64) {
	ks := &sl.entry.kinds[sl.kind]
	s.suspect(now, sl.entry, m)
	s.learn(now, sl, m)
	ks.cur.left = 0
	ks.cur.resetAt = until
}

// longWindow says whether this answer left its bucket empty for longer than a restart may forget.
func (s *Scheduler) longWindow(now int64, sl *slot) bool {
	w := sl.entry.kinds[sl.kind].cur
	return w != nil && w.left == 0 && w.resetAt-now > longBlockMs+resetPadMs
}

func isTrue(text string) bool {
	b, err := strconv.ParseBool(text)
	return err == nil && b
}
