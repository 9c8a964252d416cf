package relay_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord/wire"
	"cloudflarechat/edge/relay"
)

// epochOf gives the epoch of a body.
func epochOf(body string) wire.Snowflake {
	_, after, _ := strings.Cut(body, `"epoch":"`)
	id, _, _ := strings.Cut(after, `"`)
	return wire.Snowflake(id)
}

// TestMissedEventBeginsAnEpoch holds that an event which comes on no connection
// makes a gap within the session: what is told of it reaches to that very moment,
// for a thread that was opened since the session began may be the one that missed it.
func TestMissedEventBeginsAnEpoch(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.now += 60_000
	var bodies []string
	missed := r.now
	for conn := int64(1); len(bodies) == 0 && conn < 9; conn++ {
		missed = r.now
		r.step(relay.SocketFrame{Conn: conn, Data: []byte(post(4, "666666666666666668", "after what is missing"))})
		if bodies = only(r.answer(200), "epoch"); len(bodies) > 0 {
			break
		}
		r.now += 20_000
		if r.step(chat.TimerFired{}); len(find[relay.SocketDial](r.out)) != 1 {
			t.Fatalf("the session is not resumed: %v", r.out)
		}
		r.answer(200)
		r.step(relay.SocketOpened{Conn: conn + 1})
		r.step(relay.SocketFrame{Conn: conn + 1, Data: []byte(`{"op":10,"d":{"heartbeat_interval":41250}}`)})
		r.answer(200)
	}
	gaps, posts := only(bodies, `"type":"missed"`), only(bodies, "after what is missing")
	if len(gaps) != 1 || len(posts) != 1 {
		t.Fatalf("told: %v", bodies)
	}
	if at := epochOf(gaps[0]); at.TimeMs() < int64(missed) || at != epochOf(posts[0]) {
		t.Errorf("the epoch of the gap is %d and the event was given up at %d: %v", at.TimeMs(), missed, bodies)
	}
}
