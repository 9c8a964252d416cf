package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// The scenarios of this file want Cloudflare's runtime. Each has its own Workers,
// since what Workers count is everybody's.

// edgeAdmin is the ADMIN_SECRET of every host on Cloudflare's runtime.
const edgeAdmin = "conformance-admin-secret"

// edge starts both Workers for a scenario, and gives their address.
func edge(t *testing.T, env ...string) (string, *process) {
	t.Helper()
	if !onEdge() {
		t.Skip("Cloudflare's runtime only: ./scripts/test.sh edge")
	}
	addr := freeAddress(t)
	p := serve(t, t.TempDir(), addr, env...)
	return "http://" + addr, p
}

// startWorkers starts both Workers as workers/hosts.mjs offers it.
func startWorkers(env []string, addr, data string) (*process, string, error) {
	settings := map[string]string{"ADMIN_SECRET": edgeAdmin}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		settings[name] = value
	}
	body, err := json.Marshal(map[string]any{"listen": addr, "data": data, "settings": settings})
	if err != nil {
		return nil, "", err
	}
	resp, err := http.Post(edgeControl+"/start", "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		return nil, "", fmt.Errorf("hosts.mjs: %d %s %v", resp.StatusCode, said, err)
	}
	var d struct{ Origin string }
	if err := json.Unmarshal(said, &d); err != nil {
		return nil, "", err
	}
	return &process{edge: d.Origin}, d.Origin, nil
}

// control asks hosts.mjs to do something to these Workers; see there.
func (p *process) control(path string) error {
	_, err := p.asked(path)
	return err
}

func (p *process) asked(path string) (string, error) {
	resp, err := http.Post(edgeControl+path+"?"+p.edge, "", nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("hosts.mjs: %d %s", resp.StatusCode, said)
	}
	return string(said), err
}

// log gives what these Workers logged until now.
func (p *process) log() (string, error) {
	said, err := p.asked("/log")
	if err != nil {
		return "", err
	}
	var d struct{ Log string }
	err = json.Unmarshal([]byte(said), &d)
	return d.Log, err
}

// counted are what a Worker counted since it began.
type counted map[string]int64

// deep is what the owner is told by /health.
type deep struct {
	Deep struct {
		Counters counted
		Gateway  string
	}
}

func deepHealth(t *testing.T, origin string) (deep, error) {
	t.Helper()
	a := ask(t, "GET", origin+"/health?deep", map[string]string{"Authorization": "Bearer " + edgeAdmin}, "")
	var d deep
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != 200 {
		return d, fmt.Errorf("%d %s", a.status, a.body)
	}
	return d, nil
}

func countedAt(t *testing.T, origin string) counted {
	t.Helper()
	d, err := deepHealth(t, origin)
	if err != nil {
		t.Fatal(err)
	}
	return d.Deep.Counters
}

// connected waits until the relay's Worker hears Discord's Gateway.
func connected(t *testing.T, origin string) {
	t.Helper()
	until(t, "the Gateway's connection of "+origin, func() error {
		d, err := deepHealth(t, origin)
		if err == nil && d.Deep.Gateway != "ready" {
			err = fmt.Errorf("it is %q", d.Deep.Gateway)
		}
		return err
	})
}

// since is what was counted meanwhile.
func (c counted) since(before counted, name string) int64 { return c[name] - before[name] }

// idle passes time in which nobody says anything: past ten seconds the runtime
// lets an object hibernate. What was found after a gap may still be told then, on a
// busy machine, and keeps objects awake: so it lasts until nothing was told.
func idle(t *testing.T, origin string) {
	t.Helper()
	for range 8 {
		before := countedAt(t, origin)
		<-time.After(13 * time.Second)
		if countedAt(t, origin).since(before, "tells") == 0 {
			return
		}
	}
	t.Fatal("actors tell each other something without end")
}

