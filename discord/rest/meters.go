package rest

import (
	"math"
	"strconv"

	"cloudflarechat/discord/wire"
)

// meters are the rate-limit headers of one answer, as numbers. What does not parse is as if it were not there: a header must never turn a success into an error.
type meters struct {
	known     bool // a bucket is named, and its numbers are whole
	hash      string
	limit     int // 0: not told
	remaining int
	resetMs   int64 // from now
	serverMs  int64 // Discord's clock at the answer, Unix milliseconds; 0: not told
}

// mostHashBytes bounds what is kept of a bucket's name.
const mostHashBytes = 128

// unknownResetMs is taken when a bucket is named and its reset does not parse.
const unknownResetMs = 1000

func readMeters(now int64, h *Header) meters {
	var m meters
	after, hasAfter := wire.ParseSecondsMs(h.ResetAfter)
	resetAt, hasReset := unixMs(h.Reset)
	if hasAfter && hasReset {
		m.serverMs = resetAt - after
	}
	m.hash = h.Bucket[:min(len(h.Bucket), mostHashBytes)]
	if limit, err := strconv.Atoi(h.Limit); err == nil && limit > 0 {
		m.limit = limit
	}
	remaining, err := strconv.Atoi(h.Remaining)
	if err != nil || remaining < 0 || m.hash == "" {
		return m
	}
	m.known = true
	m.remaining = remaining
	switch {
	case hasAfter:
		m.resetMs = after
	case hasReset:
		m.resetMs = fromClock(now, resetAt, h.Date)
	default:
		m.resetMs = unknownResetMs
	}
	return m
}

// fromClock turns a reset on Discord's clock into a wait. The own clock may be off by a minute, so Discord's Date is what it is compared with; it is cut to
// whole seconds, which makes the wait up to a second too long and never too short. Without a Date the own clock has to do, within a minute.
func fromClock(now, resetAt int64, date string) int64 {
	if at, ok := wire.HTTPDateMs(date); ok {
		return min(max(resetAt-at, 0), wire.MaxSecondsMs)
	}
	return min(max(resetAt-now, unknownResetMs), 60_000)
}

// unixMs reads Unix seconds with a fraction.
func unixMs(text string) (int64, bool) {
	if text == "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || f < 0 || f > 1e11 {
		return 0, false
	}
	return int64(math.Round(f * 1000)), true
}
