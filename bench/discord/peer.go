package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// peerFolder holds the npm project of the other; the bench is run from the project's folder.
const peerFolder = "bench/discord/peer"

// peer is discord.js in a process of its own.
type peer struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	read    chan struct{}
	threads []string
}

// newPeer starts it, with threads that are open already.
func newPeer(s *stand, l load) (*peer, error) {
	if _, err := os.Stat(filepath.Join(peerFolder, "node_modules", "discord.js")); err != nil {
		install := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
		install.Dir = peerFolder
		if said, err := install.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("npm ci in %s: %w\n%s", peerFolder, err, said)
		}
	}
	threads, err := s.threads(l.conversations)
	if err != nil {
		return nil, err
	}
	p := &peer{cmd: exec.Command("node", "peer.mjs"), threads: threads, read: make(chan struct{})}
	p.cmd.Dir = peerFolder
	p.cmd.Env = append(os.Environ(), "API_URL="+s.origin+"/api", "BOT_TOKEN="+s.sim.BotToken())
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	ready := make(chan struct{})
	go func() {
		defer close(p.read)
		lines := bufio.NewScanner(out)
		if lines.Scan() && lines.Text() == "ready" {
			close(ready)
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	select {
	case <-ready:
		return p, nil
	case <-p.read:
		return nil, errors.New("it ended before it was ready")
	case <-time.After(patience):
		p.stop()
		return nil, fmt.Errorf("it was not ready within %s", patience)
	}
}

// say implements sender.
func (p *peer) say(t token, text string) error {
	_, err := fmt.Fprintf(p.in, "%s %s\n", p.threads[t.conversation], text)
	return err
}

// stop implements sender.
func (p *peer) stop() time.Duration {
	_ = p.in.Close()
	return end(p.cmd, p.read)
}
