package rest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"

	"pgregory.net/rapid"
)

// endpoint is a request and how a person reads it.
type endpoint struct {
	r    rest.Request
	want string
}

// endpoints are requests of every endpoint.
func endpoints() []endpoint {
	yes, no := true, false
	tags := []wire.Snowflake{"5"}
	return []endpoint{
		{rest.CreateMessage("1", rest.Post{Content: "a \"b\"\n", Nonce: "n1", Flags: wire.FlagSuppressEmbeds}),
			`POST /channels/1/messages {"content":"a \"b\"\n","nonce":"n1","enforce_nonce":true,"allowed_mentions":{"parse":[]},"flags":4} major=1 idempotent for 60000`},
		{rest.CreateMessage("1", rest.Post{Content: "new", MentionRole: "7", ReplyTo: "8"}),
			`POST /channels/1/messages {"content":"new","allowed_mentions":{"parse":[],"roles":["7"]},"message_reference":{"message_id":"8","fail_if_not_exists":false}} major=1`},
		{rest.CreateMessage("1", rest.Post{Content: "x", MentionRole: `7"],"parse":["everyone`}), `POST /channels/1/messages {"content":"x","allowed_mentions":{"parse":[]}} major=1`},
		{rest.EditMessage("1", "2", "y"), `PATCH /channels/1/messages/2 {"content":"y","allowed_mentions":{"parse":[]}} major=1 idempotent`},
		{rest.DeleteMessage(t0, "1", "2"), `DELETE /channels/1/messages/2 kind=delete-old major=1 idempotent`},
		{rest.MessagesAfter("1", "2", 500), `GET /channels/1/messages?after=2&limit=100 major=1 idempotent`},
		{rest.MessagesAround("1", "2", 0), `GET /channels/1/messages?around=2&limit=1 major=1 idempotent`},
		{rest.LatestMessages("1", 50), `GET /channels/1/messages?limit=50 major=1 idempotent`},
		{rest.GetMessage("1", "2"), `GET /channels/1/messages/2 major=1 idempotent`},
		{rest.AddReaction("1", "2", "✅"), `PUT /channels/1/messages/2/reactions/%E2%9C%85/@me major=1 idempotent`},
		{rest.RemoveReaction("1", "2", "blob:3"), `DELETE /channels/1/messages/2/reactions/blob%3A3/@me major=1 idempotent`},
		{rest.Type("1"), `POST /channels/1/typing major=1 idempotent`},
		{rest.GetChannel("1"), `GET /channels/1 major=1 idempotent`},
		{rest.DeleteThread("3"), `DELETE /channels/3 major=3 idempotent`},
		{rest.ThreadFromMessage("1", "2", rest.ThreadStart{Name: "Support", AutoArchiveMinutes: 60}),
			`POST /channels/1/messages/2/threads {"name":"Support","auto_archive_duration":60} kind=thread-create major=1 idempotent`},
		{rest.CreateThread("1", rest.ThreadStart{Name: "S", Type: wire.ChannelPublicThread}), `POST /channels/1/threads {"name":"S","type":11} kind=thread-create major=1`},
		{rest.CreateThread("1", rest.ThreadStart{Name: "S"}), `POST /channels/1/threads {"name":"S","type":12,"invitable":false} kind=thread-create major=1`},
		{rest.ForumPost("1", rest.ThreadStart{Name: "S", Tags: tags}, rest.Post{Content: "first", Nonce: "n", Flags: 4}),
			`POST /channels/1/threads {"name":"S","applied_tags":["5"],"message":{"content":"first","allowed_mentions":{"parse":[]},"flags":4}} kind=thread-create major=1`},
		{rest.SetThread("1", rest.ThreadState{Archived: &yes, Locked: &yes}), `PATCH /channels/1 {"archived":true,"locked":true} kind=archive major=1 idempotent`},
		{rest.SetThread("1", rest.ThreadState{Archived: &no, AutoArchiveMinutes: 1440, Tags: &tags}),
			`PATCH /channels/1 {"archived":false,"auto_archive_duration":1440,"applied_tags":["5"]} kind=archive major=1 idempotent`},
		{rest.RenameThread("1", "N"), `PATCH /channels/1 {"name":"N"} kind=rename major=1 idempotent`},
		{rest.JoinThread("1"), `PUT /channels/1/thread-members/@me kind=thread-join major=1 idempotent`},
		{rest.ArchivedThreads("1", "2026-08-01T10:00:00+00:00", 1),
			`GET /channels/1/threads/archived/public?before=2026-08-01T10%3A00%3A00%2B00%3A00&limit=2 major=1 idempotent low`},
		{rest.ArchivedPrivateThreads("1", "", 50), `GET /channels/1/threads/archived/private?limit=50 major=1 idempotent low`},
		{rest.ActiveThreads("7"), `GET /guilds/7/threads/active major=7 idempotent low`},
		{rest.GetGuild("7"), `GET /guilds/7 major=7 idempotent`},
		{rest.GuildChannels("7"), `GET /guilds/7/channels major=7 idempotent`},
		{rest.GuildRoles("7"), `GET /guilds/7/roles major=7 idempotent`},
		{rest.GuildMember("7", "100"), `GET /guilds/7/members/100 major=7 idempotent`},
		{rest.Me(), `GET /users/@me idempotent`},
		{rest.MyGuilds(), `GET /users/@me/guilds idempotent`},
		{rest.GetApplication(), `GET /applications/@me idempotent`},
		{rest.SetApplicationFlags(1 << 19), `PATCH /applications/@me {"flags":524288} idempotent`},
		{rest.GatewayBot(), `GET /gateway/bot idempotent`},
		{rest.SetGuildCommands("5", "7", []byte(`[]`)), `PUT /applications/5/guilds/7/commands [] major=7 idempotent`},
		{rest.AnswerInteraction("3", "to/k?n", rest.CallbackMessage, "closed", wire.FlagEphemeral),
			`POST /interactions/3/to%2Fk%3Fn/callback {"type":4,"data":{"content":"closed","allowed_mentions":{"parse":[]},"flags":64}} major=3 idempotent exempt`},
		{rest.AnswerInteraction("3", "t", rest.CallbackDeferred, "", 64), `POST /interactions/3/t/callback {"type":5,"data":{"flags":64}} major=3 idempotent exempt`},
		{rest.FollowUp("5", "t", "more", 0), `POST /webhooks/5/t {"content":"more","allowed_mentions":{"parse":[]}} major=5/t exempt`},
		{rest.EditOriginal("5", "t", "done"), `PATCH /webhooks/5/t/messages/@original {"content":"done","allowed_mentions":{"parse":[]}} major=5/t idempotent exempt`},
	}
}

