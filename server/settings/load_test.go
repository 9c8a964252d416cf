package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"
)

const (
	goodToken   = "bot-token-for-tests"
	goodChannel = "1180000000000000001"
)

// from gives sources with an environment of pairs, the required ones set.
func from(pairs ...string) Sources {
	env := map[string]string{"DISCORD_BOT_TOKEN": goodToken, "DISCORD_SUPPORT_CHANNEL_ID": goodChannel}
	for i := 0; i < len(pairs); i += 2 {
		env[pairs[i]] = pairs[i+1]
	}
	return Sources{Env: func(name string) string { return env[name] }}
}

func TestDefaults(t *testing.T) {
	got, err := Load(Serve, from())
	if err != nil {
		t.Fatal(err)
	}
	c := got.Config
	if c.DiscordBotToken.Reveal() != goodToken || c.DiscordSupportChannelID != goodChannel {
		t.Errorf("required settings: %+v", c)
	}
	if c.SessionGrace != time.Hour || c.Retention != 90*24*time.Hour || !c.Gateway || c.Metrics {
		t.Errorf("defaults: %+v", c)
	}
	if c.DiscordAPIURL != "https://discord.com/api" || c.ListenAddress != "127.0.0.1:8787" || c.LogLevel != slog.LevelInfo {
		t.Errorf("defaults: %+v", c)
	}
	if d := Defaults(); d.MessagesPerMinute != 10 || d.NewSessionsPerIPHour != 3 {
		t.Errorf("Defaults: %+v", d)
	}
}

func TestOrder(t *testing.T) {
	src := from("TEAM_NAME", "environment")
	src.EnvFile = []byte("TEAM_NAME=file\nGREETING=file\nTEAM_REPLY=file\n")
	src.EnvFileName = ".env"
	src.Flag = func(key string) string {
		if key == "TEAM_REPLY" {
			return "flag"
		}
		return ""
	}
	got, err := Load(Serve, src)
	if err != nil {
		t.Fatal(err)
	}
	if c := got.Config; c.TeamName != "environment" || c.Greeting != "file" || c.TeamReply != "flag" {
		t.Errorf("name %q, greeting %q, reply %q", c.TeamName, c.Greeting, c.TeamReply)
	}
}

func TestSecretFiles(t *testing.T) {
	src := from("DISCORD_BOT_TOKEN", "", "DISCORD_BOT_TOKEN_FILE", "/run/secrets/token")
	src.ReadFile = func(path string) ([]byte, error) {
		if path == "/run/secrets/token" {
			return []byte(" secret-of-file\n"), nil
		}
		return nil, fs.ErrNotExist
	}
	got, err := Load(Serve, src)
	if err != nil {
		t.Fatal(err)
	}
	if got.Config.DiscordBotToken.Reveal() != "secret-of-file" {
		t.Errorf("token %q", got.Config.DiscordBotToken.Reveal())
	}
	// The environment's file wins over the value in the env file.
	src.EnvFile = []byte("DISCORD_BOT_TOKEN=older")
	if got, err = Load(Serve, src); err != nil || got.Config.DiscordBotToken.Reveal() != "secret-of-file" {
		t.Errorf("token %v, %v", got, err)
	}
}

