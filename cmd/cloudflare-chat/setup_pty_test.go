//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"

	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
)

// typist is a person at a terminal, before the wizard.
type typist struct {
	t    *testing.T
	sim  *discordsim.Server
	dir  string
	env  []string
	cmd  *exec.Cmd
	tty  *os.File
	done chan error

	mu   sync.Mutex
	text string // what came, without colours and moves
	seen int
}

// sequences are what moves the cursor and colours; what is left can be read.
var sequences = regexp.MustCompile("\x1b\\[[0-9;?<>=$]*[a-zA-Z~]|\x1b\\][^\x07\x1b]*(\x07|\x1b\\\\)|\x1b[=>78()][A-Z0-9]?|\r")

// newTypist begins with a stand-in for Discord.
func newTypist(t *testing.T, cfg world.Config) *typist {
	t.Helper()
	sim := discordsim.New(discordsim.Options{World: cfg})
	if err := sim.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	captcha := fakeTurnstile(t)
	return &typist{t: t, sim: sim, dir: t.TempDir(), env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=xterm-256color",
		"DISCORD_API_URL=" + sim.APIURL(), "TURNSTILE_VERIFY_URL=" + captcha.URL}}
}

// start runs setup in a terminal.
func (p *typist) start(args ...string) {
	p.t.Helper()
	p.cmd = exec.CommandContext(p.t.Context(), program, append([]string{"setup", "--poll", "20ms"}, args...)...)
	p.cmd.Dir, p.cmd.Env = p.dir, p.env
	tty, err := pty.StartWithSize(p.cmd, &pty.Winsize{Rows: 50, Cols: 160})
	if err != nil {
		p.t.Fatal(err)
	}
	p.tty, p.done, p.text, p.seen = tty, make(chan error, 1), "", 0
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := tty.Read(b)
			p.mu.Lock()
			p.text += sequences.ReplaceAllString(string(b[:n]), "")
			p.mu.Unlock()
			// Bubble Tea asks the terminal who it is.
			if strings.Contains(string(b[:n]), "\x1b[c") {
				_, _ = tty.WriteString("\x1b[?62;c")
			}
			if err != nil {
				p.done <- p.cmd.Wait()
				return
			}
		}
	}()
	p.t.Cleanup(func() { tty.Close() })
}

func (p *typist) read() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text
}

// sees waits until a text comes, after the one that was seen last.
func (p *typist) sees(want string) {
	p.t.Helper()
	limit, again := time.After(60*time.Second), time.NewTicker(5*time.Millisecond)
	defer again.Stop()
	for {
		text := p.read()
		if i := strings.Index(text[p.seen:], want); i >= 0 {
			p.seen += i + len(want)
			return
		}
		select {
		case <-limit:
			p.t.Fatalf("%q did not come after:\n%s\n---- but:\n%s", want, text[:p.seen], text[p.seen:])
		case <-again.C:
		}
	}
}

func (p *typist) types(keys string) {
	p.t.Helper()
	if _, err := p.tty.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// answers waits for a question and types a line.
func (p *typist) answers(question, line string) {
	p.t.Helper()
	p.sees(question)
	p.sees("> ")
	p.types(line + "\n")
}

// submits waits until a form is drawn and sends keys to it.
func (p *typist) submits(keys string) {
	p.t.Helper()
	p.sees("submit")
	p.types(keys + "\r")
}

// ends waits for the end and gives the exit code.
func (p *typist) ends() int {
	p.t.Helper()
	select {
	case err := <-p.done:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode()
		}
		if err != nil {
			p.t.Fatal(err)
		}
		return 0
	case <-time.After(60 * time.Second):
		p.t.Fatalf("it does not end:\n%s", p.read())
	}
	return -1
}

// stops presses Ctrl-C, and holds that nothing is left behind.
func (p *typist) stops() {
	p.t.Helper()
	p.types("\x03")
	if code := p.ends(); code != exitFailure {
		p.t.Errorf("code %d:\n%s", code, p.read())
	}
	if !strings.Contains(p.read(), "error: stopped: nothing was changed") {
		p.t.Errorf("it does not say that nothing was changed:\n%s", p.read())
	}
	if list, _ := filepath.Glob(filepath.Join(p.dir, ".*")); len(list) > 0 {
		p.t.Errorf("left behind: %v", list)
	}
}

// file reads the settings that were written.
func (p *typist) file() string {
	p.t.Helper()
	name := filepath.Join(p.dir, ".env")
	text, err := os.ReadFile(name)
	if err != nil {
		p.t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		p.t.Errorf("mode %v, %v", info.Mode(), err)
	}
	return string(text)
}

