package server_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discordsim/world"
)

// setBack is a chat whose clock will be set back, and a visitor who has a thread and may come back.
func setBack(t *testing.T, noGateway bool) (d *team, clock *shiftedClock, v *visitor, thread string, back func() *visitor) {
	d = newTeam(t)
	opt := d.options(t)
	clock = &shiftedClock{}
	clock.ahead.Store(int64(30 * chat.Minute))
	opt.Clock, opt.NoGateway = clock, noGateway
	if noGateway {
		opt.RelaySecrets = nil
	}
	s := start(t, opt)
	ready(t, s)
	v = dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	hello := v.hear("ready")
	v.say("message", map[string]string{"message": "one"})
	thread = d.thread()
	d.shows(thread, "one")
	return d, clock, v, thread, func() *visitor {
		again := dial(t, wsURL(s), nil)
		again.say("init", base(map[string]any{"sessionId": hello.Data.SessionID}))
		again.hear("ready")
		return again
	}
}

// spent waits until no fault is left.
func (d *team) spent() {
	d.t.Helper()
	eventually(d.t, "the fault", func() (none bool) {
		d.Do(func(_ int64, w *world.World) { none = len(w.Faults()) == 0 })
		return none
	})
}

// The Gateway's machine waits to come back when the clock is set back; it does not wait for the old time.
func TestTheGatewayLivesThroughAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	d, clock, _, thread, back := setBack(t, false)
	d.Do(func(now int64, w *world.World) {
		w.Inject(now, world.Fault{Kind: world.FaultReconnect, Count: 3})
		w.Cut(now, 1000)
	})
	d.spent()
	clock.ahead.Store(0)
	d.answers(thread, "Yes.")
	if f := back().hear("message"); f.Data.Message != "Yes." {
		t.Errorf("got %+v", f)
	}
}

// The desk waits out a limit of Discord when the clock is set back; nothing else happens that would wake it.
func TestTheDeskLivesThroughAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	d, clock, v, thread, _ := setBack(t, true)
	d.Do(func(now int64, w *world.World) {
		w.Inject(now, world.Fault{Kind: world.FaultLimitGlobal, RetryAfterMs: 2000, Count: 1})
	})
	v.say("message", map[string]string{"message": "two"})
	d.spent()
	clock.ahead.Store(0)
	d.shows(thread, "two")
}

// A host's clock that is five minutes ahead hides no answer that came, and was archived, while the Gateway's session was gone.
func TestAGapIsFoundByAClockThatIsAhead(t *testing.T) {
	t.Parallel()
	d := newTeam(t)
	opt := d.options(t)
	clock := &shiftedClock{}
	clock.ahead.Store(int64(5 * chat.Minute))
	opt.Clock = clock
	s := start(t, opt)
	ready(t, s)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	thread := d.thread()
	d.shows(thread, "Hello?")
	d.answers(thread, "One moment.")
	v.hear("message")
	d.change(func(now int64, w *world.World) error {
		_, err := w.Inject(now, world.Fault{Kind: world.FaultReconnect})
		w.InvalidateSessions(now, false)
		return err
	})
	eventually(t, "the end of the session", func() bool { return health(t, s).Status != "ok" })
	id := d.threadOf(thread).ID
	d.change(func(now int64, w *world.World) error {
		if _, err := w.Post(now, "Ada Lovelace", id, "The answer that matters."); err != nil {
			return err
		}
		return w.SetThread(now, "Ada Lovelace", id, true, false)
	})
	d.change(func(now int64, w *world.World) error { w.Heal(now, 0); return nil })
	if f := v.hear("message"); f.Data.Message != "The answer that matters." {
		t.Errorf("got %+v", f)
	}
}