// TestEdgeHibernation holds that an idle conversation costs nothing and loses
// nothing: a ping does not wake its object, and it is rebuilt for a message
// either way.
func TestEdgeHibernation(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t)
	connected(t, origin)
	c, ada := dialAt(t, origin, nil), member(t, "Ada")
	v := somebody(t, "Hiba")
	c.enter(v)
	c.say("Before the night")
	thread := ada.threadOf(v)
	ada.sees(thread, "Before the night")

	idle(t, origin)
	before := countedAt(t, origin)
	c.ping()
	c.ping()
	after := countedAt(t, origin)
	if n := after.since(before, "frames"); n != 0 {
		t.Errorf("two pings woke objects %d times", n)
	}
	ada.post(thread, "An answer in the night")
	if m := c.want("message"); m.Message != "An answer in the night" {
		t.Errorf("got %q", m.Message)
	}
	rebuilt := countedAt(t, origin)
	if rebuilt.since(before, "builds") == 0 || rebuilt.since(before, "restores") == 0 {
		t.Errorf("nothing was rebuilt for the answer: %v, then %v", before, rebuilt)
	}

	idle(t, origin)
	before = countedAt(t, origin)
	c.say("Good morning")
	ada.sees(thread, "Before the night", "Good morning")
	rebuilt = countedAt(t, origin)
	if rebuilt.since(before, "builds") == 0 {
		t.Errorf("nothing was rebuilt for the visitor's message: %v, then %v", before, rebuilt)
	}
}

// TestEdgeRowBudget holds what a message may cost: rows are what the free plan
// counts, and every alarm that is set is one.
func TestEdgeRowBudget(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t)
	connected(t, origin)
	c, ada := dialAt(t, origin, nil), member(t, "Ada")
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
		before := countedAt(t, origin)
		for i := 1; i <= n; i++ {
			do(i)
		}
		after := countedAt(t, origin)
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
	t.Parallel()
	const shop = "https://shop.example"
	origin, _ := edge(t, "ALLOWED_ORIGINS="+shop, "GATEWAY=off") // a relay that tells its state writes a row
	before := countedAt(t, origin)
	for range 5 {
		forged := http.Header{"Origin": {shop}, "Sec-WebSocket-Protocol": {"cloudflare-chat.v1, route.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
		if status := refusedUpgrade(t, origin, forged); status != 400 {
			t.Errorf("a forged route: %d", status)
		}
		if status := refusedUpgrade(t, origin, http.Header{"Origin": {"https://evil.example"}}); status != 403 {
			t.Errorf("a wrong origin: %d", status)
		}
		if a := ask(t, "GET", origin+"/ws?route=forged", map[string]string{"Origin": shop}, ""); a.status != 400 {
			t.Errorf("a forged route of a page that asks why: %d %s", a.status, a.body)
		}
		if a := ask(t, "POST", origin+"/relay", map[string]string{"Authorization": "Bearer forged"}, `{"threadId":"1","message":"x","author":"x"}`); a.status != 401 {
			t.Errorf("a forged relay: %d %s", a.status, a.body)
		}
	}
	if n := countedAt(t, origin).since(before, "builds"); n != 0 {
		t.Errorf("what was refused built %d objects", n)
	}
	before = countedAt(t, origin)
	c := dialAt(t, origin, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {shop}}})
	c.ping()
	c.say("too early")
	c.wantError("not_ready")
	after := countedAt(t, origin)
	if after.since(before, "rowsWritten") != 0 || after.since(before, "alarmsSet") != 0 {
		t.Errorf("a visitor who said nothing wrote: %v, then %v", before, after)
	}
}

