package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
	"cloudflarechat/server/check"
)

// stage is a chat that runs against the stand-in, for the doctor to look at.
type stage struct {
	t       *testing.T
	sim     *discordsim.Server
	chat    *server.Server
	env     map[string]string
	page    *httptest.Server
	policy  string
	captcha *httptest.Server
	version string // of the chat; this program's where empty
}

const relaySecretForTests = "0123456789abcdef-relay"

func newStage(t *testing.T, cfg world.Config) *stage {
	t.Helper()
	s := &stage{t: t, sim: discordsim.New(discordsim.Options{World: cfg})}
	if err := s.sim.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sim.Close() })
	s.page = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.policy != "" {
			w.Header().Set("Content-Security-Policy", s.policy)
		}
	}))
	t.Cleanup(s.page.Close)
	s.captcha = fakeTurnstile(t)
	s.env = map[string]string{
		"DISCORD_API_URL": s.sim.APIURL(), "DISCORD_BOT_TOKEN": s.sim.BotToken(), "DISCORD_SUPPORT_CHANNEL_ID": s.sim.ChannelID(),
		"SUPPORT_ROLE_ID": s.sim.RoleID(), "ALLOWED_ORIGINS": s.page.URL, "DATA_DIR": t.TempDir(), "ADMIN_SECRET": "0123456789abcdef-admin",
		"BOT_RELAY_SECRET": relaySecretForTests, "TURNSTILE_VERIFY_URL": s.captcha.URL, "TURNSTILE_SECRET_KEY": "0x4AAA-good-secret",
	}
	return s
}

// fakeTurnstile answers as siteverify does to a token that is none.
func fakeTurnstile(t *testing.T) *httptest.Server {
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		code := "invalid-input-response"
		if !strings.Contains(r.PostFormValue("secret"), "good") {
			code = "invalid-input-secret"
		}
		fmt.Fprintf(w, `{"success":false,"error-codes":[%q]}`, code)
	}))
	t.Cleanup(f.Close)
	return f
}

// serve starts the chat and waits until it is well.
func (s *stage) serve() {
	s.t.Helper()
	chat, err := server.New(server.Options{Addr: "127.0.0.1:0", DataDir: s.env["DATA_DIR"], Version: cmp.Or(s.version, version()), DiscordToken: s.sim.BotToken(),
		DiscordChannel: s.sim.ChannelID(), DiscordAPI: s.sim.APIURL(), AllowedOrigins: []string{s.page.URL}, AdminSecret: s.env["ADMIN_SECRET"],
		RelaySecrets: []string{relaySecretForTests}, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = chat.Start(s.t.Context())
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
		defer cancel()
		_ = chat.Close(ctx)
	})
	s.chat, s.env["LISTEN_ADDRESS"] = chat, chat.Addr().String()
	s.await(func() bool { return strings.Contains(s.health(), `"status":"ok"`) })
}

func (s *stage) health() string {
	res, err := http.Get("http://" + s.env["LISTEN_ADDRESS"] + "/health")
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return string(text)
}

func (s *stage) await(what func() bool) {
	s.t.Helper()
	limit, again := time.After(60*time.Second), time.NewTicker(10*time.Millisecond)
	defer again.Stop()
	for !what() {
		select {
		case <-limit:
			s.t.Fatalf("it did not come to that; health: %s", s.health())
		case <-again.C:
		}
	}
}

func (s *stage) doctor(args ...string) (code int, out, errs string) {
	s.t.Helper()
	var o, e strings.Builder
	term := &terminal{out: &o, err: &e, getenv: func(k string) string { return s.env[k] }}
	code = run(s.t.Context(), term, append([]string{"doctor"}, args...))
	for key, secret := range s.env {
		if strings.HasSuffix(key, "SECRET") && strings.Contains(o.String()+e.String(), secret) {
			s.t.Errorf("%s stands in what the doctor says", key)
		}
	}
	return code, o.String(), e.String()
}

