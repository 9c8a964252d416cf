package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

type demoCommand struct {
	Addr        string `placeholder:"HOST:PORT" default:"127.0.0.1:8787" help:"Where the website with the chat listens. Port 0 takes a free one."`
	DiscordAddr string `placeholder:"HOST:PORT" default:"127.0.0.1:8788" help:"Where the stand-in for Discord listens. Port 0 takes a free one."`
	Data        string `placeholder:"DIR" help:"Keep the visitors' side of the conversations in this folder. Without it they are kept in a temporary folder that is removed at the end."`
	Verbose     bool   `help:"Show what the server logs."`
}

// Help is shown above the flags.
func (*demoCommand) Help() string {
	return "It needs no account, reads no settings, and never touches the real Discord."
}

func (*demoCommand) examples() string {
	return `    cloudflare-chat demo
    cloudflare-chat demo --addr 127.0.0.1:9000 --discord-addr 127.0.0.1:9001
`
}

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, t *terminal) (err error) {
	data := c.Data
	if data == "" {
		if data, err = os.MkdirTemp("", "cloudflare-chat-demo-"); err != nil {
			return fmt.Errorf("no temporary folder for the conversations: %w", err)
		}
		defer os.RemoveAll(data)
	}
	sim := discordsim.New(discordsim.Options{
		Addr:  c.DiscordAddr,
		World: world.Config{GuildName: "Harbor", Agents: []string{"Ada", "Grace"}},
	})
	// Not ctx: the stand-in must outlive the server, which still talks to it
	// while it ends.
	if err := sim.Start(context.WithoutCancel(ctx)); err != nil {
		return listenFailure(err, c.DiscordAddr, "--discord-addr")
	}
	defer sim.Close()

	s, err := server.New(c.options(t, sim, data))
	if err != nil {
		return err
	}
	if err := s.Start(ctx); err != nil {
		return listenFailure(err, c.Addr, "--addr")
	}
	page := origin(s.Addr())
	t.say("Cloudflare-Discord Chat, to try out")
	t.say("")
	t.say("  A website with the chat   %s/", page)
	t.say("  Discord, a stand-in       %s/", sim.URL())
	t.say("")
	t.say("Open both in a browser: write in the chat of the first, answer in the second.")
	if c.Data == "" {
		t.say("Nothing is kept. Ctrl-C ends it.")
	} else {
		t.say("Conversations are kept in %s, what the stand-in knows is not. Ctrl-C ends it.", data)
	}
	t.say("")
	t.say("ready page=%s discord=%s channel=%s", page, sim.URL(), sim.ChannelID())
	return attend(ctx, s)
}

func (c *demoCommand) options(t *terminal, sim *discordsim.Server, data string) server.Options {
	level := slog.LevelError
	if c.Verbose {
		level = slog.LevelDebug
	}
	return server.Options{
		Addr:           c.Addr,
		DataDir:        data,
		Version:        version(),
		DiscordToken:   sim.BotToken(),
		DiscordChannel: sim.ChannelID(),
		DiscordAPI:     sim.APIURL(),
		SupportRole:    sim.RoleID(),
		TeamName:       "Harbor",
		TeamReply:      "Usually answers in a few minutes",
		// One machine plays every visitor, and perhaps a test with many of them.
		SessionsPerIPHour: 1_000_000,
		MaxConnsPerIP:     20_000,
		Metrics:           true,
		Pages:             demoPages(sim.URL()),
		Log:               slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level})),
	}
}
