package world

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestSelfAndGuild(t *testing.T) {
	r := newRig(t, Config{Bots: []Bot{{Token: "demo-token", GuildMembers: true, Permissions: DefaultBotPermissions | ManageRoles | ManageWebhooks}}})
	g := "/guilds/" + r.w.GuildID().String()
	me := r.must(200, botAuth, "GET", "/users/@me", nil)
	if me["bot"] != true || me["discriminator"] != "0" {
		t.Fatalf("self: %v", me)
	}
	for _, path := range []string{
		"/applications/@me", "/oauth2/applications/@me", "/users/@me/guilds", "/gateway", g, g + "?with_counts=true", g + "/roles", g + "/channels",
		g + "/members?limit=10", g + "/members/" + me["id"].(string), g + "/members/search?query=ada&limit=5", g + "/emojis", g + "/stickers",
		g + "/webhooks", "/users/" + me["id"].(string), "/users/@me/guilds" + strings.TrimPrefix(g, "/guilds") + "/member", g + "/roles/" + r.w.SupportRole().String(),
	} {
		r.must(200, botAuth, "GET", path, nil)
	}
	r.must(200, "", "GET", "/gateway", nil)
	r.must(401, "", "GET", "/users/@me", nil)
	r.must(401, "Bearer x", "GET", "/users/@me", nil)
	r.must(404, botAuth, "GET", "/no/such/route", nil)
	r.must(405, botAuth, "DELETE", "/users/@me", nil)
	r.refused(404, CodeUnknownGuild, botAuth, "GET", "/guilds/123456789012345678", nil)
	r.refused(404, CodeUnknownUser, botAuth, "GET", "/users/123456789012345678", nil)
	// A name makes a member, once, with the support role.
	a := r.must(200, "User Jos%C3%A9%20P", "GET", "/users/@me", nil)
	b := r.must(200, "User Jos%C3%A9%20P", "GET", "/users/@me", nil)
	if a["id"] != b["id"] || a["global_name"] != "José P" || a["username"] != "jos_p" {
		t.Fatalf("member: %v %v", a, b)
	}
	role := r.must(200, botAuth, "POST", g+"/roles", map[string]any{"name": "r", "permissions": "1024", "mentionable": true})
	r.must(204, botAuth, "PUT", g+"/members/"+a["id"].(string)+"/roles/"+role["id"].(string), nil)
	r.must(204, botAuth, "DELETE", g+"/members/"+a["id"].(string)+"/roles/"+role["id"].(string), nil)
	r.must(200, botAuth, "PATCH", g+"/members/@me", map[string]any{"nick": "Helper"})
	r.must(204, botAuth, "PUT", "/channels/"+r.channel()+"/permissions/"+role["id"].(string), map[string]any{"type": 0, "allow": "1024", "deny": "0"})
	r.must(204, botAuth, "DELETE", "/channels/"+r.channel()+"/permissions/"+role["id"].(string), nil)
	// The portal's switches.
	app := r.must(200, botAuth, "PATCH", "/applications/@me", map[string]any{"flags": 0})
	if int(app["flags"].(float64))&flagContentLimited != 0 {
		t.Fatal("the content switch is still on")
	}
	r.must(200, botAuth, "PATCH", "/applications/@me", map[string]any{"flags": flagContentLimited})
}