// Every endpoint, as a person reads it.
func TestEndpoints(t *testing.T) {
	for _, c := range endpoints() {
		if got := told(c.r); got != c.want {
			t.Errorf("\ngot  %s\nwant %s", got, c.want)
		}
		if len(c.r.Body) > 0 && (!json.Valid(c.r.Body) || c.r.ContentType != "application/json") {
			t.Errorf("%s: body %s of type %q", c.r.Path, c.r.Body, c.r.ContentType)
		}
	}
}

func told(r rest.Request) string {
	var b strings.Builder
	b.WriteString(r.Method + " " + r.Path)
	if r.Query != "" {
		b.WriteString("?" + r.Query)
	}
	for _, part := range []struct {
		when bool
		text string
	}{
		{r.Body != nil, string(r.Body)}, {r.Kind != "", "kind=" + string(r.Kind)}, {r.Major != "", "major=" + r.Major},
		{r.Idempotent, "idempotent"}, {r.RepeatForMs == rest.NonceWindowMs, "for 60000"}, {r.Low, "low"}, {r.Exempt, "exempt"},
	} {
		if part.when {
			b.WriteString(" " + part.text)
		}
	}
	return b.String()
}

// Whatever a visitor writes: the text arrives as it is, no field can be added to the body, and nobody can be pinged.
func TestNoTextCanPing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"@everyone <@&7> <@9>", `","allowed_mentions":{"parse":["everyone"]},"x":"`, `\",`, "\x00\x1f\u2028"})).Draw(t, "text")
		for _, r := range []rest.Request{rest.CreateMessage("1", rest.Post{Content: text, Nonce: text}), rest.EditMessage("1", "2", text), rest.EditOriginal("5", text, text)} {
			var body map[string]json.RawMessage
			if err := json.Unmarshal(r.Body, &body); err != nil {
				t.Fatal(err)
			}
			var content string
			if err := json.Unmarshal(body["content"], &content); err != nil || content != strings.ToValidUTF8(text, "\uFFFD") {
				t.Fatalf("%q became %q, %v", text, content, err)
			}
			if string(body["allowed_mentions"]) != `{"parse":[]}` || strings.Count(string(r.Body), `"allowed_mentions":{`) != 1 {
				t.Fatalf("body %s", r.Body)
			}
			if strings.ContainsAny(r.Path, " ?#\\\"") || strings.Count(r.Path, "..") > 0 && strings.Contains(r.Path, "/../") {
				t.Fatalf("path %s", r.Path)
			}
		}
	})
}

// An id that is none, from a setting or an event, reaches no other route.
func TestPathsAreEscaped(t *testing.T) {
	for _, id := range []wire.Snowflake{"", ".", "..", "../users/@me", "1/messages", "1?x=y", "é"} {
		r := rest.GetChannel(id)
		if rest := strings.TrimPrefix(r.Path, "/channels/"); rest == "" || strings.ContainsAny(rest, "/?#") || rest == "." || rest == ".." {
			t.Errorf("%q gave %s", id, r.Path)
		}
	}
}
