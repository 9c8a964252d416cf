package main

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/server/settings"
)

// said keeps what a command says; it is read while it is written.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// String is everything until now.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// TestServeWarnsOfReaders holds that a server whose support channel strangers can
// read says so at its start, and one whose channel is private does not.
func TestServeWarnsOfReaders(t *testing.T) {
	s := newStage(t, world.Config{})
	var log said
	c := &settings.Config{DiscordAPIURL: s.sim.APIURL(), DiscordBotToken: settings.Secret(s.sim.BotToken()), DiscordSupportChannelID: s.sim.ChannelID()}
	warnOfReaders(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), c)
	if log.String() != "" {
		t.Errorf("of a private channel: %s", &log)
	}

	s.env["DISCORD_SUPPORT_CHANNEL_ID"], s.env["LISTEN_ADDRESS"] = s.general(), "127.0.0.1:0"
	ctx, end := context.WithCancel(t.Context())
	var out said
	term := &terminal{out: &out, err: &log, getenv: func(k string) string { return s.env[k] }}
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, term, []string{"serve"}) }()
	s.await(func() bool { return strings.Contains(log.String(), "@everyone in Acme can read #general") })
	if !strings.Contains(log.String(), "switch Private Channel on") {
		t.Errorf("it does not say what mends it: %s", &log)
	}
	end()
	if code := <-ended; code != exitOK {
		t.Errorf("it ended with %d: %s", code, &log)
	}
}
