package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// answer is what an HTTP request came to.
type answer struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, method, url string, header map[string]string, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(within(t), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	// Compression is asked for by hand, so that it can be seen. Nobody comes back to
	// the connection of a transport of its own.
	resp, err := (&http.Transport{DisableCompression: true, DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

func (a answer) code(t *testing.T) string {
	t.Helper()
	var d struct{ Code, Message string }
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || d.Message == "" {
		t.Fatalf("%d %q is no reason in JSON: %v", a.status, a.body, err)
	}
	return d.Code
}

func TestHealth(t *testing.T) {
	t.Parallel()
	// A connection to the Gateway that begins anew says so for a moment.
	until(t, "the health", func() error {
		a := ask(t, "GET", chatOrigin+"/health", nil, "")
		var d struct{ Status string }
		if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != 200 || d.Status != "ok" {
			return fmt.Errorf("%d %s", a.status, a.body)
		}
		return nil
	})
}

// TestOrigins holds who may open a conversation, and that a page can learn why
// it may not.
func TestOrigins(t *testing.T) {
	t.Parallel()
	wantGuarded(t)
	for _, origin := range []string{"", "null", "https://evil.example", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:444", "https://evilshop.example"} {
		header := http.Header{}
		asked := map[string]string{}
		if origin != "" {
			header.Set("Origin", origin)
			asked["Origin"] = origin
		}
		if status := refusedUpgrade(t, guardedOrigin, header); status != 403 {
			t.Errorf("origin %q: the upgrade is refused with %d, want 403", origin, status)
		}
		why := ask(t, "GET", guardedOrigin+"/ws", asked, "")
		if why.status != 403 || why.code(t) != "origin_refused" {
			t.Errorf("origin %q: GET /ws says %d %s", origin, why.status, why.body)
		}
		if why.header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("origin %q: the page cannot read why it is refused", origin)
		}
	}
	for _, origin := range []string{allowedOrigin, strings.Replace(allowedOrigin, "://", "://www.", 1)} {
		c := dialAt(t, guardedOrigin, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}})
		c.ping()
		if ok := ask(t, "GET", guardedOrigin+"/ws", map[string]string{"Origin": origin}, ""); ok.status != 200 || ok.code(t) != "ok" {
			t.Errorf("origin %q: GET /ws says %d %s", origin, ok.status, ok.body)
		}
	}
}

