package conformance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The scenarios of this file want Cloudflare's runtime; scripts/edge-up.sh starts
// it and says:
//
//	CONFORMANCE_EDGE_ADMIN  the ADMIN_SECRET, for what the Workers count
//	CONFORMANCE_EDGE_KILL   the process that a SIGUSR1 makes kill the chat's
//	                        runtime and start it again
//
// None of them is parallel: what the Workers count is everybody's.

func wantEdge(t *testing.T) {
	t.Helper()
	if os.Getenv("CONFORMANCE_EDGE_ADMIN") == "" {
		t.Skip("no Cloudflare runtime: run this by ./scripts/edge-up.sh go test ./conformance/")
	}
}

// counted are what a Worker counted since it began.
type counted map[string]int64

func countedAt(t *testing.T, origin string) counted {
	t.Helper()
	a := ask(t, "GET", origin+"/health?deep", map[string]string{"Authorization": "Bearer " + os.Getenv("CONFORMANCE_EDGE_ADMIN")}, "")
	var d struct {
		Deep struct{ Counters counted }
	}
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != 200 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	return d.Deep.Counters
}

// since is what was counted meanwhile.
func (c counted) since(before counted, name string) int64 { return c[name] - before[name] }

// idle passes time in which nobody says anything: past ten seconds the runtime
// lets an object hibernate.
func idle() { <-time.After(13 * time.Second) }

// TestEdgeHibernation holds that an idle conversation costs nothing and loses
// nothing: a ping does not wake its object, and it is rebuilt for a message
// either way.
func TestEdgeHibernation(t *testing.T) {
	wantEdge(t)
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Hiba")
	c.enter(v)
	c.say("Before the night")
	thread := ada.threadOf(v)
	ada.sees(thread, "Before the night")

	idle()
	before := countedAt(t, chatOrigin)
	c.ping()
	c.ping()
	after := countedAt(t, chatOrigin)
	if n := after.since(before, "frames"); n != 0 {
		t.Errorf("two pings woke objects %d times", n)
	}
	ada.post(thread, "An answer in the night")
	if m := c.want("message"); m.Message != "An answer in the night" {
		t.Errorf("got %q", m.Message)
	}
	rebuilt := countedAt(t, chatOrigin)
	if rebuilt.since(before, "builds") == 0 || rebuilt.since(before, "restores") == 0 {
		t.Errorf("nothing was rebuilt for the answer: %v, then %v", before, rebuilt)
	}

	idle()
	before = countedAt(t, chatOrigin)
	c.say("Good morning")
	ada.sees(thread, "Before the night", "Good morning")
	rebuilt = countedAt(t, chatOrigin)
	if rebuilt.since(before, "builds") == 0 {
		t.Errorf("nothing was rebuilt for the visitor's message: %v, then %v", before, rebuilt)
	}
}

// TestEdgeRowBudget holds what a message may cost: rows are what the free plan
// counts, and every alarm that is set is one.
func TestEdgeRowBudget(t *testing.T) {
	wantEdge(t)
	c, ada := dial(t), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Rowa")
	c.enterWith(v, map[string]any{"since": 0})
	say := func(i int) {
		c.send("message", map[string]any{"message": "Message " + strconv.Itoa(i), "id": "m" + strconv.Itoa(i)})
		for {
			if f := c.next(); f.Type == "receipt" && f.data(t).State == "delivered" {
				return
			}
		}
	}
	say(0)
	thread := ada.threadOf(v)
	ada.post(thread, "Hello")
	c.find("message")

	const n = 20
	rows := func(do func(int)) float64 {
		before := countedAt(t, chatOrigin)
		for i := 1; i <= n; i++ {
			do(i)
		}
		after := countedAt(t, chatOrigin)
		return float64(after.since(before, "rowsWritten")+after.since(before, "alarmsSet")) / n
	}
	if cost := rows(say); cost > 5 {
		t.Errorf("a visitor's message writes %.1f rows, more than 5", cost)
	} else {
		t.Logf("a visitor's message writes %.1f rows", cost)
	}
	answer := func(i int) {
		ada.post(thread, fmt.Sprint("Answer ", i))
		for c.find("message").Message != fmt.Sprint("Answer ", i) {
		}
	}
	if cost := rows(answer); cost > 3 {
		t.Errorf("an agent's answer writes %.1f rows, more than 3", cost)
	} else {
		t.Logf("an agent's answer writes %.1f rows", cost)
	}
}