func (p *typist) invite(permissions world.Permissions) {
	token := p.sim.BotToken()
	p.sim.Do(func(now int64, w *world.World) { w.Invite(now, token, permissions) })
}

// channels counts the channels of the server by name.
func (p *typist) channels(name string) int {
	s := &stage{t: p.t, sim: p.sim}
	return s.channelsNamed(name)
}

var absentBot = world.Config{NoSupportChannel: true, OnlyKnownTokens: true, Bots: []world.Bot{{Token: "the.right.token", Absent: true, NoMessageContent: true}}}

// TestSetupByForms goes the whole way with the forms that a terminal shows.
func TestSetupByForms(t *testing.T) {
	p := newTypist(t, absentBot)
	site := newStage(t, world.Config{}).page.URL
	p.start()
	p.sees("1 of 6  The bot")
	p.sees("The bot's token")
	p.submits("the.right.token")
	p.sees("ok the bot is Support Bot")
	p.sees("wrong: the Message Content Intent is off")
	p.sees("Switch it on for me")
	p.submits("")
	p.sees("ok the Message Content Intent is on")
	p.sees("permissions=326417615936")
	p.sees("Waiting until it has joined")
	p.invite(world.DefaultBotPermissions | world.ManageChannels)
	p.sees("ok Support Bot is in Acme")
	p.sees("Which role is called")
	p.submits("")
	p.sees("ok the role Support is called")
	p.sees("In which channel")
	p.submits("")
	p.sees("ok a test thread in #support was opened and removed")
	p.sees("The address of your website")
	p.submits(site)
	p.sees("ok the chat may be used by " + site)
	p.sees("Cloudflare Turnstile")
	p.submits("")
	p.sees("The secret key")
	p.submits("0x4AAA-good-secret")
	p.sees("ok Cloudflare takes the secret key")
	p.sees("The site key")
	p.submits("0x4AAAAAAA-site-key-here")
	p.sees("ok your team has the commands /close and /block")
	p.sees("ok the settings are in .env")
	p.sees(`turnstileSiteKey: "0x4AAAAAAA-site-key-here"`)
	p.sees("What next?")
	p.submits("\x1b[B\x1b[B\x1b[B")
	if code := p.ends(); code != exitOK {
		t.Errorf("code %d:\n%s", code, p.read())
	}
	text := p.file()
	for _, want := range []string{"DISCORD_BOT_TOKEN=the.right.token\n", "DISCORD_SUPPORT_CHANNEL_ID=", "SUPPORT_ROLE_ID=" + p.sim.RoleID(), "ALLOWED_ORIGINS=" + site,
		"TURNSTILE_SECRET_KEY=0x4AAA-good-secret", "ADMIN_SECRET=", "TRUSTED_PROXIES=127.0.0.1,::1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	for _, secret := range []string{"the.right.token", "0x4AAA-good-secret"} {
		if strings.Contains(p.read(), secret) {
			t.Error("a secret was shown")
		}
	}
	if n := p.channels("support"); n != 1 {
		t.Errorf("%d channels", n)
	}
	var threads int
	p.sim.Do(func(_ int64, w *world.World) { threads = w.ActiveThreads() })
	if threads != 0 {
		t.Errorf("%d threads are left", threads)
	}

	// Again: what is there is kept, and only what comes next is asked.
	p.start("--accessible", "--then", "nothing")
	p.sees("ok a test thread in #support was opened and removed")
	p.answers("The site key", "")
	p.sees("ok .env has all of that already")
	if code := p.ends(); code != exitOK || p.file() != text {
		t.Errorf("code %d, the file became\n%s", code, p.file())
	}
}

// TestSetupStopsWithoutATrace presses Ctrl-C at the last question, after a
// switch was turned and a channel made.
func TestSetupStopsWithoutATrace(t *testing.T) {
	for _, args := range [][]string{nil, {"--accessible"}} {
		p := newTypist(t, absentBot)
		p.invite(world.DefaultBotPermissions | world.ManageChannels)
		p.env = append(p.env, "DISCORD_BOT_TOKEN=the.right.token", "SUPPORT_ROLE_ID="+p.sim.RoleID())
		p.start(append(args, "--make-channel", "visitors")...)
		p.sees("Switch it on for me")
		if args == nil {
			p.submits("")
		} else {
			p.types("\n")
		}
		p.sees("ok a test thread in #visitors was opened and removed")
		p.sees("The address of your website")
		if n := p.channels("visitors"); n != 1 {
			t.Errorf("%d channels", n)
		}
		p.stops()
		if n := p.channels("visitors"); n != 0 {
			t.Errorf("%d channels are left", n)
		}
		if s := (&stage{t: t, sim: p.sim}); s.hasContent() {
			t.Error("the switch was left on")
		}
	}
}
