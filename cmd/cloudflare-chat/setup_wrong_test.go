//go:build unix

package main

import (
	"strings"
	"testing"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/server/check"
)

// channelsNamed counts the server's channels of a name.
func (s *stage) channelsNamed(name string) int {
	d := check.Discord{API: s.sim.APIURL(), Token: s.sim.BotToken()}
	b, p := d.Me(s.t.Context())
	if p != nil {
		s.t.Fatal(p)
	}
	server, p := d.Server(s.t.Context(), b, s.sim.GuildID())
	if p != nil {
		s.t.Fatal(p)
	}
	list, p := d.Channels(s.t.Context(), server)
	if p != nil {
		s.t.Fatal(p)
	}
	n := 0
	for _, c := range list {
		if c.Channel.Name == name {
			n++
		}
	}
	return n
}

// hasContent tells whether the switch for message content is on.
func (s *stage) hasContent() bool {
	d := check.Discord{API: s.sim.APIURL(), Token: s.sim.BotToken()}
	b, p := d.Me(s.t.Context())
	if p != nil {
		s.t.Fatal(p)
	}
	return b.HasContent()
}

// TestSetupWrongAnswers gives one wrong answer each: it is named with its
// mend, the question comes again, and Ctrl-C leaves nothing behind.
func TestSetupWrongAnswers(t *testing.T) {
	type w = world.Config
	const token, channel, site, secret = "The bot's token", "In which channel", "The address of your website", "The secret key"
	known := w{OnlyKnownTokens: true, Bots: []world.Bot{{Token: "the.right.token"}}}
	may := func(p world.Permissions) w { return w{Bots: []world.Bot{{Token: "the.right.token", Permissions: p}}} }
	tests := []struct {
		name     string
		cfg      w
		env      string // further settings, a blank between them
		question string
		answer   string
		says     string
		mend     string
		again    string // what is asked then
	}{
		{"nothing", known, "", token, "", "nothing was entered", "Reset Token", token},
		{"an id", known, "", token, "1180000000000000001", "that is a number, such as an application's", "Reset Token", token},
		{"the public key", known, "", token, strings.Repeat("0f", 32), "that is the application's public key", "Reset Token", token},
		{"with Bot", known, "", token, "Bot the.right.token", `the token begins with "Bot "`, "leave the word Bot out", token},
		{"of another bot", known, "", token, "another.bots.token", "Discord does not know this token", "copy it anew", token},
		{"an address", known, "", token, "https://discord.com", "that is an address", "Reset Token", token},
		{"no network", known, "DISCORD_API_URL=http://127.0.0.1:1/api", token, "the.right.token", "Discord cannot be reached: nothing answers at 127.0.0.1:1", "DISCORD_API_URL", "Check again"},
		{"role", w{RoleNotMentionable: true}, "TOKEN", "Which role is called", "2", "the role Support cannot be mentioned", "Allow anyone to @mention this role", "Check again"},
		{"a role that is none", w{}, "TOKEN SUPPORT_ROLE_ID=1180000000000000001", "", "", "Acme has no role with the id", "Copy Role ID", "Which role"},
		{"everyone reads", w{}, "TOKEN ROLE", channel, "2", "@everyone in Acme can read #general", "switch Private Channel on", "Check again"},
		{"no channel", w{}, "TOKEN ROLE DISCORD_SUPPORT_CHANNEL_ID=1180000000000000001", "", "", "there is no channel with the id", "Copy Channel ID", channel},
		{"no id", w{}, "TOKEN ROLE DISCORD_SUPPORT_CHANNEL_ID=support", "", "", `is "support", which is no Discord id`, "Copy Channel ID", channel},
		{"voice", w{ChannelType: world.GuildVoice}, "TOKEN ROLE CHANNEL", "", "", "#support is a voice channel", "choose a text channel", channel},
		{"permissions", may(world.DefaultBotPermissions &^ world.SendMessagesInThreads), "TOKEN ROLE CHANNEL", "", "", "lacks in #support: Send Messages in Threads", "allow Send Messages in Threads", "Check again"},
		{"no right to make one", w{}, "TOKEN ROLE", channel, "1", "the bot may not make a channel in Acme", "permissions=326417615952", "Check again"},
		{"no scheme", w{}, "TOKEN ROLE CHANNEL", site, "example.com", `holds "example.com", which does not begin with https://`, "such as https://example.com", site},
		{"a path", w{}, "TOKEN ROLE CHANNEL", site, "https://example.com/shop", "which is more than an origin", "such as https://example.com", site},
		{"no website", w{}, "TOKEN ROLE CHANNEL", site, "", "nothing was entered", "no other website", site},
		{"a website that is not there", w{}, "TOKEN ROLE CHANNEL", site, "http://127.0.0.1:1", "http://127.0.0.1:1 cannot be reached", "check how it is written", "Check again"},
		{"key of another site", w{}, "TOKEN ROLE CHANNEL ALLOWED_ORIGINS=https://*.example.com TURNSTILE_SECRET_KEY=0x4AAA-of-another", "", "", "Cloudflare does not know this secret key", "not the site key", secret},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := newTypist(t, tt.cfg)
			p.start2(tt.env)
			if tt.question != "" {
				p.answers(tt.question, tt.answer)
			}
			p.sees("wrong: ")
			p.sees(tt.says)
			p.sees("→ ")
			p.sees(tt.mend)
			p.sees(tt.again)
			p.stops()
		})
	}
}

