package discord_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// as lets a person do something in the model of Discord.
func (r *rig) as(who, method, path, body string) world.Response {
	return r.world.REST(int64(r.now), world.Request{Method: method, Path: path, Authorization: "User " + who, ContentType: "application/json", Body: []byte(body)})
}

// newcomer holds that room is made for somebody new within a time.
func newcomer(t *testing.T, r *rig, within chat.Time) {
	t.Helper()
	v := r.visitor("new")
	v.say("I am new")
	r.run(within)
	if len(v.calls) > 0 {
		t.Errorf("whoever is new waits: %d calls left", len(v.calls))
	}
}

// TestRoomWithoutLeave fills a server with threads that the team made itself, to a bot that may not archive them: the bot's own make room, and few
// requests are refused.
func TestRoomWithoutLeave(t *testing.T) {
	refused := 0
	cfg := world.Config{Limits: world.Limits{ActiveThreads: 20}, Bots: []world.Bot{{Token: "demo-token", Permissions: world.DefaultBotPermissions &^ world.ManageThreads}}}
	cfg.Inspect = func(q world.Request, x world.Response) {
		inspect(q, x)
		if q.Method == "PATCH" && x.Status == 403 {
			refused++
		}
	}
	r := newRig(cfg, discord.Options{MaxInFlight: 6})
	channel := r.world.SupportChannel()
	for i := range 12 {
		id, err := r.world.Post(int64(r.now), "Ada Lovelace", channel, fmt.Sprint("topic ", i))
		must(err)
		if x := r.as("Ada%20Lovelace", "POST", "/channels/"+channel.String()+"/messages/"+id.String()+"/threads", `{"name":"topic","auto_archive_duration":10080}`); x.Status != 201 {
			t.Fatal(string(x.Body))
		}
	}
	r.run(10 * chat.Minute)
	crowd(r, 8)
	r.run(20 * chat.Minute)
	newcomer(t, r, 5*chat.Minute)
	if refused > 5 {
		t.Errorf("%d requests were refused", refused)
	}
}

// TestRoomInForum makes room in a forum: what the team has pinned stays, and the team is told.
func TestRoomInForum(t *testing.T) {
	r := newRig(world.Config{ChannelType: world.GuildForum, Limits: world.Limits{ActiveThreads: 6}}, discord.Options{MaxInFlight: 6})
	x := r.as("Ada%20Lovelace", "POST", "/channels/"+r.world.SupportChannel().String()+"/threads", `{"name":"Read me first","message":{"content":"guidelines"}}`)
	var guide struct{ ID world.ChannelID }
	must(json.Unmarshal(x.Body, &guide))
	if x = r.as("Ada%20Lovelace", "PATCH", "/channels/"+guide.ID.String(), `{"flags":2}`); x.Status != 200 {
		t.Fatalf("it is not pinned: %d", x.Status)
	}
	crowd(r, 5)
	r.run(20 * chat.Minute)
	newcomer(t, r, 10*chat.Minute)
	if c, ok := r.world.Thread(guide.ID); !ok || c.Archived {
		t.Error("what was pinned is archived")
	}
	told := 0
	for _, th := range r.world.Threads(r.world.SupportChannel()) {
		for _, m := range r.world.Messages(th.ID) {
			if strings.Contains(m.Content, "as many active threads") {
				told++
			}
		}
	}
	if told != 1 {
		t.Errorf("the team is told in %d places", told)
	}
}

// TestLockedInGap locks a thread of which the Gateway does not tell: the sweep does.
func TestLockedInGap(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{MaxInFlight: 6})
	th := worldThread(t, crowd(r, 1)[0])
	r.run(10 * chat.Minute)
	at := r.now
	must(r.world.SetThread(int64(r.now), "Ada Lovelace", th, true, true))
	r.run(chat.Minute)
	from := len(r.log)
	r.step(discord.GatewayGap{At: at})
	r.run(2 * chat.Minute)
	if log := strings.Join(r.log[from:], "\n"); !strings.Contains(log, "that it takes no more") {
		t.Errorf("nobody hears of it:\n%s", log)
	}
}

