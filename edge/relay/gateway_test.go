package relay_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
	"cloudflarechat/edge/relay"
)

const channel = "222222222222222222"

// rig holds an actor and what it asked for.
type rig struct {
	t    *testing.T
	g    *relay.Gateway
	now  chat.Time
	rows map[string]chat.Row
	out  []chat.Effect
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, now: 1_790_000_000_000, rows: map[string]chat.Row{}}
	r.rebuild()
	return r
}

func (r *rig) rebuild() {
	var rows []chat.Row
	for _, row := range r.rows {
		rows = append(rows, row)
	}
	r.g = relay.New(relay.Options{Token: "token", Channel: channel}, rows)
}

func (r *rig) step(ev chat.Event) []chat.Effect {
	r.now += 10
	r.out = r.g.Step(r.now, ev)
	for _, f := range r.out {
		if save, ok := f.(chat.Save); ok {
			for _, row := range save.Rows {
				name := fmt.Sprint(row.Table, "/", row.Key)
				if row.Delete {
					delete(r.rows, name)
				} else {
					r.rows[name] = row
				}
			}
		}
	}
	return r.out
}

func find[T chat.Effect](out []chat.Effect) (found []T) {
	for _, f := range out {
		if v, ok := f.(T); ok {
			found = append(found, v)
		}
	}
	return found
}

// identify goes as far as the identify.
func (r *rig) identify() {
	r.t.Helper()
	calls := find[discord.Call](r.step(relay.Poke{}))
	if len(calls) != 1 || calls[0].Request.Path != "/gateway/bot" {
		r.t.Fatalf("at the start: %v", r.out)
	}
	dials := find[relay.SocketDial](r.info(calls[0]))
	if len(dials) != 1 || !strings.HasPrefix(dials[0].URL, "wss://gateway.example") {
		r.t.Fatalf("no dial: %v", r.out)
	}
	r.step(relay.SocketOpened{Conn: dials[0].Conn})
	if sent := find[relay.SocketSend](r.frame(`{"op":10,"d":{"heartbeat_interval":41250}}`)); len(sent) != 1 || !bytes.Contains(sent[0].Data, []byte(`"op":2`)) {
		r.t.Fatalf("no identify: %v", r.out)
	}
}

// info answers the question for the Gateway's address.
func (r *rig) info(c discord.Call) []chat.Effect {
	return r.step(discord.CallDone{ID: c.ID, Status: 200,
		Body: []byte(`{"url":"wss://gateway.example","shards":1,"session_start_limit":{"total":1000,"remaining":1000,"reset_after":0,"max_concurrency":1}}`)})
}

// begun says that a session begins, and gives the posts' bodies.
func (r *rig) begun() []string {
	r.frame(`{"op":0,"s":1,"t":"READY","d":{"v":10,"user":{"id":"111"},"session_id":"sess","resume_gateway_url":"wss://resume.example","application":{"id":"333"},"guilds":[]}}`)
	return r.answer(200)
}

// ready brings the connection up.
func (r *rig) ready() {
	r.t.Helper()
	r.identify()
	r.begun()
}

func (r *rig) frame(text string) []chat.Effect {
	return r.step(relay.SocketFrame{Conn: 1, Data: []byte(text)})
}

// answers are what the chat says with a status.
var answers = map[int]string{200: `{"code":"taken"}`, 404: `{"code":"unknown_thread"}`, 400: `{"code":"bad_request"}`, 503: `{"code":"later"}`}

// answer answers the posts of the last step, and those that follow, and gives
// their bodies.
func (r *rig) answer(status int) (bodies []string) {
	for posts := find[relay.Post](r.out); len(posts) > 0; {
		var more []relay.Post
		for _, p := range posts {
			bodies = append(bodies, string(p.Body))
			more = append(more, find[relay.Post](r.step(relay.Posted{ID: p.ID, Status: status, Answer: []byte(answers[status])}))...)
		}
		posts = more
	}
	return bodies
}

