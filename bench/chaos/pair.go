package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"

	"cloudflarechat/internal/freeport"
)

// pair is the chat and the stand-in, as processes.
type pair struct {
	dir, binary           string
	chatAddr, discordAddr string
	channel, guild        string
	chat, discord         *process
}

type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

// startWithin is how long a process may take to be ready on a busy machine.
const startWithin = time.Minute

func (p *pair) begin() (err error) {
	if p.chatAddr, err = freeport.Address(); err != nil {
		return err
	}
	if p.discordAddr, err = freeport.Address(); err != nil {
		return err
	}
	if err := p.startDiscord(); err != nil {
		return err
	}
	return p.startChat()
}

func (p *pair) startDiscord() error {
	proc, m, err := p.start(nil, `^ready discord=\S+ guild=(\d+) channel=(\d+)`, "discordsim", "--addr", p.discordAddr,
		"--journal", filepath.Join(p.dir, "journal"))
	if err != nil {
		return err
	}
	p.discord, p.guild, p.channel = proc, m[1], m[2]
	return nil
}

func (p *pair) startChat() error {
	proc, _, err := p.start([]string{
		"DISCORD_BOT_TOKEN=chaos", "DISCORD_SUPPORT_CHANNEL_ID=" + p.channel, "DISCORD_API_URL=http://" + p.discordAddr + "/api",
		"NEW_SESSIONS_PER_IP_HOUR=1000000", "MESSAGES_PER_MINUTE=1000000", "LOG_LEVEL=error",
	}, `^The chat is ready at `, "serve", "--listen-address", p.chatAddr, "--data-dir", filepath.Join(p.dir, "data"))
	p.chat = proc
	return err
}

func (p *pair) start(env []string, ready string, args ...string) (*process, []string, error) {
	cmd := exec.Command(p.binary, args...)
	cmd.Dir = p.dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + p.dir}, env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	proc := &process{cmd, make(chan struct{})}
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
		_ = cmd.Wait() // it was killed
		close(proc.done)
	}()
	select {
	case m := <-found:
		return proc, m, nil
	case <-proc.done:
		return nil, nil, fmt.Errorf("%s ended before it was ready", args[0])
	case <-time.After(startWithin):
		proc.kill()
		return nil, nil, fmt.Errorf("%s was not ready within %s", args[0], startWithin)
	}
}

func (p *process) kill() {
	if p != nil {
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// strike kills one of them, or both, and starts what was killed.
func (p *pair) strike(which int) error {
	if which == 3 {
		p.discord.kill()
		p.chat.kill()
		if err := p.startDiscord(); err != nil {
			return err
		}
		return p.startChat()
	}
	if which == 2 {
		p.discord.kill()
		return p.startDiscord()
	}
	p.chat.kill()
	return p.startChat()
}

func (p *pair) killBoth() {
	p.chat.kill()
	p.discord.kill()
}
