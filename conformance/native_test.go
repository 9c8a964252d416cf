package conformance

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"cloudflarechat/internal/freeport"
)

// wantBinary skips a scenario that starts and ends processes of its own where
// the hosts were given.
func wantBinary(t *testing.T) {
	t.Helper()
	if binary == "" {
		t.Skip("the hosts were given: this scenario starts its own")
	}
}

// serve starts a server of this scenario's own before the stand-in.
func serve(t *testing.T, dir, addr string, env ...string) *process {
	t.Helper()
	p, _, err := startServer(dir, append([]string{
		// Discord lets each bot in once in five seconds, so each scenario has its own.
		"DISCORD_BOT_TOKEN=of-" + strings.ReplaceAll(t.Name(), "/", "-"), "DISCORD_SUPPORT_CHANNEL_ID=" + channel,
		"DISCORD_API_URL=" + discordOrigin + "/api", "NEW_SESSIONS_PER_IP_HOUR=1000000", "MESSAGES_PER_MINUTE=1000000", "LOG_LEVEL=error",
	}, env...), addr, filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

// freeAddress gives an address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// TestCrash kills the server again and again while a visitor writes. What was
// acked is kept; what was not is sent again; each stands in the thread once.
// Nobody waits for the Gateway here: Discord lets a bot in once in five seconds,
// so the answer is written while nobody listens, and must be fetched.
func TestCrash(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	v := somebody(t, "Cora")
	server := serve(t, dir, addr)
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	began := c.enterWith(v, map[string]any{"since": 0})

	const messages, each = 24, 6
	var texts []string
	for i := range messages {
		id, text := fmt.Sprintf("m%d", i), fmt.Sprintf("Message %02d.", i)
		texts = append(texts, text)
		c.send("message", map[string]any{"message": text, "id": id})
		if i%each == each-1 {
			// This one is on its way when the power fails.
			server.kill()
			server = serve(t, dir, addr)
			c = dialAt(t, "http://"+addr, byRoute(began.Route))
			c.extended = true
			if ready := c.enterWith(v, map[string]any{"sessionId": began.SessionID, "since": 0}); !ready.Restored {
				t.Fatal("the conversation is gone")
			}
			c.send("message", map[string]any{"message": text, "id": id})
		}
		for c.find("ack").ID != id {
		}
	}
	thread := ada.threadOf(v)
	ada.sees(thread, texts...)
	ada.post(thread, "All there")
	for c.find("message").Message != "All there" {
	}
}

// TestRelayProcess holds that the relay as a process of its own brings what
// agents write, and what they wrote while the chat was away.
func TestRelayProcess(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	const secret = "a-secret-of-two-processes"
	server := serve(t, dir, addr, "GATEWAY=off", "BOT_RELAY_SECRET="+secret)
	relay, _, err := start(dir, []string{
		"DISCORD_BOT_TOKEN=of-this-scenario", "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "DISCORD_API_URL=" + discordOrigin + "/api",
		"BOT_RELAY_SECRET=" + secret, "RELAY_URL=http://" + addr + "/relay", "DATA_DIR=" + filepath.Join(dir, "relay"), "LOG_LEVEL=error",
	}, "^Listening to Discord for ", binary, "relay")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(relay.kill)

	v := somebody(t, "Rhea")
	c := dialAt(t, "http://"+addr, nil)
	ready := c.enter(v)
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.post(thread, "Through the relay")
	if m := c.want("message"); m.Message != "Through the relay" || m.Author != "Ada" {
		t.Errorf("%q by %q", m.Message, m.Author)
	}

	if err := server.end(); err != nil {
		t.Fatal(err)
	}
	ada.post(thread, "While you were away")
	serve(t, dir, addr, "GATEWAY=off", "BOT_RELAY_SECRET="+secret)
	back := dialAt(t, "http://"+addr, byRoute(ready.Route))
	back.enterWith(v, map[string]any{"sessionId": ready.SessionID})
	// What came just before the end may come again to a client of the base.
	for back.want("message").Message != "While you were away" {
	}
	if err := relay.end(); err != nil {
		t.Error(err)
	}
}

// TestGoodbye holds that a server that ends gracefully tells its clients to
// come back, and that they find what they left. An object is never told that it
// ends: there the connection just breaks, which says the same.
func TestGoodbye(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr := t.TempDir(), freeAddress(t)
	server := serve(t, dir, addr)
	c := dialAt(t, "http://"+addr, nil)
	v := somebody(t, "Gil")
	ready := c.enter(v)
	if err := server.end(); err != nil {
		t.Fatal(err)
	}
	broken := onEdge()
	if code := c.wantClose(); code != 1001 && (code < 4000 || code > 4499) && !(broken && (code == -1 || code == 1006)) {
		t.Errorf("closed with %d, which does not say: come back", code)
	}
	serve(t, dir, addr)
	if again := dialAt(t, "http://"+addr, nil).enterWith(v, map[string]any{"sessionId": ready.SessionID}); !again.Restored {
		t.Error("the conversation is gone")
	}
}

// TestSecretsStayInside holds that nothing that the server keeps or says has a
// session id in it.
func TestSecretsStayInside(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Sid")
	ready := c.enter(v)
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "Hello")
	all, err := ada.transcript(thread)
	if err != nil {
		t.Fatal(err)
	}
	health := ask(t, "GET", chatOrigin+"/health", nil, "").body
	for where, text := range map[string]string{"the thread": all, "/health": health, "the route": ready.Route} {
		if strings.Contains(text, ready.SessionID) {
			t.Errorf("the session id stands in %s", where)
		}
	}
}
