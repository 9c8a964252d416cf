package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloudflarechat/discord"
	"cloudflarechat/server/check"
	"cloudflarechat/server/settings"
)

// stepBot finds out who the bot is, and that it may read what people write.
func (w *wizard) stepBot(ctx context.Context) error {
	const key = "DISCORD_BOT_TOKEN"
	token, err := w.settle(ctx, w.known[key], "Asking Discord who the bot is", func() (string, error) {
		if w.ask == nil {
			return "", missing(key, "set it in the environment or in "+w.c.EnvFile+": "+check.HowToken)
		}
		return w.ask.text(ctx, "The bot's token", "Open "+check.HowToken+". It is not shown here.", true)
	}, func(v string) *check.Problem {
		if v == "" {
			return &check.Problem{What: "nothing was entered", Mend: check.HowToken}
		}
		w.d.Token = v
		var p *check.Problem
		w.bot, p = w.d.Me(ctx)
		return p
	})
	if err != nil {
		return err
	}
	if token != w.known[key] {
		w.answers[key] = token
	}
	w.good("the bot is %s", w.bot.Name)
	if f := w.d.Clock(); f.Level == check.Failed || f.Level == check.Warning {
		w.caution(f)
	}
	if p := w.bot.EndpointProblem(); p != nil {
		w.caution(p.Of("commands"))
	}
	return w.content(ctx)
}

// content switches the Message Content Intent on.
func (w *wizard) content(ctx context.Context) error {
	for {
		p := w.bot.ContentProblem()
		if p == nil {
			w.good("the Message Content Intent is on")
			return nil
		}
		what := "switch"
		if w.ask != nil {
			w.wrong(p)
			var err error
			what, err = w.ask.choose(ctx, "The Message Content Intent", "Without it the text of your team's answers does not arrive.",
				[]option{{"switch", "Switch it on for me"}, {"done", "I switched it on myself: check again"}}, "switch")
			if err != nil {
				return err
			}
		}
		if what == "done" {
			var q *check.Problem
			if err := w.patiently(ctx, "Asking Discord", func() { w.bot, q = w.fresh(ctx) }); err != nil {
				return err
			}
			if q != nil {
				return refuse(q)
			}
			continue
		}
		if err := w.patiently(ctx, "Switching it on", func() { p = w.d.SetContent(ctx, w.bot, true) }); err != nil {
			return err
		}
		if p != nil && w.ask == nil {
			return refuse(p)
		}
		if p != nil {
			w.wrong(p)
			continue
		}
		w.undo = append(w.undo, func(ctx context.Context) { _ = w.d.SetContent(ctx, w.bot, false) })
	}
}

func (w *wizard) fresh(ctx context.Context) (*check.Bot, *check.Problem) {
	b, p := w.d.Me(ctx)
	if p != nil {
		return w.bot, p
	}
	return b, nil
}

// stepServer finds the server, and waits until the bot is in one.
func (w *wizard) stepServer(ctx context.Context) error {
	link := check.Invite(w.bot.Application, check.NeededPermissions, w.c.Guild)
	if w.c.MakeChannel != "" {
		link = check.Invite(w.bot.Application, check.ChannelPermissions, w.c.Guild)
	}
	list, err := w.joined(ctx, link)
	if err != nil {
		return err
	}
	guild := w.c.Guild
	if guild == "" && len(list) == 1 {
		guild = list[0].ID
	}
	if guild == "" {
		if place, p := w.d.Place(ctx, w.bot, w.value("DISCORD_SUPPORT_CHANNEL_ID")); w.value("DISCORD_SUPPORT_CHANNEL_ID") != "" && p == nil {
			guild = place.Guild.ID
		}
	}
	if guild == "" {
		if w.ask == nil {
			return missing("the Discord server", "the bot is in several: choose one with --guild")
		}
		var options []option
		for _, g := range list {
			options = append(options, option{g.ID, g.Name})
		}
		if guild, err = w.ask.choose(ctx, "The Discord server of your team", "", options, ""); err != nil {
			return err
		}
	}
	return w.enter(ctx, guild)
}

// enter looks at the server anew.
func (w *wizard) enter(ctx context.Context, guild string) error {
	var p *check.Problem
	if err := w.patiently(ctx, "Looking at the server", func() { w.server, p = w.d.Server(ctx, w.bot, guild) }); err != nil {
		return err
	}
	if p != nil {
		return refuse(p)
	}
	w.good("%s is in %s", w.bot.Name, w.server.Guild.Name)
	return nil
}

