package server_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

// logBook is what a server writes into its log.
type logBook struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write implements io.Writer.
func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// has tells whether a line of a component holds all of some words.
func (b *logBook) has(t *testing.T, component string, words ...string) bool {
	t.Helper()
	for line := range strings.Lines(b.String()) {
		var l struct{ Component string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all := l.Component == component
		for _, w := range words {
			all = all && strings.Contains(line, w)
		}
		if all {
			return true
		}
	}
	return false
}

// Whoever runs the chat finds in the log what Discord refuses, what is wrong and how conversations go, and nothing that a visitor wrote or that
// opens anything.
func TestTheLogTellsWhatIsWrong(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	book := &logBook{}
	opt.Log = slog.New(slog.NewJSONHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s := start(t, opt)
	ready(t, s)
	d.Do(func(now int64, w *world.World) { w.SetBotAccess(now, w.SupportChannel(), false) })
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	hello := v.hear("ready")
	v.say("message", map[string]string{"message": "a secret of mine"})
	eventually(t, "the refusal", func() bool { return book.has(t, "discord", `"status":"403"`, `"code":"50001"`, "/channels/") })
	eventually(t, "what is wrong", func() bool { return book.has(t, "discord", "the bot cannot see the channel (50001)") })
	v.say("end", nil)
	for _, words := range []string{"a conversation begins", "was ended by its visitor"} {
		eventually(t, words, func() bool { return book.has(t, "session", words) })
	}
	for _, secret := range []string{"a secret of mine", "zoe@", "Zoë", hello.Data.SessionID, hello.Data.Route, d.BotToken()} {
		if strings.Contains(book.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// Where Discord cannot be reached the log warns, once, and says why.
func TestTheLogTellsWhyDiscordIsOutOfReach(t *testing.T) {
	t.Parallel()
	book := &logBook{}
	start(t, server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), DiscordToken: "a.b.c", DiscordChannel: "222222222222222222",
		DiscordAPI: "http://127.0.0.1:1/api", // nobody listens there
		Log:        slog.New(slog.NewJSONHandler(book, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	eventually(t, "the warning", func() bool {
		return book.has(t, "gateway", "WARN", "agents' answers do not arrive", "connection refused")
	})
}
