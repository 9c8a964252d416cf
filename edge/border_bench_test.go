package edge_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/edge"
)

// borderHost is a host of one border: it answers as Discord does.
type borderHost struct {
	b      *testing.B
	border edge.Border
	now    chat.Time
	ids    int
	timers map[chat.Address]chat.Time
}

// step gives an event to an actor, and tells how long that took at the border.
func (h *borderHost) step(to chat.Address, e chat.Event) ([]chat.Effect, time.Duration) {
	for _, r := range []*chat.Restore{nil, {}} {
		in := (&edge.Step{To: to, Life: "life", Now: h.now, Restore: r, Event: e}).Append(nil)
		began := time.Now()
		reply := h.border.Call(edge.OpStep, in)
		took := time.Since(began)
		if edge.Status(reply[0]) == edge.StatusOK {
			list, err := edge.ReadEffects(reply[1:])
			if err != nil {
				h.b.Fatal(err)
			}
			return list, took
		}
	}
	h.b.Fatalf("refused: %s", e.EventName())
	return nil, 0
}

var ofPost = regexp.MustCompile(`messages/(\d+)/threads$`)

// settle brings effects to the actors that they are for.
func (h *borderHost) settle(at chat.Address, effects []chat.Effect) {
	for _, f := range effects {
		var more []chat.Effect
		to := at
		switch f := f.(type) {
		case chat.SetTimer:
			h.timers[at] = f.At
		case chat.Tell:
			to = f.To
			more, _ = h.step(to, f.Event)
		case discord.Call:
			h.ids++
			id := fmt.Sprint(1_500_000_000_000_000_000 + h.ids<<22)
			if post := ofPost.FindStringSubmatch(f.Request.Path); post != nil {
				id = post[1] // a thread has the id of its post
			}
			body := `{"id":"` + id + `","type":0,"guild_id":"111111111111111111","channel_id":"222222222222222222"}`
			more, _ = h.step(at, discord.CallDone{ID: f.ID, Status: 200, Body: []byte(body)})
		}
		h.settle(to, more)
	}
}

// pass lets time pass, and the timers that are due fire.
func (h *borderHost) pass(ms chat.Time) {
	h.now += ms
	for at, due := range h.timers {
		if due == 0 || due > h.now {
			continue
		}
		delete(h.timers, at)
		var e chat.TimerFired
		if at.Kind == chat.KindSession {
			e.Heard = []chat.Heard{{Conn: "c", At: h.now}}
		}
		effects, _ := h.step(at, e)
		h.settle(at, effects)
	}
}

// BenchmarkBorderMessage is the step of workers/bench/boundary.ts, a visitor's
// message, as this machine carries it out natively: what of its cost in the Workers
// is the step, and what is WASM.
func BenchmarkBorderMessage(b *testing.B) {
	set := map[string]string{
		"DISCORD_SUPPORT_CHANNEL_ID": "222222222222222222", "DISCORD_BOT_TOKEN": "token", "DATA_SECRET": "0123456789abcdef0123456789abcdef",
		"MESSAGES_PER_MINUTE": "1000000", "NEW_SESSIONS_PER_IP_HOUR": "1000000",
	}
	h := &borderHost{b: b, now: 1_790_000_000_000, timers: map[chat.Address]chat.Time{}}
	if reply := h.border.Call(edge.OpConfigure, edge.AppendSettings(nil, set)); edge.Status(reply[0]) != edge.StatusOK {
		b.Fatalf("%s", reply)
	}
	const each = 400
	frame := func(text string, args ...any) chat.Event {
		return chat.FrameReceived{Conn: "c", Data: fmt.Appendf(nil, text, args...)}
	}
	var spent time.Duration
	n := 0
	for ; b.Loop(); n++ {
		at := chat.SessionAt(chat.Route(fmt.Sprint("route", n/each)))
		settled := func(e chat.Event) {
			effects, _ := h.step(at, e)
			h.settle(at, effects)
		}
		if n%each == 0 {
			settled(chat.ConnOpened{Conn: "c", Random: [32]byte{byte(n / each), byte(n / each >> 8)}, RemoteIP: "192.0.2.1"})
			settled(frame(`{"type":"init","data":{"name":"Ada","email":"r%d@example.com","page":"/pricing","turnstileToken":"","since":0}}`, n/each))
			settled(frame(`{"type":"message","data":{"id":"first","message":"Hello","page":"/"}}`))
		}
		h.pass(7 * chat.Second)
		effects, took := h.step(at, frame(`{"type":"message","data":{"id":"m%d","message":"Where is my order no. %d, please? It was due on Monday.","page":"/orders"}}`, n, n))
		spent += took
		h.settle(at, effects)
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(n), "ns/step")
	b.ReportMetric(0, "ns/op")
}
