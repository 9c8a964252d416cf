package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudflarechat/discordsim/world"
)

// setup runs the wizard where nobody answers.
func (s *stage) setup(dir string, args ...string) (code int, out, errs string) {
	s.t.Helper()
	var o, e strings.Builder
	term := &terminal{out: &o, err: &e, in: os.Stdin, getenv: func(k string) string { return s.env[k] }}
	args = append([]string{"setup", "--non-interactive", "--poll", "5ms", "--env-file", filepath.Join(dir, "chat.env")}, args...)
	code = run(s.t.Context(), term, args)
	for _, secret := range []string{s.env["DISCORD_BOT_TOKEN"], s.env["TURNSTILE_SECRET_KEY"]} {
		if len(secret) > 4 && strings.Contains(o.String()+e.String(), secret) {
			s.t.Error("a secret was shown")
		}
	}
	return code, o.String(), e.String()
}

func TestSetupByFlags(t *testing.T) {
	s := newStage(t, world.Config{Bots: []world.Bot{{Token: "the.right.token", NoMessageContent: true}}})
	channel, dir := s.sim.ChannelID(), t.TempDir()
	delete(s.env, "DISCORD_SUPPORT_CHANNEL_ID")
	old := "# mine\nTEAM_NAME='The team'\n"
	if err := os.WriteFile(filepath.Join(dir, "chat.env"), []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := s.setup(dir, "--discord-support-channel-id", channel, "--greeting", "Good day", "--then", "nothing", "--url", "https://chat.example.com/")
	if code != exitOK || errs != "" {
		t.Fatalf("code %d\n%s%s", code, out, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "chat.env"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{old, "DISCORD_SUPPORT_CHANNEL_ID=" + channel, "GREETING='Good day'", "DISCORD_BOT_TOKEN=the.right.token"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in\n%s", want, text)
		}
	}
	if !strings.Contains(out, `src="https://chat.example.com/chat-widget.min.js"`) || !s.hasContent() {
		t.Errorf("%s", out)
	}
	// What it wrote is what serve reads, without anything else.
	term := &terminal{out: &strings.Builder{}, err: &strings.Builder{}, getenv: func(string) string { return "" }}
	if code := run(t.Context(), term, []string{"serve", "--env-file", filepath.Join(dir, "chat.env"), "--show-settings"}); code != exitOK {
		t.Errorf("code %d", code)
	}
}

// TestSetupByFlagsRefuses holds that what is missing or wrong is one error
// with its hint, and that nothing is written.
func TestSetupByFlagsRefuses(t *testing.T) {
	tests := []struct {
		name, key, value string
		cfg              world.Config
		args             []string
		says, hint       string
	}{
		{name: "no token", key: "DISCORD_BOT_TOKEN", says: "error: DISCORD_BOT_TOKEN is missing", hint: "Reset Token"},
		{name: "a wrong token", cfg: world.Config{OnlyKnownTokens: true}, key: "DISCORD_BOT_TOKEN", value: "no.such.token", says: "error: Discord does not know this token", hint: "copy it anew"},
		{name: "no channel", key: "DISCORD_SUPPORT_CHANNEL_ID", says: "error: DISCORD_SUPPORT_CHANNEL_ID is missing", hint: "--make-channel support"},
		{name: "no origins", key: "ALLOWED_ORIGINS", says: "error: ALLOWED_ORIGINS is missing", hint: "--allowed-origins"},
		{name: "not invited", cfg: world.Config{Bots: []world.Bot{{Token: "t", Absent: true}}}, args: []string{"--wait", "20ms"}, says: "error: the bot Support Bot is in no Discord server", hint: "permissions=326417615936"},
		{name: "a wrong setting", key: "SESSION_GRACE", value: "soon", says: `error: SESSION_GRACE is "soon"`, hint: "put there a length of time"},
		{name: "nothing to do", args: []string{"--then", "dance"}, says: "error: --then dance", hint: "choose run"},
		{name: "a wrong url", args: []string{"--url", "chat"}, says: "error: --url:", hint: "write it as"},
		{name: "a wrong site key", args: []string{"--site-key", "0x4AAA-good-secret"}, says: "error: that is the secret key again", hint: "Site Key"},
		{name: "a channel that everyone reads", key: "DISCORD_SUPPORT_CHANNEL_ID", value: "GENERAL", says: "error: @everyone in Acme can read #general", hint: "Private Channel"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.cfg)
			s.env[tt.key] = tt.value
			if tt.value == "GENERAL" {
				s.env[tt.key] = s.general()
			}
			dir := t.TempDir()
			code, _, errs := s.setup(dir, append([]string{"--then", "nothing"}, tt.args...)...)
			if code == exitOK || !strings.Contains(errs, tt.says) || !strings.Contains(errs, "hint: ") || !strings.Contains(errs, tt.hint) {
				t.Errorf("code %d: %s", code, errs)
			}
			if list, _ := os.ReadDir(dir); len(list) > 0 {
				t.Errorf("%d files are left", len(list))
			}
		})
	}
	s := newStage(t, world.Config{})
	if code, _, errs := s.setup(filepath.Join(t.TempDir(), "nowhere")); code != exitSettings || !strings.Contains(errs, "could not be written") {
		t.Errorf("code %d: %s", code, errs)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "chat.env"), []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := s.setup(dir); code != exitSettings || !strings.Contains(errs, "line 1 is not NAME=value") {
		t.Errorf("code %d: %s", code, errs)
	}
}