func TestUninvitedAndTokens(t *testing.T) {
	r := newRig(t, Config{OnlyKnownTokens: true, RequireUserAgent: true, Bots: []Bot{{Token: "in"}, {Token: "out", Absent: true}}})
	ask := func(token, agent, path string) int {
		return r.w.REST(r.now, Request{Method: "GET", Path: path, Authorization: "Bot " + token, UserAgent: agent}).Status
	}
	const agent = "DiscordBot (https://example.com, 1)"
	if got := ask("in", agent, "/channels/"+r.channel()); got != 200 {
		t.Fatalf("a member: %d", got)
	}
	if got := ask("in", "curl/8", "/users/@me"); got != 403 {
		t.Fatalf("a wrong user agent: %d", got)
	}
	if got := ask("out", agent, "/users/@me"); got != 200 {
		t.Fatalf("an uninvited bot: %d", got)
	}
	if got := ask("out", agent, "/guilds/"+r.w.GuildID().String()); got != 403 {
		t.Fatalf("an uninvited bot sees the guild: %d", got)
	}
	if got := ask("strange", agent, "/users/@me"); got != 401 {
		t.Fatalf("an unknown token: %d", got)
	}
	// A real token's first part is its application's id.
	real := New(Config{Bots: []Bot{{Token: "MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y"}}})
	if got := real.BotApplication("MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y").String(); got != "123456789012345678" {
		t.Fatalf("application %s", got)
	}
}

func TestCommands(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	app := r.w.BotApplication("demo-token")
	global := "/applications/" + app.String() + "/commands"
	local := "/applications/" + app.String() + "/guilds/" + r.w.GuildID().String() + "/commands"
	r.must(200, botAuth, "PUT", local, []any{map[string]any{"name": "close", "description": "Close it"}, map[string]any{"name": "block", "description": "Block", "default_member_permissions": "0"}})
	made := r.must(201, botAuth, "POST", global, map[string]any{"name": "note", "description": "Note", "options": []any{map[string]any{"type": 3, "name": "text", "description": "Text", "required": true}}})
	again := r.must(200, botAuth, "POST", global, map[string]any{"name": "note", "description": "Other"})
	if made["id"] != again["id"] {
		t.Fatal("an upsert made another command")
	}
	r.must(200, botAuth, "PATCH", global+"/"+made["id"].(string), map[string]any{"description": "Third"})
	r.must(200, botAuth, "GET", global+"/"+made["id"].(string), nil)
	r.refused(400, CodeInvalidForm, botAuth, "POST", global, map[string]any{"name": "Not Valid", "description": "x"})
	if got := r.must(200, botAuth, "GET", local, nil)["list"].([]any); len(got) != 2 {
		t.Fatalf("%d commands", len(got))
	}
	thread := mustChannel(t, r.thread("x"))
	r.frames(1)
	if err := r.w.Invoke(r.now, "Ada Lovelace", thread, app, "close", nil); err != nil {
		t.Fatal(err)
	}
	if err := r.w.Invoke(r.now, "Ada Lovelace", thread, app, "unknown", nil); err == nil {
		t.Fatal("an unknown command was taken")
	}
	list := r.frames(1)
	if names(list) != "INTERACTION_CREATE" || list[0].D["channel_id"] != thread.String() || list[0].D["data"].(map[string]any)["name"] != "close" {
		t.Fatalf("interaction: %v", list)
	}
	id, token := list[0].D["id"].(string), list[0].D["token"].(string)
	path := "/interactions/" + id + "/" + token + "/callback"
	r.must(200, "", "POST", path+"?with_response=true", map[string]any{"type": 4, "data": map[string]any{"content": "Closed", "flags": 64}})
	r.refused(400, CodeAlreadyAcknowledged, "", "POST", path, map[string]any{"type": 4, "data": map[string]any{"content": "x"}})
	if got := names(r.frames(1)); got != "" {
		t.Fatalf("an ephemeral answer was sent to all: %s", got)
	}
	hook := "/webhooks/" + app.String() + "/" + token
	r.must(200, "", "PATCH", hook+"/messages/@original", map[string]any{"content": "Closed for good"})
	r.must(200, "", "GET", hook+"/messages/@original", nil)
	r.must(200, "", "POST", hook, map[string]any{"content": "By the way"})
	r.must(204, "", "DELETE", hook+"/messages/@original", nil)
	// Deferred, then filled in.
	if err := r.w.Invoke(r.now, "Ada Lovelace", thread, app, "note", json.RawMessage(`[{"type":3,"name":"text","value":"hm"}]`)); err != nil {
		t.Fatal(err)
	}
	list = r.frames(1)
	d := list[len(list)-1].D
	r.must(204, "", "POST", "/interactions/"+d["id"].(string)+"/"+d["token"].(string)+"/callback", map[string]any{"type": 5})
	edited := r.must(200, "", "PATCH", "/webhooks/"+app.String()+"/"+d["token"].(string)+"/messages/@original", map[string]any{"content": "done"})
	if edited["content"] != "done" || edited["type"] != 20.0 {
		t.Fatalf("deferred: %v", edited)
	}
	// Too late.
	if err := r.w.Invoke(r.now, "Ada Lovelace", thread, app, "close", nil); err != nil {
		t.Fatal(err)
	}
	list = r.frames(1)
	d = list[len(list)-1].D
	r.now += 3001
	r.refused(404, CodeUnknownInteraction, "", "POST", "/interactions/"+d["id"].(string)+"/"+d["token"].(string)+"/callback", map[string]any{"type": 5})
	r.must(204, botAuth, "DELETE", global+"/"+made["id"].(string), nil)
}

