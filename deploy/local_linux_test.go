package deploy

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/internal/freeport"
)

// TestDeployLocal does what docs/deploy-cloudflare.md says under "A trial on this
// machine", with the real wrangler and the real runtime, and talks both ways.
// Ctrl-C then ends all of it.
func TestDeployLocal(t *testing.T) {
	if os.Getenv("EDGE_LOCAL") == "" {
		t.Skip("scripts/test.sh edge runs it, once the Workers are built")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	dir := t.TempDir()
	program := filepath.Join(dir, "cloudflare-chat")
	if out, err := exec.Command("go", "build", "-o", program, "../cmd/cloudflare-chat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	chat, relay := freeAddress(t), freeAddress(t)
	around, _ := begin(ctx, t, nil, program, "demo", "--chat", "http://"+chat, "--addr", freeAddress(t), "--discord-addr", freeAddress(t))
	said := around(regexp.MustCompile(`ready page=(\S+) discord=(\S+) channel=(\S+)`))
	page, discord, channel := said[1], said[2], said[3]

	// Quotes and dollars are what a file of settings breaks on.
	const greeting = `It's "$HOME" here: say $5`
	file := filepath.Join(dir, "trial.env")
	text := fmt.Sprintf("DISCORD_API_URL=%s/api\nDISCORD_BOT_TOKEN=demo-token\nDISCORD_SUPPORT_CHANNEL_ID=%s\nALLOWED_ORIGINS=%s\nGREETING=%s\n", discord, channel, page, greeting)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	port := func(address string) string { _, p, _ := net.SplitHostPort(address); return p }
	temp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	deployed, end := begin(ctx, t, []string{"PORT=" + port(chat), "RELAY_PORT=" + port(relay), "LOCAL_DATA=" + filepath.Join(dir, "state"), "TMPDIR=" + temp},
		"../scripts/deploy.sh", "--local", "--env-file", file)
	deployed(regexp.MustCompile(`Ctrl-C ends it`))

	conn, _, err := websocket.Dial(ctx, "ws://"+chat+"/ws", &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {page}}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	type frame struct {
		Type string
		Data struct{ Message, Author, Code string }
	}
	hears := func(kind string) frame {
		t.Helper()
		for {
			_, raw, err := conn.Read(ctx)
			if err != nil {
				t.Fatalf("no %s came: %v", kind, err)
			}
			var f frame
			if err := json.Unmarshal(raw, &f); err != nil {
				t.Fatalf("%v: %s", err, raw)
			}
			if f.Type == kind {
				return f
			}
			if f.Type == "error" {
				t.Fatalf("%s", raw)
			}
		}
	}
	says := func(text string) {
		t.Helper()
		if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	says(`{"type":"init","data":{"name":"Vera","email":"vera@visitor.example","page":"` + page + `/","turnstileToken":""}}`)
	if ready := hears("ready"); ready.Data.Message != greeting {
		t.Errorf("the greeting became %q", ready.Data.Message)
	}
	says(`{"type":"message","data":{"message":"Hello from the trial"}}`)

	// As an agent at the stand-in: the newest post's thread has the post's id.
	agent := func(method, path, body string, into any) {
		t.Helper()
		req, err := http.NewRequestWithContext(ctx, method, discord+"/api/v10/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"User Ada"}, "Content-Type": {"application/json"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode >= 300 {
			t.Fatalf("%s %s: %s, %v: %s", method, path, resp.Status, err, answer)
		}
		if err := json.Unmarshal(answer, into); err != nil {
			t.Fatal(err)
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var thread string
	for thread == "" {
		var posts []struct {
			ID     string
			Thread *struct{ ID string }
		}
		agent("GET", "channels/"+channel+"/messages", "", &posts)
		for _, p := range posts {
			if p.Thread != nil {
				var inside []struct{ Content string }
				if agent("GET", "channels/"+p.Thread.ID+"/messages", "", &inside); len(inside) > 0 && strings.Contains(inside[0].Content, "Hello from the trial") {
					thread = p.Thread.ID
				}
			}
		}
		select {
		case <-ctx.Done():
			t.Fatal("the team saw nothing")
		case <-tick.C:
		}
	}
	agent("POST", "channels/"+thread+"/messages", `{"content":"Hello back"}`, &struct{}{})
	if m := hears("message"); m.Data.Message != "Hello back" || m.Data.Author != "Ada" {
		t.Errorf("the visitor heard %+v", m)
	}

	end()
	for _, address := range []string{chat, relay} {
		for {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				break // nobody listens any more
			}
			conn.Close()
			select {
			case <-ctx.Done():
				t.Fatalf("somebody still listens at %s", address)
			case <-tick.C:
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*", "*.env")); len(left) > 0 {
		t.Errorf("secrets are left in %v", left)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// begin starts a program in a process group of its own. said waits for a line of
// its; end is Ctrl-C at a terminal, which reaches the whole group, and waits.
func begin(ctx context.Context, t *testing.T, env []string, name string, args ...string) (said func(*regexp.Regexp) []string, end func()) {
	t.Helper()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
			}
		}
		close(lines)
		_ = cmd.Wait() // what it said is what counts
	}()
	end = func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
		for range lines {
		}
		<-ended
	}
	t.Cleanup(end)
	return func(want *regexp.Regexp) []string {
		t.Helper()
		var all []string
		for line := range lines {
			if m := want.FindStringSubmatch(line); m != nil {
				return m
			}
			all = append(all, line)
		}
		t.Fatalf("%s ended without saying %s:\n%s", name, want, strings.Join(all, "\n"))
		return nil
	}, end
}
