package server_test

import (
	"testing"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

// visitor begins a conversation at a server, and gives its thread.
func (d *team) visitor(s *server.Server) (*visitor, string) {
	d.t.Helper()
	v := dial(d.t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	th := d.thread()
	d.shows(th, "Hello?")
	return v, th
}

// What the team wrote while the bot did not see the support channel reaches the visitor once it does again, in its order: Discord says only that it is seen.
func TestAccessRegained(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	s := start(t, d.options(t))
	ready(t, s)
	v, th := d.visitor(s)
	d.answers(th, "first")
	v.hear("message")
	see := func(allowed bool) {
		d.Do(func(now int64, w *world.World) { w.SetBotAccess(now, w.SupportChannel(), allowed) })
	}
	see(false)
	d.answers(th, "unseen")
	see(true)
	if got := v.hear("message"); got.Data.Message != "unseen" {
		t.Errorf("the visitor hears %q", got.Data.Message)
	}
	d.answers(th, "after")
	if got := v.hear("message"); got.Data.Message != "after" {
		t.Errorf("the visitor hears %q", got.Data.Message)
	}
}

// It does so too where the whole server was away.
func TestServerBackAgain(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	s := start(t, d.options(t))
	ready(t, s)
	v, th := d.visitor(s)
	d.Do(func(now int64, w *world.World) {
		w.SetGuildUnavailable(now, true, false)
		w.Inject(now, world.Fault{Kind: world.FaultEventMissed, Route: "MESSAGE_CREATE"})
	})
	d.answers(th, "unseen")
	d.Do(func(now int64, w *world.World) {
		w.Heal(now, 0)
		w.SetGuildUnavailable(now, false, false)
	})
	if got := v.hear("message"); got.Data.Message != "unseen" {
		t.Errorf("the visitor hears %q", got.Data.Message)
	}
}

// TestAnotherDiscord starts a server again on its data with another address of Discord, as after a rehearsal: nothing is resumed at the old one, which
// lives on, and the token is not shown there.
func TestAnotherDiscord(t *testing.T) {
	t.Parallel()
	before, now := newTeam(t), newTeam(t)
	opt := before.options(t)
	s := start(t, opt)
	ready(t, s)
	stop(t, s)
	next := now.options(t)
	next.DataDir = opt.DataDir
	s = start(t, next)
	ready(t, s)
	v, th := now.visitor(s)
	now.answers(th, "Here")
	if got := v.hear("message"); got.Data.Message != "Here" {
		t.Errorf("the visitor hears %q", got.Data.Message)
	}
}
