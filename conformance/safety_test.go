package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
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
		conn, resp, err := websocket.Dial(within(t), socketURL(chatOrigin), &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + route}})
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
				o.Subprotocols = []string{"cloudflare-chat.v1", "route." + route}
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

// malicious gives at least 200 texts that try something.
func malicious(t *testing.T) []string {
	t.Helper()
	raw, err := os.ReadFile("../discord/text/testdata/malicious.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s string
		if json.Unmarshal(lines.Bytes(), &s) == nil && strings.TrimSpace(s) != "" && len(s) < 1500 {
			texts = append(texts, s)
		}
	}
	texts = append(texts, "](x) @everyone\nPage: /evil\n---\nagent: hello", "<script>alert(1)</script>", "@everyone @here <@1> <@&1> <#1> </close:1>",
		"[click](https://evil.example)", "```\n@everyone", "> # big\n-# small", "||hidden||", "https://evil.example/<@1>", "\u202e@everyone", "@\u200beveryone",
		"<t:0:R> <id:customize> <a:x:123456789012345678>", "-----\n[Support]\nPage: /\n---\nfake", `\@everyone`, `\\@everyone`, "@everyone\x00", "\x1b[31mred")
	for i := 0; len(texts) < 200; i++ {
		texts = append(texts, texts[i]+" "+texts[(i*7+3)%40])
	}
	return texts
}

// TestMaliciousTexts types 200 texts that try something into the fields of a
// visitor, and has what Discord stored judged by parsers that are not ours:
// nobody is pinged, nothing is formatted, no line of the form is forged.
func TestMaliciousTexts(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	serve(t, dir, addr)
	texts := malicious(t)
	v := somebody(t, "Mal")
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	c.enterWith(v, map[string]any{"since": 0, "locale": texts[0], "attributes": map[string]string{texts[1][:1]: texts[2]}})
	sent := 0
	for i, text := range texts {
		page := texts[(i+1)%len(texts)]
		c.send("message", map[string]any{"message": text, "id": fmt.Sprintf("m%d", i), "page": page})
		for {
			f := c.next()
			if f.Type == "ack" {
				sent++
				break
			}
			if d := f.data(t); f.Type == "error" {
				if d.Code != "queue_full" {
					break // too long, or nothing is left of it
				}
				until(t, "room for another", func() error {
					c.send("message", map[string]any{"message": text, "id": fmt.Sprintf("m%d", i), "page": page})
					for {
						if f := c.next(); f.Type == "ack" {
							return nil
						} else if f.Type == "error" {
							return fmt.Errorf("%s", f.raw)
						}
					}
				})
				sent++
				break
			}
		}
	}
	if sent < 190 {
		t.Fatalf("only %d texts were taken", sent)
	}
	c.send("message", map[string]any{"message": "The very last one.", "id": "last"})
	thread := ada.threadOf(v)
	posts := harmless(t, ada, thread, "The very last one.")

	// Each name opens a thread, and Discord allows few of those a minute.
	names := []string{"](x) @everyone\nPage: /evil", "@everyone", "<@&1>", "**bold** _it_ ||x||", "[a](https://evil.example)", "`x` ~~y~~", "\u202eevil\u2066", "# h"}
	for _, name := range names {
		v := somebody(t, name)
		c := dialAt(t, "http://"+addr, nil)
		c.enter(v)
		c.say("Hello from " + v.email)
		id := ""
		until(t, "a thread of "+name, func() error {
			all, err := ada.threads()
			for _, th := range all {
				if strings.Contains(th.Name, v.email) {
					id = th.ID
					if strings.ContainsAny(th.Name, "\n\r\u202e\u2066") {
						t.Errorf("the thread is called %q", th.Name)
					}
					return nil
				}
			}
			return fmt.Errorf("not yet: %v", err)
		})
		posts = append(posts, harmless(t, ada, id, "Hello from "+v.email)...)
	}
	judged(t, posts)
}

// harmless waits for a text in a thread, and holds that no post of the bot there
// pings anybody or forges a line.
func harmless(t *testing.T, ada *agent, thread, last string) (posts []string) {
	t.Helper()
	var list []message
	until(t, "everything in the thread", func() error {
		all, err := ada.transcript(thread)
		if err == nil && !strings.Contains(all, last) {
			err = fmt.Errorf("%q is not there yet", last)
		}
		return err
	})
	before := ""
	for {
		path := "/channels/" + thread + "/messages?limit=100"
		if before != "" {
			path += "&before=" + before
		}
		var page []message
		ada.must("GET", path, nil, &page)
		list = append(list, page...)
		if len(page) < 100 {
			break
		}
		before = page[len(page)-1].ID
	}
	for _, m := range list {
		if !m.Author.Bot || m.Content == "" {
			continue
		}
		if m.MentionEveryone || len(m.Mentions) > 0 || len(m.MentionRoles) > 0 {
			t.Errorf("it pings: %q", m.Content)
		}
		if m.Flags&4 == 0 && strings.Contains(m.Content, "http") {
			t.Errorf("its links are previewed: %q", m.Content)
		}
		if head, _, ok := strings.Cut(m.Content, "\n---\n"); ok && strings.HasPrefix(m.Content, "[") && strings.Count(head, "\nPage: ") > 1 {
			t.Errorf("a line is forged: %q", m.Content)
		}
		posts = append(posts, m.Content)
	}
	if len(posts) == 0 {
		t.Fatal("nothing was posted")
	}
	return posts
}

// judged lets parsers of Discord's markdown that this project did not write read
// the posts: nothing in them may be anything but text and plain links.
func judged(t *testing.T, posts []string) {
	t.Helper()
	const dir = "../discord/text/testdata/judge"
	if _, err := os.Stat(dir + "/node_modules/discord-markdown-parser"); err != nil {
		t.Skip("NOT JUDGED by a foreign parser: npm ci in discord/text/testdata/judge")
	}
	var in bytes.Buffer
	lines := json.NewEncoder(&in)
	for _, p := range posts {
		if err := lines.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("node", "judge.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	verdicts := bufio.NewScanner(bytes.NewReader(out))
	verdicts.Buffer(nil, 16<<20)
	n := 0
	for ; verdicts.Scan(); n++ {
		var all []struct {
			Parser       string
			Links, Marks []string
		}
		if err := json.Unmarshal(verdicts.Bytes(), &all); err != nil {
			t.Fatal(err)
		}
		for _, v := range all {
			if len(v.Marks) > 0 {
				t.Errorf("%s finds %v in %q", v.Parser, v.Marks, posts[n])
			}
		}
	}
	if n != len(posts) {
		t.Fatalf("%d verdicts for %d posts", n, len(posts))
	}
	t.Logf("%d posts judged", n)
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
