package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"
	"github.com/mattn/go-isatty"

	"cloudflarechat/server/check"
	"cloudflarechat/server/settings"
)

type setupCommand struct {
	EnvFile        string        `placeholder:"FILE" default:".env" help:"The file to write the settings to, and to keep those from that are in it."`
	NonInteractive bool          `help:"Ask nothing: take the answers from flags, the environment and the env file, and stop at the first that is missing or wrong."`
	Accessible     bool          `help:"Ask in plain lines, for screen readers. ACCESSIBLE=1 in the environment does the same."`
	Guild          string        `placeholder:"ID" help:"The Discord server, where the bot is in several."`
	MakeChannel    string        `placeholder:"NAME" help:"Make a private channel of that name for the team."`
	Wait           time.Duration `placeholder:"TIME" default:"0s" help:"How long to wait until somebody has invited the bot, with --non-interactive."`
	URL            string        `name:"url" placeholder:"ADDRESS" help:"Where the chat will be reached, such as https://chat.example.com, for the line to put into your pages."`
	SiteKey        string        `placeholder:"KEY" help:"The site key of Turnstile, for the same line."`
	Then           string        `placeholder:"WHAT" help:"What to do at the end: run, systemd, cloudflare or nothing. Without it: ask."`
	Poll           time.Duration `hidden:"" default:"2s"`
	Root           string        `hidden:"" default:"/"`
	kong.Plugins
}

func newSetupCommand() setupCommand {
	return setupCommand{Plugins: kong.Plugins{flagsOf(settings.Serve)}}
}

// Help is shown above the flags.
func (*setupCommand) Help() string {
	return "It asks one thing at a time, says where to find it, and checks each answer with the real service at once. The settings are written at the very end; " +
		"Ctrl-C leaves everything as it was. Run it again whenever you like: what is there and works is kept."
}

func (*setupCommand) examples() string {
	return `    cloudflare-chat setup

  Without a terminal, with secrets from the environment:
    DISCORD_BOT_TOKEN=… cloudflare-chat setup --non-interactive --discord-support-channel-id 118… \
      --allowed-origins https://example.com --env-file chat.env --then nothing
`
}

// wizard is one run of setup.
type wizard struct {
	c   *setupCommand
	t   *terminal
	ask asker // nil: nobody answers
	d   *check.Discord
	web check.Web
	// known are the answers that were there before, kept those in the file.
	known, kept map[string]string
	// answers are what will be written.
	answers map[string]string
	bot     *check.Bot
	server  *check.Server
	place   *check.Place
	undo    []func(context.Context)
	old     []byte // the env file as it was
	path    string
}

// Run implements the command.
func (c *setupCommand) Run(ctx context.Context, t *terminal) error {
	w := &wizard{c: c, t: t, known: map[string]string{}, kept: map[string]string{}, answers: map[string]string{}}
	switch c.Then {
	case "", "run", "systemd", "cloudflare", "nothing":
	default:
		return &failure{exitUsage, fmt.Errorf("--then %s is nothing that setup can do", c.Then), []string{"choose run, systemd, cloudflare or nothing"}}
	}
	if c.URL != "" {
		if p := check.Address(c.URL); p != nil {
			return &failure{exitUsage, fmt.Errorf("--url: %w", p), []string{p.Mend}}
		}
	}
	if !c.NonInteractive {
		w.ask = newAsker(t, c.Accessible)
	}
	if err := w.read(); err != nil {
		return err
	}
	err := w.walk(ctx)
	if err == nil {
		err = w.write()
	}
	if err == nil {
		return w.then(ctx)
	}
	w.takeBack(ctx)
	if errors.Is(err, errStopped) || ctx.Err() != nil {
		hint := "run " + program + " setup again whenever you like"
		if t.in == nil || !isatty.IsTerminal(t.in.Fd()) {
			hint = "where nobody can answer, give the answers with flags and --non-interactive: see " + program + " setup --help"
		}
		return &failure{exitFailure, errors.New("stopped: nothing was changed"), []string{hint}}
	}
	return err
}

// takeBack undoes what was done in Discord, the last first.
func (w *wizard) takeBack(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	for i := len(w.undo) - 1; i >= 0; i-- {
		w.undo[i](ctx)
	}
}

// read finds the answers that are there already: flags, then the environment,
// then the env file.
func (w *wizard) read() error {
	w.path = w.c.EnvFile
	if real, err := filepath.EvalSymlinks(w.path); err == nil {
		w.path = real
	}
	text, err := os.ReadFile(w.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return &failure{exitSettings, fmt.Errorf("the env file %s cannot be read: %w", w.c.EnvFile, plainCause(err)), []string{"name another with --env-file, or run this as the user that owns it"}}
	}
	if err := writable(filepath.Dir(w.path)); err != nil {
		return &failure{exitSettings, fmt.Errorf("the env file %s could not be written: %w", w.c.EnvFile, plainCause(err)), []string{"name another with --env-file"}}
	}
	w.old = text
	if w.kept, err = settings.ReadEnvFile(text, w.c.EnvFile); err != nil {
		return &failure{exitSettings, err, []string{"mend that line, or name another file with --env-file"}}
	}
	for i := range settings.Table {
		s := &settings.Table[i]
		if !s.Commands.Has(settings.Serve) {
			continue
		}
		if v := flagValue(w.c.Plugins[0], s.Key); v != "" && !s.Secret {
			w.known[s.Key], w.answers[s.Key] = v, v
			continue
		}
		v, fromFile := w.t.getenv(s.Key), false
		if v == "" && s.Secret {
			if v, fromFile, err = w.secretFile(s, w.t.getenv(s.FileKey())); err != nil {
				return err
			}
		}
		if v != "" && !fromFile {
			w.answers[s.Key] = v
		}
		if v == "" {
			v = w.kept[s.Key]
		}
		if v == "" && s.Secret {
			if v, _, err = w.secretFile(s, w.kept[s.FileKey()]); err != nil {
				return err
			}
		}
		if v != "" {
			w.known[s.Key] = v
		}
	}
	return nil
}

