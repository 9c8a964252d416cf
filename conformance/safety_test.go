package conformance

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestForgedRoutes holds that a route that was not made here reaches nothing,
// and says so.
func TestForgedRoutes(t *testing.T) {
	t.Parallel()
	c := dial(t)
	good := c.enter(somebody(t, "Ruth")).Route
	if good == "" {
		t.Skip("this host gives no routes")
	}
	tries := []string{"", "x", good + "A", good[1:], strings.Repeat("A", len(good)), strings.ToUpper(good), "../../" + good}
	for i := range good {
		b := []byte(good)
		if b[i]++; b[i] > '~' || strings.ContainsAny(string(b[i]), `"(),/:;<=>?@[\]{}`) {
			continue // not a subprotocol any more
		}
		if i == len(good)-1 {
			continue // its last bits may be padding
		}
		tries = append(tries, string(b))
	}
	for _, route := range tries {
		if strings.ContainsAny(route, "/") {
			continue
		}
		conn, resp, err := websocket.Dial(within(t), socketURL(chatOrigin), byRoute(route))
		if err == nil {
			conn.CloseNow()
			t.Fatalf("the route %q was taken; the true one is %q", route, good)
		}
		if resp == nil || resp.StatusCode != http.StatusBadRequest {
			t.Errorf("the route %q: %v", route, err)
		}
	}
}

// TestGuessedSessions holds that nobody gets into a conversation with a session
// id that is nearly right, or with the route in its place.
func TestGuessedSessions(t *testing.T) {
	t.Parallel()
	c := dial(t)
	v := somebody(t, "Gus")
	ready := c.enter(v)
	c.say("my secret")
	c.ping()
	id := ready.SessionID
	flipped := []byte(id)
	flipped[len(flipped)/2] ^= 1
	for name, guess := range map[string]string{
		"one bit":       string(flipped),
		"shorter":       id[:len(id)-1],
		"longer":        id + "A",
		"other case":    strings.ToLower(id) + "x",
		"with a space":  " " + id,
		"the route":     ready.Route,
		"a pattern":     "%",
		"a statement":   "' OR '1'='1",
		"an empty byte": id + "\x00",
	} {
		for _, route := range []string{"", ready.Route} {
			o := &websocket.DialOptions{}
			if route != "" {
				o.Subprotocols = byRoute(route).Subprotocols
			}
			thief := dialAt(t, chatOrigin, o)
			thief.extended = true
			thief.init(visitor{"Thief", v.email, "/"}, map[string]any{"sessionId": guess, "since": 0})
			f := thief.next()
			if d := f.data(t); d.Restored || d.SessionID == id || strings.Contains(f.raw, "my secret") {
				t.Errorf("%s opens the conversation: %s", name, f.raw)
			}
			thief.raw(`{"type":"history","data":{"before":100,"limit":50}}`)
			thief.raw(`{"type":"ping"}`)
			for {
				f := thief.next()
				if strings.Contains(f.raw, "my secret") {
					t.Errorf("%s reads it: %s", name, f.raw)
				}
				if f.Type == "pong" {
					break
				}
			}
			thief.lose()
		}
	}
}

// TestSameAddressStranger holds that whoever types somebody's e-mail address
// neither sees nor hears anything of theirs.
func TestSameAddressStranger(t *testing.T) {
	t.Parallel()
	ada := member(t, "Ada")
	v := somebody(t, "Vic")
	c := dial(t)
	c.extended = true
	c.enterWith(v, map[string]any{"since": 0})
	c.say("my card ends in 4711")
	thread := ada.threadOf(v)
	ada.post(thread, "I see 4711")
	for c.find("message").Message != "I see 4711" {
	}
	thief := dial(t)
	thief.extended = true
	if r := thief.enterWith(visitor{"Thief", strings.ToUpper(v.email), "/"}, map[string]any{"since": 0}); r.Restored || r.Seq != 0 {
		t.Fatalf("the stranger is let in: %+v", r)
	}
	thief.say("what was my card?")
	ada.post(thread, "Still 4711")
	for c.find("message").Message != "Still 4711" {
	}
	thief.raw(`{"type":"history","data":{"before":100,"limit":50}}`)
	thief.raw(`{"type":"ping"}`)
	for f := thief.next(); f.Type != "pong"; f = thief.next() {
		if strings.Contains(f.raw, "4711") {
			t.Errorf("the stranger hears %s", f.raw)
		}
	}
	all, err := ada.transcript(thread)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(all, "what was my card?") {
		t.Error("the stranger writes into the thread of somebody who is here")
	}
}

// TestSilentSockets holds that a connection that sends nothing, or its request
// one byte at a time, is given up, while others are served.
func TestSilentSockets(t *testing.T) {
	t.Parallel()
	host := strings.TrimPrefix(chatOrigin, "http://")
	for name, first := range map[string]string{"silent": "", "half a request": "GET /ws HTTP/1.1\r\nHost: x\r\nX-A: "} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := conn.Write([]byte(first)); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4096)
		for err == nil {
			_, err = conn.Read(b)
		}
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			t.Errorf("%s: it is still open", name)
		}
	}
	dial(t).ping()
}
