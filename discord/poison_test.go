package discord_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// crowd gives conversations with open threads.
func crowd(r *rig, n int) []*talk {
	for i := range n {
		r.visitor(fmt.Sprintf("v%d", i)).say("hello")
	}
	r.run(30 * chat.Second)
	return r.order
}

// chatter lets talks say something every so often for a while, and gives how many of their posts waited for longer than a time or did not arrive.
func chatter(r *rig, talks []*talk, every, d, most chat.Time) (said, late int) {
	for end := r.now + d; r.now < end; r.run(every) {
		for _, v := range talks {
			said++
			late++
			at := r.now
			v.heard = append(v.heard, func() {
				if r.now-at <= most {
					late--
				}
			})
			v.say(fmt.Sprint("m", said))
		}
	}
	return said, late
}

// TestOneThreadIsClosed takes the bot out of one private thread: nobody else waits for that, and what its visitor says is given to another thread
// once it is plain that it is the thread.
func TestOneThreadIsClosed(t *testing.T) {
	perms := world.DefaultBotPermissions&^world.ManageThreads | world.CreatePrivateThreads
	r := newRig(world.Config{Bots: []world.Bot{{Token: "demo-token", Permissions: perms}}}, discord.Options{MaxInFlight: 6, Threads: discord.ThreadsPrivate})
	talks := crowd(r, 5)
	// Of one post nobody knows whether it arrived, when its thread is closed.
	_, err := r.world.Inject(int64(r.now), world.Fault{Kind: world.FaultErrorAfter, Route: "POST /channels/" + string(talks[1].thread) + "/messages", Count: 1})
	must(err)
	talks[1].say("in doubt")
	r.run(chat.Second / 5)
	path := "/channels/" + worldThread(t, talks[0]).String() + "/thread-members/" + r.world.BotUser("demo-token").String()
	if x := r.world.REST(int64(r.now), world.Request{Method: "DELETE", Path: path, Authorization: "User Ada%20Lovelace"}); x.Status != 204 {
		t.Fatalf("the bot is not taken out: %d", x.Status)
	}
	path = strings.Replace(path, worldThread(t, talks[0]).String(), worldThread(t, talks[1]).String(), 1)
	if x := r.world.REST(int64(r.now), world.Request{Method: "DELETE", Path: path, Authorization: "User Ada%20Lovelace"}); x.Status != 204 {
		t.Fatalf("the bot is not taken out: %d", x.Status)
	}
	talks[0].say("hello?")
	if said, late := chatter(r, talks[2:], 5*chat.Minute, chat.Hour, chat.Second); late > 0 {
		t.Errorf("%d of %d posts of the others waited", late, said)
	}
	if done := talks[0].done; len(talks[0].calls) > 0 || done[len(done)-1].Outcome != chat.OutcomeGone {
		t.Errorf("the closed thread: %d calls left, last %+v", len(talks[0].calls), done[len(done)-1])
	}
	if done := talks[1].done; len(talks[1].calls) > 0 || done[len(done)-1].Outcome != chat.OutcomeRefused {
		t.Errorf("the one in doubt: %d calls left, last %+v", len(talks[1].calls), done[len(done)-1])
	}
}

// TestPagesNowAndThen lets a proxy answer every other request with a page that looks as if there were no such thing: no thread is given up for it.
func TestPagesNowAndThen(t *testing.T) {
	pages := func(world.Request, world.Response) {} // the description knows no pages
	r := newRig(world.Config{Inspect: pages}, discord.Options{MaxInFlight: 6})
	talks := crowd(r, 30)
	id, err := r.world.Inject(int64(r.now), world.Fault{Kind: world.FaultHTML, Status: 404, Probability: 0.5, Route: "POST /channels/{channel.id}/messages"})
	must(err)
	chatter(r, talks, 2*chat.Minute, 20*chat.Minute, chat.Hour)
	r.world.Heal(int64(r.now), id)
	r.run(chat.Hour)
	for _, v := range talks {
		for _, d := range v.done {
			if d.Outcome != chat.OutcomeDone && d.Outcome != chat.OutcomeDoubt {
				t.Fatalf("%s: %+v", v.route, d)
			}
		}
		if len(v.calls) > 0 {
			t.Errorf("%s: %d calls left", v.route, len(v.calls))
		}
	}
}

// TestClosedToAll holds that the same refusal of everybody's posts is no thread's own: nothing is given up, few requests leave, and all arrives once
// the owner has mended it.
func TestClosedToAll(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{MaxInFlight: 6})
	talks := crowd(r, 6)
	for range 40 { // something changes in the server again and again
		r.step(discord.Recheck{})
		r.run(20 * chat.Second)
	}
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions&^world.SendMessagesInThreads)
	for _, v := range talks {
		v.say("one")
	}
	before := r.calls
	r.run(2 * chat.Hour)
	if n := r.calls - before; n > 60 {
		t.Errorf("%d requests in two hours", n)
	}
	if h := r.egress.Health(r.now); h.Wrong == "" {
		t.Error("the owner is told nothing")
	}
	r.world.SetBotPermissions(int64(r.now), "demo-token", world.DefaultBotPermissions)
	r.run(15 * chat.Minute)
	for _, v := range talks {
		if last := v.done[len(v.done)-1]; len(v.calls) > 0 || last.Outcome != chat.OutcomeDone {
			t.Errorf("%s: %d calls left, last %+v", v.route, len(v.calls), last)
		}
	}
}

// TestPoisonedPost lets Discord, or what stands before it, answer one post so that it seems to be the server, the address or a setting that is wrong.
// The others go on; the post is given up, and not if it arrived.
func TestPoisonedPost(t *testing.T) {
	for _, f := range []world.Fault{
		{Kind: world.FaultHTML, Status: 403}, {Kind: world.FaultHTML, Status: 400}, {Kind: world.FaultHTML, Status: 404},
		{Kind: world.FaultError, Status: 500}, {Kind: world.FaultErrorAfter, Status: 500}, {Kind: world.FaultError, Status: 403}, {Kind: world.FaultBlocked},
	} {
		t.Run(fmt.Sprintf("%s %d", f.Kind, f.Status), func(t *testing.T) {
			pages := func(world.Request, world.Response) {} // the description knows no pages
			r := newRig(world.Config{Inspect: pages}, discord.Options{MaxInFlight: 6})
			talks := crowd(r, 4)
			f.Route = "POST /channels/" + string(talks[0].thread) + "/messages"
			id, err := r.world.Inject(int64(r.now), f)
			must(err)
			talks[0].say("POISON")
			said, late := chatter(r, talks[1:], 20*chat.Second, 3*chat.Hour, 100*chat.Second)
			if late > 0 {
				t.Errorf("%d of %d posts of the others waited", late, said)
			}
			if len(talks[0].calls) > 0 {
				t.Fatal("the post is not given up")
			}
			want := chat.OutcomeRefused
			if f.Kind == world.FaultErrorAfter {
				want = chat.OutcomeDone
			}
			if done := talks[0].done; done[len(done)-1].Outcome != want {
				t.Errorf("its outcome is %+v", done[len(done)-1])
			}
			r.world.Heal(int64(r.now), id)
			talks[0].say("and now?")
			r.run(chat.Minute)
			if done := talks[0].done; len(talks[0].calls) > 0 || done[len(done)-1].Outcome != chat.OutcomeDone {
				t.Errorf("the post after it: %+v", done[len(done)-1])
			}
		})
	}
}
