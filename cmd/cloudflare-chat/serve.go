package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"cloudflarechat/server"
	"cloudflarechat/server/check"
	"cloudflarechat/server/settings"
)

// limitStop is how long a graceful end may take.
const limitStop = 10 * time.Second

type serveCommand struct {
	configured
	kong.Plugins
}

func newServeCommand() serveCommand {
	return serveCommand{Plugins: kong.Plugins{flagsOf(settings.Serve)}}
}

// Help is shown above the flags.
func (*serveCommand) Help() string {
	return "Every flag is also a setting of the same name in the environment: --listen-address is LISTEN_ADDRESS. " +
		"Secrets have no flag: " + secretsOf(settings.Serve) + ". Each may be in the environment, in the env file, " +
		"or in a file that NAME_FILE names."
}

func (*serveCommand) examples() string {
	return `  With settings from the environment:
    DISCORD_BOT_TOKEN=… DISCORD_SUPPORT_CHANNEL_ID=… ALLOWED_ORIGINS=https://example.com cloudflare-chat serve

  With settings from a file, and see what is in force:
    cloudflare-chat serve --env-file chat.env --show-settings
`
}

// Run implements the command.
func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.load(t, settings.Serve, c.Plugins[0])
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Serve)
		return nil
	}
	log := newLog(t, config)
	s, err := server.New(serverOptions(config, log))
	if err != nil {
		return dataFailure(err)
	}
	if err := s.Start(ctx); err != nil {
		return listenFailure(err, config.ListenAddress, "--listen-address")
	}
	t.say("The chat is ready at %s", origin(s.Addr()))
	go warnOfReaders(ctx, log, config)
	return attend(ctx, s)
}

// limitReaders is how long Discord may take to say who reads the channel.
const limitReaders = time.Minute

// warnOfReaders says in the log that strangers can read what visitors write. It
// is asked once: what else is wrong with the channel is said where it is met.
func warnOfReaders(ctx context.Context, log *slog.Logger, c *settings.Config) {
	ctx, cancel := context.WithTimeout(ctx, limitReaders)
	defer cancel()
	d := &check.Discord{API: c.DiscordAPIURL, Token: c.DiscordBotToken.Reveal(), Version: version()}
	bot, p := d.Me(ctx)
	if p != nil {
		return
	}
	place, p := d.Place(ctx, bot, c.DiscordSupportChannelID)
	if p != nil {
		return
	}
	if p = place.Public(); p != nil {
		log.Warn(p.What, "mend", p.Mend)
	}
}

// running is what can be waited for and closed: a server, or a relay.
type running interface {
	Done() <-chan struct{}
	Err() error
	Close(context.Context) error
}

// attend waits until somebody asks for the end, or it ends by itself.
func attend(ctx context.Context, r running) error {
	var err error
	select {
	case <-ctx.Done():
	case <-r.Done():
		err = r.Err()
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), limitStop)
	defer cancel()
	if closing := r.Close(limit); err == nil && closing != nil {
		err = fmt.Errorf("could not end gracefully: %w", closing)
	}
	return err
}

// serverOptions hands the settings over to the server.
func serverOptions(c *settings.Config, log *slog.Logger) server.Options {
	o := server.Options{
		Addr:              c.ListenAddress,
		DataDir:           c.DataDir,
		DataSecret:        []byte(c.DataSecret.Reveal()),
		Version:           version(),
		AllowedOrigins:    c.AllowedOrigins,
		TrustedProxies:    c.TrustedProxies,
		DiscordToken:      c.DiscordBotToken.Reveal(),
		DiscordChannel:    c.DiscordSupportChannelID,
		DiscordAPI:        c.DiscordAPIURL,
		SupportRole:       c.SupportRoleID,
		AlertRole:         c.AlertRoleID,
		AlertAfter:        c.AlertAfter.Or(-1),
		PrivateThreads:    c.Threads == "private",
		NoGateway:         !c.Gateway,
		AdminSecret:       c.AdminSecret.Reveal(),
		TurnstileSecret:   c.TurnstileSecretKey.Reveal(),
		TurnstileURL:      c.TurnstileVerifyURL,
		IdentitySecret:    c.IdentitySecret.Reveal(),
		Greeting:          c.Greeting,
		TeamName:          c.TeamName,
		TeamReply:         c.TeamReply,
		Grace:             c.SessionGrace,
		Retention:         c.Retention,
		MessagesPerMinute: c.MessagesPerMinute,
		SessionsPerIPHour: c.NewSessionsPerIPHour,
		MaxConns:          c.MaxConnections,
		MaxConnsPerIP:     c.MaxConnectionsPerIP,
		Metrics:           c.Metrics,
		BlockAddressFor:   c.BlockAddressFor,
		FilterWords:       strings.Split(c.FilterWords, ","),
		FilterLinks:       c.FilterLinks,
		FilterRepeats:     c.FilterRepeats,
		TurnstileAction:   c.TurnstileAction,

		TurnstileDownLimits: c.TurnstileDown == "limit",
		Log:                 log,
	}
	for _, s := range []settings.Secret{c.BotRelaySecret, c.BotRelaySecretPrevious} {
		if s != "" {
			o.RelaySecrets = append(o.RelaySecrets, s.Reveal())
		}
	}
	return o
}

// secretsOf lists the secrets of a command.
func secretsOf(of settings.Command) string {
	list := ""
	for i := range settings.Table {
		if s := &settings.Table[i]; s.Secret && s.Commands.Has(of) {
			if list != "" {
				list += ", "
			}
			list += s.Key
		}
	}
	return list
}
