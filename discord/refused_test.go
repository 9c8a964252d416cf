package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// TestGarbledPauses lets something answer 200 with a page to every post, as a proxy may: the pauses grow, and nothing spins.
func TestGarbledPauses(t *testing.T) {
	p := newPlain(t, discord.Options{})
	begin, requests := p.now, 0
	call := post("k", "x")
	calls, told := p.offer("mia", call)
	for p.now < begin+chat.Minute {
		if len(calls) > 0 {
			requests++
			p.now += 20
			calls, told = p.step(answer(calls[0], 200, "<html>ok</html>"))
			continue
		}
		p.now += 10
		again := false
		for _, e := range told {
			switch e.(type) {
			case chat.DeskDone:
				again = true
				calls, told = p.step(chat.DeskReady{From: "mia"})
			case chat.DeskPull:
				again = true
				c := *call
				c.HandedAt = p.now
				calls, told = p.offer("mia", &c)
			}
			if again {
				break
			}
		}
		if !again {
			calls, told = p.step(chat.TimerFired{})
		}
	}
	if requests > 10 || requests < 3 {
		t.Errorf("%d requests in a minute", requests)
	}
}

// TestUnreadIsSaid holds that the owner hears of a thread that cannot be read, until it can.
func TestUnreadIsSaid(t *testing.T) {
	p := newPlain(t, discord.Options{})
	read := &chat.DeskCall{Kind: chat.CallRead, Key: "k", Thread: threadID, After: threadID}
	for _, c := range []struct {
		status int
		body   string
		ok     bool
	}{{400, `{"message":"What?","code":99999}`, false}, {200, `[]`, true}} {
		calls, _ := p.offer("mia", read)
		if len(calls) != 1 {
			t.Fatalf("%d calls", len(calls))
		}
		p.now += 100
		if calls, _ = p.step(answer(calls[0], c.status, c.body)); len(calls) > 0 {
			p.now += 100
			p.step(answer(calls[0], 404, `{"message":"Unknown Message","code":10008}`)) // the page is empty, and may be read
		}
		if h := p.e.Health(p.now); h.OK() != c.ok {
			t.Errorf("after %d: ok %t, wrong %q", c.status, h.OK(), h.Wrong)
		}
		p.now += chat.Second
	}
}