func TestDoctorFindsAllWell(t *testing.T) {
	s := newStage(t, world.Config{})
	s.serve()
	code, out, errs := s.doctor()
	if code != exitOK || errs != "" || strings.Contains(out, "failed  ") || strings.Contains(out, "warning") && !strings.Contains(out, "0 warnings") {
		t.Fatalf("code %d\n%s%s", code, out, errs)
	}
	for _, name := range []string{"settings", "clock", "disk", "database", "bot", "intent", "channel", "permissions", "readers", "notified", "alerts",
		"turnstile", "chat", "gateway", "version", "widget", "websocket", "website", "relay"} {
		if !strings.Contains(out, "ok       "+name) {
			t.Errorf("no line says that %s is well:\n%s", name, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("colour where nobody sees it")
	}
	code, out, _ = s.doctor("--json")
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK || r.Status != check.OK || len(r.Checks) < 18 {
		t.Errorf("code %d, %v: %s", code, err, out)
	}
}

// wrongs brings one thing out of order at a time, before a chat that does not run.
var wrongs = []struct {
	name   string
	cfg    world.Config
	breaks func(*stage)
	line   string // the finding, with its level
	mend   string
}{
	{"token", world.Config{OnlyKnownTokens: true}, func(s *stage) { s.env["DISCORD_BOT_TOKEN"] = "other.token.entirely" },
		"failed   bot           Discord does not know this token", "Reset Token"},
	{"no network", world.Config{}, func(s *stage) { s.env["DISCORD_API_URL"] = "http://127.0.0.1:1/api" },
		"failed   bot           Discord cannot be reached: nothing answers at 127.0.0.1:1", "DISCORD_API_URL"},
	{"not Discord", world.Config{}, func(s *stage) { s.env["DISCORD_API_URL"] = s.page.URL + "/api" },
		"failed   bot           ", "DISCORD_API_URL"},
	{"intent", world.Config{Bots: []world.Bot{{Token: "t", NoMessageContent: true}}}, nil,
		"failed   intent        the Message Content Intent is off", "Privileged Gateway Intents → switch Message Content Intent on"},
	{"not invited", world.Config{Bots: []world.Bot{{Token: "t", Absent: true}}}, nil,
		"failed   channel       the bot Support Bot may not see the channel", "permissions=326417615936"},
	{"unknown channel", world.Config{}, func(s *stage) { s.env["DISCORD_SUPPORT_CHANNEL_ID"] = "1180000000000000001" },
		"failed   channel       there is no channel with the id 1180000000000000001", "Copy Channel ID"},
	{"voice channel", world.Config{ChannelType: world.GuildVoice}, nil,
		"failed   channel       #support is a voice channel", "choose a text channel"},
	{"must permissions", world.Config{Bots: []world.Bot{{Token: "t", Permissions: world.DefaultBotPermissions &^ (world.CreatePublicThreads | world.ReadMessageHistory)}}}, nil,
		"lacks in #support: Create Public Threads", "allow Create Public Threads"},
	{"nice permission", world.Config{Bots: []world.Bot{{Token: "t", Permissions: world.DefaultBotPermissions &^ world.ManageThreads}}}, nil,
		`warning  Manage Threads  the bot may not "Manage Threads" in #support: /close and /block`, "allow Manage Threads"},
	{"two-factor", world.Config{RequireTwoFactor: true}, nil,
		"warning  two-factor    Acme asks moderators for two-factor authentication", "Enable Two-Factor Auth"},
	{"everyone", world.Config{}, func(s *stage) { s.env["DISCORD_SUPPORT_CHANNEL_ID"] = s.general() },
		"failed   readers       @everyone in Acme can read #general", "switch Private Channel on"},
	{"role", world.Config{RoleNotMentionable: true}, nil,
		"failed   notified      the role Support cannot be mentioned", "Allow anyone to @mention this role"},
	{"unknown role", world.Config{}, func(s *stage) { s.env["SUPPORT_ROLE_ID"] = "1180000000000000001" },
		"failed   notified      Acme has no role with the id 1180000000000000001", "Copy Role ID"},
	{"alert role", world.Config{}, func(s *stage) { s.env["ALERT_ROLE_ID"] = "1180000000000000001" },
		"failed   alerts        Acme has no role with the id 1180000000000000001", "Copy Role ID"},
	{"alerts off", world.Config{}, func(s *stage) { s.env["ALERT_AFTER"] = "off" },
		"ok       alerts        they are off", ""},
	{"no role", world.Config{}, func(s *stage) { s.env["SUPPORT_ROLE_ID"] = "" },
		"warning  notified      nobody is called", "SUPPORT_ROLE_ID"},
	{"clock", world.Config{}, func(s *stage) { s.fault(world.Fault{Kind: world.FaultSkew, SkewMs: 600_000}) },
		"failed   clock         this machine's clock is", "time synchronisation"},
	{"Turnstile", world.Config{}, func(s *stage) { s.env["TURNSTILE_SECRET_KEY"] = "0x4AAA-of-another-site" },
		"failed   turnstile     Cloudflare does not know this secret key", "not the site key"},
	{"chat not there", world.Config{}, func(s *stage) { s.env["LISTEN_ADDRESS"] = "127.0.0.1:1" },
		"failed   chat          the chat at http://127.0.0.1:1 cannot be reached", "start it"},
	{"database", world.Config{}, func(s *stage) { s.scribble() },
		"failed   database      store: ", "docs/operations.md"},
	{"outage", world.Config{}, func(s *stage) { s.fault(world.Fault{Kind: world.FaultOutage}) },
		"failed   bot           Discord has trouble of its own (status 503)", "discordstatus.com"},
}

// TestDoctorNamesWhatIsWrong holds that each is named, with what mends it.
func TestDoctorNamesWhatIsWrong(t *testing.T) {
	for _, tt := range wrongs {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, tt.cfg)
			s.env["LISTEN_ADDRESS"] = "127.0.0.1:1" // that a chat runs is looked at below
			if tt.breaks != nil {
				tt.breaks(s)
			}
			code, out, errs := s.doctor()
			if code != exitFailure || errs != "" {
				t.Errorf("code %d, %s", code, errs)
			}
			s.wants(out, tt.line, tt.mend)
		})
	}
}

