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

// TestAccessRegained holds that what was written while the bot did not see the
// support channel is looked up once it does again, and that the sequence of the
// dispatch that says so is not saved before somebody knows.
func TestAccessRegained(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(strings.ReplaceAll(post(2, "666666666666666666", "here"), "444444444444444444", channel))
	r.answer(200)
	r.frame(`{"op":0,"s":3,"t":"THREAD_LIST_SYNC","d":{"guild_id":"555","channel_ids":["` + channel + `"],"threads":[],"members":[]}}`)
	regained := r.now
	bodies := r.answer(503)
	gaps := only(bodies, `"type":"missed"`)
	if len(gaps) != 1 || !strings.Contains(gaps[0], `"after":"666666666666666666"`) || epochOf(gaps[0]).TimeMs() < int64(regained) {
		t.Errorf("told at %d: %v", regained, bodies)
	}
	if len(only(bodies, `"type":"recheck"`)) != 1 {
		t.Errorf("what was stopped does not go on: %v", bodies)
	}
	r.rebuild()
	r.now += 60_000
	r.step(relay.Poke{})
	if got := only(r.answer(200), `"type":"missed"`); len(got) != 1 || got[0] != gaps[0] {
		t.Errorf("after a restart: %v", got)
	}
}
