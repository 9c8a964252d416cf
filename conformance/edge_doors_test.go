package conformance

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestEdgeHugeFrames sends the largest frames that Cloudflare's runtime delivers.
// What once was in the core's memory takes place there for good, and an isolate
// has 128 MB for all its conversations: nothing of them may get there.
func TestEdgeHugeFrames(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t, "GATEWAY=off")
	const huge = 31 << 20
	c, v := dialAt(t, origin, nil), somebody(t, "Huga")
	session := c.enter(v).SessionID
	before := countedAt(t, origin)
	if before["coreBytes"] == 0 {
		t.Fatal("/health?deep does not tell how large the core is")
	}
	forwarded := dialAt(t, origin, nil)
	forwarded.enterWith(v, map[string]any{"sessionId": session})
	if err := forwarded.conn.Write(within(t), websocket.MessageBinary, []byte(`{"type":"end"}`)); err != nil {
		t.Fatal(err)
	}
	forwarded.wantError("bad_frame")
	nobody := dialAt(t, origin, nil)
	for _, f := range []struct {
		name   string
		from   *client
		letter string
	}{
		// An object that sleeps lets go of connections that it had forwarded.
		{"of a connection that is forwarded", forwarded, "x"}, {"of a visitor", c, "x"},
		{"of nobody", nobody, "x"}, {"once more of nobody", nobody, "x"}, {"of other letters", nobody, "ж"},
	} {
		text := `{"type":"message","data":{"message":"` + strings.Repeat(f.letter, huge/len(f.letter)) + `"}}`
		if err := f.from.conn.Write(within(t), websocket.MessageText, []byte(text)); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		f.from.wantError("frame_too_big")
		if err := f.from.conn.Write(within(t), websocket.MessageBinary, []byte(text)); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		f.from.wantError("frame_too_big")
	}
	if grown := countedAt(t, origin).since(before, "coreBytes"); grown > 4<<20 {
		t.Errorf("the core's memory grew by %d bytes", grown)
	}
	for _, one := range []*client{c, nobody} {
		one.ping()
	}
}

// TestEdgeRelayReadsNoMoreThanItTakes holds that who has no secret is refused
// before the body is there, and who has it once it is too long, however long the
// rest takes.
func TestEdgeRelayReadsNoMoreThanItTakes(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t, "GATEWAY=off", "BOT_RELAY_SECRET="+strictRelay)
	for _, c := range []struct {
		secret      string
		sent, wants int
	}{{"wrong", 1000, 401}, {"wrong", 1 << 20, 401}, {strictRelay, 1 << 20, 413}} {
		if status := statusOfHalf(t, origin, c.secret, c.sent); status != c.wants {
			t.Errorf("%d bytes with %q and no end: %d, want %d", c.sent, c.secret, status, c.wants)
		}
	}
}

// statusOfHalf gives what the relay's door answers to a body that stops before its
// end. It reads while it writes: a server that has answered may have closed before
// all is written, and http.Transport would give up its answer for that.
func statusOfHalf(t *testing.T, origin, secret string, sent int) int {
	t.Helper()
	host := strings.TrimPrefix(origin, "http://")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go fmt.Fprintf(conn, "POST /relay HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"+
		"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", host, secret, sent, strings.Repeat("x", sent))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%d bytes with %q and no end: %v", sent, secret, err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestEdgeNothingOfThePlatform holds that where a binding is not what it should be,
// what a visitor reads is a reason, and no page of the platform.
func TestEdgeNothingOfThePlatform(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t, "WITHOUT=CONNECTIONS", "CONNECTIONS=a text where a rate limit should be", "GATEWAY=off")
	shop := map[string]string{"Origin": strictShop}
	if status := refusedUpgrade(t, origin, http.Header{}); status != 503 {
		t.Errorf("an upgrade is answered %d", status)
	}
	if why := ask(t, "GET", origin+"/ws", nil, ""); why.status != 503 || why.code(t) != "unavailable" {
		t.Errorf("a page is told %d %s", why.status, why.body)
	}
	if why := ask(t, "GET", origin+"/ws", shop, ""); why.status != 403 {
		t.Errorf("another website is told %d %s", why.status, why.body)
	}
}