// TestEdgeRefusalsTouchNothing holds that forged routes and wrong origins reach
// no object, and that a visitor who only connects writes nothing.
func TestEdgeRefusalsTouchNothing(t *testing.T) {
	wantEdge(t)
	before := countedAt(t, chatOrigin)
	guarded := countedAt(t, guardedOrigin)
	for range 5 {
		forged := http.Header{"Sec-WebSocket-Protocol": {"cloudflare-chat.v1, route.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
		if status := refusedUpgrade(t, chatOrigin, forged); status != 400 {
			t.Errorf("a forged route: %d", status)
		}
		if status := refusedUpgrade(t, guardedOrigin, http.Header{"Origin": {"https://evil.example"}}); status != 403 {
			t.Errorf("a wrong origin: %d", status)
		}
	}
	if n := countedAt(t, chatOrigin).since(before, "builds"); n != 0 {
		t.Errorf("forged routes built %d objects", n)
	}
	if n := countedAt(t, guardedOrigin).since(guarded, "builds"); n != 0 {
		t.Errorf("wrong origins built %d objects", n)
	}
	before = countedAt(t, chatOrigin)
	c := dial(t)
	c.ping()
	c.say("too early")
	c.wantError("not_ready")
	after := countedAt(t, chatOrigin)
	if after.since(before, "rowsWritten") != 0 || after.since(before, "alarmsSet") != 0 {
		t.Errorf("a visitor who was let into nothing wrote: %v, then %v", before, after)
	}
}

// TestEdgeKilled kills the runtime in the middle of a conversation. What was
// acked is kept, what an agent says meanwhile arrives, and nothing comes twice.
func TestEdgeKilled(t *testing.T) {
	wantEdge(t)
	pid, err := strconv.Atoi(os.Getenv("CONFORMANCE_EDGE_KILL"))
	if err != nil {
		t.Skip("nobody can kill the runtime: CONFORMANCE_EDGE_KILL is not set")
	}
	c, ada := dial(t), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Kila")
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Acked before the end", "id": "a"})
	c.find("ack")
	thread := ada.threadOf(v)
	ada.sees(thread, "Acked before the end")
	// This one may or may not have been taken when the power fails.
	c.send("message", map[string]any{"message": "On its way", "id": "b"})
	if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	c.wantClose()
	ada.post(thread, "Said while it was down")

	var back *client
	until(t, "the chat to come back", func() error {
		conn, _, err := websocket.Dial(within(t), socketURL(chatOrigin), &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + ready.Route}})
		if err != nil {
			return err
		}
		back = &client{t: t, conn: conn, in: make(chan frame, 1024), extended: true}
		go back.read()
		t.Cleanup(func() { conn.CloseNow() })
		return nil
	})
	if restored := back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0}); !restored.Restored {
		t.Fatal("the conversation is gone")
	}
	back.send("message", map[string]any{"message": "On its way", "id": "b"})
	acked, heard := false, 0
	for !acked || heard == 0 {
		switch f := back.next(); f.Type {
		case "ack":
			acked = acked || f.data(t).ID == "b"
		case "message":
			if f.data(t).Message == "Said while it was down" {
				heard++
			}
		}
	}
	ada.sees(thread, "Acked before the end", "On its way")
	back.ping()
	if heard != 1 {
		t.Errorf("the answer came %d times", heard)
	}
}
