package conformance

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a scenario waits for what must come. It is long, for
// machines are slow, and never waited out when all is well.
const patience = 2 * time.Minute

// The hosts under test.
var (
	chatOrigin, discordOrigin, channel        string
	guardedOrigin, allowedOrigin, relaySecret string
	// binary is the program that was built; empty where hosts were given.
	binary string
	// edgeControl is where workers/hosts.mjs starts chats on Cloudflare's runtime;
	// empty where the chat is the binary.
	edgeControl string
)

// onEdge tells whether the scenarios run against Cloudflare's runtime.
func onEdge() bool { return edgeControl != "" }

func TestMain(m *testing.M) {
	code, err := withHosts(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

// withHosts runs the tests between starting and ending what they need.
func withHosts(run func() int) (int, error) {
	chatOrigin, discordOrigin, channel = os.Getenv("CONFORMANCE_CHAT"), os.Getenv("CONFORMANCE_DISCORD"), os.Getenv("CONFORMANCE_CHANNEL")
	guardedOrigin, allowedOrigin, relaySecret = os.Getenv("CONFORMANCE_GUARDED"), os.Getenv("CONFORMANCE_ORIGIN"), os.Getenv("CONFORMANCE_RELAY_SECRET")
	if chatOrigin != "" {
		return run(), nil
	}
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = build(dir); err != nil {
		return 1, err
	}
	edgeControl = os.Getenv("CONFORMANCE_EDGE")
	var hosts [2]*process
	if onEdge() {
		hosts, err = edgeHosts(dir)
	} else {
		hosts, err = nativeHosts(dir)
	}
	for _, p := range hosts {
		if p != nil {
			defer p.kill()
		}
	}
	if err != nil {
		return 1, err
	}
	allowedOrigin, relaySecret = "https://shop.example", "conformance-relay-secret"
	guarded, origin, err := startServer(dir, []string{
		"ALERT_AFTER=3s", "DISCORD_BOT_TOKEN=guarded", "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "DISCORD_API_URL=" + discordOrigin + "/api",
		"ALLOWED_ORIGINS=" + allowedOrigin + ",https://*.shop.example", "BOT_RELAY_SECRET=" + relaySecret, "GATEWAY=off",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "MESSAGES_PER_MINUTE=1000",
	}, "127.0.0.1:0", filepath.Join(dir, "guarded"))
	if err != nil {
		return 1, err
	}
	defer guarded.kill()
	guardedOrigin = origin
	code := run()
	for _, p := range []*process{guarded, hosts[0], hosts[1]} {
		if p != nil {
			err = errors.Join(err, p.end())
		}
	}
	if err != nil {
		return 1, err
	}
	return code, nil
}

// nativeHosts starts the demo, which is the chat and the stand-in at once.
func nativeHosts(dir string) (hosts [2]*process, err error) {
	var ready []string
	hosts[0], ready, err = start(dir, nil, "^ready page=(\\S+) discord=(\\S+) channel=(\\S+)$",
		binary, "demo", "--addr", "127.0.0.1:0", "--discord-addr", "127.0.0.1:0")
	if err == nil {
		chatOrigin, discordOrigin, channel = ready[1], ready[2], ready[3]
	}
	return hosts, err
}

// edgeHosts starts the stand-in and, before it, both Workers.
func edgeHosts(dir string) (hosts [2]*process, err error) {
	var ready []string
	hosts[1], ready, err = start(dir, nil, standInReady, binary, "discordsim", "--addr", "127.0.0.1:0")
	if err != nil {
		return hosts, err
	}
	discordOrigin, channel = ready[1], ready[2]
	hosts[0], chatOrigin, err = startServer(dir, []string{
		"DISCORD_BOT_TOKEN=chat", "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "DISCORD_API_URL=" + discordOrigin + "/api",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "MESSAGES_PER_MINUTE=1000",
	}, "127.0.0.1:0", filepath.Join(dir, "chat"))
	return hosts, err
}

// standInReady is what the stand-in says when it is ready.
const standInReady = "^ready discord=(\\S+) guild=\\S+ channel=(\\S+)"

// startServer starts the chat alone, without a Discord of its own, and gives its
// origin.
func startServer(dir string, env []string, addr, data string) (*process, string, error) {
	if onEdge() {
		return startWorkers(env, addr, data)
	}
	p, ready, err := start(dir, env, "^The chat is ready at (\\S+)$", binary, "serve", "--listen-address", addr, "--data-dir", data)
	if err != nil {
		return nil, "", err
	}
	return p, ready[1], nil
}

// build makes the binary under test, with the race detector where these tests
// have it.
func build(dir string) (string, error) {
	out := filepath.Join(dir, "cloudflare-chat")
	args := []string{"build", "-o", out}
	if raceDetector {
		args = append(args, "-race")
	}
	cmd := exec.Command("go", append(args, "cloudflarechat/cmd/cloudflare-chat")...)
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", cmd, err, said)
	}
	return out, nil
}

// process is a running host.
type process struct {
	cmd   *exec.Cmd
	done  chan error
	ended bool
	// edge is the origin of one on Cloudflare's runtime, which has no process of its
	// own.
	edge string
}

// start runs a program until a line of its output matches, and gives what
// matched.
func start(dir string, env []string, ready, program string, args ...string) (*process, []string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + dir}, env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	found := make(chan []string, 1)
	go func() {
		pattern := regexp.MustCompile(ready)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := pattern.FindStringSubmatch(lines.Text()); m != nil {
				found <- m
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
		p.done <- cmd.Wait()
	}()
	select {
	case m := <-found:
		return p, m, nil
	case err := <-p.done:
		return nil, nil, fmt.Errorf("%s ended before it was ready: %w", cmd, err)
	case <-time.After(patience):
		p.kill()
		return nil, nil, fmt.Errorf("%s did not say that it is ready", cmd)
	}
}

// end asks a process to stop, and says how it did.
func (p *process) end() error {
	if p.ended {
		return nil
	}
	p.ended = true
	if p.edge != "" {
		return p.control("/kill") // nobody tells an object that it ends
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("%s had ended by itself: %w", p.cmd, err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			return fmt.Errorf("%s ended badly: %w", p.cmd, err)
		}
		return nil
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		return fmt.Errorf("%s did not end when asked", p.cmd)
	}
}

// until tries again until it works, and says what was missing when it never
// does.
func until(t *testing.T, what string, try func() error) {
	t.Helper()
	limit := time.After(patience)
	again := time.NewTicker(25 * time.Millisecond)
	defer again.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-limit:
			t.Fatalf("%s: %v", what, err)
		case <-again.C:
		}
	}
}

// kill ends a process without a word, as a power cut does.
func (p *process) kill() {
	if !p.ended {
		p.ended = true
		if p.edge != "" {
			_ = p.control("/kill")
			return
		}
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// within gives a context that ends when patience does.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// wantGuarded skips a scenario where there is no guarded host.
func wantGuarded(t *testing.T) {
	t.Helper()
	if guardedOrigin == "" {
		t.Skip("no guarded host: set CONFORMANCE_GUARDED, CONFORMANCE_ORIGIN and CONFORMANCE_RELAY_SECRET")
	}
}

func socketURL(origin string) string {
	return "ws" + strings.TrimPrefix(origin, "http") + "/ws"
}