// TestDoctorLooksAtARunningChat breaks what stands around a chat that runs.
func TestDoctorLooksAtARunningChat(t *testing.T) {
	s := newStage(t, world.Config{})
	s.serve()
	tests := []struct {
		name       string
		key, value string
		policy     string
		line, mend string
	}{
		{"relay secret", "BOT_RELAY_SECRET", "another-secret-of-some-length", "", "failed   relay         ", "give both ends the same BOT_RELAY_SECRET"},
		{"admin secret", "ADMIN_SECRET", "another-secret-of-some-length", "", "failed   chat          the chat does not take this ADMIN_SECRET", "start the chat again"},
		{"origin", "ALLOWED_ORIGINS", s.sim.URL(), "", "failed   websocket     visitors of " + s.sim.URL() + " are refused", "add it to ALLOWED_ORIGINS"},
		{"policy", "", "", "default-src 'self'", "failed   website       the Content-Security-Policy of", "connect-src ws://" + s.env["LISTEN_ADDRESS"]},
		{"pattern", "ALLOWED_ORIGINS", "https://*.example.com", "", "skipped  website       https://*.example.com is a pattern", ""},
		{"no origin", "ALLOWED_ORIGINS", "", "", "failed   origins       no website may", "set ALLOWED_ORIGINS"},
		{"any origin", "ALLOWED_ORIGINS", "*", "", "warning  origins       every website may", "set ALLOWED_ORIGINS"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			was := s.env[tt.key]
			s.env[tt.key], s.policy = tt.value, tt.policy
			_, out, _ := s.doctor()
			s.env[tt.key], s.policy = was, ""
			s.wants(out, tt.line, tt.mend)
		})
	}
	token := s.sim.BotToken()
	s.sim.Do(func(now int64, w *world.World) { w.RevokeToken(now, token); w.Cut(now, 4004) })
	s.await(func() bool { return strings.Contains(s.health(), "degraded") })
	code, out, _ := s.doctor("--remote", "--url", "http://"+s.env["LISTEN_ADDRESS"])
	if code != exitFailure || strings.Contains(out, "database") {
		t.Errorf("code %d:\n%s", code, out)
	}
	s.wants(out, "failed   chat          it runs, but ", "docs/operations.md")
}

// TestDoctorComparesVersions holds that another release than the doctor's is said,
// and that a deployment at the edge which does not say its release is none.
func TestDoctorComparesVersions(t *testing.T) {
	for version, line := range map[string]string{"v0.1.0": "warning  version       the chat is v0.1.0, this program is ", "deployment 0123abcd": "ok       version       deployment 0123abcd"} {
		s := newStage(t, world.Config{})
		s.version = version
		s.serve()
		_, out, _ := s.doctor("--remote", "--url", "http://"+s.env["LISTEN_ADDRESS"])
		s.wants(out, line, "")
	}
}

func (s *stage) wants(out, line, mend string) {
	s.t.Helper()
	_, after, found := strings.Cut(out, line)
	if !found {
		s.t.Fatalf("no line begins with %q:\n%s", line, out)
	}
	next := strings.SplitN(after, "\n", 3)
	if mend != "" && (len(next) < 2 || !strings.Contains(next[1], "→") || !strings.Contains(next[1], mend)) {
		s.t.Errorf("the line after it does not say %q:\n%s", mend, out)
	}
}

func (s *stage) fault(f world.Fault) {
	s.sim.Do(func(now int64, w *world.World) {
		if _, err := w.Inject(now, f); err != nil {
			s.t.Fatal(err)
		}
	})
}

// general is the id of a channel that everybody reads.
func (s *stage) general() string {
	d := check.Discord{API: s.sim.APIURL(), Token: s.sim.BotToken()}
	b, p := d.Me(s.t.Context())
	if p != nil {
		s.t.Fatal(p)
	}
	server, p := d.Server(s.t.Context(), b, s.sim.GuildID())
	if p != nil {
		s.t.Fatal(p)
	}
	list, _ := d.Channels(s.t.Context(), server)
	for _, c := range list {
		if c.Channel.Name == "general" {
			return c.Channel.ID
		}
	}
	s.t.Fatal("there is no #general")
	return ""
}

// scribble makes the database a damaged one.
func (s *stage) scribble() {
	text := []byte(strings.Repeat("this is a letter to my aunt ", 400))
	if err := os.WriteFile(filepath.Join(s.env["DATA_DIR"], databaseName), text, 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func TestDoctorRefusesALineThatMakesNoSense(t *testing.T) {
	s := &stage{t: t, env: map[string]string{}}
	if code, _, errs := s.doctor("--remote"); code != exitUsage || !strings.Contains(errs, "hint: say where the chat is") {
		t.Errorf("code %d: %s", code, errs)
	}
	if code, _, errs := s.doctor("--url", "chat.example.com"); code != exitUsage || !strings.Contains(errs, "is no http or https address") {
		t.Errorf("code %d: %s", code, errs)
	}
	code, out, _ := s.doctor("--json")
	if code != exitFailure || !strings.Contains(out, `"status": "failed"`) || !strings.Contains(out, "DISCORD_BOT_TOKEN is missing") {
		t.Errorf("code %d: %s", code, out)
	}
}
