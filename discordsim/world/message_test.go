package world

import (
	"strings"
	"testing"
)

func (r *rig) post(channel, content string) string {
	r.t.Helper()
	return r.must(200, botAuth, "POST", "/channels/"+channel+"/messages", map[string]any{"content": content})["id"].(string)
}

func TestMessageLength(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	path := "/channels/" + r.channel() + "/messages"
	r.must(200, botAuth, "POST", path, map[string]any{"content": strings.Repeat("é", 2000)})
	out := r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"content": strings.Repeat("é", 2001)})
	if out["errors"].(map[string]any)["content"] == nil {
		t.Fatalf("the error does not name the field: %v", out)
	}
	// An emoji outside the first plane is two UTF-16 units.
	r.must(200, botAuth, "POST", path, map[string]any{"content": strings.Repeat("😀", 1000)})
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"content": strings.Repeat("😀", 1001)})
	r.refused(400, CodeEmptyMessage, botAuth, "POST", path, map[string]any{"content": " \n "})
	r.refused(400, CodeInvalidJSON, botAuth, "POST", path, `{"content":`)
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, `{"content":5}`)
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"content": "x", "nonce": strings.Repeat("n", 26)})
	r.refused(404, CodeUnknownChannel, botAuth, "POST", "/channels/123456789012345678/messages", map[string]any{"content": "x"})
	r.refused(400, CodeInvalidForm, botAuth, "POST", "/channels/nonsense/messages", map[string]any{"content": "x"})
	if got := r.w.Messages(r.w.SupportChannel()); len(got) != 2 {
		t.Fatalf("%d messages stand in the channel, want 2", len(got))
	}
	got := r.must(200, botAuth, "POST", path, map[string]any{"content": "  trimmed \n"})
	if got["content"] != "trimmed" {
		t.Fatalf("content %q", got["content"])
	}
}

func TestNonce(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	path := "/channels/" + r.channel() + "/messages"
	body := map[string]any{"content": "once", "nonce": "key-1", "enforce_nonce": true}
	first := r.must(200, botAuth, "POST", path, body)
	r.frames(1)
	again := r.must(200, botAuth, "POST", path, map[string]any{"content": "other words", "nonce": "key-1", "enforce_nonce": true})
	if again["id"] != first["id"] || again["content"] != "once" {
		t.Fatalf("the nonce made a second message: %v", again)
	}
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("the repeat sent %s", got)
	}
	// Another author, another channel, and a request that does not enforce: all are new messages.
	r.must(200, "User Ada Lovelace", "POST", path, body)
	other := r.thread("Support: Vera")
	if m := r.must(200, botAuth, "POST", "/channels/"+other+"/messages", body); m["id"] == first["id"] {
		t.Fatal("a nonce reached into another channel")
	}
	if m := r.must(200, botAuth, "POST", path, map[string]any{"content": "again", "nonce": "key-1"}); m["id"] == first["id"] {
		t.Fatal("the nonce was enforced without being asked")
	}
	// A numeric nonce is echoed as a number.
	if m := r.must(200, botAuth, "POST", path, map[string]any{"content": "n", "nonce": 5, "enforce_nonce": true}); m["nonce"] != 5.0 {
		t.Fatalf("nonce %v", m["nonce"])
	}
	// Fetched again, the nonce is lost.
	if m := r.must(200, botAuth, "GET", path+"/"+first["id"].(string), nil); m["nonce"] != nil {
		t.Fatal("a fetched message carries its nonce")
	}
	// Deleted: Unknown Message, and no new one.
	gone := r.must(200, botAuth, "POST", path, map[string]any{"content": "x", "nonce": "key-2", "enforce_nonce": true})
	r.must(204, botAuth, "DELETE", path+"/"+gone["id"].(string), nil)
	r.refused(404, CodeUnknownMessage, botAuth, "POST", path, map[string]any{"content": "x", "nonce": "key-2", "enforce_nonce": true})
	// After its time a nonce is free again.
	r.now += 300000
	if m := r.must(200, botAuth, "POST", path, map[string]any{"content": "x", "nonce": "key-2", "enforce_nonce": true}); m["id"] == gone["id"] {
		t.Fatal("the nonce outlived its time")
	}
}

