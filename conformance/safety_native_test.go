package conformance

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestConnectionsPerAddress holds that headers do not make one address many.
// Natively open connections are counted. On Cloudflare's runtime no object knows
// all of them, and the Worker counts those that begin.
func TestConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	if onEdge() {
		connectionsPerMinute(t)
		return
	}
	dir, addr := t.TempDir(), freeAddress(t)
	serve(t, dir, addr, "MAX_CONNECTIONS_PER_IP=2")
	for i := range 2 {
		dialAt(t, "http://"+addr, &websocket.DialOptions{HTTPHeader: http.Header{"X-Forwarded-For": {fmt.Sprintf("198.51.100.%d", i)}}})
	}
	if status := refusedUpgrade(t, "http://"+addr, http.Header{"X-Forwarded-For": {"198.51.100.77"}, "Cf-Connecting-Ip": {"198.51.100.78"}}); status != 503 {
		t.Errorf("the third is refused with %d, want 503", status)
	}
}

// TestLogsHoldNoPersonalData writes, at the most talkative level, everything
// that a log could give away, and looks for it there.
func TestLogsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	wantBinary(t)
	if onEdge() {
		workersLogs(t)
		return
	}
	dir, addr, ada := t.TempDir(), freeAddress(t), member(t, "Ada")
	logged, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer logged.Close()
	cmd := exec.Command(binary, "serve", "--listen-address", addr, "--data-dir", filepath.Join(dir, "data"))
	cmd.Dir, cmd.Stderr = dir, logged
	const token, relay, admin = "of-this-scenario-alone", "relay-secret-of-this-one", "admin-secret-of-this-one"
	cmd.Env = []string{"DISCORD_BOT_TOKEN=" + token, "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "DISCORD_API_URL=" + discordOrigin + "/api",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "LOG_LEVEL=debug", "BOT_RELAY_SECRET=" + relay, "ADMIN_SECRET=" + admin, "METRICS=on"}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, done: make(chan error, 1)}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("it says nothing")
	}
	go func() { p.done <- cmd.Wait() }()

	const text, page = "level=ERROR msg=forged\nlevel=ERROR user=root", "/pages/very-private-page"
	v := visitor{"Quincy Unmistakable", "quincy.unmistakable@visitor.example", page}
	c := dialAt(t, "http://"+addr, nil)
	c.extended = true
	ready := c.enterWith(v, map[string]any{"since": 0, "turnstileToken": "token-of-quincy"})
	c.say(text)
	thread := ada.threadOf(v)
	ada.post(thread, "An answer that is private")
	for c.find("message").Author != "Ada" {
	}
	for _, f := range []string{"quincy.unmistakable nonsense", `{"type":"quincy.unmistakable"}`, `{"type":"message","data":{"message":"` + strings.Repeat("quincy.unmistakable", 4000) + `"}}`} {
		c.raw(f)
		c.find("error")
	}
	refusedUpgrade(t, "http://"+addr, http.Header{"Sec-Websocket-Protocol": {"cloudflare-chat.v1, route." + ready.Route + "x"}})
	ask(t, "POST", "http://"+addr+"/relay", map[string]string{"Authorization": "Bearer " + relay}, `{"threadId":"quincy.unmistakable"}`)
	ask(t, "POST", "http://"+addr+"/admin/export", map[string]string{"Authorization": "Bearer " + admin, "Content-Type": "application/json"}, `{"email":"`+v.email+`"}`)
	metrics := ask(t, "GET", "http://"+addr+"/metrics", nil, "").body
	back := dialAt(t, "http://"+addr, nil)
	back.enterWith(v, map[string]any{"sessionId": ready.SessionID})
	c.lose()
	if err := p.end(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(logged.Name())
	if err != nil {
		t.Fatal(err)
	}
	said := strings.ToLower(string(raw))
	if !strings.Contains(said, "listening") {
		t.Fatalf("it logs nothing: %s", said)
	}
	for _, secret := range []string{"quincy", "unmistakable", "forged", "very-private-page", "an answer that", ready.SessionID, ready.Route,
		"token-of-quincy", token, relay, admin} {
		if strings.Contains(said, strings.ToLower(secret)) {
			t.Errorf("%q stands in the log", secret)
		}
		if strings.Contains(strings.ToLower(metrics), strings.ToLower(secret)) {
			t.Errorf("%q stands in the metrics", secret)
		}
	}
	for _, name := range []string{"chat.db", "data-secret"} {
		info, err := os.Stat(filepath.Join(dir, "data", name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}