// TestSubprotocol holds that the server selects the one protocol there is and
// refuses a forged route.
func TestSubprotocol(t *testing.T) {
	t.Parallel()
	c := dialAt(t, chatOrigin, &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1"}})
	if got := c.conn.Subprotocol(); got != "cloudflare-chat.v1" {
		t.Errorf("selected %q", got)
	}
	c.ping()
	header := http.Header{"Sec-WebSocket-Protocol": {"cloudflare-chat.v1, route.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}}
	if status := refusedUpgrade(t, chatOrigin, header); status != 400 {
		t.Errorf("a forged route is refused with %d, want 400", status)
	}
}

// TestRelay holds what POST /relay takes, and that a repeat has no second
// effect.
func TestRelay(t *testing.T) {
	t.Parallel()
	wantGuarded(t)
	post := func(secret string, body any) answer {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		header := map[string]string{"Content-Type": "application/json"}
		if secret != "" {
			header["Authorization"] = "Bearer " + secret
		}
		return ask(t, "POST", guardedOrigin+"/relay", header, string(b))
	}
	c := dialAt(t, guardedOrigin, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {allowedOrigin}}})
	ada := member(t, "Ada")
	v := somebody(t, "Rita")
	c.enter(v)
	c.say("Hello")
	thread := ada.threadOf(v)
	ada.sees(thread, "Hello")

	news := map[string]any{"threadId": thread, "message": "Relayed once", "author": "Ada"}
	for _, secret := range []string{"", "wrong", relaySecret + "x", relaySecret[:len(relaySecret)-1]} {
		if a := post(secret, news); a.status != 401 {
			t.Errorf("secret %q: %d, want 401", secret, a.status)
		}
	}
	for what, body := range map[string]any{
		"no thread":   map[string]any{"message": "x", "author": "Ada"},
		"a list":      []int{},
		"wrong kinds": map[string]any{"threadId": 7, "message": "x"},
	} {
		if a := post(relaySecret, body); a.status != 400 {
			t.Errorf("%s: %d %s, want 400", what, a.status, a.body)
		}
	}
	unknown := map[string]any{"threadId": "100000000000000001", "message": "x", "author": "Ada"}
	if a := post(relaySecret, unknown); a.status != 404 {
		t.Errorf("unknown thread: %d %s, want 404", a.status, a.body)
	}

	news["messageId"] = ada.post(thread, "Relayed once")
	for range 3 {
		if a := post(relaySecret, news); a.status != 200 {
			t.Fatalf("relay: %d %s, want 200", a.status, a.body)
		}
	}
	if m := c.want("message"); m.Message != "Relayed once" || m.Author != "Ada" {
		t.Errorf("%q by %q", m.Message, m.Author)
	}
	c.ping()

	// The three fields that the base names are enough.
	if a := post(relaySecret, map[string]any{"threadId": thread, "message": "Without an id", "author": "Grace"}); a.status != 200 {
		t.Fatalf("relay: %d %s", a.status, a.body)
	}
	if m := c.want("message"); m.Message != "Without an id" || m.Author != "Grace" {
		t.Errorf("%q by %q", m.Message, m.Author)
	}
	if a := ask(t, "GET", guardedOrigin+"/relay", nil, ""); a.status != 405 && a.status != 404 {
		t.Errorf("GET /relay: %d", a.status)
	}
}

// TestWidgetFiles holds how the widget is served: from any page, compressed,
// and kept by browsers where its address names its version.
func TestWidgetFiles(t *testing.T) {
	t.Parallel()
	plain := ask(t, "GET", chatOrigin+"/chat-widget.min.js", nil, "")
	if plain.status != 200 || !strings.HasPrefix(plain.header.Get("Content-Type"), "text/javascript") {
		t.Fatalf("%d %v", plain.status, plain.header)
	}
	if plain.header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("other websites may not load the widget")
	}
	if len(plain.body) > 3*1024 {
		t.Errorf("the part that every page loads has %d bytes, more than 3 KB", len(plain.body))
	}
	if cc := plain.header.Get("Cache-Control"); strings.Contains(cc, "immutable") || cc == "" {
		t.Errorf("without a version: Cache-Control %q", cc)
	}
	pinned := ask(t, "GET", chatOrigin+"/chat-widget.min.js?v=1", nil, "")
	if cc := pinned.header.Get("Cache-Control"); !strings.Contains(cc, "max-age") {
		t.Errorf("with a version: Cache-Control %q", cc)
	}
	for _, encoding := range []string{"gzip", "br"} {
		a := ask(t, "GET", chatOrigin+"/chat-widget.min.js", map[string]string{"Accept-Encoding": encoding}, "")
		if a.header.Get("Content-Encoding") != encoding || len(a.body) >= len(plain.body) || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %d bytes of %d, %v", encoding, len(a.body), len(plain.body), a.header)
		}
	}
	etag := plain.header.Get("ETag")
	if again := ask(t, "GET", chatOrigin+"/chat-widget.min.js", map[string]string{"If-None-Match": etag}, ""); etag == "" || again.status != 304 {
		t.Errorf("ETag %q: %d", etag, again.status)
	}
	if a := ask(t, "GET", chatOrigin+"/chat-widget.nothing.min.js", nil, ""); a.status != 404 {
		t.Errorf("a file that is not there: %d", a.status)
	}
}

// TestStatic holds that the released binary is static and below 30 MB.
func TestStatic(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("building the release takes a while")
	}
	binary := t.TempDir() + "/cloudflare-chat"
	cmd := exec.Command("../scripts/build.sh", binary)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	size, err := fileSize(binary)
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(30_000_000); size >= limit {
		t.Errorf("the binary has %d bytes, not below %d", size, limit)
	}
	out, err := exec.Command(binary, "version").CombinedOutput()
	if err != nil || !bytes.HasPrefix(out, []byte("cloudflare-chat ")) {
		t.Errorf("%v %s", err, out)
	}
	if needed, err := libraries(binary); err != nil || len(needed) > 0 {
		t.Errorf("the binary is not static: it needs %v (%v)", needed, err)
	}
	t.Logf("%.1f MB", float64(size)/1e6)
}