// TestProblems holds that a wrong setting gives one sentence with its name and
// what to put there.
func TestProblems(t *testing.T) {
	tests := []struct {
		name string
		of   Command
		env  []string
		want string
	}{
		{"no token", Serve, []string{"DISCORD_BOT_TOKEN", ""}, "DISCORD_BOT_TOKEN is missing: put there the bot's token"},
		{"blank token", Serve, []string{"DISCORD_BOT_TOKEN", "  "}, "DISCORD_BOT_TOKEN is missing: put there the bot's token"},
		{"prefix", Serve, []string{"DISCORD_BOT_TOKEN", "Bot abc"}, `DISCORD_BOT_TOKEN begins with "Bot "`},
		{"id for a token", Serve, []string{"DISCORD_BOT_TOKEN", "118000000000"}, "DISCORD_BOT_TOKEN is a number"},
		{"broken token", Serve, []string{"DISCORD_BOT_TOKEN", "ab\ncd"}, "DISCORD_BOT_TOKEN holds characters"},
		{"no channel", Serve, []string{"DISCORD_SUPPORT_CHANNEL_ID", ""}, "DISCORD_SUPPORT_CHANNEL_ID is missing: put there the id of the team's support channel"},
		{"channel by name", Serve, []string{"DISCORD_SUPPORT_CHANNEL_ID", "#support"}, `DISCORD_SUPPORT_CHANNEL_ID is "#support", which is no Discord id: put there`},
		{"role", Serve, []string{"SUPPORT_ROLE_ID", "@helpers"}, "SUPPORT_ROLE_ID is"},
		{"api with version", Serve, []string{"DISCORD_API_URL", "https://discord.com/api/v10"}, "which does not end in /api: put there an address that ends in /api"},
		{"api without scheme", Serve, []string{"DISCORD_API_URL", "discord.com/api"}, "DISCORD_API_URL is"},
		{"origin with path", Serve, []string{"ALLOWED_ORIGINS", "https://a.example,https://b.example/shop"}, `ALLOWED_ORIGINS holds "https://b.example/shop", which is more than an origin`},
		{"origin with query", Serve, []string{"ALLOWED_ORIGINS", "https://a.example/?x"}, "which is more than an origin"},
		{"origin without scheme", Serve, []string{"ALLOWED_ORIGINS", "example.com"}, "does not begin with https://"},
		{"origin star", Serve, []string{"ALLOWED_ORIGINS", "https://a.*.example"}, "where a star stands"},
		{"listen", Serve, []string{"LISTEN_ADDRESS", "8787"}, `LISTEN_ADDRESS is "8787", which is not HOST:PORT: put there HOST:PORT`},
		{"listen port", Serve, []string{"LISTEN_ADDRESS", "127.0.0.1:99999"}, "whose port is not between"},
		{"grace", Serve, []string{"SESSION_GRACE", "60"}, `SESSION_GRACE is "60", which is no length of time: put there a length of time such as 30m`},
		{"grace zero", Serve, []string{"SESSION_GRACE", "0s"}, "SESSION_GRACE is"},
		{"retention", Serve, []string{"RETENTION", "0d"}, "RETENTION is"},
		{"number", Serve, []string{"MAX_CONNECTIONS", "many"}, "MAX_CONNECTIONS is"},
		{"number zero", Serve, []string{"MESSAGES_PER_MINUTE", "0"}, "MESSAGES_PER_MINUTE is"},
		{"switch", Serve, []string{"METRICS", "maybe"}, `METRICS is "maybe": put there on or off`},
		{"level", Serve, []string{"LOG_LEVEL", "loud"}, `LOG_LEVEL is "loud": put there debug, info, warn or error`},
		{"format", Serve, []string{"LOG_FORMAT", "xml"}, "LOG_FORMAT is"},
		{"proxies", Serve, []string{"TRUSTED_PROXIES", "localhost"}, "TRUSTED_PROXIES holds"},
		{"short relay secret", Serve, []string{"BOT_RELAY_SECRET", "hunter2"}, "BOT_RELAY_SECRET is shorter than 16 characters: put there"},
		{"short data secret", Serve, []string{"DATA_SECRET", "0123456789abcdef"}, "DATA_SECRET is shorter than 32"},
		{"long team name", Serve, []string{"TEAM_NAME", strings.Repeat("a", 81)}, "TEAM_NAME has 81 characters"},
		{"both", Serve, []string{"ADMIN_SECRET", "0123456789abcdef", "ADMIN_SECRET_FILE", "x"}, "ADMIN_SECRET and ADMIN_SECRET_FILE are both set: keep one of them"},
		{"no such file", Serve, []string{"ADMIN_SECRET_FILE", "nowhere"}, "ADMIN_SECRET_FILE names a file that cannot be read"},
		{"empty file", Serve, []string{"ADMIN_SECRET_FILE", "empty"}, "empty, named by ADMIN_SECRET_FILE, is empty: put there"},
		{"relay without secret", Relay, []string{"RELAY_URL", "https://chat.example.com/relay"}, "BOT_RELAY_SECRET is missing"},
		{"relay without target", Relay, []string{"BOT_RELAY_SECRET", "0123456789abcdef"}, "RELAY_URL is missing: put there the address of the chat's /relay"},
		{"relay to the root", Relay, []string{"BOT_RELAY_SECRET", "0123456789abcdef", "RELAY_URL", "https://chat.example.com"}, "which does not end in /relay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			src := from(tt.env...)
			src.ReadFile = func(path string) ([]byte, error) {
				if path == "empty" {
					return []byte("\n"), nil
				}
				return nil, fs.ErrNotExist
			}
			_, err := Load(tt.of, src)
			if err == nil {
				t.Fatal("no error")
			}
			if got := err.Error(); !strings.Contains(got, tt.want) || strings.Contains(got, "\n") {
				t.Errorf("got  %s\nwant one line with %s", got, tt.want)
			}
			for i := 1; i < len(tt.env); i += 2 {
				if s := Find(tt.env[i-1]); s != nil && s.Secret && tt.env[i] != "" && strings.Contains(err.Error(), tt.env[i]) {
					t.Errorf("the secret is in the message: %s", err)
				}
			}
		})
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	_, err := Load(Serve, Sources{})
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || len(joined.Unwrap()) != 2 {
		t.Fatalf("got %v, want the two required settings", err)
	}
	var p *Problem
	if !errors.As(joined.Unwrap()[0], &p) || !p.Missing || p.Setting.Key != "DISCORD_BOT_TOKEN" {
		t.Errorf("first problem: %+v", p)
	}
}