// joined gives the servers that the bot is in, once there is one.
func (w *wizard) joined(ctx context.Context, link string) ([]check.Guild, error) {
	var end <-chan time.Time
	if w.ask == nil {
		limit := time.NewTimer(w.c.Wait)
		defer limit.Stop()
		end = limit.C
	}
	again := time.NewTicker(w.c.Poll)
	defer again.Stop()
	told, lastWhat := false, ""
	for {
		list, p := w.d.Guilds(ctx)
		if ctx.Err() != nil {
			return nil, errStopped
		}
		switch {
		case p != nil && w.ask == nil && w.c.Wait == 0:
			return nil, refuse(p)
		case p != nil && p.What != lastWhat:
			w.wrong(p)
			lastWhat = p.What
		case p == nil && w.in(list):
			return list, nil
		}
		if !told {
			if len(list) > 0 {
				w.wrong(&check.Problem{What: "the bot is in " + namesOf(list) + ", and not in the server " + w.c.Guild,
					Mend: "invite it there, or leave --guild out"})
			} else {
				w.t.say("  The bot is in no Discord server of yours yet.")
			}
			w.t.say("  Open this link, choose your server and confirm:")
			w.t.say("")
			w.t.say("    %s", link)
			w.t.say("")
			w.t.say("  Waiting until it has joined …")
			told = true
		}
		select {
		case <-again.C:
		case <-end:
			return nil, &failure{exitSettings, fmt.Errorf("the bot %s is in no Discord server", w.bot.Name), []string{"invite it: " + link, "then run this again, or let it wait with --wait 5m"}}
		case <-ctx.Done():
			return nil, errStopped
		}
	}
}

// namesOf lists servers as a person would.
func namesOf(list []check.Guild) string {
	names := make([]string, 0, len(list))
	for _, g := range list {
		names = append(names, g.Name)
	}
	return strings.Join(names, ", ")
}

// in tells whether the bot is where it should be.
func (w *wizard) in(list []check.Guild) bool {
	for _, g := range list {
		if g.ID == w.c.Guild {
			return true
		}
	}
	return w.c.Guild == "" && len(list) > 0
}

// stepRole asks who is called. Whether the role can see the channel is known
// only when there is one.
func (w *wizard) stepRole(ctx context.Context) error {
	const key, nobody = "SUPPORT_ROLE_ID", "nobody"
	known := w.known[key]
	if _, asked := w.kept[key]; known == "" && (asked || w.ask == nil) {
		w.good("nobody is called when a conversation begins")
		return nil
	}
	role, err := w.settle(ctx, known, "Looking at the roles", func() (string, error) {
		if w.ask == nil {
			return "", missing(key, "set it to the id of a role")
		}
		options := []option{{nobody, "Nobody is called"}}
		preset := nobody
		for _, r := range w.server.TeamRoles() {
			options = append(options, option{r.ID, r.Name})
			if preset == nobody {
				preset = r.ID
			}
		}
		return w.ask.choose(ctx, "Which role is called when a conversation begins?", "It is mentioned once in each conversation.", options, preset)
	}, func(v string) *check.Problem {
		if v == nobody {
			return nil
		}
		if err := settings.Find(key).Check(v); err != nil {
			return &check.Problem{What: "the role " + err.Error(), Mend: settings.Find(key).Put}
		}
		s, p := w.d.Server(ctx, w.bot, w.server.Guild.ID)
		if p != nil {
			return p
		}
		w.server = s
		return s.CanCall(v)
	})
	if err != nil {
		return err
	}
	if role == nobody {
		role = ""
	}
	if role != known || w.kept[key] == "" {
		w.answers[key] = role
	}
	if role == "" {
		w.good("nobody is called")
		return nil
	}
	w.good("the role %s is called", w.server.Roles[role].Name)
	return nil
}

// What can be answered beside a channel of the list.
const (
	makeOne = "make"
	typeOne = "type"
)