// start2 starts setup in plain lines with settings in the environment.
func (p *typist) start2(env string) {
	p.t.Helper()
	for _, e := range strings.Fields(env) {
		switch e {
		case "TOKEN":
			e = "DISCORD_BOT_TOKEN=" + p.sim.BotToken()
		case "ROLE":
			e = "SUPPORT_ROLE_ID=" + p.sim.RoleID()
		case "CHANNEL":
			e = "DISCORD_SUPPORT_CHANNEL_ID=" + p.sim.ChannelID()
		}
		p.env = append(p.env, e)
	}
	p.start("--accessible")
}

// TestSetupWrongThenMended mends in Discord what was wrong, and goes on.
func TestSetupWrongThenMended(t *testing.T) {
	p := newTypist(t, world.Config{Bots: []world.Bot{{Token: "t", Permissions: world.DefaultBotPermissions &^ world.CreatePublicThreads}}})
	p.start2("TOKEN ROLE CHANNEL")
	p.sees("lacks in #support: Create Public Threads")
	p.sees("Number, Enter for 1 > ")
	p.invite(world.DefaultBotPermissions)
	p.types("\n")
	p.sees("ok a test thread in #support was opened and removed")
	p.answers("The address of your website", "http://127.0.0.1:1")
	p.sees("cannot be reached")
	p.answers("Number, Enter for 1", "") // keep it all the same
	p.sees("ok the chat may be used by http://127.0.0.1:1")
	p.answers("Number, Enter for 1", "2") // no Turnstile
	p.sees("ok the settings are in .env")
	p.answers("What next?", "4")
	if code := p.ends(); code != exitOK || !strings.Contains(p.file(), "ALLOWED_ORIGINS=http://127.0.0.1:1\n") {
		t.Errorf("code %d:\n%s", code, p.file())
	}
}

// TestSetupTheTestThreadIsRefused holds that what cannot be seen in any list of
// permissions is found by trying, and that nothing of it is left.
func TestSetupTheTestThreadIsRefused(t *testing.T) {
	p := newTypist(t, world.Config{})
	s := &stage{t: t, sim: p.sim}
	s.fault(world.Fault{Kind: world.FaultError, Status: 403, Route: "POST /channels/{channel.id}/messages/{message.id}/threads"})
	p.start2("TOKEN ROLE CHANNEL")
	p.sees("wrong: opening a thread in #support was refused")
	p.sees("Check again")
	p.stops()
	var left int
	p.sim.Do(func(_ int64, w *world.World) { left = len(w.Messages(w.SupportChannel())) })
	if left != 0 {
		t.Errorf("%d posts are left", left)
	}
}

// TestSetupDiscordDoesNotLetItSwitch holds that the intent is then switched by
// hand.
func TestSetupDiscordDoesNotLetItSwitch(t *testing.T) {
	p := newTypist(t, world.Config{Bots: []world.Bot{{Token: "t", NoMessageContent: true}}})
	s := &stage{t: t, sim: p.sim}
	s.fault(world.Fault{Kind: world.FaultError, Status: 403, Route: "PATCH /applications/@me"})
	p.start2("TOKEN ROLE CHANNEL")
	p.answers("Number, Enter for 1", "")
	p.sees("wrong: Discord does not let the bot switch that on itself")
	p.sees("Privileged Gateway Intents")
	p.answers("Number, Enter for 1", "2")
	p.sees("wrong: the Message Content Intent is off")
	p.sees("Number, Enter for 1")
	p.stops()
}

// TestSetupWrongServer names a server in which the bot is not, and goes on once
// it has been invited, or stops without a trace.
func TestSetupWrongServer(t *testing.T) {
	p := newTypist(t, world.Config{})
	p.env = append(p.env, "DISCORD_BOT_TOKEN="+p.sim.BotToken())
	p.start("--accessible", "--guild", "1180000000000000001")
	p.sees("wrong: the bot is in Acme, and not in the server 1180000000000000001")
	p.sees("→ invite it there, or leave --guild out")
	p.sees("guild_id=1180000000000000001")
	p.sees("Waiting until it has joined")
	p.stops()
}

// TestSetupWithoutATurnstileKeyAfterAll holds that who has no key after saying so
// is not kept at the question.
func TestSetupWithoutATurnstileKeyAfterAll(t *testing.T) {
	p := newTypist(t, world.Config{})
	p.start2("TOKEN ROLE CHANNEL ALLOWED_ORIGINS=https://*.example.com")
	p.answers("Number, Enter for 1", "") // use it
	p.answers("The secret key", "0x4AAA-of-another")
	p.sees("wrong: Cloudflare does not know this secret key")
	p.answers("Enter leaves it for later", "")
	p.sees("ok Turnstile is off")
	p.answers("What next?", "4")
	if code := p.ends(); code != exitOK || strings.Contains(p.file(), "0x4AAA") {
		t.Errorf("code %d:\n%s", code, p.file())
	}
}
