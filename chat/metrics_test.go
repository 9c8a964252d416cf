package chat_test

import (
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