func TestEditAndDelete(t *testing.T) {
	r := newRig(t, Config{})
	r.connect(1, defaultIntents)
	path := "/channels/" + r.channel() + "/messages/"
	own := r.post(r.channel(), "first")
	r.frames(1)
	m := r.must(200, botAuth, "PATCH", path+own, map[string]any{"content": "second"})
	if m["content"] != "second" || m["edited_timestamp"] == nil {
		t.Fatalf("edited: %v", m)
	}
	if got := names(r.frames(1)); got != "MESSAGE_UPDATE" {
		t.Fatalf("events: %s", got)
	}
	theirs, err := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "mine")
	if err != nil {
		t.Fatal(err)
	}
	r.refused(403, CodeNotAuthor, botAuth, "PATCH", path+theirs.String(), map[string]any{"content": "stolen"})
	r.refused(403, CodeMissingPermissions, botAuth, "DELETE", path+theirs.String(), nil)
	r.refused(400, CodeEmptyMessage, botAuth, "PATCH", path+own, map[string]any{"content": ""})
	r.frames(1)
	r.must(204, "User Ada Lovelace", "DELETE", path+own, nil)
	r.refused(404, CodeUnknownMessage, botAuth, "GET", path+own, nil)
	r.refused(404, CodeUnknownMessage, botAuth, "PATCH", path+own, map[string]any{"content": "late"})
	if got := names(r.frames(1)); got != "MESSAGE_DELETE" {
		t.Fatalf("events: %s", got)
	}
	a, _ := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "a")
	b, _ := r.w.Post(r.now, "Ada Lovelace", r.w.SupportChannel(), "b")
	r.frames(1)
	r.refused(400, CodeBulkDeleteCount, "User Ada Lovelace", "POST", "/channels/"+r.channel()+"/messages/bulk-delete", map[string]any{"messages": []string{a.String()}})
	r.must(204, "User Ada Lovelace", "POST", "/channels/"+r.channel()+"/messages/bulk-delete", map[string]any{"messages": []string{a.String(), b.String()}})
	if got := names(r.frames(1)); got != "MESSAGE_DELETE_BULK" {
		t.Fatalf("events: %s", got)
	}
}

func TestPagination(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	var all []string
	for range 230 {
		r.now += 7
		all = append(all, r.post(r.channel(), "m"))
	}
	path := "/channels/" + r.channel() + "/messages"
	ids := func(query string) []string {
		var out []string
		for _, m := range r.must(200, botAuth, "GET", path+query, nil)["list"].([]any) {
			out = append(out, m.(map[string]any)["id"].(string))
		}
		return out
	}
	if got := ids(""); len(got) != 50 || got[0] != all[229] || got[49] != all[180] {
		t.Fatalf("default page: %d", len(got))
	}
	// With after the oldest page comes, still newest first.
	var walked []string
	after := "0"
	for {
		page := ids("?limit=100&after=" + after)
		for i := len(page) - 1; i >= 0; i-- {
			walked = append(walked, page[i])
		}
		if len(page) < 100 {
			break
		}
		after = page[0]
	}
	if strings.Join(walked, " ") != strings.Join(all, " ") {
		t.Fatalf("walked %d messages, want %d in order", len(walked), len(all))
	}
	if got := ids("?limit=3&before=" + all[10]); strings.Join(got, " ") != all[9]+" "+all[8]+" "+all[7] {
		t.Fatalf("before: %v", got)
	}
	if got := ids("?limit=3&around=" + all[10]); len(got) != 3 || got[1] != all[10] {
		t.Fatalf("around: %v", got)
	}
	r.refused(400, CodeInvalidForm, botAuth, "GET", path+"?limit=101", nil)
	r.refused(400, CodeInvalidForm, botAuth, "GET", path+"?limit=0", nil)
	r.w.SetBotPermissions(r.now, "demo-token", DefaultBotPermissions&^ReadMessageHistory)
	r.w.everyone().Permissions &^= ReadMessageHistory
	if got := ids(""); len(got) != 0 {
		t.Fatalf("without READ_MESSAGE_HISTORY %d messages came", len(got))
	}
}

func TestMentions(t *testing.T) {
	role, ada, everyone := "", "", "@everyone"
	r := newRig(t, Config{})
	role = "<@&" + r.w.SupportRole().String() + ">"
	ada = "<@" + r.w.AddMember(r.now, "Ada Lovelace").User.ID.String() + ">"
	send := func(auth, text string, allowed any) Message {
		t.Helper()
		body := map[string]any{"content": text}
		if allowed != nil {
			body["allowed_mentions"] = allowed
		}
		r.now += 2000
		r.must(200, auth, "POST", "/channels/"+r.channel()+"/messages", body)
		all := r.w.Messages(r.w.SupportChannel())
		return all[len(all)-1]
	}
	nobody := map[string]any{"parse": []string{}}
	if m := send(botAuth, role+ada+everyone, nobody); len(m.Pinged)+len(m.Mentions)+len(m.MentionRoles) != 0 || m.MentionEveryone {
		t.Fatalf("parse: [] pinged %v", m.Pinged)
	}
	if m := send(botAuth, ada, nil); len(m.Pinged) != 1 {
		t.Fatalf("the default pinged %v", m.Pinged)
	}
	// A bot without MENTION_EVERYONE pings nobody with @everyone, but a mentionable role.
	if m := send(botAuth, everyone, nil); m.MentionEveryone || len(m.Pinged) != 0 {
		t.Fatalf("@everyone pinged %v", m.Pinged)
	}
	if m := send(botAuth, role, map[string]any{"roles": []string{r.w.SupportRole().String()}}); len(m.Pinged) != 3 || len(m.MentionRoles) != 1 {
		t.Fatalf("the role pinged %v", m.Pinged)
	}
	if m := send("User Ada Lovelace", everyone, nil); !m.MentionEveryone || len(m.Pinged) == 0 {
		t.Fatal("an agent with MENTION_EVERYONE pinged nobody")
	}
	r.w.role(r.w.SupportRole()).Mentionable = false
	if m := send(botAuth, role, nil); len(m.Pinged) != 0 || len(m.MentionRoles) != 1 {
		t.Fatalf("a role that is not mentionable pinged %v", m.Pinged)
	}
	r.refused(400, CodeInvalidForm, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{
		"content": "x", "allowed_mentions": map[string]any{"parse": []string{"users"}, "users": []string{"1"}}})
	r.refused(400, CodeInvalidForm, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{
		"content": "x", "allowed_mentions": map[string]any{"parse": []string{"friends"}}})
}

