package main

import (
	"context"

	"github.com/alecthomas/kong"

	"cloudflarechat/server"
	"cloudflarechat/server/settings"
)

type relayCommand struct {
	configured
	kong.Plugins
}

func newRelayCommand() relayCommand {
	return relayCommand{Plugins: kong.Plugins{flagsOf(settings.Relay)}}
}

// Help is shown above the flags.
func (*relayCommand) Help() string {
	return "It holds the connection to Discord's Gateway and hands over what the team writes to POST /relay of the chat. " +
		"You need it only where the chat runs with GATEWAY=off. Secrets have no flag: " + secretsOf(settings.Relay) + "."
}

func (*relayCommand) examples() string {
	return `  Listen for a chat elsewhere:
    DISCORD_BOT_TOKEN=… DISCORD_SUPPORT_CHANNEL_ID=… BOT_RELAY_SECRET=… \
      cloudflare-chat relay --relay-url https://chat.example.com/relay
`
}

// Run implements the command.
func (c *relayCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.load(t, settings.Relay, c.Plugins[0])
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Relay)
		return nil
	}
	r, err := server.NewRelay(server.RelayOptions{
		Target:         config.RelayURL,
		Secret:         config.BotRelaySecret.Reveal(),
		DataDir:        config.DataDir,
		DiscordToken:   config.DiscordBotToken.Reveal(),
		DiscordChannel: config.DiscordSupportChannelID,
		DiscordAPI:     config.DiscordAPIURL,
		Addr:           config.HealthAddress,
		Version:        version(),
		Log:            newLog(t, config),
	})
	if err != nil {
		return dataFailure(err)
	}
	if err := r.Start(ctx); err != nil {
		return listenFailure(err, config.HealthAddress, "--health-address")
	}
	t.say("Listening to Discord for %s", config.RelayURL)
	return attend(ctx, r)
}
