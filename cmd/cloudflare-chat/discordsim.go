package main

import (
	"context"

	"cloudflarechat/discordsim"
)

type discordsimCommand struct {
	Addr    string `placeholder:"HOST:PORT" default:"127.0.0.1:8788" help:"Where to listen. Port 0 takes a free one."`
	Journal string `placeholder:"FILE" type:"path" help:"Keep what happens in FILE, and go on from it at the next start."`
}

// Help is shown above the flags.
func (*discordsimCommand) Help() string {
	return "It speaks Discord's REST API and Gateway, forgets everything when it ends (unless --journal is given), and shows its channel and threads " +
		"as a web page to answer from. Everybody who reaches it can do everything: keep it on this machine."
}

func (*discordsimCommand) examples() string {
	return `  Beside a chat that is being worked on:
    cloudflare-chat discordsim --addr 127.0.0.1:8788
    DISCORD_API_URL=http://127.0.0.1:8788/api DISCORD_BOT_TOKEN=… DISCORD_SUPPORT_CHANNEL_ID=… cloudflare-chat serve

  Answer as a member of the team, from a script:
    curl -H 'Authorization: User Ada' -H 'Content-Type: application/json' \
      -d '{"content": "Hello"}' http://127.0.0.1:8788/api/v10/channels/THREAD/messages
`
}

// Run implements the command.
func (c *discordsimCommand) Run(ctx context.Context, t *terminal) error {
	sim := discordsim.New(discordsim.Options{Addr: c.Addr})
	if c.Journal != "" {
		if err := sim.OpenJournal(c.Journal); err != nil {
			return err
		}
	}
	if err := sim.Start(ctx); err != nil {
		return listenFailure(err, c.Addr, "--addr")
	}
	defer sim.Close()
	t.say("A stand-in for Discord. Its console is at %s/", sim.URL())
	t.say("")
	t.say("  DISCORD_API_URL             %s", sim.APIURL())
	t.say("  DISCORD_BOT_TOKEN           %s", sim.BotToken())
	t.say("  DISCORD_SUPPORT_CHANNEL_ID  %s", sim.ChannelID())
	t.say("  SUPPORT_ROLE_ID             %s", sim.RoleID())
	t.say("")
	t.say("ready discord=%s guild=%s channel=%s role=%s", sim.URL(), sim.GuildID(), sim.ChannelID(), sim.RoleID())
	<-ctx.Done()
	return nil
}