func TestRichMessages(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	path := "/channels/" + r.channel() + "/messages"
	first := r.post(r.channel(), "first")
	reply := r.must(200, botAuth, "POST", path, map[string]any{"content": "reply", "message_reference": map[string]any{"message_id": first}})
	if reply["type"] != 19.0 || reply["referenced_message"].(map[string]any)["id"] != first {
		t.Fatalf("reply: %v", reply)
	}
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"content": "x", "message_reference": map[string]any{"message_id": "123456789012345678"}})
	soft := r.must(200, botAuth, "POST", path, map[string]any{"content": "x", "message_reference": map[string]any{"message_id": "123456789012345678", "fail_if_not_exists": false}})
	if soft["type"] != 0.0 {
		t.Fatalf("a reply to nothing: %v", soft)
	}
	forward := r.must(200, botAuth, "POST", path, map[string]any{"message_reference": map[string]any{"type": 1, "message_id": first, "channel_id": r.channel()}})
	if len(forward["message_snapshots"].([]any)) != 1 {
		t.Fatalf("forwarded: %v", forward)
	}
	embed := map[string]any{"title": "T", "description": "D", "color": 5, "fields": []any{map[string]any{"name": "n", "value": "v", "inline": true}}, "footer": map[string]any{"text": "f"}}
	m := r.must(200, botAuth, "POST", path, map[string]any{"embeds": []any{embed}})
	if m["embeds"].([]any)[0].(map[string]any)["type"] != "rich" {
		t.Fatalf("embed: %v", m["embeds"])
	}
	m = r.must(200, botAuth, "POST", path, map[string]any{"content": "x", "embeds": []any{embed}, "flags": FlagSuppressEmbeds})
	if len(m["embeds"].([]any)) != 0 {
		t.Fatal("suppressed embeds are shown")
	}
	r.refused(400, CodeInvalidForm, botAuth, "POST", path, map[string]any{"embeds": []any{map[string]any{"title": strings.Repeat("t", 257)}}})
	row := map[string]any{"type": 1, "components": []any{map[string]any{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}}}
	r.must(200, botAuth, "POST", path, map[string]any{"content": "press", "components": []any{row}})
	poll := map[string]any{"question": map[string]any{"text": "?"}, "answers": []any{map[string]any{"poll_media": map[string]any{"text": "yes"}}}, "duration": 1, "allow_multiselect": false}
	r.must(200, botAuth, "POST", path, map[string]any{"poll": poll})
	r.must(204, "User Ada Lovelace", "PUT", path+"/pins/"+first, nil)
	if got := r.must(200, botAuth, "GET", path+"/pins", nil)["items"].([]any); len(got) != 1 {
		t.Fatalf("%d pins", len(got))
	}
	r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/pins", nil)
	r.must(204, "User Ada Lovelace", "DELETE", path+"/pins/"+first, nil)
	r.must(204, botAuth, "POST", "/channels/"+r.channel()+"/typing", nil)
	r.must(200, botAuth, "GET", path+"?limit=100", nil)
}

