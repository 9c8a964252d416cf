package server

import (
	"time"

	"cloudflarechat/chat"
)

// complain tells a visitor what could not be done, and counts it as the core
// counts its own.
func (e *engine) complain(to link, code chat.Code, id string, retryAfter chat.Time) {
	to.send(chat.ErrorFrame(code, id, retryAfter))
	e.count(chat.Count{Metric: chat.MetricErrors, Label: string(code), Value: 1})
}

func millis(t chat.Time) time.Duration { return time.Duration(t) * time.Millisecond }
