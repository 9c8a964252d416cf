package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/alecthomas/kong"

	"cloudflarechat/server/check"
	"cloudflarechat/server/settings"
)

type doctorCommand struct {
	URL    string `name:"url" placeholder:"ADDRESS" help:"Where visitors' browsers reach the chat, such as https://chat.example.com. Without it: LISTEN_ADDRESS on this machine."`
	Remote bool   `help:"The chat runs elsewhere, such as on Cloudflare: do not look at this machine's clock, disk and database. Needs --url."`
	JSON   bool   `name:"json" help:"Write the findings as JSON."`
	configured
	kong.Plugins
}

func newDoctorCommand() doctorCommand {
	return doctorCommand{Plugins: kong.Plugins{flagsOf(settings.Serve)}}
}

// Help is shown above the flags.
func (*doctorCommand) Help() string {
	return "It reads the same settings as serve, asks Discord, Cloudflare and the running chat, and changes nothing. Every line is ok, warning or failed, " +
		"with what mends it. The exit code is 0 where nothing failed, 1 where something did."
}

func (*doctorCommand) examples() string {
	return `    cloudflare-chat doctor --env-file /etc/cloudflare-chat.env --url https://chat.example.com

  A chat on Cloudflare, with the settings that it was deployed with:
    cloudflare-chat doctor --remote --url https://cloudflare-chat.example.workers.dev

  For a monitor:
    cloudflare-chat doctor --json
`
}

// report is what --json writes.
type report struct {
	Status check.Level     `json:"status"`
	Checks []check.Finding `json:"checks"`
}

// Run implements the command.
func (c *doctorCommand) Run(ctx context.Context, t *terminal) error {
	if c.Remote && c.URL == "" {
		return &failure{exitUsage, errors.New("--remote needs --url"), []string{"say where the chat is, such as --url https://cloudflare-chat.example.workers.dev"}}
	}
	if c.URL != "" {
		if p := check.Address(c.URL); p != nil {
			return &failure{exitUsage, fmt.Errorf("--url: %w", p), []string{p.Mend}}
		}
	}
	config, err := c.load(t, settings.Serve, c.Plugins[0])
	if c.JSON && err != nil {
		r := report{Status: check.Failed}
		var f *failure
		if errors.As(err, &f) {
			err = f.err
		}
		for _, e := range unjoin(err) {
			r.Checks = append(r.Checks, check.Finding{Name: "settings", Level: check.Failed, Says: e.Error(), Mend: "docs/configuration.md explains every setting"})
		}
		return errors.Join(writeReport(t, &r), errUnwell)
	}
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Serve)
		return nil
	}
	r := &reporter{t: t, json: c.JSON}
	c.examine(ctx, config, r)
	if ctx.Err() != nil {
		return &failure{exitFailure, errors.New("stopped before everything was looked at"), nil}
	}
	return r.end()
}

// errUnwell ends a doctor that said everything already.
var errUnwell = &failure{code: exitFailure}

// reporter shows findings as they come.
type reporter struct {
	t    *terminal
	json bool
	all  []check.Finding
}

var paints = map[check.Level]string{check.OK: "32", check.Warning: "33", check.Failed: "31", check.Skipped: "2"}

func (r *reporter) add(list ...check.Finding) {
	for _, f := range list {
		r.all = append(r.all, f)
		if r.json {
			continue
		}
		r.t.say("%s  %-12s  %s", r.t.paintOut(paints[f.Level], fmt.Sprintf("%-7s", f.Level)), f.Name, f.Says)
		if f.Mend != "" {
			r.t.say("%-7s  %-12s  → %s", "", "", f.Mend)
		}
	}
}

func (r *reporter) end() error {
	counts := map[check.Level]int{}
	for _, f := range r.all {
		counts[f.Level]++
	}
	sum := report{Status: check.OK, Checks: r.all}
	switch {
	case counts[check.Failed] > 0:
		sum.Status = check.Failed
	case counts[check.Warning] > 0:
		sum.Status = check.Warning
	}
	if r.json {
		if err := writeReport(r.t, &sum); err != nil {
			return err
		}
	} else {
		r.t.say("")
		warnings := "warnings"
		if counts[check.Warning] == 1 {
			warnings = "warning"
		}
		r.t.say("%d ok, %d %s, %d failed, %d skipped", counts[check.OK], counts[check.Warning], warnings, counts[check.Failed], counts[check.Skipped])
	}
	if sum.Status == check.Failed {
		return errUnwell
	}
	return nil
}