func TestComponents(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	row := map[string]any{"type": 1, "components": []any{map[string]any{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}}}
	m := r.must(200, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": "press", "components": []any{row}})
	r.frames(1)
	press := map[string]any{"type": 3, "application_id": r.w.BotApplication("demo-token"), "channel_id": r.channel(), "message_id": m["id"], "data": map[string]any{"component_type": 2, "custom_id": "go"}}
	r.must(204, "User Ada Lovelace", "POST", "/interactions", press)
	list := r.frames(1)
	d := list[0].D
	if d["data"].(map[string]any)["custom_id"] != "go" || d["message"].(map[string]any)["id"] != m["id"] {
		t.Fatalf("pressed: %v", d)
	}
	r.must(204, "", "POST", "/interactions/"+d["id"].(string)+"/"+d["token"].(string)+"/callback", map[string]any{"type": 7, "data": map[string]any{"content": "pressed", "components": []any{}}})
	if got := r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/messages/"+m["id"].(string), nil); got["content"] != "pressed" {
		t.Fatalf("after: %v", got)
	}
}

func TestWebhooks(t *testing.T) {
	r := newRig(t, Config{Bots: []Bot{{Token: "demo-token", Permissions: DefaultBotPermissions | ManageWebhooks}}})
	thread := r.thread("x")
	hook := r.must(200, botAuth, "POST", "/channels/"+r.channel()+"/webhooks", map[string]any{"name": "Relay"})
	r.refused(400, CodeInvalidForm, botAuth, "POST", "/channels/"+r.channel()+"/webhooks", map[string]any{"name": "Discordia"})
	path := "/webhooks/" + hook["id"].(string) + "/" + hook["token"].(string)
	m := r.must(200, "", "POST", path+"?wait=true&thread_id="+thread, map[string]any{"content": "hi", "username": "Vera"})
	if m["webhook_id"] != hook["id"] || m["author"].(map[string]any)["username"] != "Vera" {
		t.Fatalf("message: %v", m)
	}
	r.must(204, "", "POST", path, map[string]any{"content": "in the parent"})
	r.refused(401, CodeInvalidWebhookToken, "", "POST", "/webhooks/"+hook["id"].(string)+"/wrong", map[string]any{"content": "x"})
	r.must(200, "", "PATCH", path+"/messages/"+m["id"].(string)+"?thread_id="+thread, map[string]any{"content": "ho"})
	r.must(204, "", "DELETE", path+"/messages/"+m["id"].(string)+"?thread_id="+thread, nil)
	r.must(200, botAuth, "GET", "/channels/"+r.channel()+"/webhooks", nil)
	r.must(200, botAuth, "GET", "/webhooks/"+hook["id"].(string), nil)
	r.must(204, botAuth, "DELETE", "/webhooks/"+hook["id"].(string), nil)
	r.refused(404, CodeUnknownWebhook, "", "POST", path, map[string]any{"content": "x"})
	if _, err := r.w.PostWebhook(r.now, "CI", mustChannel(t, thread), "built"); err != nil {
		t.Fatal(err)
	}
}