func post(seq int, id, text string) string {
	return fmt.Sprintf(`{"op":0,"s":%d,"t":"MESSAGE_CREATE","d":{"id":"%s","channel_id":"444444444444444444","guild_id":"555","type":0,"content":"%s","author":{"id":"9","username":"Ada"},"timestamp":"2026-10-01T00:00:00Z"}}`, seq, id, text)
}

func only(bodies []string, word string) (out []string) {
	for _, b := range bodies {
		if strings.Contains(b, word) {
			out = append(out, b)
		}
	}
	return out
}

// TestHandsOver holds that a post is handed over and its sequence saved only
// then.
func TestHandsOver(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(post(2, "666666666666666666", "hello"))
	if len(find[chat.Save](r.out)) != 0 {
		t.Error("something was saved before the post was handed over")
	}
	if got := only(r.answer(200), "hello"); len(got) != 1 {
		t.Fatalf("handed over: %v", got)
	}
	row := r.rows["11/0"]
	if row.Values[2].Int != 2 {
		t.Errorf("the sequence that was saved: %v", row)
	}
}

// TestKeepsWhatIsRefused holds that an event becomes a row only when the main
// Worker refuses it, outlives a restart, and is handed over in order.
func TestKeepsWhatIsRefused(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(post(2, "666666666666666666", "first"))
	r.answer(503)
	r.frame(post(3, "666666666666666667", "second"))
	if len(r.rows) != 2 { // the session, and the first event: the second waits behind it
		t.Fatalf("rows: %v", r.rows)
	}
	r.rebuild()
	r.now += 60_000
	r.step(relay.Poke{})
	got := only(r.answer(200), "thread")
	if len(got) != 1 || !strings.Contains(got[0], "first") {
		t.Errorf("after a restart: %v", got)
	}
	if len(r.rows) != 1 {
		t.Errorf("what was handed over is still kept: %v", r.rows)
	}
}

// TestGapOfALifeWithoutASession holds that what happens while the first session
// has not come to be is read up, also where the object died meanwhile, and that
// it is told again until the main Worker has it.
func TestGapOfALifeWithoutASession(t *testing.T) {
	r := newRig(t)
	first := r.now
	r.identify()
	r.rebuild()
	r.now += 20_000
	r.identify()
	told := fmt.Sprintf(`{"type":"missed","timestamp":%d`, int64(first)+10)
	if got := only(r.begun(), "missed"); len(got) != 1 || !strings.HasPrefix(got[0], told) {
		t.Errorf("told of the time since the first start, %d: %v", first, got)
	}
	r.rebuild()
	r.now += 20_000
	if r.step(relay.Poke{}); len(find[relay.SocketDial](r.out)) != 1 {
		t.Errorf("the session is not resumed: %v", r.out)
	}
}

// TestIdentifiesAreFarApart holds that an object that dies again and again begins
// no more sessions than Discord allows.
func TestIdentifiesAreFarApart(t *testing.T) {
	r := newRig(t)
	r.identify()
	r.rebuild()
	r.now += 1000
	calls := find[discord.Call](r.step(relay.Poke{}))
	if len(calls) != 1 {
		t.Fatalf("at the start: %v", r.out)
	}
	if r.info(calls[0]); len(find[relay.SocketDial](r.out)) != 0 {
		t.Error("it began two sessions within five seconds")
	}
	r.now += 5000
	if r.step(chat.TimerFired{}); len(find[relay.SocketDial](r.out)) != 1 {
		t.Errorf("five seconds later: %v", r.out)
	}
}

// TestBackAtOnce holds that once the main Worker answers again, nothing waits out
// the pause that its absence had earned.
func TestBackAtOnce(t *testing.T) {
	r := newRig(t)
	r.ready()
	for i := range 3 {
		thread := fmt.Sprintf("44444444444444444%d", i)
		r.frame(strings.ReplaceAll(post(2+i, fmt.Sprintf("66666666666666666%d", i), "waiting"), "444444444444444444", thread))
		r.answer(0)
	}
	for range 20 { // it stays away, and the pauses grow; the connection stays
		r.now += 1000
		r.step(chat.TimerFired{})
		r.answer(0)
	}
	r.frame(strings.ReplaceAll(post(5, "666666666666666669", "news"), "444444444444444444", "444444444444444449"))
	if got := only(r.answer(200), "waiting"); len(got) != 3 {
		t.Errorf("handed over at once: %v", got)
	}
}

