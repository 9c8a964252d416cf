package server_test

import (
	"testing"

	"cloudflarechat/discordsim/world"
)

// The agents' commands are registered though Discord is unwell at the start: it names the server once.
func TestCommandsAreRegisteredAtLast(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	d.change(func(now int64, w *world.World) error {
		for _, kind := range []world.FaultKind{world.FaultError, world.FaultLimitUser} {
			if _, err := w.Inject(now, world.Fault{Kind: kind, Route: "PUT /applications/{application.id}/guilds/{guild.id}/commands", Count: 1, Status: 503, RetryAfterMs: 100}); err != nil {
				return err
			}
		}
		return nil
	})
	s := start(t, d.options(t))
	ready(t, s)
	path, token := "", d.BotToken()
	d.Do(func(_ int64, w *world.World) {
		path = "/applications/" + w.BotApplication(token).String() + "/guilds/" + w.GuildID().String() + "/commands"
	})
	eventually(t, "the commands", func() bool {
		var list []struct{ Name string }
		return d.askAs("Bot "+token, "GET", path, nil, &list) == 200 && len(list) == 2
	})
}
