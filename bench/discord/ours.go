package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// ours is the real binary, and visitors on WebSockets.
type ours struct {
	cmd      *exec.Cmd
	read     chan struct{} // closed when all that it printed was read
	visitors []*websocket.Conn
	ctx      context.Context
	cancel   context.CancelFunc
}

// patience is how long one thing may take on a busy machine.
const patience = time.Minute

func build(binary string) error {
	if said, err := exec.Command("go", "build", "-o", binary, "cloudflarechat/cmd/cloudflare-chat").CombinedOutput(); err != nil {
		return fmt.Errorf("the binary does not build: %w\n%s", err, said)
	}
	return nil
}

var readyLine = regexp.MustCompile(`^The chat is ready at \S*?//(\S+)`)

// newOurs starts the binary, and opens the conversations with a first message each.
func newOurs(s *stand, l load, binary, dir string) (_ *ours, err error) {
	data, err := os.MkdirTemp(dir, "data-")
	if err != nil {
		return nil, err
	}
	o := &ours{cmd: exec.Command(binary, "serve", "--listen-address", "127.0.0.1:0", "--data-dir", filepath.Join(data, "chat")), read: make(chan struct{})}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			o.stop()
		}
	}()
	o.cmd.Env = append(os.Environ(), "DISCORD_BOT_TOKEN="+s.sim.BotToken(), "DISCORD_SUPPORT_CHANNEL_ID="+s.sim.ChannelID(), "DISCORD_API_URL="+s.origin+"/api",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "MESSAGES_PER_MINUTE=1000000", "MAX_CONNECTIONS_PER_IP=1000000", "LOG_LEVEL=error")
	o.cmd.Stderr = os.Stderr
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := o.cmd.Start(); err != nil {
		return nil, err
	}
	found := make(chan string, 1)
	go func() {
		defer close(o.read)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
				break
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	var addr string
	select {
	case addr = <-found:
	case <-time.After(patience):
		return nil, fmt.Errorf("it was not ready within %s", patience)
	}
	for i := range l.conversations {
		if err := o.arrive(addr, i); err != nil {
			return nil, err
		}
	}
	// Three requests for each, at Discord's 50 a second.
	limit := time.Now().Add(patience + time.Duration(l.conversations)*200*time.Millisecond)
	for s.greeted() < l.conversations {
		if time.Now().After(limit) {
			return nil, fmt.Errorf("only %d of %d conversations were opened", s.greeted(), l.conversations)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return o, nil
}

// arrive connects a visitor, who says a first word.
func (o *ours) arrive(addr string, i int) error {
	ctx, cancel := context.WithTimeout(o.ctx, patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+addr+"/ws", nil)
	if err != nil {
		return err
	}
	o.visitors = append(o.visitors, c)
	c.SetReadLimit(1 << 20)
	form := map[string]any{"name": fmt.Sprintf("Visitor %d", i), "email": fmt.Sprintf("visitor%d@mail.example", i), "page": "/", "turnstileToken": ""}
	if err := write(ctx, c, "init", form); err != nil {
		return err
	}
	for {
		_, raw, err := c.Read(ctx)
		if err != nil {
			return err
		}
		var f struct{ Type string }
		if err := json.Unmarshal(raw, &f); err != nil {
			return err
		}
		if f.Type == "ready" {
			break
		}
	}
	go func() {
		for {
			if _, _, err := c.Read(o.ctx); err != nil {
				return
			}
		}
	}()
	return o.say(token{i, 0}, text(token{i, 0}))
}

func write(ctx context.Context, c *websocket.Conn, kind string, data any) error {
	raw, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		return err
	}
	return c.Write(ctx, websocket.MessageText, raw)
}

// say implements sender.
func (o *ours) say(t token, text string) error {
	ctx, cancel := context.WithTimeout(o.ctx, patience)
	defer cancel()
	return write(ctx, o.visitors[t.conversation], "message", map[string]any{"message": text})
}

// stop implements sender.
func (o *ours) stop() time.Duration {
	o.cancel()
	for _, c := range o.visitors {
		c.CloseNow()
	}
	if o.cmd.Process == nil {
		return 0
	}
	return end(o.cmd, o.read)
}

// end asks a process to end, waits for it and gives the processor time that it took.
func end(cmd *exec.Cmd, read <-chan struct{}) time.Duration {
	_ = cmd.Process.Signal(syscall.SIGTERM)
	kill := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer kill.Stop()
	<-read
	_ = cmd.Wait() // a signal ended it
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
