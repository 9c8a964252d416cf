package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"cloudflarechat/server/settings"
)

func splitLines(text string) []string {
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func hasAnyPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func TestListenFailure(t *testing.T) {
	wrap := func(err error) error {
		return &net.OpError{Op: "listen", Net: "tcp", Err: &os.SyscallError{Syscall: "bind", Err: err}}
	}
	tests := []struct {
		err  error
		want string
		code int
	}{
		{wrap(syscall.EADDRINUSE), "127.0.0.1:80 is already in use by another program", exitAddress},
		{wrap(syscall.EACCES), "this user may not listen on 127.0.0.1:80", exitAddress},
		{wrap(syscall.EADDRNOTAVAIL), "127.0.0.1:80 is no address of this machine", exitAddress},
		{wrap(syscall.EMFILE), `cannot listen on "127.0.0.1:80"`, exitAddress},
		{errors.New("the database is broken"), "the database is broken", exitFailure},
	}
	for _, tt := range tests {
		err := listenFailure(tt.err, "127.0.0.1:80", "--addr")
		if !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v: %v, want %q", tt.err, err, tt.want)
		}
		var out strings.Builder
		term := &terminal{out: &out, err: &out, getenv: func(string) string { return "" }}
		if code := term.fail(err); code != tt.code {
			t.Errorf("%v: code %d, want %d", tt.err, code, tt.code)
		}
	}
}

func TestOrigin(t *testing.T) {
	tests := map[string]string{
		"127.0.0.1:1":   "http://127.0.0.1:1",
		"0.0.0.0:1":     "http://127.0.0.1:1",
		"[::]:1":        "http://127.0.0.1:1",
		"[::1]:1":       "http://[::1]:1",
		"192.168.1.2:1": "http://192.168.1.2:1",
	}
	for addr, want := range tests {
		a, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if got := origin(a); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}

// TestColour holds that colour is only a second signal.
func TestColour(t *testing.T) {
	err := &failure{code: exitUsage, err: errors.New("this"), hints: []string{"that"}}
	var plain, coloured strings.Builder
	(&terminal{err: &plain}).fail(err)
	(&terminal{err: &coloured, color: true}).fail(err)
	if plain.String() != "error: this\nhint: that\n" {
		t.Errorf("%q", plain.String())
	}
	if coloured.String() != "\x1b[31merror:\x1b[0m this\n\x1b[36mhint:\x1b[0m that\n" {
		t.Errorf("%q", coloured.String())
	}
}

// TestServerOptions holds that no setting of serve is read and then forgotten:
// each changes what the server is told.
func TestServerOptions(t *testing.T) {
	values := map[string]string{
		"DISCORD_BOT_TOKEN": "token", "DISCORD_SUPPORT_CHANNEL_ID": "1180000000000000001", "SUPPORT_ROLE_ID": "1180000000000000002",
		"DISCORD_API_URL": "http://d.example/api", "ALLOWED_ORIGINS": "https://a.example", "TURNSTILE_SECRET_KEY": "key",
		"TURNSTILE_VERIFY_URL": "http://t.example", "IDENTITY_SECRET": "0123456789abcdef", "GREETING": "g", "TEAM_NAME": "n",
		"TEAM_REPLY": "r", "LISTEN_ADDRESS": "127.0.0.1:1", "DATA_DIR": "d", "DATA_SECRET": "0123456789abcdef0123456789abcdef",
		"TRUSTED_PROXIES": "::1", "SESSION_GRACE": "1m", "RETENTION": "1d", "MESSAGES_PER_MINUTE": "1", "NEW_SESSIONS_PER_IP_HOUR": "1",
		"MAX_CONNECTIONS": "1", "MAX_CONNECTIONS_PER_IP": "1", "GATEWAY": "off", "BOT_RELAY_SECRET": "0123456789abcdef",
		"BOT_RELAY_SECRET_PREVIOUS": "0123456789abcdefg", "METRICS": "on", "ADMIN_SECRET": "0123456789abcdef",
		"THREADS": "private", "TURNSTILE_ACTION": "chat", "TURNSTILE_DOWN": "limit", "BLOCK_ADDRESS_FOR": "1h", "FILTER_WORDS": "casino",
		"FILTER_LINKS": "1", "FILTER_REPEATS": "1", "ALERT_AFTER": "off", "ALERT_ROLE_ID": "1180000000000000007",
	}
	load := func(key string) string {
		src := settings.Sources{Env: func(name string) string {
			if name == key || name == "DISCORD_BOT_TOKEN" && key != "" || name == "DISCORD_SUPPORT_CHANNEL_ID" && key != "" {
				return values[name]
			}
			return map[string]string{"DISCORD_BOT_TOKEN": "other", "DISCORD_SUPPORT_CHANNEL_ID": "1180000000000000009"}[name]
		}}
		loaded, err := settings.Load(settings.Serve, src)
		if err != nil {
			t.Fatal(err)
		}
		return dumpOptions(loaded.Config)
	}
	for i := range settings.Table {
		s := &settings.Table[i]
		if !s.Commands.Has(settings.Serve) || s.Key == "LOG_LEVEL" || s.Key == "LOG_FORMAT" {
			continue
		}
		if values[s.Key] == "" {
			t.Errorf("%s: give it a value in this test", s.Key)
			continue
		}
		base := load("GREETING_OF_NOBODY")
		if s.Required != 0 {
			base = load("")
		}
		if load(s.Key) == base {
			t.Errorf("%s changes nothing that the server is told", s.Key)
		}
	}
}

// dumpOptions writes down what the server is told.
func dumpOptions(c settings.Config) string {
	return fmt.Sprintf("%+v", serverOptions(&c, nil))
}
