package world

import (
	"strings"
	"testing"
)

func TestThreadFromMessage(t *testing.T) {
	r := newRig(t, Config{})
	m := r.post(r.channel(), "opening")
	path := "/channels/" + r.channel() + "/messages/" + m + "/threads"
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{})
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": strings.Repeat("n", 101)})
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": "x", "auto_archive_duration": 61})
	out := r.must(201, botAuth, "POST", path, map[string]any{"name": strings.Repeat("n", 100), "auto_archive_duration": 60})
	if out["id"] != m || out["type"] != 11.0 || out["parent_id"] != r.channel() {
		t.Fatalf("thread: %v", out)
	}
	r.refused(400, CodeThreadExists, botAuth, "POST", path, map[string]any{"name": "again"})
	r.refused(404, CodeUnknownMessage, botAuth, "POST", "/channels/"+r.channel()+"/messages/123456789012345678/threads", map[string]any{"name": "x"})
	if got := r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/messages/"+m, nil); got["thread"].(map[string]any)["id"] != m || int(got["flags"].(float64))&FlagHasThread == 0 {
		t.Fatalf("the message does not know its thread: %v", got)
	}
	if got := r.must(200, botAuth, "GET", "/channels/"+m, nil); got["message_count"] != 0.0 {
		t.Fatalf("the starter was counted: %v", got["message_count"])
	}
	first := r.must(200, botAuth, "GET", "/channels/"+m+"/messages", nil)["list"].([]any)
	if len(first) != 1 || first[0].(map[string]any)["type"] != 21.0 {
		t.Fatalf("starter: %v", first)
	}
	r.must(200, botAuth, "GET", "/guilds/"+r.w.GuildID().String()+"/threads/active", nil)
}

func TestThreadTypes(t *testing.T) {
	r := newRig(t, Config{Bots: []Bot{{Token: "demo-token", Permissions: DefaultBotPermissions | CreatePrivateThreads}}})
	path := "/channels/" + r.channel() + "/threads"
	private := r.must(201, botAuth, "POST", path, map[string]any{"name": "default"})
	if private["type"] != 12.0 {
		t.Fatalf("the default type is %v, want a private thread", private["type"])
	}
	public := r.must(201, botAuth, "POST", path, map[string]any{"name": "public", "type": 11})
	if public["type"] != 11.0 {
		t.Fatal("no public thread")
	}
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": "x", "type": 10})
	r.refused(400, CodeWrongChannelType, botAuth, "POST", "/channels/"+public["id"].(string)+"/threads", map[string]any{"name": "x", "type": 11})
	// A private thread is seen by its members and those who manage threads.
	r.w.AddMember(r.now, "Outsider").Roles = nil
	ch, _ := ParseID[channelKind](private["id"].(string))
	if r.w.canSee(r.w.AddMember(r.now, "Outsider"), r.w.channels[ch]) {
		t.Fatal("an outsider sees a private thread")
	}
	id := private["id"].(string)
	ada := r.w.AddMember(r.now, "Ada Lovelace").User.ID.String()
	r.must(204, botAuth, "PUT", "/channels/"+id+"/thread-members/"+ada, nil)
	r.must(200, botAuth, "GET", "/channels/"+id+"/thread-members/@me", nil)
	r.refused(403, CodeMissingAccess, botAuth, "GET", "/channels/"+id+"/thread-members", nil)
	r.must(200, "User Ada Lovelace", "GET", "/channels/"+id+"/thread-members?with_member=true", nil)
	r.must(204, "User Ada Lovelace", "DELETE", "/channels/"+id+"/thread-members/@me", nil)
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": true})
	if got := r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/threads/archived/private", nil)["threads"].([]any); len(got) != 1 {
		t.Fatalf("%d private archived threads", len(got))
	}
	r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/users/@me/threads/archived/private", nil)
}