// secretFile reads a secret from the file that a NAME_FILE names.
func (w *wizard) secretFile(s *settings.Setting, path string) (string, bool, error) {
	if path == "" {
		return "", false, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", false, &failure{exitSettings, fmt.Errorf("%s names a file that cannot be read: %w", s.FileKey(), plainCause(err)), []string{"put the secret there, or leave " + s.FileKey() + " out"}}
	}
	return string(trimmed(text)), true, nil
}

func trimmed(text []byte) []byte {
	for len(text) > 0 && text[len(text)-1] <= ' ' {
		text = text[:len(text)-1]
	}
	return text
}

// writable says whether a file could be made in a folder.
func writable(dir string) error {
	f, err := os.CreateTemp(dir, ".setup-")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// value is an answer, or what was known, or a setting's default.
func (w *wizard) value(key string) string {
	for _, from := range []map[string]string{w.answers, w.known} {
		if v := from[key]; v != "" {
			return v
		}
	}
	return settings.Find(key).Default
}

// walk takes every step.
func (w *wizard) walk(ctx context.Context) error {
	w.t.say("%s", w.t.paintOut("1", "Cloudflare-Discord Chat: setup"))
	w.t.say("Each answer is checked at once. Settings are written at the end; Ctrl-C leaves everything as it was.")
	if err := w.checkKnown(); err != nil {
		return err
	}
	w.d = &check.Discord{API: w.value("DISCORD_API_URL"), Version: version()}
	steps := []struct {
		title string
		take  func(context.Context) error
	}{
		{"The bot", w.stepBot}, {"Your Discord server", w.stepServer}, {"Your team", w.stepRole}, {"The support channel", w.stepChannel},
		{"Your website", w.stepOrigins}, {"Keeping robots out", w.stepTurnstile},
	}
	for i, s := range steps {
		w.t.say("")
		w.t.say("%s", w.t.paintOut("1", fmt.Sprintf("%d of %d  %s", i+1, len(steps), s.title)))
		if err := s.take(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errStopped
		}
	}
	return w.finish(ctx)
}

// checkKnown refuses what is set and could never be right, before anybody is
// asked anything. What a step asks for is checked there.
func (w *wizard) checkKnown() error {
	asked := map[string]bool{"DISCORD_BOT_TOKEN": true, "DISCORD_SUPPORT_CHANNEL_ID": true, "SUPPORT_ROLE_ID": true, "ALLOWED_ORIGINS": true, "TURNSTILE_SECRET_KEY": true}
	for i := range settings.Table {
		s := &settings.Table[i]
		if v := w.known[s.Key]; v != "" && !asked[s.Key] {
			if err := s.Check(v); err != nil {
				return &failure{exitSettings, fmt.Errorf("%s %w", s.Key, err), []string{"put there " + s.Put}}
			}
		}
	}
	return nil
}

// good says that something is as it should be.
func (w *wizard) good(format string, args ...any) {
	w.t.say("  %s %s", w.t.paintOut("32", "ok"), fmt.Sprintf(format, args...))
}

// wrong says what is wrong, and how it is mended.
func (w *wizard) wrong(p *check.Problem) {
	w.t.say("  %s %s", w.t.paintOut("31", "wrong:"), p.What)
	w.t.say("         → %s", p.Mend)
}

// caution says what is less than it could be.
func (w *wizard) caution(f check.Finding) {
	w.t.say("  %s %s", w.t.paintOut("33", "note:"), f.Says)
	if f.Mend != "" {
		w.t.say("        → %s", f.Mend)
	}
}

// refuse is how a problem ends a run that nobody answers.
func refuse(p *check.Problem) error {
	return &failure{exitSettings, p, []string{p.Mend}}
}

// missing is how a run ends that lacks an answer.
func missing(what, hint string) error {
	return &failure{exitSettings, fmt.Errorf("%s is missing", what), []string{hint}}
}

// patiently does something that may take a while, and says so after a second.
func (w *wizard) patiently(ctx context.Context, doing string, f func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	slow := time.NewTimer(time.Second)
	defer slow.Stop()
	select {
	case <-done:
	case <-slow.C:
		w.t.say("  %s …", doing)
		<-done
	}
	if ctx.Err() != nil {
		return errStopped
	}
	return nil
}

// settle asks until an answer is right. known is tried first; check says what
// is wrong with one.
func (w *wizard) settle(ctx context.Context, known, doing string, prompt func() (string, error), look func(string) *check.Problem) (string, error) {
	v := known
	for {
		if v == "" {
			var err error
			if v, err = prompt(); err != nil {
				return "", err
			}
		}
		var p *check.Problem
		if err := w.patiently(ctx, doing, func() { p = look(v) }); err != nil {
			return "", err
		}
		if p == nil {
			return v, nil
		}
		if w.ask == nil {
			return "", refuse(p)
		}
		w.wrong(p)
		if !p.Elsewhere {
			v = ""
			continue
		}
		what, err := w.ask.choose(ctx, "When that is done", "", []option{{"again", "Check again"}, {"other", "Give another answer"}}, "again")
		if err != nil {
			return "", err
		}
		if what == "other" {
			v = ""
		}
	}
}