// TestManyRechecks lets something change all the time, as when somebody drags a channel through a long list: posts go on, and refusals stay few.
func TestManyRechecks(t *testing.T) {
	asked := 0
	r := newRig(world.Config{Inspect: func(q world.Request, x world.Response) {
		if q.Path == "/users/@me" {
			asked++
		}
	}}, discord.Options{MaxInFlight: 6})
	talks := crowd(r, 4)
	asked = 0
	again := func(d, every chat.Time) {
		end := r.now + d
		var next func()
		next = func() {
			if r.now < end {
				r.step(discord.Recheck{})
				r.at(r.now+every, next)
			}
		}
		r.at(r.now, next)
	}
	again(chat.Minute, 50)
	if said, late := chatter(r, talks, 5*chat.Second, chat.Minute, chat.Second); late > said/2 {
		t.Errorf("%d of %d posts waited", late, said)
	}
	if asked > 7 {
		t.Errorf("in a minute it was asked %d times who the bot is", asked)
	}
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.ViewChannel|world.ReadMessageHistory)
	for _, v := range talks {
		v.say("x")
	}
	again(10*chat.Minute, 2000)
	r.run(10 * chat.Minute)
	if n := r.world.LimitState(int64(r.now)).InvalidRequests; n > 300 {
		t.Errorf("%d requests were refused within ten minutes", n)
	}
}

// TestNameIsNoReasonToWait lets Discord refuse another change of a thread's name for ten minutes: its visitor's message does not wait for it.
func TestNameIsNoReasonToWait(t *testing.T) {
	r := newRig(world.Config{ChannelType: world.GuildForum}, discord.Options{MaxInFlight: 6})
	_, err := r.world.Inject(int64(r.now), world.Fault{Kind: world.FaultLimitUser, Route: "PATCH /channels/{channel.id}", RetryAfterMs: 582_000, Count: 1})
	must(err)
	v := r.visitor("v0")
	v.say("hello")
	r.run(10 * chat.Second)
	if len(v.calls) > 0 {
		t.Errorf("%d calls are left", len(v.calls))
	}
}

// TestUnreadableLimits garbles the headers of half of the answers: the bucket counts on, and 429 stay few.
func TestUnreadableLimits(t *testing.T) {
	sent, limited := 0, 0
	r := newRig(world.Config{Inspect: func(q world.Request, x world.Response) {
		sent++
		if x.Status == 429 {
			limited++
		}
	}}, discord.Options{MaxInFlight: 20})
	talks := crowd(r, 20)
	_, err := r.world.Inject(int64(r.now), world.Fault{Kind: world.FaultGarbledLimits, Probability: 0.5})
	must(err)
	sent, limited = 0, 0
	for _, v := range talks {
		for i := range 300 {
			v.add(&chat.DeskCall{Kind: chat.CallPost, Text: fmt.Sprint(i)})
		}
		v.kick()
	}
	r.run(5 * chat.Minute)
	t.Logf("%d sent, %d limited", sent, limited)
	if limited*50 > sent {
		t.Errorf("%d of %d were answered 429", limited, sent)
	}
}

// TestModeratedTag is a forum that requires a tag and has only one that moderators may use: the bot may, where it manages threads.
func TestModeratedTag(t *testing.T) {
	r := newRig(world.Config{ChannelType: world.GuildForum, ForumTags: []string{"Visitor"}, RequireTag: true}, discord.Options{MaxInFlight: 6})
	if x := r.as("Server%20Owner", "PATCH", "/channels/"+r.world.SupportChannel().String(), `{"available_tags":[{"name":"Visitor","moderated":true}]}`); x.Status != 200 {
		t.Fatal(x.Status)
	}
	v := r.visitor("v")
	v.say("hello")
	r.run(chat.Minute)
	if len(v.calls) > 0 {
		t.Errorf("%d calls left, wrong %q", len(v.calls), r.egress.Health(r.now).Wrong)
	}
}