// TestSetupInstallsAService holds what is put where, with a systemctl that
// writes down what it is asked.
func TestSetupInstallsAService(t *testing.T) {
	s, root, bin := newStage(t, world.Config{}), t.TempDir(), t.TempDir()
	log := filepath.Join(root, "log")
	script := "#!/bin/sh\necho \"$@\" >> " + log + "\n"
	if err := os.WriteFile(filepath.Join(bin, "systemctl"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"etc/systemd/system"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	code, out, errs := s.setup(t.TempDir(), "--then", "systemd", "--root", root)
	if code != exitOK {
		t.Fatalf("code %d\n%s%s", code, out, errs)
	}
	for name, mode := range map[string]os.FileMode{serviceBinary: 0o755, serviceEnv: 0o600, serviceUnit: 0o644} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if env, _ := os.ReadFile(filepath.Join(root, serviceEnv)); !strings.Contains(string(env), "\nDATA_DIR="+serviceData+"\n") {
		t.Error("doctor, backup and restore would look for the service's conversations elsewhere")
	}
	if asked, _ := os.ReadFile(log); string(asked) != "daemon-reload\nenable cloudflare-chat\nrestart cloudflare-chat\n" {
		t.Errorf("systemctl was asked: %s", asked)
	}
	if !strings.Contains(out, "doctor --env-file /etc/cloudflare-chat.env --url") {
		t.Errorf("%s", out)
	}
}

// TestSetupDeploysToCloudflare holds that in a clone of the repository its script
// is run on the settings, and elsewhere the line to type there is shown.
func TestSetupDeploysToCloudflare(t *testing.T) {
	s, dir := newStage(t, world.Config{}), t.TempDir()
	file := filepath.Join(dir, "chat.env")
	t.Chdir(dir)
	code, out, errs := s.setup(dir, "--then", "cloudflare")
	if code != exitOK || !strings.Contains(out, "    ./scripts/deploy.sh --env-file "+file+"\n") {
		t.Errorf("code %d\n%s%s", code, out, errs)
	}
	if err := os.Mkdir("scripts", 0o755); err != nil {
		t.Fatal(err)
	}
	for exit, want := range map[string]int{"0": exitOK, "1": exitFailure} {
		if err := os.WriteFile("scripts/deploy.sh", []byte("#!/bin/sh\necho ran with \"$@\"\nexit "+exit+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		code, out, errs := s.setup(dir, "--then", "cloudflare")
		if code != want || !strings.Contains(out, "\nran with --env-file "+file+"\n") {
			t.Errorf("code %d\n%s%s", code, out, errs)
		}
		if says := strings.Contains(errs, "error: it is not deployed; the settings are written\nhint: "); says != (exit == "1") {
			t.Errorf("%s", errs)
		}
	}
}