func TestForum(t *testing.T) {
	r := newRig(t, Config{ChannelType: GuildForum, ForumTags: []string{"open", "done"}, RequireTag: true})
	r.connect(1, defaultIntents)
	r.refused(400, CodeForumMessage, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": "x"})
	forum := r.must(200, botAuth, "GET", "/channels/"+r.channel(), nil)
	tag := forum["available_tags"].([]any)[0].(map[string]any)["id"].(string)
	path := "/channels/" + r.channel() + "/threads"
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": "no message"})
	r.refused(400, CodeTagRequired, botAuth, "POST", path, map[string]any{"name": "x", "message": map[string]any{"content": "first"}})
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": "x", "applied_tags": []string{"123456789012345678"}, "message": map[string]any{"content": "first"}})
	out := r.must(201, botAuth, "POST", path, map[string]any{"name": "x", "applied_tags": []string{tag}, "message": map[string]any{"content": "first"}})
	if out["message"].(map[string]any)["id"] != out["id"] {
		t.Fatalf("the post's first message has another id: %v", out)
	}
	if got := names(r.frames(1)); got != "THREAD_CREATE MESSAGE_CREATE" {
		t.Fatalf("events: %s", got)
	}
	r.must(200, botAuth, "GET", "/channels/"+out["id"].(string), nil)
	r.must(200, botAuth, "PATCH", "/channels/"+out["id"].(string), map[string]any{"applied_tags": []string{}})
}

func TestArchive(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	id := r.thread("Support: Vera")
	r.frames(1)
	// An hour without a word archives it; the beats keep the socket.
	last := r.now
	for r.now < last+3600000 {
		r.now += 40000
		r.w.Receive(r.now, 1, []byte(`{"op":1,"d":null}`))
	}
	events := names(r.frames(1))
	if !strings.Contains(events, "THREAD_UPDATE") {
		t.Fatalf("not archived: %s", events)
	}
	got := r.must(200, botAuth, "GET", "/channels/"+id, nil)
	if got["thread_metadata"].(map[string]any)["archived"] != true {
		t.Fatal("not archived")
	}
	msg := r.w.Messages(mustChannel(t, id))[0].ID.String()
	r.refused(400, CodeArchived, "User Ada Lovelace", "PUT", "/channels/"+id+"/messages/"+msg+"/reactions/%E2%9C%85/@me", nil)
	r.refused(400, CodeArchived, botAuth, "PATCH", "/channels/"+id, map[string]any{"name": "x"})
	// A post reopens it: THREAD_UPDATE, THREAD_MEMBER_UPDATE, then the message.
	r.post(id, "hello again")
	if got := names(r.frames(1)); got != "THREAD_UPDATE THREAD_MEMBER_UPDATE MESSAGE_CREATE" {
		t.Fatalf("reopening: %s", got)
	}
	// Closed is archived and locked in one request; a bot that manages threads may still post.
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": true, "locked": true})
	r.w.SetBotPermissions(r.now, "demo-token", DefaultBotPermissions&^ManageThreads)
	r.refused(400, CodeThreadLocked, botAuth, "POST", "/channels/"+id+"/messages", map[string]any{"content": "x"})
	r.refused(403, CodeMissingPermissions, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": false})
	r.w.SetBotPermissions(r.now, "demo-token", DefaultBotPermissions)
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": false, "locked": false})
	// Deleting says little.
	r.frames(1)
	r.must(200, botAuth, "DELETE", "/channels/"+id, nil)
	list := r.frames(1)
	if names(list) != "THREAD_DELETE" || len(list[0].D) != 4 {
		t.Fatalf("deleted: %v", list)
	}
	r.refused(404, CodeUnknownChannel, botAuth, "POST", "/channels/"+id+"/messages", map[string]any{"content": "x"})
}

func mustChannel(t *testing.T, digits string) ChannelID {
	t.Helper()
	id, ok := ParseID[channelKind](digits)
	if !ok {
		t.Fatalf("%q is no id", digits)
	}
	return id
}

func TestArchivedPages(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	for i := range 5 {
		r.now += 1000
		id := r.thread("t" + itoa(i))
		r.now += 1000
		r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": true})
	}
	var seen []string
	query := "?limit=2"
	for {
		out := r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/threads/archived/public"+query, nil)
		var stamp string
		for _, th := range out["threads"].([]any) {
			seen = append(seen, th.(map[string]any)["name"].(string))
			stamp = th.(map[string]any)["thread_metadata"].(map[string]any)["archive_timestamp"].(string)
		}
		if out["has_more"] != true {
			break
		}
		query = "?limit=2&before=" + strings.ReplaceAll(stamp, "+", "%2B")
	}
	if got := strings.Join(seen, " "); got != "t4 t3 t2 t1 t0" {
		t.Fatalf("pages: %s", got)
	}
}

func TestActiveCap(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true, ActiveThreads: 2}})
	first := r.thread("a")
	r.thread("b")
	m := r.post(r.channel(), "x")
	r.refused(400, CodeTooManyThreads, botAuth, "POST", "/channels/"+r.channel()+"/messages/"+m+"/threads", map[string]any{"name": "c"})
	r.must(200, botAuth, "PATCH", "/channels/"+first, map[string]any{"archived": true})
	r.must(201, botAuth, "POST", "/channels/"+r.channel()+"/messages/"+m+"/threads", map[string]any{"name": "c"})
	// Reopening by a post needs a free place too.
	r.refused(400, CodeTooManyThreads, botAuth, "POST", "/channels/"+first+"/messages", map[string]any{"content": "x"})
	if r.w.ActiveThreads() != 2 {
		t.Fatalf("%d active threads", r.w.ActiveThreads())
	}
}