// TestStray holds that what stands in the support channel itself is told once.
func TestStray(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(strings.ReplaceAll(post(2, "666666666666666666", "hello"), "444444444444444444", channel))
	if got := only(r.answer(503), "stray"); len(got) != 1 || got[0] != `{"type":"stray","messageId":"666666666666666666"}` {
		t.Fatalf("told: %v", got)
	}
	r.now += 60_000
	r.step(relay.Poke{})
	if got := only(r.answer(200), "stray"); len(got) != 0 {
		t.Errorf("told again: %v", got)
	}
}

// TestRefusedForGood holds that what the main Worker will never take stops
// nothing.
func TestRefusedForGood(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(post(2, "666666666666666666", "odd"))
	r.answer(400)
	r.frame(post(3, "666666666666666667", "next"))
	if got := only(r.answer(200), "next"); len(got) != 1 {
		t.Errorf("after a body that was refused for good: %v", got)
	}
}

// TestOnlyTheChatTakes holds that an answer that is not the chat's own loses
// nothing: while the chat is away, something else answers in its place.
func TestOnlyTheChatTakes(t *testing.T) {
	for _, status := range []int{200, 302, 400, 404, 413, 422} {
		r := newRig(t)
		r.ready()
		r.frame(post(2, "666666666666666666", "hello"))
		posts := find[relay.Post](r.out)
		if len(posts) != 1 {
			t.Fatalf("posted: %v", r.out)
		}
		r.step(relay.Posted{ID: posts[0].ID, Status: status, Answer: []byte("404 page not found\n")})
		if told := find[relay.State](r.out); len(told) != 1 || told[0].Trouble == "" {
			t.Errorf("%d: nobody hears that the chat is away: %v", status, r.out)
		}
		r.now += 60_000
		r.step(chat.TimerFired{})
		if got := only(r.answer(200), "hello"); len(got) != 1 {
			t.Errorf("%d: handed over later: %v", status, got)
		}
	}
}

// TestAClockThatIsSetBack holds that nothing rests until a time of the old clock.
func TestAClockThatIsSetBack(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(post(2, "666666666666666666", "hello"))
	r.answer(503)
	r.now -= 3_600_000
	r.step(relay.Poke{})
	r.now += 60_000
	r.step(chat.TimerFired{})
	if sent := find[relay.SocketSend](r.out); len(sent) != 1 || !bytes.Contains(sent[0].Data, []byte(`"op":1`)) {
		t.Errorf("no heartbeat: %v", r.out)
	}
	if got := only(r.answer(200), "hello"); len(got) != 1 {
		t.Errorf("handed over: %v", got)
	}
}

// TestGapByDiscordsClock holds that a gap is told by Discord's clock, whatever
// the host's own says.
func TestGapByDiscordsClock(t *testing.T) {
	r := newRig(t)
	first := r.now
	calls := find[discord.Call](r.step(relay.Poke{}))
	date := time.UnixMilli(int64(r.now) - 300_000).UTC().Format(time.RFC1123)
	date = strings.Replace(date, "UTC", "GMT", 1)
	dials := find[relay.SocketDial](r.step(discord.CallDone{ID: calls[0].ID, Status: 200, Header: rest.Header{Date: date},
		Body: []byte(`{"url":"wss://gateway.example","shards":1,"session_start_limit":{"total":1000,"remaining":1000,"reset_after":0,"max_concurrency":1}}`)}))
	r.step(relay.SocketOpened{Conn: dials[0].Conn})
	r.frame(`{"op":10,"d":{"heartbeat_interval":41250}}`)
	// The answer took 10 ms, and a Date has whole seconds.
	told := fmt.Sprintf(`{"type":"missed","timestamp":%d`, int64(first)-300_010)
	if got := only(r.begun(), "missed"); len(got) != 1 || !strings.HasPrefix(got[0], told) {
		t.Errorf("told of the time since %s: %v", told, got)
	}
}
