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
		for _, f := range r.Step(now, chat.ReserveThread{Route: route, Until: until}) {
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