func TestRenameLimit(t *testing.T) {
	r := newRig(t, Config{})
	id := r.thread("a")
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"name": "b"})
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"name": "c"})
	res, out := r.do(botAuth, "PATCH", "/channels/"+id, map[string]any{"name": "d", "archived": true})
	if res.Status != 429 || out["retry_after"].(float64) < 500 || res.Header["X-RateLimit-Remaining"] == "0" {
		t.Fatalf("hidden limit: %d %v %v", res.Status, out, res.Header)
	}
	if th, _ := r.w.Thread(mustChannel(t, id)); th.Name != "c" || th.Archived {
		t.Fatalf("the refused request changed the thread: %+v", th)
	}
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": true})
}

// In an announcement channel every thread is an announcement thread; private ones there are none.
func TestAnnouncementThreads(t *testing.T) {
	r := newRig(t, Config{ChannelType: GuildAnnouncement, Limits: Limits{Off: true},
		Bots: []Bot{{Token: "demo-token", Permissions: DefaultBotPermissions | CreatePrivateThreads}}})
	id := r.thread("from a message")
	if got := r.must(200, botAuth, "GET", "/channels/"+id, nil); got["type"] != 10.0 {
		t.Fatalf("from a message: %v", got)
	}
	path := "/channels/" + r.channel() + "/threads"
	if got := r.must(201, botAuth, "POST", path, map[string]any{"name": "without a message", "type": 10}); got["type"] != 10.0 {
		t.Fatalf("without a message: %v", got)
	}
	for _, typ := range []any{nil, 11, 12} { // none: private
		r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": "x", "type": typ})
	}
	if _, err := r.w.Post(r.now, "Ada Lovelace", mustChannel(t, id), "a word"); err != nil {
		t.Fatal(err)
	}
	r.must(200, botAuth, "PATCH", "/channels/"+id, map[string]any{"archived": true})
	if got := r.must(200, botAuth, "GET", path+"/archived/public", nil)["threads"].([]any); len(got) != 1 {
		t.Fatalf("%d archived", len(got))
	}
	if got := r.must(200, botAuth, "GET", path+"/archived/private", nil)["threads"].([]any); len(got) != 0 {
		t.Fatalf("%d private", len(got))
	}
}

func TestArchivedListLimits(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	for _, list := range []string{"/threads/archived/public", "/threads/archived/private", "/users/@me/threads/archived/private"} {
		path := "/channels/" + r.channel() + list
		for _, limit := range []string{"2", "100"} {
			r.must(200, botAuth, "GET", path+"?limit="+limit, nil)
		}
		for _, limit := range []string{"0", "1", "101", "x"} {
			r.refused(400, CodeInvalidForm, botAuth, "GET", path+"?limit="+limit, nil)
		}
	}
}

// reason gives the code of the first error of a field.
func reason(out map[string]any, field string) any {
	f, _ := out["errors"].(map[string]any)[field].(map[string]any)
	list, _ := f["_errors"].([]any)
	if len(list) == 0 {
		return nil
	}
	return list[0].(map[string]any)["code"]
}

func TestThreadNames(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true, RenameLimit: -1}})
	id := r.thread("a")
	m := r.post(r.channel(), "x")
	for _, c := range []struct {
		name any
		want string
	}{
		{nil, "BASE_TYPE_REQUIRED"}, {"", "BASE_TYPE_REQUIRED"}, {" \t\n\u00a0\u3000", "BASE_TYPE_REQUIRED"}, {strings.Repeat(" ", 101), "BASE_TYPE_REQUIRED"},
		{strings.Repeat("n", 101), "BASE_TYPE_BAD_LENGTH"},
	} {
		for _, path := range []string{"/channels/" + r.channel() + "/messages/" + m + "/threads", "/channels/" + r.channel() + "/threads"} {
			out := r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"name": c.name, "type": 11})
			if got := reason(out, "name"); got != c.want {
				t.Errorf("POST %s %q: %v, want %s", path, c.name, got, c.want)
			}
		}
		if c.name == nil {
			continue
		}
		if got := reason(r.refused(400, CodeInvalidForm, botAuth, "PATCH", "/channels/"+id, map[string]any{"name": c.name}), "name"); got != c.want {
			t.Errorf("PATCH %q: %v, want %s", c.name, got, c.want)
		}
	}
}