// TestEdgeKilled kills the chat's runtime in the middle of a conversation, while
// the relay goes on. What was acked is kept, what an agent says meanwhile arrives,
// and nothing comes twice.
func TestEdgeKilled(t *testing.T) {
	t.Parallel()
	origin, workers := edge(t)
	connected(t, origin)
	c, ada := dialAt(t, origin, nil), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Kila")
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.send("message", map[string]any{"message": "Acked before the end", "id": "a"})
	c.find("ack")
	thread := ada.threadOf(v)
	ada.sees(thread, "Acked before the end")

	again := func() *client {
		t.Helper()
		var back *client
		until(t, "the chat to come back", func() error {
			conn, _, err := websocket.Dial(within(t), socketURL(origin), byRoute(ready.Route))
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
		return back
	}
	// This one may or may not have been taken when the power fails.
	c.send("message", map[string]any{"message": "On its way", "id": "b"})
	if err := workers.control("/cut"); err != nil {
		t.Fatal(err)
	}
	c.wantClose()
	ada.post(thread, "Said while it was down")
	c = again()
	c.send("message", map[string]any{"message": "On its way", "id": "b"})
	c.hears("b", "Said while it was down")
	ada.sees(thread, "Acked before the end", "On its way")

	// And the relay: what is said while nobody listens is fetched afterwards.
	if err := workers.control("/deaf"); err != nil {
		t.Fatal(err)
	}
	ada.post(thread, "Said while nobody listened")
	c.send("message", map[string]any{"message": "Still here", "id": "c"})
	c.hears("c", "Said while nobody listened")
	ada.sees(thread, "Acked before the end", "On its way", "Still here")
}

// hears waits for the ack of a message and for an agent's words, and holds that
// these come once.
func (c *client) hears(id, words string) {
	c.t.Helper()
	acked, heard := false, 0
	note := func(f frame) {
		d := f.data(c.t)
		acked = acked || f.Type == "ack" && d.ID == id
		if f.Type == "message" && d.Message == words {
			heard++
		}
	}
	for !acked || heard == 0 {
		note(c.next())
	}
	c.raw(`{"type":"ping"}`)
	for f := c.next(); f.Type != "pong"; f = c.next() {
		note(f)
	}
	if heard != 1 {
		c.t.Errorf("%q came %d times", words, heard)
	}
}

// TestEdgeOne holds that the one Worker of the button is the chat and its relay.
func TestEdgeOne(t *testing.T) {
	t.Parallel()
	origin, workers := edge(t, "ONE=on")
	connected(t, origin)
	c, ada := dialAt(t, origin, nil), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Una")
	ready := c.enterWith(v, map[string]any{"since": 0})
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.post(thread, "Hello, Una")
	for c.find("message").Message != "Hello, Una" {
	}
	// Both go at once.
	if err := workers.control("/cut"); err != nil {
		t.Fatal(err)
	}
	ada.post(thread, "Are you there?")
	back := dialAt(t, origin, byRoute(ready.Route))
	back.extended = true
	if r := back.enterWith(v, map[string]any{"sessionId": ready.SessionID, "since": 0}); !r.Restored {
		t.Fatal("the conversation is gone")
	}
	connected(t, origin)
	for back.find("message").Message != "Are you there?" {
	}
}

// TestEdgeSetUpBadly holds that a setting or binding that is missing is named at
// /health, and that a visitor reads a reason and no page of the platform.
func TestEdgeSetUpBadly(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"DATA_SECRET=":                        "DATA_SECRET",
		"DISCORD_SUPPORT_CHANNEL_ID=general":  "DISCORD_SUPPORT_CHANNEL_ID",
		"WITHOUT=CONNECTIONS":                 "CONNECTIONS",
		"ALLOWED_ORIGINS=shop.example/a path": "ALLOWED_ORIGINS",
	} {
		origin, _ := edge(t, setting, "GATEWAY=off")
		a := ask(t, "GET", origin+"/health", nil, "")
		if a.status != 503 || !strings.Contains(a.body, want) {
			t.Errorf("%s: /health says %d %s", setting, a.status, a.body)
		}
		if status := refusedUpgrade(t, origin, http.Header{"Origin": {"https://shop.example"}}); status != 503 {
			t.Errorf("%s: an upgrade is answered %d", setting, status)
		}
		if why := ask(t, "GET", origin+"/ws", map[string]string{"Origin": "https://shop.example"}, ""); why.status != 503 || why.code(t) != "unavailable" {
			t.Errorf("%s: a page is told %d %s", setting, why.status, why.body)
		}
	}
}
