package server

import (
	"encoding/json"
	"time"

	"cloudflarechat/chat"
)

// errorFrame is what the host itself says when it cannot let the core speak.
func errorFrame(code chat.Code, id string, retryAfter chat.Time) []byte {
	type data struct {
		Message      string    `json:"message"`
		Code         chat.Code `json:"code"`
		ID           string    `json:"id,omitempty"`
		RetryAfterMs chat.Time `json:"retryAfterMs,omitempty"`
	}
	b, err := json.Marshal(struct {
		Type string `json:"type"`
		Data data   `json:"data"`
	}{"error", data{chat.RowOf(code).Text, code, id, retryAfter}})
	if err != nil {
		panic("server: " + err.Error()) // plain strings always have a JSON form
	}
	return b
}

// complain tells a visitor what could not be done, and counts it as the core
// counts its own.
func (e *engine) complain(to link, code chat.Code, id string, retryAfter chat.Time) {
	to.send(errorFrame(code, id, retryAfter))
	e.count(chat.Count{Metric: chat.MetricErrors, Label: string(code), Value: 1})
}

func millis(t chat.Time) time.Duration { return time.Duration(t) * time.Millisecond }
