package chat_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"cloudflarechat/chat"
)

// longTalk gives a function that sends a visitor's message and delivers it, in
// a conversation that holds so many already.
func longTalk(b testing.TB, h *toyHost, length int) (message func()) {
	h.quiet = true
	h.cfg.MessagesPerMinute = 1 << 30
	at := chat.SessionAt(chat.MintRoute(h.cfg.DataSecret, [16]byte{1}))
	h.conns["c"] = at
	h.step(at, chat.ConnOpened{Conn: "c", Random: [32]byte{7}})
	say := func(kind string, data map[string]any) {
		raw, err := json.Marshal(map[string]any{"type": kind, "data": data})
		if err != nil {
			b.Fatal(err)
		}
		h.step(at, chat.FrameReceived{Conn: "c", Data: raw})
	}
	say("init", map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/", "since": 0})
	id := 1000
	settle := func() {
		for len(h.desk) > 0 {
			d := h.desk[len(h.desk)-1]
			h.desk = nil
			if d.Call != nil {
				id++
				m := fmt.Sprint(id)
				result := chat.DeskResult{Outcome: chat.OutcomeDone, Message: chat.MessageID(m)}
				if d.Call.Kind == chat.CallOpen {
					result.Thread = chat.ThreadID(m)
				}
				h.step(at, chat.DeskDone{Key: d.Call.Key, Slot: true, Result: result})
			}
		}
	}
	n := 0
	message = func() {
		n++
		h.now += 100
		say("message", map[string]any{"message": "hello there", "id": fmt.Sprintf("m%d", n)})
		settle()
	}
	for range length {
		message()
	}
	return message
}

// A message must not take more steps because much was said before: nothing that
// grows with the conversation is looked up on its way.
func TestMessageInLongConversation(t *testing.T) {
	steps := map[int]int{}
	for _, length := range []int{10, 8 * chat.TailMessages} {
		h := newToyHost()
		message := longTalk(t, h, length)
		before := h.steps
		message()
		steps[h.steps-before] = length
	}
	if len(steps) != 1 {
		t.Errorf("a message takes more steps after some length: %v (steps: length)", steps)
	}
}

// BenchmarkMessage is the cost of a visitor's message and its delivery in a
// conversation that holds so many already: it must not grow.
func BenchmarkMessage(b *testing.B) {
	for _, length := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprintf("after=%d", length), func(b *testing.B) {
			message := longTalk(b, newToyHost(), length)
			b.ReportAllocs()
			for b.Loop() {
				message()
			}
		})
	}
}

// BenchmarkLongConversation compares a conversation's first messages with those
// after ten thousand, in turns. The ratio must stay near 1.
func BenchmarkLongConversation(b *testing.B) {
	const few, many, together = 10, 10_000, 100
	long := longTalk(b, newToyHost(), many)
	var took [2]time.Duration
	n := 0
	for b.Loop() {
		for i, message := range []func(){longTalk(b, newToyHost(), few), long} {
			began := time.Now()
			for range together {
				message()
			}
			took[i] += time.Since(began)
		}
		n += together
	}
	for i, at := range []int{few, many} {
		b.ReportMetric(float64(took[i].Nanoseconds())/1000/float64(n), fmt.Sprintf("us/message@%d", at))
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
	b.ReportMetric(0, "ns/op")
}
