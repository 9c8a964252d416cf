package edge

import (
	"strings"

	"cloudflarechat/chat"
)

const (
	// failedRetry is when to try again what an object could not do.
	failedRetry = 5 * chat.Second
	// crowdedRetry is when an address that connected too often may try again.
	crowdedRetry = 30 * chat.Second
	// spentKnown is how long a page that asks why it was refused is told that the
	// plan is spent: a connection is tried before, and notes it anew.
	spentKnown = 10 * chat.Minute
)

// judge says what an exception of an object means to a visitor, and when to try
// again. Past a limit of the free plan every call fails until midnight UTC.
// https://developers.cloudflare.com/durable-objects/platform/pricing/
func (b *Border) judge(now chat.Time, exception string) (code chat.Code, retry chat.Time) {
	if lower := strings.ToLower(exception); strings.Contains(lower, "free tier") || strings.Contains(lower, "daily limit") {
		b.spentAt = now
		return chat.CodeCapacity, untilMidnight(now)
	}
	return chat.CodeUnavailable, failedRetry
}

func untilMidnight(now chat.Time) chat.Time { return chat.Day - now%chat.Day }

// spentToday tells whether the plan was found spent a moment ago.
func (b *Border) spentToday(now chat.Time) bool {
	return b.spentAt != 0 && now-b.spentAt < spentKnown && now/chat.Day == b.spentAt/chat.Day
}

// unable is the answer where an object failed.
func (b *Border) unable(now chat.Time, exception string) answer {
	code, retry := b.judge(now, exception)
	return refusal(0, code, "", retry)
}

// refused reads now, the words of an exception and the event whose step it ended:
// nothing of the step happened. The reply is what is told to whom the event is of,
// as effects.
func (b *Border) refused(r *reader) []byte {
	now, exception := chat.Time(r.int()), r.string()
	ev := r.event()
	if r.err != nil {
		return fail(r.err)
	}
	code, retry := b.judge(now, exception)
	effects := chat.Refused(ev, code, retry)
	return b.reply(func(dst []byte) []byte { return AppendEffects(dst, effects) })
}
