package conformance

import (
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// TestTheTeamIsCalledToWhoWaits holds that a visitor whom nobody answers is said
// to the team once, in the thread. The guarded hosts wait three seconds for
// that, the others longer than any scenario takes.
func TestTheTeamIsCalledToWhoWaits(t *testing.T) {
	t.Parallel()
	wantGuarded(t)
	const call = "The visitor still waits for an answer."
	ada := member(t, "Ada")
	c := dialAt(t, guardedOrigin, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {allowedOrigin}}})
	v := somebody(t, "Waiting")
	c.enter(v)
	c.say("Is anybody there?")
	thread := ada.threadOf(v)
	ada.sees(thread, call)
	c.say("I am still here.")
	ada.sees(thread, "I am still here.")
	list, err := ada.read(thread)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range list {
		n += strings.Count(m.Content, call)
	}
	if n != 1 {
		t.Errorf("the team was told %d times", n)
	}
}
