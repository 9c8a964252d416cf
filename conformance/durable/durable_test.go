//go:build linux

// Package durable proves from the outside that an ack leaves only after the
// message is on disk: it watches the system calls of the real binary.
package durable

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	messages = 12
	patience = 100 * time.Second
)

// TestAckAfterSync holds that between reading a visitor's frame and writing its
// ack one fsync or fdatasync of the database's log completes.
func TestAckAfterSync(t *testing.T) {
	if missing := watch(t, ""); missing > 0 {
		t.Errorf("%d of %d acks left before anything was synced", missing, messages)
	}
}

// TestLessIsNoticed builds the binary with less durability: the watch must see
// that.
func TestLessIsNoticed(t *testing.T) {
	for _, level := range []string{"normal", "off"} {
		if missing := watch(t, "-X cloudflarechat/store.synchronous="+level); missing == 0 {
			t.Errorf("with synchronous=%s every ack still came after a sync: this proof proves nothing", level)
		}
	}
}

// watch runs a conversation under strace and counts the acks that no sync came
// before.
func watch(t *testing.T, linker string) (missing int) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("SKIPPED, NOT PROVED: strace is missing; apt-get install strace")
	}
	dir := t.TempDir()
	binary, trace := filepath.Join(dir, "cloudflare-chat"), filepath.Join(dir, "trace")
	if said, err := exec.Command("go", "build", "-ldflags", linker, "-o", binary, "cloudflarechat/cmd/cloudflare-chat").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	cmd := exec.Command(strace, "-f", "-y", "-s", "160", "-e", "trace=read,write,writev,fsync,fdatasync", "-o", trace,
		binary, "serve", "--listen-address", "127.0.0.1:0", "--data-dir", filepath.Join(dir, "data"))
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "DISCORD_BOT_TOKEN=durable", "DISCORD_SUPPORT_CHANNEL_ID=100000000000000000",
		"DISCORD_API_URL=http://127.0.0.1:1/api", "GATEWAY=off", "BOT_RELAY_SECRET=a-secret-of-the-proof", "MESSAGES_PER_MINUTE=100000", "LOG_LEVEL=error"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if !ended {
			ended = true
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			_ = cmd.Wait() // it was killed
		}
	}
	defer end()
	origin := ""
	lines := bufio.NewScanner(out)
	for origin == "" && lines.Scan() {
		if m := regexp.MustCompile(`^The chat is ready at (\S+)$`).FindStringSubmatch(lines.Text()); m != nil {
			origin = m[1]
		}
	}
	if origin == "" {
		t.Skip("SKIPPED, NOT PROVED: the binary does not run under strace here")
	}
	talk(t, "ws"+strings.TrimPrefix(origin, "http")+"/ws")
	end()
	return unsynced(t, trace)
}

// talk sends one message after the other, waiting for each ack.
func talk(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	send := func(kind string, data any, until string) {
		raw, err := json.Marshal(map[string]any{"type": kind, "data": data})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Write(ctx, websocket.MessageText, raw); err != nil {
			t.Fatal(err)
		}
		for {
			_, raw, err := c.Read(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), `"type":"`+until+`"`) {
				return
			}
		}
	}
	send("init", map[string]any{"name": "Ann", "email": "ann@mail.example", "page": "/", "since": 0}, "ready")
	for i := range messages {
		send("message", map[string]any{"message": "hello", "id": fmt.Sprintf("proof-%d", i)}, "ack")
	}
	// What is behind the last ack on the wire shows that its line is in the listing.
	send("ping", nil, "pong")
}

var (
	syncDone  = regexp.MustCompile(`(fsync|fdatasync)(\(.*| resumed.*)\)\s+= 0`)
	ackBegins = regexp.MustCompile(`write(v)?\(\d+<(TCP|socket):.*proof-(\d+)`)
)

// unsynced reads the listing of system calls.
func unsynced(t *testing.T, trace string) (missing int) {
	t.Helper()
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	synced, acks := false, 0
	for _, line := range strings.Split(string(raw), "\n") {
		switch {
		case syncDone.MatchString(line):
			synced = true
		case ackBegins.MatchString(line):
			acks++
			if !synced {
				missing++
			}
			// The next message is read only after this ack arrived.
			synced = false
		}
	}
	if acks != messages {
		t.Fatalf("%d acks were seen in the listing, want %d", acks, messages)
	}
	return missing
}
