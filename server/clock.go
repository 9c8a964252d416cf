package server

import (
	"time"

	"cloudflarechat/chat"
)

// Clock is the host's time. Tests bring their own.
type Clock interface {
	// Now is the time in Unix milliseconds.
	Now() chat.Time
	// After gives a channel that receives once d has passed, and a function that
	// gives the timer back.
	After(d time.Duration) (<-chan time.Time, func())
}

// clockBack is how much earlier than a moment ago it may be without the clock
// counting as set back.
const clockBack = chat.Second

// systemClock is the machine's clock.
type systemClock struct{}

func (systemClock) Now() chat.Time { return chat.Time(time.Now().UnixMilli()) }

func (systemClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
