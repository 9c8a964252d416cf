package server_test

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

// The team is called to a visitor whom nobody answered, once, by the role that
// is set for that.
func TestTheTeamIsCalledToWhoWaits(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	opt := d.options(t)
	opt.AlertAfter = 300 * time.Millisecond
	s := start(t, opt)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	thread := d.thread()
	call := "<@&" + d.RoleID() + "> The visitor still waits for an answer."
	d.shows(thread, call)
	v.say("message", map[string]string{"message": "Anybody?"})
	d.shows(thread, "Anybody?")
	d.answers(thread, "Here.")
	v.hear("message")
	v.say("message", map[string]string{"message": "Thanks."})
	d.shows(thread, "Thanks.")
	if n := d.count(thread, call); n != 1 {
		t.Errorf("the team was called %d times", n)
	}
	// Who asks again after such a wait is heard.
	v.say("message", map[string]string{"message": "One thing more"})
	eventually(t, "a second call", func() bool {
		if d.count(thread, call) == 2 {
			return true
		}
		v.say("message", map[string]string{"message": "Are you there?"})
		return false
	})
}

// The support channel is told that answers do not arrive, and when they do
// again; a start, in which they do not yet, is no news.
func TestTheTeamHearsThatItsAnswersAreLost(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	opt := d.options(t)
	clock := &manualClock{}
	opt.AlertAfter, opt.AlertRole, opt.Clock = time.Minute, d.RoleID(), clock
	s := start(t, opt)
	ready(t, s)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	thread := d.thread()
	// said waits for a post while the time runs, a second a look.
	said := func(channel, text string) {
		t.Helper()
		eventually(t, text, func() bool {
			clock.ahead.Add(1000)
			return d.count(channel, text) > 0
		})
	}
	// As long as this takes, a minute at least, the desk has had its chance.
	said(thread, "The visitor still waits for an answer.")
	for _, p := range d.posts(d.ChannelID()) {
		if strings.Contains(p.Content, "The chat is") {
			t.Errorf("with nothing broken the team is told %q", p.Content)
		}
	}
	d.change(func(now int64, w *world.World) error {
		_, err := w.Inject(now, world.Fault{Kind: world.FaultReconnect})
		w.Cut(now, 1000)
		return err
	})
	eventually(t, "a server that is not well", func() bool { return health(t, s).Status != "ok" })
	said(d.ChannelID(), "<@&"+d.RoleID()+"> ⚠ The chat is not well: answers of the team are late: the connection to Discord's Gateway is not open")
	d.Do(func(now int64, w *world.World) { w.Heal(now, 0) })
	said(d.ChannelID(), "The chat is well again.")
}

// A relay that has fallen silent is said by /health; one that is there says how
// it stands.
func TestASilentRelay(t *testing.T) {
	clock := &shiftedClock{}
	s := start(t, server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), DiscordToken: "a.token", DiscordChannel: "1180000000000000001",
		DiscordAPI: "http://127.0.0.1:1/api", RelaySecrets: []string{"relay-secret-of-a-test"}, NoGateway: true, Clock: clock, Log: slog.New(slog.DiscardHandler)})
	tell := func(state string) {
		t.Helper()
		res := get(t, s, "POST", "/relay", state, "Authorization", "Bearer relay-secret-of-a-test", "Content-Type", "application/json")
		if res.StatusCode != 200 {
			t.Fatalf("%s: %s", state, res.Status)
		}
	}
	says := func(what string) {
		t.Helper()
		if h := health(t, s); !strings.Contains(strings.Join(h.Reasons, ";"), what) || (what == "") != (h.Status == "ok") {
			t.Errorf("%+v does not say %q", h, what)
		}
	}
	says("")
	tell(`{"type":"state","state":"resuming"}`)
	says("the connection to Discord's Gateway is not open")
	tell(`{"type":"state","state":"failed","fatal":"Discord does not take the token"}`)
	says("do not arrive: Discord does not take the token")
	tell(`{"type":"state","state":"ready","noContent":true}`)
	says("the MESSAGE CONTENT intent is off")
	tell(`{"type":"state","state":"ready"}`)
	says("")
	clock.ahead.Store(int64(13 * chat.Minute))
	says("nothing was heard of the relay for a while")
	tell(`{"type":"recheck"}`)
	says("")
}

// shiftedClock runs ahead of the machine's.
type shiftedClock struct{ ahead atomic.Int64 }

func (c *shiftedClock) Now() chat.Time { return chat.Time(time.Now().UnixMilli() + c.ahead.Load()) }

func (c *shiftedClock) After(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(d)
	return t.C, func() { t.Stop() }
}
