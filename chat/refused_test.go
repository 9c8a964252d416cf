package chat_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// TestUnbuilt holds that a visitor whose conversation cannot be rebuilt is let go
// for good, and that whoever waits for an answer has one.
func TestUnbuilt(t *testing.T) {
	for name, c := range map[string]struct {
		event  chat.Event
		id     string
		status chat.Status
	}{
		"a connection":         {event: chat.ConnOpened{Conn: "c"}},
		"a message":            {event: chat.FrameReceived{Conn: "c", Data: []byte(`{"type":"message","data":{"message":"x","id":"m-1"}}`)}, id: `"id":"m-1"`},
		"a check for humans":   {event: chat.TurnstileVerified{Conn: "c"}},
		"an answer":            {event: chat.ThreadNews{Ticket: "t"}, status: chat.StatusPoison},
		"an end":               {event: chat.EndSession{Ticket: "t"}, status: chat.StatusPoison},
		"a timer tells nobody": {event: chat.TimerFired{}},
	} {
		var sent string
		var closed chat.CloseCode
		var status chat.Status
		for _, f := range chat.Unbuilt(c.event) {
			switch f := f.(type) {
			case chat.Send:
				sent += string(f.Data)
			case chat.CloseConn:
				closed = f.Code
			case chat.Answer:
				status = f.Status
			}
		}
		_, timer := c.event.(chat.TimerFired)
		visitor := c.status == 0 && !timer
		if status != c.status || visitor != (closed >= 4500) || visitor != strings.Contains(sent, string(chat.CodeRoute)) || !strings.Contains(sent, c.id) {
			t.Errorf("%s: sent %q, closed with %d, status %d", name, sent, closed, status)
		}
	}
}