// stepChannel finds or makes a channel that only the team reads.
func (w *wizard) stepChannel(ctx context.Context) error {
	const key = "DISCORD_SUPPORT_CHANNEL_ID"
	known := w.known[key]
	if w.c.MakeChannel != "" && known == "" {
		known = makeOne
	}
	channel, err := w.settle(ctx, known, "Trying the channel out", func() (string, error) { return w.askChannel(ctx) }, func(v string) *check.Problem {
		return w.tryChannel(ctx, v)
	})
	if err != nil {
		return err
	}
	if channel == makeOne {
		channel = w.place.Channel.ID
	}
	if channel != w.known[key] || w.kept[key] != channel {
		w.answers[key] = channel
	}
	w.good("a test thread in %s was opened and removed", w.place.Name())
	_, less := w.place.Missing(w.value("THREADS") == "private")
	for _, f := range less {
		w.caution(f)
	}
	if role := w.value("SUPPORT_ROLE_ID"); role != "" {
		if p := w.place.Role(role); p != nil {
			w.caution(p.Of("role"))
		}
	}
	return nil
}

func (w *wizard) askChannel(ctx context.Context) (string, error) {
	if w.ask == nil {
		return "", missing("DISCORD_SUPPORT_CHANNEL_ID", "choose a channel with --discord-support-channel-id, or let one be made with --make-channel support")
	}
	var places []*check.Place
	var p *check.Problem
	if err := w.patiently(ctx, "Listing the channels", func() { places, p = w.d.Channels(ctx, w.server) }); err != nil {
		return "", err
	}
	if p != nil {
		w.wrong(p)
	}
	options := []option{{makeOne, "Make a private channel for the team"}}
	preset := makeOne
	for _, c := range places {
		text := c.Name()
		if c.Public() != nil {
			text += "  (everyone can read it)"
		} else if preset == makeOne {
			preset = c.Channel.ID
		}
		options = append(options, option{c.Channel.ID, text})
	}
	options = append(options, option{typeOne, "Another one, by its id"})
	v, err := w.ask.choose(ctx, "In which channel do conversations become threads?", "Only your team may be able to read it: what visitors write stands there.", options, preset)
	if err != nil || v != typeOne {
		return v, err
	}
	return w.ask.text(ctx, "The channel's id", "In Discord: Settings → Advanced → Developer Mode, then right-click the channel → Copy Channel ID.", false)
}

// tryChannel does in a channel what the chat will do.
func (w *wizard) tryChannel(ctx context.Context, v string) (p *check.Problem) {
	if v == makeOne {
		if p := w.make(ctx); p != nil {
			return p
		}
		v = w.place.Channel.ID
	}
	if err := settings.Find("DISCORD_SUPPORT_CHANNEL_ID").Check(v); err != nil {
		return &check.Problem{What: "the channel " + err.Error(), Mend: "right-click the channel → Copy Channel ID"}
	}
	place, p := w.d.Place(ctx, w.bot, v)
	if p != nil {
		return p
	}
	if place.Guild.ID != w.server.Guild.ID {
		return &check.Problem{What: place.Name() + " is in the server " + place.Guild.Name + ", not in " + w.server.Guild.Name, Mend: "choose a channel of " + w.server.Guild.Name + ", or the other server with --guild " + place.Guild.ID}
	}
	w.place = place
	if p := place.Kind(); p != nil {
		return p
	}
	if p := place.Public(); p != nil {
		return p
	}
	if p, _ := place.Missing(w.value("THREADS") == "private"); p != nil {
		return p
	}
	return w.d.TestThread(ctx, place)
}

// make makes the channel, once.
func (w *wizard) make(ctx context.Context) *check.Problem {
	if w.place != nil && w.c.MakeChannel == "-"+w.place.Channel.ID {
		return nil
	}
	name := w.c.MakeChannel
	if name == "" {
		name = "support"
	}
	s, p := w.d.Server(ctx, w.bot, w.server.Guild.ID)
	if p != nil {
		return p
	}
	w.server = s
	place, p := w.d.MakeChannel(ctx, s, name, w.value("SUPPORT_ROLE_ID"))
	if p != nil {
		return p
	}
	w.place, w.c.MakeChannel = place, "-"+place.Channel.ID
	w.undo = append(w.undo, func(ctx context.Context) { _ = w.d.DropChannel(ctx, place.Channel.ID) })
	return nil
}

// commands registers what the team can do in a thread.
func (w *wizard) commands(ctx context.Context) error {
	var p *check.Problem
	if err := w.patiently(ctx, "Registering the commands", func() { p = w.d.Commands(ctx, w.server, discord.Commands) }); err != nil {
		return err
	}
	if p != nil {
		w.caution(p.Of("commands"))
		return nil
	}
	w.good("your team has the commands /close and /block")
	return nil
}
