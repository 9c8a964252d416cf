package chat

// A client that sends without end costs work for each frame, and reading a page
// of rows for some. How fast frames may come is said here, for every host. The
// native one reads a fast sender slowly long before, and loses nothing; no page
// that a person uses comes near it.

// paced is a kind of frames that has a pace of its own.
type paced uint8

const (
	// pacedFrames are all frames of a connection. One that sends faster is closed
	// with [CloseProtocol].
	pacedFrames paced = iota
	// pacedHistory and pacedReports are answered with [CodeTooMany], and when to
	// try again.
	pacedHistory
	pacedReports
	pacedKinds
)

// pace is how fast frames may come: burst at once, and one each period for long.
type pace struct{ burst, period Time }

// paceOf gives the pace of a kind. Whoever allows more messages allows the frames
// that bring them.
func (c *Config) paceOf(k paced) pace {
	switch k {
	case pacedHistory:
		return pace{100, Second / 5}
	case pacedReports:
		return pace{10, 10 * Second}
	}
	messages := Time(c.MessagesPerMinute)
	return pace{300 + messages, Minute / (20*60 + 2*messages)}
}

// tooSoon tells how long a frame of a kind comes too soon; 0 is not at all, and
// the frame is counted.
func (c *ConnState) tooSoon(k paced, p pace, now Time) Time {
	// fullAt is when the whole burst may come again. A later time than that of an
	// empty bucket is one of a clock that has been set back since.
	fullAt := max(c.fullAt[k], now)
	most := p.burst * p.period
	if fullAt-now > most {
		fullAt = now
	}
	if wait := fullAt + p.period - now - most; wait > 0 {
		return wait
	}
	c.fullAt[k] = fullAt + p.period
	return 0
}