func TestAttachments(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true, FileBytes: 100}})
	body := func(file string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n" +
			`{"content":"see","nonce":"f1","enforce_nonce":true,"attachments":[{"id":0,"description":"a log"}]}` +
			"\r\n--b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"my log?.txt\"\r\nContent-Type: text/plain\r\n\r\n" + file + "\r\n--b--\r\n"
	}
	send := func(file string) Response {
		res := r.w.REST(r.now, Request{Method: "POST", Path: "/channels/" + r.channel() + "/messages", Authorization: botAuth,
			ContentType: "multipart/form-data; boundary=b", Body: []byte(body(file))})
		holds(t, "POST", "/channels/"+r.channel()+"/messages", res)
		return res
	}
	if res := send("hello"); res.Status != 200 {
		t.Fatalf("upload: %s", res.Body)
	}
	m := r.w.Messages(r.w.SupportChannel())[0]
	if len(m.Attachments) != 1 || m.Attachments[0].Filename != "my_log.txt" || string(m.Attachments[0].Bytes) != "hello" || m.Attachments[0].Description != "a log" {
		t.Fatalf("attachment: %+v", m.Attachments[0])
	}
	send("hello") // the nonce holds for multipart too
	if n := len(r.w.Messages(r.w.SupportChannel())); n != 1 {
		t.Fatalf("%d messages", n)
	}
	r.now += 301000
	if res := send(strings.Repeat("x", 101)); res.Status != 413 {
		t.Fatalf("a file too large: %d", res.Status)
	}
	// Kept files stand in the list; those that do not are dropped.
	out := r.must(200, botAuth, "PATCH", "/channels/"+r.channel()+"/messages/"+m.ID.String(), map[string]any{"attachments": []any{}})
	if len(out["attachments"].([]any)) != 0 {
		t.Fatal("the attachment was kept")
	}
	res := r.w.REST(r.now, Request{Method: "POST", Path: "/channels/" + r.channel() + "/messages", Authorization: botAuth, ContentType: "text/plain", Body: []byte("x")})
	if res.Status != 400 || !strings.Contains(string(res.Body), "50035") {
		t.Fatalf("a strange content type: %d %s", res.Status, res.Body)
	}
}

func TestReactions(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	id := r.post(r.channel(), "x")
	base := "/channels/" + r.channel() + "/messages/" + id + "/reactions"
	r.frames(1)
	r.must(204, botAuth, "PUT", base+"/%E2%9C%85/@me", nil)
	r.must(204, botAuth, "PUT", base+"/%E2%9C%85/%40me", nil)
	r.must(204, "User Ada Lovelace", "PUT", base+"/%E2%9C%85/@me", nil)
	r.must(204, botAuth, "PUT", base+"/party:123456789012345678/@me", nil)
	r.refused(400, CodeUnknownEmoji, botAuth, "PUT", base+"/word/@me", nil)
	if got := r.must(200, botAuth, "GET", base+"/%E2%9C%85", nil)["list"].([]any); len(got) != 2 {
		t.Fatalf("%d people reacted", len(got))
	}
	m := r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/messages/"+id, nil)
	if first := m["reactions"].([]any)[0].(map[string]any); first["count"] != 2.0 || first["me"] != true {
		t.Fatalf("reactions: %v", m["reactions"])
	}
	r.must(204, botAuth, "DELETE", base+"/%E2%9C%85/@me", nil)
	r.refused(403, CodeMissingPermissions, botAuth, "DELETE", base, nil)
	r.must(204, "User Ada Lovelace", "DELETE", base+"/party:123456789012345678", nil)
	r.must(204, "User Grace Hopper", "DELETE", base, nil)
	want := "MESSAGE_REACTION_ADD MESSAGE_REACTION_ADD MESSAGE_REACTION_ADD MESSAGE_REACTION_REMOVE MESSAGE_REACTION_REMOVE_EMOJI MESSAGE_REACTION_REMOVE_ALL"
	if got := names(r.frames(1)); got != want {
		t.Fatalf("events: %s", got)
	}
}

func TestLinkPreviews(t *testing.T) {
	r := newRig(t, Config{})
	r.connect(1, defaultIntents)
	send := func(who, text string, flags int) []frame {
		t.Helper()
		if who == botAuth {
			r.must(200, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": text, "flags": flags})
		} else if _, err := r.w.PostBody(r.now, who, r.w.SupportChannel(), map[string]any{"content": text, "flags": flags}); err != nil {
			t.Fatal(err)
		}
		r.now += 1000
		r.w.Tick(r.now)
		return r.frames(1)
	}
	list := send("Ada Lovelace", "see https://example.com/a and <https://example.com/b>", 0)
	if names(list) != "MESSAGE_CREATE MESSAGE_UPDATE" || list[1].D["edited_timestamp"] != nil || len(list[1].D["embeds"].([]any)) != 1 {
		t.Fatalf("a preview: %v", list)
	}
	if got := names(send("Ada Lovelace", "see https://example.com/a", FlagSuppressEmbeds)); got != "MESSAGE_CREATE" {
		t.Fatalf("suppressed: %s", got)
	}
	// The bot may not embed links.
	if got := names(send(botAuth, "see https://example.com/a", 0)); got != "MESSAGE_CREATE" {
		t.Fatalf("without EMBED_LINKS: %s", got)
	}
}
