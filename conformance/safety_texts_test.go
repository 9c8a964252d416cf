package conformance

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

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

// TestMaliciousMessages types 200 texts that try something as messages, each on a
// page that is another of them, and has what Discord stored judged by parsers
// that are not ours: nobody is pinged, nothing is formatted, no line of the form
// is forged.
func TestMaliciousMessages(t *testing.T) {
	t.Parallel()
	origin, ada := roomy(t), member(t, "Ada")
	texts := malicious(t)
	v := somebody(t, "Mal")
	c := dialAt(t, origin, nil)
	c.extended = true
	c.enterWith(v, map[string]any{"since": 0, "locale": texts[0], "attributes": map[string]string{texts[1][:1]: texts[2]}})
	sent := 0
	for i, text := range texts {
		message := map[string]any{"message": text, "id": fmt.Sprintf("m%d", i), "page": texts[(i+1)%len(texts)]}
		until(t, "room for another", func() error {
			c.send("message", message)
			switch f := c.answered(); {
			case f.Type == "ack":
				sent++
			case f.data(t).Code == "queue_full":
				return fmt.Errorf("%s", f.raw)
			}
			return nil // or it is too long, or nothing is left of it
		})
	}
	if sent < 200 {
		t.Fatalf("only %d texts were taken", sent)
	}
	c.send("message", map[string]any{"message": "The very last one.", "id": "last"})
	judged(t, harmless(t, ada, ada.threadOf(v), "The very last one."))
}

// TestMaliciousForms does the same with the fields of the form: 200 visitors are
// called so, and try the same as their address and their page.
func TestMaliciousForms(t *testing.T) {
	t.Parallel()
	origin, ada := roomy(t), member(t, "Ada")
	texts := malicious(t)
	// Discord lets a bot open few threads a second. These are many.
	for bucket, usual := range map[string]map[string]any{"message.create": {"limit": 5, "windowMs": 5000}, "thread.create": {"limit": 10, "windowMs": 10_000}} {
		usual["bucket"] = bucket
		control(t, "/sim/limits", map[string]any{"bucket": bucket, "limit": 0})
		t.Cleanup(func() { control(t, "/sim/limits", usual) })
	}
	people := 200
	if onEdge() {
		people = 60 // on one machine each new conversation there takes most of a second
	}
	var visitors []visitor
	for i := 0; len(visitors) < people; i++ {
		text := texts[i%len(texts)]
		c := dialAt(t, origin, nil)
		c.extended = true
		v := somebody(t, text)
		v.page = texts[(i+1)%len(texts)]
		// What an address may hold of it. The whole of it is none, and is refused.
		v.email = addressable(texts[(i+2)%len(texts)]) + v.email
		c.init(visitor{"Mal", text, "/"}, map[string]any{"since": 0})
		if f := c.next(); f.Type != "error" || f.data(t).Code != "email_invalid" {
			t.Fatalf("%q is taken for an address: %s", text, f.raw)
		}
		c.init(v, map[string]any{"since": 0})
		if f := c.next(); f.Type != "ready" {
			if i > 2*len(texts) {
				t.Fatalf("only %d are let in", len(visitors))
			}
			c.lose()
			continue // the name or the page is refused
		}
		visitors = append(visitors, v)
		c.send("message", map[string]any{"message": fmt.Sprintf("Hello from number %d.", len(visitors)), "id": "m"})
		if f := c.answered(); f.Type != "ack" {
			t.Fatalf("%q says hello: %s", text, f.raw)
		}
		c.lose()
	}
	threads := map[string]string{}
	until(t, "their threads", func() error {
		all, err := ada.threads()
		for _, th := range all {
			for _, v := range visitors {
				if strings.HasSuffix(th.Name, v.email) {
					threads[v.email] = th.ID
					if strings.ContainsFunc(th.Name, hides) || !strings.HasPrefix(th.Name, "Support: ") {
						t.Errorf("a thread is called %q", th.Name)
					}
				}
			}
		}
		if err == nil && len(threads) < len(visitors) {
			err = fmt.Errorf("%d of %d", len(threads), len(visitors))
		}
		return err
	})
	var posts []string
	for i, v := range visitors {
		posts = append(posts, harmless(t, ada, threads[v.email], fmt.Sprintf("Hello from number %d.", i+1))...)
	}
	judged(t, posts)
}

// addressable keeps what may stand in the local part of an address.
// https://www.rfc-editor.org/rfc/rfc5322#section-3.2.3
func addressable(text string) string {
	keep := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`()<>[]:;@\,."`, r) {
			return r
		}
		return -1
	}, text)
	return keep[:min(len(keep), 40)]
}

// hides tells characters that turn, hide or break a line.
func hides(r rune) bool {
	return r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e || r >= 0x2060 && r <= 0x2069 || r == 0xfeff
}

// roomy gives a host that takes many messages of one visitor.
func roomy(t *testing.T) string {
	t.Helper()
	wantBinary(t)
	addr := freeAddress(t)
	serve(t, t.TempDir(), addr)
	return "http://" + addr
}

// control tells the stand-in what it shall do.
func control(t *testing.T, path string, body any) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	if a := ask(t, "POST", discordOrigin+path, map[string]string{"Content-Type": "application/json"}, string(b)); a.status >= 300 {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
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