// TestLimits meets each bound, and one past it.
func TestLimits(t *testing.T) {
	tests := []struct {
		key  string
		good string
		bad  string
	}{
		{"TEAM_NAME", strings.Repeat("é", 80), strings.Repeat("é", 81)},
		{"TEAM_REPLY", strings.Repeat("a", 120), strings.Repeat("a", 121)},
		{"GREETING", strings.Repeat("a", 500), strings.Repeat("a", 501)},
		{"BOT_RELAY_SECRET", strings.Repeat("a", 16), strings.Repeat("a", 15)},
		{"DATA_SECRET", strings.Repeat("a", 32), strings.Repeat("a", 31)},
		{"LISTEN_ADDRESS", "[::1]:65535", "[::1]:65536"},
		{"RETENTION", "3650d", "3651d"},
		{"SUPPORT_ROLE_ID", strings.Repeat("1", 20), strings.Repeat("1", 21)},
		{"SUPPORT_ROLE_ID", strings.Repeat("1", 15), strings.Repeat("1", 14)},
	}
	for _, tt := range tests {
		if _, err := Load(Serve, from(tt.key, tt.good)); err != nil {
			t.Errorf("%s at its bound: %v", tt.key, err)
		}
		if _, err := Load(Serve, from(tt.key, tt.bad)); err == nil {
			t.Errorf("%s past its bound: no error", tt.key)
		}
	}
}

func TestParsing(t *testing.T) {
	got, err := Load(Serve, from(
		"ALLOWED_ORIGINS", "https://example.com, https://*.example.com http://localhost:3000",
		"TRUSTED_PROXIES", "127.0.0.1,10.1.2.3/8,::1",
		"RETENTION", "30d", "SESSION_GRACE", "90m", "GATEWAY", "off", "METRICS", "1",
	))
	if err != nil {
		t.Fatal(err)
	}
	c := got.Config
	if fmt.Sprint(c.AllowedOrigins) != "[https://example.com https://*.example.com http://localhost:3000]" {
		t.Errorf("origins %q", c.AllowedOrigins)
	}
	if fmt.Sprint(c.TrustedProxies) != "[127.0.0.1/32 10.0.0.0/8 ::1/128]" {
		t.Errorf("proxies %v", c.TrustedProxies)
	}
	if c.Retention != 720*time.Hour || c.SessionGrace != 90*time.Minute || c.Gateway || !c.Metrics {
		t.Errorf("%+v", c)
	}
}

func TestNothingShowsASecret(t *testing.T) {
	const secret = "hunter2-hunter2-hunter2-hunter2-hunter2"
	var env []string
	for _, s := range Table {
		if s.Secret {
			env = append(env, s.Key, secret)
		}
	}
	got, err := Load(Serve, from(env...))
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", got.Config, "s", got.Config.AdminSecret)
	asJSON, err := json.Marshal(got.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{
		fmt.Sprint(Dump(&got.Config, Serve)), fmt.Sprintf("%v %+v %#v %s", got.Config, got.Config, got.Config, got.Config.AdminSecret),
		log.String(), string(asJSON),
	} {
		if strings.Contains(out, secret) {
			t.Errorf("a secret is shown: %s", out)
		}
	}
	if !strings.Contains(fmt.Sprint(Dump(&got.Config, Serve)), "{ADMIN_SECRET (set)}") {
		t.Error("the dump does not say that a secret is set")
	}
}

// TestDumpReadsBack holds that what a dump shows is what one can write.
func TestDumpReadsBack(t *testing.T) {
	first, err := Load(Serve, from("ALLOWED_ORIGINS", "https://a.example,HTTPS://B.Example:443/", "TRUSTED_PROXIES", "::1", "SESSION_GRACE", "1h30m"))
	if err != nil {
		t.Fatal(err)
	}
	var env []string
	for _, l := range Dump(&first.Config, Serve) {
		if !Find(l.Key).Secret {
			env = append(env, l.Key, l.Value)
		}
	}
	second, err := Load(Serve, from(env...))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(Dump(&first.Config, Serve)), fmt.Sprint(Dump(&second.Config, Serve)); a != b {
		t.Errorf("%s\n%s", a, b)
	}
}

// TestFilterWordsKeepTheirSpaces holds that phrases are not taken apart.
func TestFilterWordsKeepTheirSpaces(t *testing.T) {
	c, err := Load(Serve, from("FILTER_WORDS", "casino, buy * followers"))
	if err != nil || c.Config.FilterWords != "casino, buy * followers" {
		t.Errorf("%q %v", c.Config.FilterWords, err)
	}
}
