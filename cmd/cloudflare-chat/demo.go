package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

type demoCommand struct {
	Addr        string `placeholder:"HOST:PORT" help:"Where the website with the chat listens: 127.0.0.1:8787, or with --chat 127.0.0.1:8786. Port 0 takes a free one."`
	DiscordAddr string `placeholder:"HOST:PORT" default:"127.0.0.1:8788" help:"Where the stand-in for Discord listens. Port 0 takes a free one."`
	Data        string `placeholder:"DIR" help:"Keep the conversations in this folder, on both sides, and go on from there at the next start. Without it they are kept in a temporary folder that is removed at the end."`
	Chat        string `placeholder:"ADDRESS" help:"Leave the chat to another program that you run at this address, such as http://127.0.0.1:8787: only the website and the stand-in are started, and what it is to be told about them is printed."`
	Verbose     bool   `help:"Show what the server logs."`
}

// Help is shown above the flags.
func (*demoCommand) Help() string {
	return "It needs no account, reads no settings, and never touches the real Discord."
}

func (*demoCommand) examples() string {
	return `    cloudflare-chat demo
    cloudflare-chat demo --addr 127.0.0.1:9000 --discord-addr 127.0.0.1:9001

  Try a deployment of your own before the stand-in:
    cloudflare-chat demo --chat http://127.0.0.1:8787
    DISCORD_API_URL=http://127.0.0.1:8788/api cloudflare-chat setup --env-file trial.env
`
}

// Run implements the command.
func (c *demoCommand) Run(ctx context.Context, t *terminal) (err error) {
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8787"
		if c.Chat != "" {
			c.Addr = "127.0.0.1:8786"
		}
	}
	data := c.Data
	if data == "" && c.Chat == "" {
		if data, err = os.MkdirTemp("", "cloudflare-chat-demo-"); err != nil {
			return fmt.Errorf("no temporary folder for the conversations: %w", err)
		}
		defer os.RemoveAll(data)
	}
	sim := discordsim.New(discordsim.Options{
		Addr: c.DiscordAddr,
		// Where somebody rehearses with a chat of their own, a wrong token is one.
		World: world.Config{GuildName: "Harbor", Agents: []string{"Ada", "Grace"}, OnlyKnownTokens: c.Chat != ""},
	})
	if c.Data != "" {
		if err := os.MkdirAll(c.Data, 0o700); err != nil {
			return &failure{exitSettings, fmt.Errorf("the folder %s cannot be made: %w", c.Data, plainCause(err)), []string{"name another with --data"}}
		}
		if err := sim.OpenJournal(filepath.Join(c.Data, "discord.journal")); err != nil {
			return &failure{exitSettings, err, []string{"name another folder with --data"}}
		}
	}
	// Not ctx: the stand-in must outlive the server, which still talks to it
	// while it ends.
	if err := sim.Start(context.WithoutCancel(ctx)); err != nil {
		return listenFailure(err, c.DiscordAddr, "--discord-addr")
	}
	defer sim.Close()
	if c.Chat != "" {
		return c.around(ctx, t, sim)
	}

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
	t.say("It is a demo, open to every website that this machine's browsers show; a real chat asks for ALLOWED_ORIGINS.")
	if c.Data == "" {
		t.say("Nothing is kept. Ctrl-C ends it.")
	} else {
		t.say("Conversations are kept in %s. Ctrl-C ends it.", data)
	}
	t.say("")
	t.say("ready page=%s discord=%s channel=%s", page, sim.URL(), sim.ChannelID())
	return attend(ctx, s)
}

// around serves the website alone, for a chat that another program runs.
func (c *demoCommand) around(ctx context.Context, t *terminal, sim *discordsim.Server) error {
	address, err := url.Parse(c.Chat)
	if err != nil || (address.Scheme != "http" && address.Scheme != "https") || address.Host == "" {
		return &failure{exitUsage, fmt.Errorf("--chat %q is no address", c.Chat), []string{"write it as http://127.0.0.1:8787"}}
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return listenFailure(err, c.Addr, "--addr")
	}
	website := &http.Server{Handler: demoPages(sim.URL(), address.Scheme+"://"+address.Host), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = website.Serve(listener) }() // it ends with the Close below
	defer website.Close()
	page := origin(listener.Addr())
	t.say("The surroundings of a chat, to try out")
	t.say("")
	t.say("  A website with the chat   %s/", page)
	t.say("  Discord, a stand-in       %s/", sim.URL())
	t.say("")
	t.say("The chat itself is yours to start, at %s, with these settings:", address)
	t.say("")
	t.say("DISCORD_API_URL=%s", sim.APIURL())
	t.say("DISCORD_BOT_TOKEN=%s", sim.BotToken())
	t.say("DISCORD_SUPPORT_CHANNEL_ID=%s", sim.ChannelID())
	t.say("SUPPORT_ROLE_ID=%s", sim.RoleID())
	t.say("ALLOWED_ORIGINS=%s", page)
	t.say("")
	t.say("Then open both in a browser. What the stand-in knows is not kept. Ctrl-C ends it.")
	t.say("")
	t.say("ready page=%s discord=%s channel=%s", page, sim.URL(), sim.ChannelID())
	<-ctx.Done()
	return nil
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
		AllowedOrigins: []string{chat.EveryOrigin},
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
		Pages:             demoPages(sim.URL(), ""),
		Log:               slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: level})),
	}
}