// relayOf gives the address of the relay's own Worker.
func relayOf(t *testing.T, p *process) string {
	t.Helper()
	said, err := p.asked("/relay")
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Relay string }
	if err := json.Unmarshal([]byte(said), &d); err != nil {
		t.Fatal(err)
	}
	return d.Relay
}

// TestEdgeRelayWorker holds that the relay's Worker says what is missing, answers
// nothing that could be framed or kept, and wakes nobody for who asks again.
func TestEdgeRelayWorker(t *testing.T) {
	t.Parallel()
	for env, want := range map[string][]string{
		"DISCORD_BOT_TOKEN=":   {"DISCORD_BOT_TOKEN is missing"},
		"BOT_RELAY_SECRET=":    {"BOT_RELAY_SECRET is missing"},
		"BOT_RELAY_SECRET=abc": {"BOT_RELAY_SECRET is shorter than 16"},
	} {
		_, p := edge(t, env)
		a := ask(t, "GET", relayOf(t, p)+"/health", nil, "")
		for _, w := range want {
			if a.status != 503 || !strings.Contains(a.body, w) {
				t.Errorf("%s: %d %s", env, a.status, a.body)
			}
		}
	}
	origin, p := edge(t)
	connected(t, origin)
	relay := relayOf(t, p)
	for _, path := range []string{"/health", "/nothing", "/"} {
		a := ask(t, "GET", relay+path, nil, "")
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Referrer-Policy") != "no-referrer" || a.header.Get("Cache-Control") != "no-store" ||
			!strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s: %d %v", path, a.status, a.header)
		}
	}
}

// TestEdgeSecretsThatAreMissing holds that a chat whose team cannot answer says so,
// and that a secret that could be guessed is not taken.
func TestEdgeSecretsThatAreMissing(t *testing.T) {
	t.Parallel()
	origin, p := edge(t, "GATEWAY=off", "BOT_RELAY_SECRET=", "ADMIN_SECRET=")
	if a := ask(t, "GET", origin+"/health", nil, ""); a.status != 200 || !strings.Contains(a.body, "degraded") || !strings.Contains(a.body, "BOT_RELAY_SECRET is missing") {
		t.Errorf("without the relay's secret: %d %s", a.status, a.body)
	}
	logged, err := p.log()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []string{"TURNSTILE_SECRET_KEY is not set", "ADMIN_SECRET is not set"} {
		if n := strings.Count(logged, w); n == 0 {
			t.Errorf("the log does not say: %s", w)
		}
	}
	for _, name := range []string{"ADMIN_SECRET", "BOT_RELAY_SECRET", "IDENTITY_SECRET", "DATA_SECRET"} {
		origin, _ := edge(t, "GATEWAY=off", name+"=x")
		if a := ask(t, "GET", origin+"/health", nil, ""); a.status != 503 || !strings.Contains(a.body, name+" is shorter than") {
			t.Errorf("%s of one letter: %d %s", name, a.status, a.body)
		}
	}
}

// TestEdgeStrangersWakeNobody holds that who asks for the details of /health
// without the secret reaches no object.
func TestEdgeStrangersWakeNobody(t *testing.T) {
	t.Parallel()
	origin, _ := edge(t, "GATEWAY=off")
	before := countedAt(t, origin)
	const n = 50
	for i := range n {
		if a := ask(t, "GET", origin+"/health?deep", map[string]string{"Authorization": fmt.Sprint("Bearer guess-", i)}, ""); a.status != 401 {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	// The owner is one, and a cron may be.
	if woken := countedAt(t, origin).since(before, "objectRequests"); woken > n/5 {
		t.Errorf("%d guesses made %d requests to objects", n, woken)
	}
}
