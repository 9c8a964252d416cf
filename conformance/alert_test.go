package conformance

import (
	"errors"
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

// TestTheTeamHearsThatItsAnswersAreLost holds that what a relay says of itself
// stands in /health, and that the support channel is told of it, once, and when
// it is over. A host says such a thing once in half an hour: it has to be fresh.
func TestTheTeamHearsThatItsAnswersAreLost(t *testing.T) {
	t.Parallel()
	wantGuarded(t)
	header := map[string]string{"Authorization": "Bearer " + relaySecret, "Content-Type": "application/json"}
	tell := func(state string) {
		t.Helper()
		if a := ask(t, "POST", guardedOrigin+"/relay", header, `{"type":"state","state":`+state+`}`); a.status != 200 {
			t.Fatalf("%s: %d", state, a.status)
		}
	}
	// The channel is everybody's: what is said of this is known by its name.
	name, _, _ := strings.Cut(somebody(t, "Fault").email, "@")
	why := "the fault " + name
	ada := member(t, "Ada")
	begin := ada.newest(channel)
	// said gives how often a text was posted since, and how often behind the first
	// post that holds another.
	said := func(text, behind string) (n int) {
		began := false
		for _, m := range ada.since(channel, begin) {
			if began = began || strings.Contains(m.Content, behind); began && strings.Contains(m.Content, text) {
				n++
			}
		}
		return n
	}
	tell(`"failed","fatal":"` + why + `"`)
	until(t, "/health says it", func() error { return saysIn(ask(t, "GET", guardedOrigin+"/health", nil, "").body, why) })
	until(t, "the channel says it", func() error {
		if said("The chat is not well: answers of the team do not arrive: "+why, "") == 1 {
			return nil
		}
		return errors.New("not yet")
	})
	tell(`"ready"`)
	until(t, "the channel says that it is over", func() error {
		if said("The chat is well again.", why) > 0 {
			return nil
		}
		return errors.New("not yet")
	})
	if n := said(why, ""); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

func saysIn(body, text string) error {
	if strings.Contains(body, text) {
		return nil
	}
	return errors.New(body)
}
