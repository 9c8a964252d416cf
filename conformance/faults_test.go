package conformance

import (
	"encoding/json"
	"fmt"
	"testing"
)

// fault is a switch of the stand-in; see its documentation of POST /sim/faults.
type fault map[string]any

const (
	postMessage = "POST /channels/{channel.id}/messages"
	openThread  = "POST /channels/{channel.id}/messages/{message.id}/threads"
)

// healthy waits until a server says that all is well: for one, that it is
// connected to the Gateway.
func healthy(t *testing.T, addr string) {
	t.Helper()
	if onEdge() {
		connected(t, "http://"+addr)
		return
	}
	until(t, "the health of "+addr, func() error {
		a := ask(t, "GET", "http://"+addr+"/health", nil, "")
		var d struct{ Status string }
		if err := json.Unmarshal([]byte(a.body), &d); err != nil || d.Status != "ok" {
			return fmt.Errorf("%d %s", a.status, a.body)
		}
		return nil
	})
}

// TestDiscordTrouble holds the promise of delivery while Discord is unwell:
// what a visitor says stands in the thread once and in order, and what an agent
// says arrives once and in order. Each case has a stand-in and a server of its
// own.
func TestDiscordTrouble(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	tests := []struct {
		name string
		// faults strike from before the first message.
		faults []fault
		// gateway is done to the Gateway between the agent's posts.
		gateway []map[string]any
	}{
		{"answers lost after the effect", []fault{
			{"kind": "lost-after", "route": postMessage, "count": 3},
			{"kind": "lost-after", "route": openThread, "count": 1},
		}, nil},
		{"requests lost on the way", []fault{{"kind": "lost-before", "count": 3}}, nil},
		{"errors after the effect", []fault{
			{"kind": "error-after", "route": postMessage, "count": 2},
			{"kind": "error-after", "route": openThread, "count": 1},
		}, nil},
		{"errors without effect", []fault{
			{"kind": "error", "status": 500, "route": postMessage, "count": 2},
			{"kind": "html", "status": 502, "route": openThread, "count": 1},
		}, nil},
		{"limits of every scope", []fault{
			{"kind": "limit-user", "route": postMessage, "count": 2, "retryAfterMs": 300},
			{"kind": "limit-global", "count": 1, "retryAfterMs": 300},
			{"kind": "limit-shared", "route": openThread, "count": 1, "retryAfterMs": 300},
		}, nil},
		{"limits that do not parse", []fault{{"kind": "garbled-limits"}}, nil},
		{"a clock that is wrong", []fault{{"kind": "skew", "skewMs": 90_000}}, nil},
		{"the Gateway cut", nil, []map[string]any{{"do": "cut", "code": 4000}, {"do": "cut", "code": 0}}},
		{"the Gateway asks to reconnect", nil, []map[string]any{{"do": "reconnect"}}},
		{"the Gateway's session ended", nil, []map[string]any{{"do": "invalidate", "resumable": false}}},
		{"events repeated", []fault{{"kind": "event-repeated", "route": "MESSAGE_CREATE"}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, addr := t.TempDir(), freeAddress(t)
			sim, ready, err := start(dir, nil, standInReady, binary, "discordsim", "--addr", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(sim.kill)
			ada := &agent{t, "Ada", ready[1], ready[2]}
			control := func(path string, body any) {
				t.Helper()
				b, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				if a := ask(t, "POST", ada.discord+path, map[string]string{"Content-Type": "application/json"}, string(b)); a.status >= 300 {
					t.Fatalf("%s: %d %s", path, a.status, a.body)
				}
			}
			for _, f := range tt.faults {
				control("/sim/faults", f)
			}
			serve(t, dir, addr, "DISCORD_API_URL="+ada.discord+"/api", "DISCORD_SUPPORT_CHANNEL_ID="+ada.channel)

			c := dialAt(t, "http://"+addr, nil)
			c.extended = true
			v := somebody(t, "Tara")
			c.enterWith(v, map[string]any{"since": 0})
			var said []string
			for i := range 6 {
				text := fmt.Sprintf("Question %d.", i)
				said = append(said, text)
				c.send("message", map[string]any{"message": text, "id": fmt.Sprintf("q%d", i)})
				c.find("ack")
			}
			thread := ada.threadOf(v)
			ada.sees(thread, said...)
			// What is done to the Gateway must meet a session that there is.
			healthy(t, addr)

			var answers []string
			for i := range 6 {
				if len(tt.gateway) > 0 && i%2 == 1 {
					control("/sim/gateway", tt.gateway[i/2%len(tt.gateway)])
				}
				text := fmt.Sprintf("Answer %d.", i)
				answers = append(answers, text)
				ada.post(thread, text)
			}
			ada.post(thread, "That is all.")
			var heard []string
			for {
				m := c.find("message")
				if m.From != "agent" {
					continue
				}
				if m.Message == "That is all." {
					break
				}
				heard = append(heard, m.Message)
			}
			if fmt.Sprint(heard) != fmt.Sprint(answers) {
				t.Errorf("the visitor heard %q", heard)
			}
			// Nothing was posted twice in the meantime.
			ada.sees(thread, said...)
		})
	}
}
