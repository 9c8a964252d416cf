package chat_test

import (
	"slices"
	"testing"

	"cloudflarechat/chat"
)

// counted gives what was counted of a metric.
func (h *toyHost) counted(m chat.Metric) (out []chat.Count) {
	for _, c := range h.counts {
		if c.Metric == m {
			out = append(out, c)
		}
	}
	return out
}

// TestFirstResponse holds that the wait for the first answer begins with the visitor's first message: somebody may read for long before.
func TestFirstResponse(t *testing.T) {
	p := &player{newToyHost(), map[string]string{}}
	for _, line := range []string{"open c1", `send c1 {"type":"init","data":{"name":"Ann","email":"ann@mail.example","page":"/"}}`, "wait 5m",
		`send c1 {"type":"message","data":{"message":"one","id":"m1"}}`, "desk done 1000", "desk done 1000", "desk done 1001", "wait 70s",
		"news posted 1000 id=1002 by=Ada Hello", "wait 1m", "news posted 1000 id=1003 by=Ada Still there?"} {
		p.command(t, line)
	}
	if got := p.counted(chat.MetricFirstResponse); len(got) != 1 || got[0].Value != 70 {
		t.Errorf("counted %+v", got)
	}
}

// TestSessionTime holds that it is counted how long conversations take, to the last that was heard of their visitors.
func TestSessionTime(t *testing.T) {
	p := &player{newToyHost(), map[string]string{}}
	for _, line := range []string{"open c1", `send c1 {"type":"init","data":{"name":"Ann","email":"ann@mail.example","page":"/"}}`, "wait 10m",
		`send c1 {"type":"message","data":{"message":"one","id":"m1"}}`, "desk done 1000", "desk done 1000", "desk done 1001", "close c1", "wait 5h"} {
		p.command(t, line)
	}
	p.command(t, "open c2 route-of c1")
	p.command(t, `send c2 {"type":"init","data":{"sessionId":"{c1.sessionId}"}}`)
	p.command(t, `send c2 {"type":"end"}`)
	var got []string
	for _, c := range p.counted(chat.MetricSessionTime) {
		got = append(got, c.Label)
		if c.Label == "rested" && c.Value != 600 {
			t.Errorf("it took %v s", c.Value)
		}
	}
	if !slices.Equal(got, []string{"rested", "ended"}) {
		t.Errorf("counted %q", got)
	}
}
