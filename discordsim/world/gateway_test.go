package world

import (
	"net/url"
	"strings"
	"testing"
)

func (r *rig) say(id ConnID, v any) { r.w.Receive(r.now, id, encode(v)) }

func identify(intents int) map[string]any {
	return map[string]any{"op": 2, "d": map[string]any{"token": "Bot demo-token", "intents": intents, "properties": map[string]string{}}}
}

func resumeFrame(session string, seq int64) map[string]any {
	return map[string]any{"op": 6, "d": map[string]any{"token": "demo-token", "session_id": session, "seq": seq}}
}

func TestIdentifyRefused(t *testing.T) {
	cases := []struct {
		name string
		send any
		want string
	}{
		{"no JSON", "nonsense", "op 10 close 4002"},
		{"no opcode", map[string]any{"d": 1}, "op 10 close 4002"},
		{"unknown opcode", map[string]any{"op": 99}, "op 10 close 4001"},
		{"not identified", map[string]any{"op": 3, "d": map[string]any{"status": "online"}}, "op 10 close 4003"},
		{"bad token", map[string]any{"op": 2, "d": map[string]any{"token": "revoked", "intents": 0, "properties": map[string]string{}}}, "op 10 close 4004"},
		{"bad shard", map[string]any{"op": 2, "d": map[string]any{"token": "demo-token", "intents": 0, "properties": map[string]string{}, "shard": []int{1, 1}}}, "op 10 close 4010"},
		{"unknown intent", identify(1 << 40), "op 10 close 4013"},
		{"privileged intent", identify(1 << 1), "op 10 close 4014"},
		{"too large", map[string]any{"op": 1, "d": strings.Repeat("x", 5000)}, "op 10 close 4002"},
		{"resume of nothing", resumeFrame("nothing", 5), "op 10 op 9"},
		{"fine", identify(defaultIntents), "op 10 READY GUILD_CREATE"},
		{"without GUILDS", identify(1 << 9), "op 10 READY"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Config{})
			r.w.RevokeToken(r.now, "revoked")
			r.w.Connect(r.now, 1, Dial{Query: url.Values{"v": {"10"}, "encoding": {"json"}}})
			r.say(1, c.send)
			if got := names(r.frames(1)); got != c.want {
				t.Fatalf("got %s, want %s", got, c.want)
			}
		})
	}
	r := newRig(t, Config{})
	r.w.Connect(r.now, 1, Dial{Query: url.Values{"v": {"4"}}})
	if got := names(r.frames(1)); got != "close 4012" {
		t.Fatalf("version 4: %s", got)
	}
	r.connect(2, defaultIntents)
	r.say(2, identify(defaultIntents))
	if got := names(r.frames(2)); got != "close 4005" {
		t.Fatalf("identified twice: %s", got)
	}
}

// TestIdentifiesAreCountedByToken holds that two programs with tokens of their own let each other in, and one that
// identifies twice waits.
func TestIdentifiesAreCountedByToken(t *testing.T) {
	r := newRig(t, Config{})
	for id, c := range []struct{ token, want string }{
		{"one", "op 10 READY GUILD_CREATE"}, {"another", "op 10 READY GUILD_CREATE"}, {"one", "op 10 op 9"},
	} {
		r.w.Connect(r.now, ConnID(id+1), Dial{})
		frame := identify(defaultIntents)
		frame["d"].(map[string]any)["token"] = c.token
		r.say(ConnID(id+1), frame)
		if got := names(r.frames(ConnID(id + 1))); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s", c.token, got, c.want)
		}
	}
	remaining := func(auth string) any {
		return r.must(200, auth, "GET", "/gateway/bot", nil)["session_start_limit"].(map[string]any)["remaining"]
	}
	if one, fresh := remaining("Bot one"), remaining("Bot fresh"); one != 999.0 || fresh != 1000.0 {
		t.Errorf("one that began a session may begin %v more, one that began none %v", one, fresh)
	}
}

func TestMessageContentIntent(t *testing.T) {
	r := newRig(t, Config{})
	r.connect(1, defaultIntents&^int(IntentMessageContent))
	content := func() any {
		list := r.frames(1)
		return list[len(list)-1].D["content"]
	}
	if _, err := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "secret"); err != nil {
		t.Fatal(err)
	}
	if got := content(); got != "" {
		t.Fatalf("without the intent came %q", got)
	}
	if _, err := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "hey <@"+r.w.BotUser("demo-token").String()+">"); err != nil {
		t.Fatal(err)
	}
	if got := content(); got == "" {
		t.Fatal("a message that mentions the bot came without content")
	}
	r.post(r.channel(), "own")
	if got := content(); got != "own" {
		t.Fatalf("the bot's own message came as %q", got)
	}
	// The portal's switch decides over REST, and forbids the intent.
	off := newRig(t, Config{Bots: []Bot{{Token: "demo-token", NoMessageContent: true}}})
	id, _ := off.w.Post(off.now, "Ada Lovelace", off.w.SupportChannel(), "secret")
	if got := off.must(200, botAuth, "GET", "/channels/"+off.channel()+"/messages/"+id.String(), nil); got["content"] != "" {
		t.Fatalf("REST gave %q", got["content"])
	}
	off.w.Connect(off.now, 1, Dial{})
	off.say(1, identify(defaultIntents))
	if got := names(off.frames(1)); got != "op 10 close 4014" {
		t.Fatalf("the forbidden intent: %s", got)
	}
}

