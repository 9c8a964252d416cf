package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudflarechat/discordsim/world"
)

// threads gives the threads of the support channel, of any kind, the newest last.
func (d *team) threads() (list []world.Channel) {
	d.Do(func(_ int64, w *world.World) { list = w.Threads(w.SupportChannel()) })
	return list
}

// threadBut waits for a thread that is none of the known ones.
func (d *team) threadBut(known ...string) string {
	d.t.Helper()
	found := ""
	eventually(d.t, "another thread", func() bool {
	next:
		for _, th := range d.threads() {
			for _, k := range known {
				if th.ID.String() == k {
					continue next
				}
			}
			found = th.ID.String()
			return true
		}
		return false
	})
	return found
}

func (d *team) change(f func(now int64, w *world.World) error) {
	d.t.Helper()
	var err error
	d.Do(func(now int64, w *world.World) { err = f(now, w) })
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *team) threadOf(id string) world.Channel {
	for _, th := range d.threads() {
		if th.ID.String() == id {
			return th
		}
	}
	d.t.Fatalf("there is no thread %s", id)
	return world.Channel{}
}

// Each kind of support channel carries a conversation there and back. A thread that was archived reopens with the next message; one that was
// locked, or deleted, is followed by a new one, which links to it.
func TestEachKindOfSupportChannel(t *testing.T) {
	private := []world.Bot{{Token: "demo-token", Permissions: world.DefaultBotPermissions&^world.ManageThreads | world.CreatePrivateThreads}}
	plain := []world.Bot{{Token: "demo-token", Permissions: world.DefaultBotPermissions &^ world.ManageThreads}}
	for _, c := range []struct {
		name    string
		cfg     world.Config
		private bool
		kind    world.ChannelType
	}{
		{"text", world.Config{Bots: plain}, false, world.PublicThread},
		{"private", world.Config{Bots: private}, true, world.PrivateThread},
		{"forum", world.Config{ChannelType: world.GuildForum, Bots: plain}, false, world.PublicThread},
		{"forum that requires a tag", world.Config{ChannelType: world.GuildForum, ForumTags: []string{"Visitor"}, RequireTag: true, Bots: plain},
			false, world.PublicThread},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newTeamIn(t, c.cfg)
			opt := d.options(t)
			opt.PrivateThreads = c.private
			s := start(t, opt)
			ready(t, s)
			v := dial(t, wsURL(s), nil)
			v.say("init", base(nil))
			v.hear("ready")
			v.say("message", map[string]string{"message": "Hello?"})
			first := d.threadBut()
			d.shows(first, "Hello?")
			th := d.threadOf(first)
			if th.Type != c.kind || th.Name != "Support: Zoë - zoe@example.com" || len(th.AppliedTags) != len(c.cfg.ForumTags) {
				t.Errorf("the thread is of type %d, called %q, with %d tags", th.Type, th.Name, len(th.AppliedTags))
			}
			d.calledOnce(first)
			d.answers(first, "Hi.")
			if f := v.hear("message"); f.Data.Message != "Hi." {
				t.Errorf("got %+v", f)
			}

			d.change(func(now int64, w *world.World) error { return w.SetThread(now, "Ada Lovelace", th.ID, true, false) })
			v.say("message", map[string]string{"message": "Still there?"})
			d.shows(first, "Still there?")
			if d.threadOf(first).Archived {
				t.Error("it is still archived")
			}

			d.change(func(now int64, w *world.World) error { return w.SetThread(now, "Ada Lovelace", th.ID, true, true) })
			v.say("message", map[string]string{"message": "And now?"})
			second := d.threadBut(first)
			d.shows(second, "And now?")
			d.links(second, first)
			d.answers(second, "Here.")
			if f := v.hearAfter("Hi."); f.Data.Message != "Here." {
				t.Errorf("got %+v", f)
			}

			gone := d.threadOf(second).ID
			d.change(func(now int64, w *world.World) error { return w.DeleteChannel(now, gone) })
			v.say("message", map[string]string{"message": "Once more?"})
			third := d.threadBut(first, second)
			d.shows(third, "Once more?")
			d.links(third, second)
			for i, id := range []string{first, third} {
				for _, text := range []string{"Hello?", "Still there?", "And now?", "Once more?"} {
					if n := d.count(id, text); n != 0 && (i == 0) != (text == "Hello?" || text == "Still there?") || n > 1 {
						t.Errorf("thread %d shows %q %d times", i, text, n)
					}
				}
			}
		})
	}
}

func (d *team) count(thread, text string) (n int) {
	for _, p := range d.posts(thread) {
		if strings.Contains(p.Content, text) {
			n++
		}
	}
	return n
}

// opening gives the opening post of a thread: it stands in the channel, or is the first in the thread.
func (d *team) opening(thread string) string {
	for _, place := range []string{thread, d.ChannelID()} {
		for _, p := range d.posts(place) {
			if strings.Contains(p.Content, "New conversation · ") && (place == thread || p.ID == thread) {
				return p.Content
			}
		}
	}
	return ""
}

// calledOnce wants the team's role to be mentioned in the opening post and nowhere else.
func (d *team) calledOnce(thread string) {
	d.t.Helper()
	mention := "<@&" + d.RoleID() + ">"
	if o := d.opening(thread); strings.Count(o, mention) != 1 {
		d.t.Errorf("the opening post is %q", o)
	}
	if n := d.count(thread, mention); n > 1 {
		d.t.Errorf("the role is mentioned %d times", n)
	}
}

func (d *team) links(thread, earlier string) {
	d.t.Helper()
	if o := d.opening(thread); !strings.Contains(o, "<#"+earlier+">") {
		d.t.Errorf("the opening post is %q and does not link to %s", o, earlier)
	}
}

// A server that has as many active threads as Discord allows: the one of ours that was silent longest is archived, nobody else's, and the team is told.
func TestTheLongestSilentThreadMakesRoom(t *testing.T) {
	t.Parallel()
	start0 := time.Now().Add(-3 * time.Hour).UnixMilli()
	d := newTeamIn(t, world.Config{StartMs: start0, Limits: world.Limits{ActiveThreads: 3}})
	var old []string
	d.Do(func(_ int64, w *world.World) {
		for i := range 3 {
			at := start0 + int64(i+1)*int64(20*time.Minute/time.Millisecond)
			r := w.REST(at, world.Request{Method: "POST", Path: "/channels/" + w.SupportChannel().String() + "/threads", Authorization: "User Ada Lovelace",
				ContentType: "application/json", Body: fmt.Appendf(nil, `{"name":"old %d","type":11,"auto_archive_duration":1440}`, i)})
			var th struct {
				ID string `json:"id"`
			}
			if err := json.Unmarshal(r.Body, &th); err != nil || r.Status != http.StatusCreated {
				t.Errorf("%d %s", r.Status, r.Body)
			}
			old = append(old, th.ID)
		}
	})
	s := start(t, d.options(t))
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Is there room?"})
	thread := d.threadBut(old...)
	d.shows(thread, "Is there room?")
	if !d.threadOf(old[0]).Archived {
		t.Error("the longest silent thread is not archived")
	}
	d.shows(d.ChannelID(), "as many active threads as Discord allows")
}
