package discord

import (
	"strconv"
	"strings"

	"cloudflarechat/chat"
)

// meter remembers what was counted last of the things that stand at a value.
type meter struct {
	ready int
	at    chat.Time
}

// readyEvery is how often the number of waiting conversations is told at most, but for that none waits any more.
const readyEvery = chat.Second

func (e *Egress) count(m chat.Metric, label string, v float64) {
	e.emit(chat.Count{Metric: m, Label: label, Value: v})
}

// countAnswer counts a request by what became of it.
func (e *Egress) countAnswer(f *flight, ev *CallDone) {
	switch {
	case ev.Failure == FailureUnsent:
		e.count(chat.MetricDeskRequests, "unsent", 1)
		return
	case ev.Failure != Answered:
		e.count(chat.MetricDeskRequests, "lost", 1)
		return
	}
	e.count(chat.MetricDeskRequests, strconv.Itoa(ev.Status), 1)
	e.count(chat.MetricDeskTime, "", float64(max(e.now-f.begun, 0))/float64(chat.Second))
	if ev.Status != 429 {
		return
	}
	scope := strings.ToLower(ev.Header.Scope)
	switch scope {
	case "user", "global", "shared":
	default:
		scope = "none" // Cloudflare's own, most likely
	}
	e.count(chat.MetricDeskLimited, scope, 1)
}

// countDelay counts how long a conversation waited for the call that leaves now.
func (e *Egress) countDelay(c *conv, kind chat.CallKind) {
	label := "post"
	if classOf(kind) == classLow {
		label = "low"
	}
	waited := chat.Time(0)
	if c.since != 0 {
		waited = e.now - c.since
	}
	e.count(chat.MetricDeskDelay, label, float64(waited)/float64(chat.Second))
}

// countReady tells how many conversations wait, where that changed.
func (e *Egress) countReady() {
	n := e.ring.waits
	if n == e.meter.ready || n > 0 && e.now < e.meter.at+readyEvery {
		return
	}
	e.meter = meter{ready: n, at: e.now}
	e.count(chat.MetricDeskReady, "", float64(n))
}
