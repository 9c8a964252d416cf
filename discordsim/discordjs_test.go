package discordsim

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/discordsim/world/description"
)

// realClient is discord.js from npm, unchanged, in a process of its own.
type realClient struct {
	t     *testing.T
	in    io.Writer
	lines chan map[string]any
	met   []string
}

// npmFolder gives Node and the folder of an npm project under testdata, whose packages are installed where they are
// missing. Without Node the test is skipped, aloud.
func npmFolder(t *testing.T, name, wanted string) (node, dir string) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("SKIPPED, NOT PROVED: Node 20 is not installed")
	}
	dir = filepath.Join("testdata", name)
	if _, err := os.Stat(filepath.Join(dir, "node_modules", wanted)); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci")
		install.Dir = dir
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci in %s: %v\n%s", dir, err, out)
		}
	}
	return node, dir
}

// startClient starts the client.
func startClient(t *testing.T, s *Server) *realClient {
	t.Helper()
	node, dir := npmFolder(t, "discordjs", "discord.js")
	cmd := exec.CommandContext(t.Context(), node, "client.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "API_URL="+s.APIURL(), "BOT_TOKEN="+s.BotToken(), "SUPPORT_CHANNEL="+s.ChannelID())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &realClient{t: t, in: in, lines: make(chan map[string]any, 1000)}
	go func() {
		defer close(c.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			var line map[string]any
			if json.Unmarshal(scan.Bytes(), &line) == nil {
				c.lines <- line
			}
		}
	}()
	t.Cleanup(func() {
		in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return c
}

// wait gives the next line that is called at and that fits; the time only ends a test that hangs.
func (c *realClient) wait(at string, fits func(map[string]any) bool) map[string]any {
	c.t.Helper()
	patience := time.NewTimer(60 * time.Second)
	defer patience.Stop()
	for {
		select {
		case line, ok := <-c.lines:
			if !ok {
				c.t.Fatalf("the client ended before %q; it met: %s", at, strings.Join(c.met, ", "))
			}
			raw, _ := json.Marshal(line)
			c.met = append(c.met, string(raw))
			if line["at"] == "failed" {
				c.t.Fatalf("the client failed: %s", raw)
			}
			if line["at"] == at && (fits == nil || fits(line)) {
				return line
			}
		case <-patience.C:
			c.t.Fatalf("no %q came; the client met: %s", at, strings.Join(c.met, ", "))
		}
	}
}

func (c *realClient) say(word string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, word+"\n"); err != nil {
		c.t.Fatal(err)
	}
}

// described holds every answer to Discord's own description of its API.
func described(t *testing.T) func(world.Request, world.Response) {
	d, err := description.Load()
	if err != nil {
		t.Logf("SKIPPED, NOT PROVED: the answers against Discord's own description: %v", err)
		return nil
	}
	return func(q world.Request, r world.Response) {
		if err := d.Response(q.Method, q.Path, r.Status, r.Body); err != nil {
			t.Error(err)
		}
	}
}

func TestDiscordJS(t *testing.T) {
	if testing.Short() {
		t.Skip("a real client takes seconds")
	}
	// A shorter window than Discord's keeps the test short; the library learns it from the headers.
	limits := world.Limits{Buckets: map[string]world.Bucket{"message.create": {Limit: 5, WindowMs: 1000}}}
	s := start(t, Options{World: world.Config{Limits: limits, Inspect: described(t)}})
	c := startClient(t, s)

	t.Log("logs in")
	ready := c.wait("ready", nil)
	if ready["guild"] != "Acme" || ready["channel"] != "support" || ready["commands"] != 1.0 || ready["canSend"] != true {
		t.Fatalf("ready: %v", ready)
	}

	t.Log("receives a thread and a message, answers, edits, reacts")
	var thread world.ChannelID
	s.Do(func(now int64, w *world.World) {
		m, err := w.Post(now, "Ada Lovelace", w.SupportChannel(), "a question")
		if err != nil {
			t.Fatal(err)
		}
		thread = world.ChannelID(m)
	})
	res, out := call(t, s, "User Ada%20Lovelace", "POST", "/channels/"+s.ChannelID()+"/messages/"+thread.String()+"/threads", `{"name":"Support: Vera","auto_archive_duration":60}`)
	if res.StatusCode != 201 {
		t.Fatalf("thread: %v", out)
	}
	if got := c.wait("thread", nil); got["id"] != thread.String() || got["name"] != "Support: Vera" || got["fresh"] != true {
		t.Fatalf("thread: %v", got)
	}
	post := func(name, text string) world.MessageID {
		t.Helper()
		var id world.MessageID
		var err error
		s.Do(func(now int64, w *world.World) {
			if err = w.Type(now, name, thread); err == nil {
				id, err = w.Post(now, name, thread, text)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	question := post("Ada Lovelace", "hello bot")
	c.wait("typing", func(l map[string]any) bool { return l["user"] == "Ada Lovelace" })
	answered := c.wait("answered", nil)
	if answered["sameNonce"] != true || answered["edited"] != true || answered["file"] != "log line\n" || answered["active"] != 1.0 {
		t.Fatalf("answered: %v", answered)
	}
	s.Do(func(_ int64, w *world.World) {
		messages := w.Messages(thread)
		for _, m := range messages {
			if m.ID == question && (len(m.Reactions) != 1 || m.Reactions[0].Name != "✅") {
				t.Errorf("the question has the reactions %v", m.Reactions)
			}
			if m.ID.String() == answered["id"] && (m.Content != "an edited answer" || m.Type != world.ReplyMessage || m.NonceText() != "discordjs-1") {
				t.Errorf("the answer: %+v", m)
			}
		}
	})

	t.Log("survives forced reconnects")
	s.Do(func(now int64, w *world.World) { w.AskReconnect(now) })
	c.wait("resumed", nil)
	post("Grace Hopper", "after op 7")
	c.wait("message", func(l map[string]any) bool { return l["content"] == "after op 7" })
	s.Do(func(now int64, w *world.World) {
		w.Cut(now, 0)
		if _, err := w.Post(now, "Grace Hopper", thread, "while it was away"); err != nil {
			t.Error(err)
		}
	})
	c.wait("message", func(l map[string]any) bool { return l["content"] == "while it was away" })
	c.wait("resumed", nil) // comes after what is repeated
	s.Do(func(now int64, w *world.World) { w.Cut(now, 4000) })
	c.wait("resumed", nil)

	t.Log("survives 429s")
	s.Do(func(now int64, w *world.World) {
		for _, kind := range []world.FaultKind{world.FaultLimitUser, world.FaultLimitShared, world.FaultLimitGlobal} {
			if _, err := w.Inject(now, world.Fault{Kind: kind, Count: 1, RetryAfterMs: 300, Route: "POST /channels/{channel.id}/messages"}); err != nil {
				t.Error(err)
			}
		}
	})
	c.say("burst")
	if got := c.wait("burst", nil); len(got["ids"].([]any)) != 8 {
		t.Fatalf("burst: %v", got)
	}
	s.Do(func(_ int64, w *world.World) {
		n := 0
		for _, m := range w.Messages(thread) {
			if strings.HasPrefix(m.Content, "burst ") {
				if m.Content != "burst "+string(rune('0'+n)) {
					t.Errorf("%q is at place %d", m.Content, n)
				}
				n++
			}
		}
		if n != 8 || len(w.Faults()) != 0 {
			t.Errorf("%d of 8 arrived; faults left: %v", n, w.Faults())
		}
	})

	t.Log("uses a slash command")
	s.Do(func(now int64, w *world.World) {
		if err := w.Invoke(now, "Ada Lovelace", thread, w.BotApplication(w.BotToken()), "close", nil); err != nil {
			t.Error(err)
		}
	})
	if got := c.wait("command", nil); got["name"] != "close" || got["user"] != "Ada Lovelace" || got["channel"] != thread.String() {
		t.Fatalf("command: %v", got)
	}
	s.Do(func(_ int64, w *world.World) {
		if th, ok := w.Thread(thread); !ok || !th.Archived {
			t.Error("the thread was not archived")
		}
	})

	t.Log("begins anew after an invalid session, and its post reopens the thread")
	s.Do(func(now int64, w *world.World) { w.InvalidateSessions(now, false) })
	c.wait("shardReady", nil)
	c.say("send")
	c.wait("message", func(l map[string]any) bool { return l["content"] == "after the trouble" })
	c.say("quit")
}