func TestHeartbeats(t *testing.T) {
	r := newRig(t, Config{})
	r.connect(1, defaultIntents)
	for range 5 {
		r.now += 41250
		r.w.Tick(r.now)
		r.say(1, map[string]any{"op": 1, "d": 2})
		if got := names(r.frames(1)); got != "op 11" {
			t.Fatalf("beat: %s", got)
		}
	}
	if next := r.w.NextTick(); next <= r.now {
		t.Fatalf("next tick %d is not after %d", next, r.now)
	}
	r.now += 41250 + 41250/2 - 1
	r.w.Tick(r.now)
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("closed too early: %s", got)
	}
	r.now++
	r.w.Tick(r.now)
	if got := names(r.frames(1)); got != "close 4009" {
		t.Fatalf("no beat: %s", got)
	}
}

func TestSendLimit(t *testing.T) {
	r := newRig(t, Config{})
	r.connect(1, defaultIntents) // one frame sent
	for range 119 {
		r.now += 100
		r.say(1, map[string]any{"op": 1, "d": nil})
	}
	if got := names(r.frames(1)); strings.Contains(got, "close") {
		t.Fatal("closed at the limit")
	}
	r.say(1, map[string]any{"op": 1, "d": nil})
	if got := names(r.frames(1)); got != "close 4008" {
		t.Fatalf("past the limit: %s", got)
	}
}

func TestResume(t *testing.T) {
	r := newRig(t, Config{})
	ready := r.connect(1, defaultIntents)[1]
	session := ready.D["session_id"].(string)
	if ready.D["resume_gateway_url"] != "ws://sim.test/gateway" {
		t.Fatalf("resume url %v", ready.D["resume_gateway_url"])
	}
	r.post(r.channel(), "seen")
	last := r.frames(1)[0].S
	r.w.Disconnected(r.now, 1, 1006)
	r.post(r.channel(), "missed 1")
	r.post(r.channel(), "missed 2")
	r.now += 60000
	r.w.Connect(r.now, 2, Dial{Host: "sim.test"})
	r.say(2, resumeFrame(session, last))
	list := r.frames(2)
	if got := names(list); got != "op 10 MESSAGE_CREATE MESSAGE_CREATE RESUMED" {
		t.Fatalf("resumed: %s", got)
	}
	if list[1].S != last+1 || list[2].D["content"] != "missed 2" {
		t.Fatalf("replayed: %v", list)
	}
	// A client may ask again from an older number: at least once.
	r.w.Disconnected(r.now, 2, 4200)
	r.w.Connect(r.now, 3, Dial{})
	r.say(3, resumeFrame(session, last))
	if got := names(r.frames(3)); !strings.HasPrefix(got, "op 10 MESSAGE_CREATE MESSAGE_CREATE RESUMED") {
		t.Fatalf("resumed again: %s", got)
	}
	// A number from the future ends the session.
	r.w.Disconnected(r.now, 3, 0)
	r.w.Connect(r.now, 4, Dial{})
	r.say(4, resumeFrame(session, 999))
	if got := names(r.frames(4)); got != "op 10 close 4007" {
		t.Fatalf("future: %s", got)
	}
	r.w.Connect(r.now, 5, Dial{})
	r.say(5, resumeFrame(session, last))
	if got := names(r.frames(5)); got != "op 10 op 9" {
		t.Fatalf("ended: %s", got)
	}
}

func TestSessionEnds(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(r *rig)
	}{
		{"closed with 1000", func(r *rig) { r.w.Disconnected(r.now, 1, 1000) }},
		{"window over", func(r *rig) { r.w.Disconnected(r.now, 1, 1006); r.now += 180001 }},
		{"invalidated", func(r *rig) { r.w.InvalidateSessions(r.now, false) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, Config{})
			session := r.connect(1, defaultIntents)[1].D["session_id"].(string)
			c.end(r)
			r.w.Connect(r.now, 2, Dial{})
			r.say(2, resumeFrame(session, 1))
			if got := names(r.frames(2)); got != "op 10 op 9" {
				t.Fatalf("got %s", got)
			}
		})
	}
}

