package chat_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// TestHonestPace holds that nobody who uses a page, nor who is read as the native
// host reads, is ever told that frames come too fast.
func TestHonestPace(t *testing.T) {
	ping := ` {"type":"ping"}`
	for _, c := range []struct {
		name, frame string
		// burst frames come at once, then one each period, n of them.
		burst, n int
		period   chat.Time
	}{
		{"what the native host lets through", ping, 80 + 32, 6000, chat.Second / 10},
		{"a page that scrolls back through ten thousand messages", `{"type":"history","data":{"before":1}}`, 1, 200, chat.Second / 8},
		{"a page that jumps to the end and back", `{"type":"history","data":{"before":1}}`, 60, 100, chat.Second},
		{"typing for an hour", `{"type":"typing"}`, 12, 450, 8 * chat.Second},
		{"seeing what a team writes in a hurry", `{"type":"seen","data":{"seq":1}}`, 50, 600, chat.Second / 5},
		{"a page whose scripts break now and then", `{"type":"report","data":{"code":"script"}}`, 5, 100, 15 * chat.Second},
	} {
		p := begun(t)
		said := func(n int) {
			for range n {
				p.command(t, "send c1 "+c.frame)
			}
		}
		said(c.burst)
		for range c.n {
			p.now += c.period
			said(1)
		}
		for _, line := range p.log {
			if strings.Contains(line, "rate_limited") || strings.Contains(line, "closed") {
				t.Errorf("%s: %s", c.name, line)
				break
			}
		}
	}
}

// TestOutboxIsSentAgain holds that an outbox of hundreds may be sent again, one
// entry after the other's ack.
func TestOutboxIsSentAgain(t *testing.T) {
	p := begun(t)
	p.cfg.MessagesPerMinute = 10_000
	for i := range 600 {
		p.command(t, fmt.Sprintf(`send c1 {"type":"message","data":{"message":"x","id":"m%d"}}`, i%100))
		p.now += 20
	}
	if all := strings.Join(p.log, "\n"); strings.Contains(all, "rate_limited") || strings.Contains(all, "closed") || strings.Count(all, `"ack"`) != 600 {
		t.Error("an honest page meets the limit of frames")
	}
}

// begun is a host with one conversation, over c1.
func begun(t *testing.T) *player {
	t.Helper()
	p := &player{newToyHost(), map[string]string{}}
	p.command(t, "open c1")
	p.command(t, `send c1 {"type":"init","data":{"name":"Flo","email":"flo@mail.example","page":"/","since":0}}`)
	return p
}
