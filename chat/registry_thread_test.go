package chat_test

import (
	"testing"

	"cloudflarechat/chat"
)

// A thread that somebody may be taking over is given to nobody else, however long
// ago their time was over: a clock can be set back, and they post into it then.
func TestOneClaimOnAThread(t *testing.T) {
	cfg := chat.Config{DataSecret: []byte("the secret of a test, which is long enough"), Desk: toyDesk{}}
	cfg.Fill()
	r := chat.NewRegistry(&cfg, chat.ThreadKey("100").Key, chat.Restore{})
	reserve := func(now chat.Time, route chat.Route, until chat.Time) (refused bool) {
		t.Helper()
		for _, f := range r.Step(now, chat.ReserveThread{Route: route, Until: until, From: "ann"}) {
			if tell, ok := f.(chat.Tell); ok {
				return tell.Event.(chat.ThreadReserved).Refused
			}
		}
		t.Fatalf("%s got no answer", route)
		return false
	}
	const over = 10 * chat.Minute
	r.Step(0, chat.OwnThread{Route: "ann", From: "100"})
	for _, c := range []struct {
		name    string
		now     chat.Time
		route   chat.Route
		before  *chat.OwnThread
		refused bool
	}{
		{"the first", chat.Second, "ben", nil, false},
		{"the first, who asks again", 2 * chat.Second, "ben", nil, false},
		{"another one, whose turn it would be", over + chat.Minute, "cat", nil, true},
		{"another one, once the first has taken it back", over + 2*chat.Minute, "cat", &chat.OwnThread{Route: "ben", Withdraw: true}, false},
		{"whoever comes long after one that was erased on the way", over + 2*chat.Day, "dan", nil, false},
	} {
		if c.before != nil {
			r.Step(c.now, *c.before)
		}
		if got := reserve(c.now, c.route, over); got != c.refused {
			t.Errorf("%s: refused is %v", c.name, got)
		}
	}
}

// An order that is given, or an answer, in a thread before its registry knows it waits, and not for ever.
func TestOrderBeforeTheThreadIsKnown(t *testing.T) {
	cfg := chat.Config{DataSecret: []byte("the secret of a test, which is long enough"), Desk: toyDesk{}}
	cfg.Fill()
	r := chat.NewRegistry(&cfg, chat.ThreadKey("100").Key, chat.Restore{})
	order := func(now chat.Time, kind chat.NewsKind, born chat.Time) chat.Effect {
		return r.Step(now, chat.ThreadNews{News: chat.News{Kind: kind, Thread: "100", Message: "105", At: chat.Hour, Born: born, Aside: born != 0}, Ticket: "t"})[0]
	}
	for _, c := range []struct {
		name string
		now  chat.Time
		kind chat.NewsKind
		born chat.Time
		want chat.Status
	}{
		{"at once", chat.Hour, chat.NewsBlock, 0, chat.StatusLater},
		{"while the thread may be in the making", chat.Hour + 9*chat.Minute, chat.NewsClose, 0, chat.StatusLater},
		{"in a thread that is no conversation's", chat.Hour + 11*chat.Minute, chat.NewsBlock, 0, chat.StatusUnknown},
		{"what is written in the thread, which is read up", chat.Hour, chat.NewsPosted, 0, chat.StatusUnknown},
		{"an answer to what was posted lately", chat.Hour, chat.NewsPosted, chat.Hour - 9*chat.Minute, chat.StatusLater},
		{"and what was posted before that is nobody's", chat.Hour, chat.NewsPosted, chat.Hour - 11*chat.Minute, chat.StatusUnknown},
	} {
		if got := order(c.now, c.kind, c.born); got != (chat.Answer{Ticket: "t", Status: c.want}) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	r.Step(chat.Hour+chat.Minute, chat.OwnThread{Route: "ann", From: "100"})
	tell, ok := order(chat.Hour+2*chat.Minute, chat.NewsBlock, 0).(chat.Tell)
	if !ok || tell.To != chat.SessionAt("ann") {
		t.Error("once the thread is known the order does not reach its session")
	}
}

// What the desk finds after a gap it tells until somebody took it, who says so to the desk and to no host.
func TestFoundWhileTheThreadIsContested(t *testing.T) {
	cfg := chat.Config{DataSecret: []byte("the secret of a test, which is long enough"), Desk: toyDesk{}}
	cfg.Fill()
	r := chat.NewRegistry(&cfg, chat.ThreadKey("100").Key, chat.Restore{})
	const ticket = chat.DeskTicket + "1"
	found := chat.ThreadNews{News: chat.News{Kind: chat.NewsPosted, Thread: "100", Message: "105", Aside: true}, Ticket: ticket}
	r.Step(0, chat.OwnThread{Route: "ann", From: "100"})
	r.Step(0, chat.ReserveThread{Route: "ben", Until: chat.Minute, From: "ann"})
	want := chat.Tell{To: chat.DeskAddress, Event: chat.NewsAnswered{Ticket: ticket, Status: chat.StatusLater}}
	if got := r.Step(1, found); len(got) != 1 || got[0] != want {
		t.Errorf("while it is open whose it is: %v", got)
	}
	r.Step(2, chat.OwnThread{Route: "ben", Withdraw: true})
	if tell, ok := r.Step(3, found)[0].(chat.Tell); !ok || tell.To != chat.SessionAt("ann") || tell.Event.(chat.ThreadNews).Ticket != ticket {
		t.Error("once that is settled it does not reach its owner")
	}
}

// Whoever took a thread over is its owner before the address's registry hears of it: who claims it from the owner before
// gets it no more.
func TestNobodyTakesOverFromWhoWasOwnerBefore(t *testing.T) {
	cfg := chat.Config{DataSecret: []byte("the secret of a test, which is long enough"), Desk: toyDesk{}}
	cfg.Fill()
	r := chat.NewRegistry(&cfg, chat.ThreadKey("100").Key, chat.Restore{})
	r.Step(0, chat.OwnThread{Route: "ann", From: "100"})
	r.Step(1, chat.ReserveThread{Route: "ben", Until: chat.Minute, From: "ann"})
	r.Step(2, chat.OwnThread{Route: "ben", From: "200"})
	want := chat.Tell{To: chat.SessionAt("cat"), Event: chat.ThreadReserved{Thread: "100", Refused: true}}
	if got := r.Step(3, chat.ReserveThread{Route: "cat", Until: chat.Minute, From: "ann"}); len(got) != 1 || got[0] != want {
		t.Errorf("%v", got)
	}
}