func TestReplayBuffer(t *testing.T) {
	r := newRig(t, Config{Gateway: GatewayConfig{ReplayEvents: 3}, Limits: Limits{Off: true}})
	session := r.connect(1, defaultIntents)[1].D["session_id"].(string)
	r.w.Disconnected(r.now, 1, 1006)
	for range 10 {
		r.post(r.channel(), "x")
	}
	r.w.Connect(r.now, 2, Dial{})
	r.say(2, resumeFrame(session, 2))
	if got := names(r.frames(2)); got != "op 10 op 9" {
		t.Fatalf("more was missed than is kept, and it said %s", got)
	}
}

func TestIdentifyBudget(t *testing.T) {
	r := newRig(t, Config{Gateway: GatewayConfig{SessionStarts: 2}})
	r.connect(1, defaultIntents)
	r.w.Connect(r.now, 2, Dial{})
	r.say(2, identify(defaultIntents))
	if got := names(r.frames(2)); got != "op 10 op 9" {
		t.Fatalf("a second identify within 5 s: %s", got)
	}
	r.now += 5001
	r.say(2, identify(defaultIntents))
	if got := names(r.frames(2)); got != "READY GUILD_CREATE" {
		t.Fatalf("later: %s", got)
	}
	out := r.must(200, botAuth, "GET", "/gateway/bot", nil)
	if limit := out["session_start_limit"].(map[string]any); limit["remaining"] != 0.0 || limit["reset_after"].(float64) <= 0 {
		t.Fatalf("limit: %v", limit)
	}
	r.now += 5001
	r.w.Connect(r.now, 3, Dial{})
	r.say(3, identify(defaultIntents))
	if got := names(r.frames(3)); got != "op 10 close 4004" {
		t.Fatalf("past the budget: %s", got)
	}
	r.must(401, botAuth, "GET", "/gateway/bot", nil)
}

func TestVisibility(t *testing.T) {
	r := newRig(t, Config{})
	r.thread("Support: Vera")
	r.w.SetBotAccess(r.now, r.w.SupportChannel(), false)
	list := r.connect(1, defaultIntents)
	if threads := list[2].D["threads"].([]any); len(threads) != 0 {
		t.Fatalf("%d threads are seen without access", len(threads))
	}
	r.refused(403, CodeMissingAccess, botAuth, "GET", "/channels/"+r.channel(), nil)
	if _, err := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "hidden"); err != nil {
		t.Fatal(err)
	}
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("without access came %s", got)
	}
	r.w.SetBotAccess(r.now, r.w.SupportChannel(), true)
	list = r.frames(1)
	if got := names(list); got != "CHANNEL_UPDATE THREAD_LIST_SYNC" {
		t.Fatalf("access given: %s", got)
	}
	if threads := list[1].D["threads"].([]any); len(threads) != 1 {
		t.Fatalf("synced %d threads", len(threads))
	}
	// So does a role that the bot is given back.
	bot := r.w.members[r.w.BotUser("demo-token")]
	own := bot.Roles[0]
	r.w.setRole(bot, own, false)
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("role taken: %s", got)
	}
	r.w.setRole(bot, own, true)
	if list = r.frames(1); names(list) != "THREAD_LIST_SYNC" || list[0].D["channel_ids"].([]any)[0] != r.channel() {
		t.Fatalf("role given back: %v", list)
	}
	// Losing access says no more than that the channel changed.
	r.w.SetBotAccess(r.now, r.w.SupportChannel(), false)
	if got := names(r.frames(1)); got != "CHANNEL_UPDATE" {
		t.Fatalf("access taken: %s", got)
	}
}

func TestGuildEvents(t *testing.T) {
	r := newRig(t, Config{Bots: []Bot{{Token: "demo-token", GuildMembers: true, Presences: true, Permissions: Administrator}}})
	r.connect(1, int(Intents(defaultIntents)|IntentGuildMembers|IntentPresences))
	ch := r.must(201, botAuth, "POST", "/guilds/"+r.w.GuildID().String()+"/channels", map[string]any{"name": "new", "topic": "t"})
	r.must(200, botAuth, "PATCH", "/channels/"+ch["id"].(string), map[string]any{"name": "newer"})
	r.must(200, botAuth, "DELETE", "/channels/"+ch["id"].(string), nil)
	r.w.AddMember(r.now, "Katherine Johnson")
	r.say(1, map[string]any{"op": 8, "d": map[string]any{"guild_id": r.w.GuildID(), "query": "", "limit": 0}})
	r.w.SetGuildUnavailable(r.now, true, false)
	r.w.SetGuildUnavailable(r.now, false, false)
	r.w.AskHeartbeat(r.now)
	r.w.AskReconnect(r.now)
	want := "CHANNEL_CREATE CHANNEL_UPDATE CHANNEL_DELETE GUILD_MEMBER_ADD GUILD_MEMBERS_CHUNK GUILD_DELETE GUILD_CREATE op 1 op 7"
	if got := names(r.frames(1)); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
}