func writeReport(t *terminal, r *report) error {
	e := json.NewEncoder(t.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// examine looks at everything, from what the rest stands on upwards.
func (c *doctorCommand) examine(ctx context.Context, config *settings.Config, r *reporter) {
	where := "the environment"
	if c.EnvFile != "" {
		where += " and " + c.EnvFile
	}
	r.add(check.Finding{Name: "settings", Level: check.OK, Says: "read from " + where})
	d := &check.Discord{API: config.DiscordAPIURL, Token: config.DiscordBotToken.Reveal(), Version: version()}
	bot, p := d.Me(ctx)
	if !c.Remote {
		r.add(d.Clock(), check.Disk(config.DataDir), check.Database(config.DataDir))
	}
	if p != nil {
		r.add(p.Of("bot"))
	} else {
		r.add(check.Finding{Name: "bot", Level: check.OK, Says: "the token is that of " + bot.Name})
		r.add(botFindings(bot)...)
		r.add(placeFindings(ctx, d, bot, config)...)
	}
	web := check.Web{}
	r.add(turnstileFinding(ctx, &web, config))
	running := check.Running{Web: web, URL: c.URL, Admin: config.AdminSecret.Reveal(), Relay: config.BotRelaySecret.Reveal(),
		Version: version(), Origins: config.AllowedOrigins, Turnstile: config.TurnstileSecretKey != ""}
	if running.URL == "" {
		running.URL = localURL(config.ListenAddress)
	}
	r.add(running.Look(ctx)...)
}

func botFindings(b *check.Bot) []check.Finding {
	list := []check.Finding{{Name: "intent", Level: check.OK, Says: "the Message Content Intent is on"}}
	if p := b.ContentProblem(); p != nil {
		list[0] = p.Of("intent")
	}
	if p := b.EndpointProblem(); p != nil {
		f := p.Of("commands")
		f.Level = check.Warning
		list = append(list, f)
	}
	return list
}

// placeFindings looks at the channel and everything around it.
func placeFindings(ctx context.Context, d *check.Discord, b *check.Bot, config *settings.Config) []check.Finding {
	place, p := d.Place(ctx, b, config.DiscordSupportChannelID)
	if p == nil {
		p = place.Kind()
	}
	if p != nil {
		return []check.Finding{p.Of("channel")}
	}
	list := []check.Finding{{Name: "channel", Level: check.OK, Says: place.Name() + " in " + place.Guild.Name}}
	p, less := place.Missing(setTo(config, "THREADS", "private"))
	if p != nil {
		list = append(list, p.Of("permissions"))
	} else if len(less) == 0 {
		list = append(list, check.Finding{Name: "permissions", Level: check.OK, Says: b.Name + " may do there all that it uses"})
	}
	list = append(list, less...)
	if p := place.Public(); p != nil {
		list = append(list, p.Of("readers"))
	} else {
		says := "only administrators can read it"
		if names := place.Readers(); len(names) > 0 {
			says = "it is read by " + strings.Join(names, ", ")
		}
		list = append(list, check.Finding{Name: "readers", Level: check.OK, Says: says})
	}
	return append(append(list, roleFinding(place, config.SupportRoleID)), alertFindings(place, config)...)
}

// alertFindings says who is called to a visitor whom nobody answers. Where
// nobody is called at all, that was said already.
func alertFindings(place *check.Place, config *settings.Config) []check.Finding {
	const name = "alerts"
	role := config.AlertRoleID
	if role == "" {
		role = config.SupportRoleID
	}
	after := settings.Text(config, "ALERT_AFTER")
	switch {
	case config.AlertAfter == 0:
		return []check.Finding{{Name: name, Level: check.OK, Says: "they are off: nobody is called again when a visitor waits"}}
	case role == "":
		return nil
	}
	if p := place.Role(role); p != nil {
		if config.AlertRoleID == "" {
			return nil // it was said of SUPPORT_ROLE_ID
		}
		return []check.Finding{p.Of(name)}
	}
	return []check.Finding{{Name: name, Level: check.OK, Says: "the role " + place.Roles[role].Name + " is called when nobody answers for " + after}}
}

func roleFinding(place *check.Place, role string) check.Finding {
	if role == "" {
		return check.Finding{Name: "notified", Level: check.Warning, Says: "nobody is called when a conversation begins",
			Mend: "set SUPPORT_ROLE_ID to the role of your team"}
	}
	if p := place.Role(role); p != nil {
		return p.Of("notified")
	}
	return check.Finding{Name: "notified", Level: check.OK, Says: "the role " + place.Roles[role].Name + " is called when a conversation begins"}
}

func turnstileFinding(ctx context.Context, web *check.Web, config *settings.Config) check.Finding {
	const name = "turnstile"
	if config.TurnstileSecretKey == "" {
		return check.Finding{Name: name, Level: check.Warning, Says: "it is off: robots are not kept out", Mend: "set TURNSTILE_SECRET_KEY, and turnstileSiteKey in your pages"}
	}
	test, p := web.Turnstile(ctx, config.TurnstileVerifyURL, config.TurnstileSecretKey.Reveal())
	switch {
	case p != nil:
		return p.Of(name)
	case test:
		return check.Finding{Name: name, Level: check.Warning, Says: "the secret key is one of Cloudflare's for tests: it keeps nobody out", Mend: "make a widget of your own in the Cloudflare dashboard → Turnstile"}
	}
	return check.Finding{Name: name, Level: check.OK, Says: "Cloudflare takes the secret key"}
}

// localURL is where a chat that listens on an address is reached from here.
func localURL(listen string) string {
	a, err := net.ResolveTCPAddr("tcp", listen)
	if err != nil {
		return "http://" + listen
	}
	return origin(a)
}

// setTo tells whether a setting has a value.
func setTo(config *settings.Config, key, value string) bool {
	return settings.Text(config, key) == value
}
