package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"cloudflarechat/server/settings"
)

// limitHealth is how long the chat may take to say how it is.
const limitHealth = 5 * time.Second

type healthCommand struct {
	URL string `name:"url" placeholder:"ADDRESS" help:"Where the chat is. Without it: LISTEN_ADDRESS on this machine."`
	configured
	kong.Plugins
}

func newHealthCommand() healthCommand {
	return healthCommand{Plugins: kong.Plugins{flagsOf(settings.Listener)}}
}

// Help is shown above the flags.
func (*healthCommand) Help() string {
	return "For containers and supervisors: the exit code is 0 while visitors are served, even where something is not well, and 1 where they are not."
}

func (*healthCommand) examples() string {
	return `    cloudflare-chat health
    cloudflare-chat health --url https://chat.example.com
`
}

// Run implements the command.
func (c *healthCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.load(t, settings.Listener, c.Plugins[0])
	if err != nil {
		return err
	}
	address := strings.TrimSuffix(c.URL, "/")
	if address == "" {
		address = localURL(config.ListenAddress)
	}
	ctx, cancel := context.WithTimeout(ctx, limitHealth)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/health", nil)
	if err != nil || req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return &failure{exitUsage, fmt.Errorf("%q is no address", address), []string{"write it as https://chat.example.com"}}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		if strings.Contains(err.Error(), http.ErrSchemeMismatch.Error()) {
			return &failure{exitFailure, fmt.Errorf("what answers at %s does not speak TLS", address), []string{"name it with http://, or ask the reverse proxy that has the certificate"}}
		}
		return &failure{exitFailure, fmt.Errorf("nothing answers at %s: %w", address, plainly(err)), []string{"start the chat: " + program + " serve"}}
	}
	defer res.Body.Close()
	var h struct {
		Status  string   `json:"status"`
		Reasons []string `json:"reasons"`
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil || json.Unmarshal(text, &h) != nil || h.Status == "" {
		return &failure{exitFailure, fmt.Errorf("what answers at %s is not the chat", address), []string{"check --url, or LISTEN_ADDRESS"}}
	}
	words := h.Status
	if len(h.Reasons) > 0 {
		words += ": " + strings.Join(h.Reasons, "; ")
	}
	if res.StatusCode != http.StatusOK {
		return &failure{exitFailure, errors.New(words), []string{"run " + program + " doctor"}}
	}
	t.say("%s", words)
	return nil
}

// plainly takes off what a request's error says of the request.
func plainly(err error) error {
	var asked *url.Error
	if errors.As(err, &asked) {
		return asked.Err
	}
	return err
}
