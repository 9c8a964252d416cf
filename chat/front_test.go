package chat_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// TestNothingTooBigIsForwarded holds that a session judges the size and kind of a
// frame before it hands it to the session that the connection belongs to.
func TestNothingTooBigIsForwarded(t *testing.T) {
	p := &player{newToyHost(), map[string]string{}}
	for _, line := range []string{
		"open c1", `send c1 {"type":"init","data":{"name":"Ann","email":"ann@mail.example","page":"/"}}`,
		"open c2", `send c2 {"type":"init","data":{"name":"Ann","email":"ann@mail.example","page":"/","sessionId":"{c1.sessionId}"}}`,
	} {
		p.command(t, line)
	}
	if p.conns["c2"] == p.conns["c1"] || p.ids["c2.sessionId"] != p.ids["c1.sessionId"] {
		t.Fatal("the second connection is not fronted")
	}
	for name, frame := range map[string]chat.FrameReceived{
		"frame_too_big": {Conn: "c2", Data: []byte(strings.Repeat("x", chat.MaxFrameBytes+1))},
		"bad_frame":     {Conn: "c2", Data: []byte(`{"type":"message","data":{"message":"x"}}`), Binary: true},
	} {
		p.log = nil
		forwarded := false
		for _, f := range p.actor(p.conns["c2"]).Step(p.now, frame) {
			if tell, ok := f.(chat.Tell); ok && tell.To == p.conns["c1"] {
				forwarded = true
			}
			p.carryOut(p.conns["c2"], []chat.Effect{f})
		}
		if forwarded || len(p.log) != 1 || !strings.Contains(p.log[0], name) {
			t.Errorf("%s: forwarded %v, %.300q", name, forwarded, p.log)
		}
	}
	p.log = nil
	p.command(t, `send c2 {"type":"message","data":{"message":"still here","id":"m"}}`)
	if !strings.Contains(strings.Join(p.log, "\n"), `"type":"ack"`) {
		t.Errorf("the conversation does not go on: %q", p.log)
	}
}
