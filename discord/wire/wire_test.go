package wire_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/discord/wire"
)

// A message with every part that is read, as Discord sends it.
func TestMessage(t *testing.T) {
	body, err := os.ReadFile("testdata/message.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.ParseMessage(body)
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Message{
		ID: "900000000000000001", ChannelID: "900000000000000009", GuildID: "700000000000000000", Type: wire.MessageReply,
		Author: wire.User{ID: "800000000000000001", Username: "ann", GlobalName: "Ann", Avatar: "0123456789abcdef0123456789abcdef"},
		Nick:   `Ann 🚀 "A"`, Avatar: "abc", Roles: []wire.Snowflake{"600000000000000001", "600000000000000002"},
		Content: "Line 1\nLine 2 <@800000000000000002> é😀 \uFFFD", HasContent: true,
		EditedMs: 1785578700000, TimestampMs: 1785578400123, Flags: 4, Nonce: "1269000000000000000",
		Mentions: []wire.Mention{{ID: "800000000000000002", Name: "Bea from sales"}, {ID: "800000000000000003", Name: "carl"}},
		Attachments: []wire.Attachment{
			{Filename: "bill.pdf", ContentType: "application/pdf", Size: 12345}, {Filename: "cat.png", ContentType: "image/png", Size: 99},
		},
		Stickers: []string{"wave"},
		Embeds:   []wire.Embed{{Type: "link", Title: "Example", Description: "An example", URL: "https://example.com"}},
		HasParts: true, Poll: &wire.Poll{Question: "Better?", Answers: []string{"Yes", "👎"}},
		Reference: &wire.Reference{
			Kind: wire.ReferenceReply, MessageID: "900000000000000000", ChannelID: "900000000000000009", GuildID: "700000000000000000",
			Author: wire.User{ID: "100000000000000000", Username: "support-bot", Bot: true}, Content: "Hello, my order is late", Found: true,
		},
		Snapshots: []wire.Snapshot{{Content: "forwarded words <@800000000000000004>", Flags: wire.FlagVoiceMessage, Stickers: []string{"hi"},
			Mentions:    []wire.Mention{{ID: "800000000000000004", Name: "Dora"}},
			Attachments: []wire.Attachment{{Filename: "voice-message.ogg", ContentType: "audio/ogg", Size: 12345, DurationMs: 12421}}}},
		ThreadID: "900000000000000001",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read\n%+v\nwant\n%+v", got, want)
	}
	if got.DisplayName() != `Ann 🚀 "A"` || !got.Human() || got.Blank() {
		t.Errorf("DisplayName %q, Human %v, Blank %v", got.DisplayName(), got.Human(), got.Blank())
	}
	list, err := wire.ParseMessages([]byte("[" + string(body) + ",null,{},7," + string(body) + "]"))
	if err != nil || len(list) != 2 || !reflect.DeepEqual(list[1], want) {
		t.Errorf("a list of two gave %d messages, %v", len(list), err)
	}
}

// Each dispatch that is read, with the fields in Discord's order and d first: the order must not matter.
func TestEvents(t *testing.T) {
	user := `{"id":"9","username":"ann","global_name":null,"bot":false}`
	for _, c := range []struct {
		name, data string
		want       wire.Event
	}{
		{"READY", `{"v":10,"user":{"id":"100","username":"bot","bot":true},"guilds":[{"id":"7","unavailable":true},{"id":"8"}],"session_id":"S","resume_gateway_url":"wss://r","application":{"id":"101","flags":1}}`,
			wire.Ready{User: wire.User{ID: "100", Username: "bot", Bot: true}, ApplicationID: "101", SessionID: "S", ResumeURL: "wss://r"}},
		{"RESUMED", `{"_trace":[]}`, wire.Resumed{}},
		{"MESSAGE_CREATE", `{"id":"1","channel_id":"2","content":"x","webhook_id":"5"}`,
			wire.MessageCreate{Message: wire.Message{ID: "1", ChannelID: "2", Content: "x", HasContent: true, WebhookID: "5"}}},
		{"MESSAGE_UPDATE", `{"id":"1","channel_id":"2","edited_timestamp":null}`,
			wire.MessageUpdate{Message: wire.Message{ID: "1", ChannelID: "2"}}},
		{"MESSAGE_DELETE", `{"id":"1","channel_id":"2","guild_id":"7"}`, wire.MessageDelete{IDs: []wire.Snowflake{"1"}, ChannelID: "2", GuildID: "7"}},
		{"MESSAGE_DELETE_BULK", `{"ids":["1","3","x"],"channel_id":"2"}`, wire.MessageDelete{IDs: []wire.Snowflake{"1", "3"}, ChannelID: "2", Bulk: true}},
		{"TYPING_START", `{"channel_id":"2","guild_id":"7","user_id":"9","timestamp":1785578400,"member":{"user":` + user + `,"nick":"A","roles":[]}}`,
			wire.Typing{ChannelID: "2", GuildID: "7", UserID: "9", User: wire.User{ID: "9", Username: "ann"}, Nick: "A", AtMs: 1785578400000}},
		{"MESSAGE_REACTION_ADD", `{"user_id":"9","channel_id":"2","message_id":"1","message_author_id":"4","emoji":{"id":null,"name":"✅"},"member":{"user":{"id":"9","bot":true}},"type":0,"burst":false}`,
			wire.Reaction{Change: wire.ReactionAdded, UserID: "9", ChannelID: "2", MessageID: "1", AuthorID: "4", Emoji: "✅", Bot: true}},
		{"MESSAGE_REACTION_REMOVE", `{"user_id":"9","channel_id":"2","message_id":"1","emoji":{"id":"55","name":"blob"}}`,
			wire.Reaction{Change: wire.ReactionRemoved, UserID: "9", ChannelID: "2", MessageID: "1", EmojiID: "55", Emoji: "blob"}},
		{"MESSAGE_REACTION_REMOVE_ALL", `{"channel_id":"2","message_id":"1"}`, wire.Reaction{Change: wire.ReactionsCleared, ChannelID: "2", MessageID: "1"}},
		{"MESSAGE_REACTION_REMOVE_EMOJI", `{"channel_id":"2","message_id":"1","emoji":{"name":"x","id":null}}`,
			wire.Reaction{Change: wire.ReactionEmojiCleared, ChannelID: "2", MessageID: "1", Emoji: "x"}},
		{"THREAD_CREATE", `{"id":"1","guild_id":"7","parent_id":"2","type":11,"name":"T","owner_id":"100","newly_created":true,"last_message_id":null,"thread_metadata":{"archived":false,"locked":false,"auto_archive_duration":60,"archive_timestamp":"2026-08-01T10:00:00+00:00"}}`,
			wire.ThreadCreate{Channel: wire.Channel{ID: "1", GuildID: "7", ParentID: "2", Type: wire.ChannelPublicThread, Name: "T", OwnerID: "100",
				AutoArchiveMinutes: 60, ArchiveMs: 1785578400000, ArchiveTimestamp: "2026-08-01T10:00:00+00:00"}}},
		{"THREAD_UPDATE", `{"id":"1","type":12,"name":"T","thread_metadata":{"archived":true,"locked":true},"applied_tags":["5"]}`,
			wire.ThreadUpdate{Channel: wire.Channel{ID: "1", Type: wire.ChannelPrivateThread, Name: "T", Archived: true, Locked: true}}},
		{"THREAD_DELETE", `{"id":"1","guild_id":"7","parent_id":"2","type":11}`, wire.ThreadDelete{ID: "1", GuildID: "7", ParentID: "2", Type: wire.ChannelPublicThread}},
		{"THREAD_LIST_SYNC", `{"guild_id":"7","channel_ids":["2"],"threads":[{"id":"1","parent_id":"2","last_message_id":"6"}],"members":[]}`,
			wire.ThreadListSync{GuildID: "7", ChannelIDs: []wire.Snowflake{"2"}, Threads: []wire.Channel{{ID: "1", ParentID: "2", LastMessageID: "6"}}}},
		{"GUILD_CREATE", `{"id":"7","name":"G","owner_id":"9","roles":[{"id":"7","name":"@everyone","permissions":"1024"}],"channels":[{"id":"2","type":0,"name":"support","permission_overwrites":[{"id":"7","type":0,"allow":"0","deny":"1"}]}],"threads":[{"id":"1","parent_id":"2"}],"members":[{"user":{"id":"9"}}]}`,
			wire.GuildCreate{Guild: wire.Guild{ID: "7", Name: "G", OwnerID: "9", Roles: []wire.Role{{ID: "7", Name: "@everyone", Permissions: 1024}}},
				Channels: []wire.Channel{{ID: "2", Name: "support"}}, Threads: []wire.Channel{{ID: "1", ParentID: "2"}}}},
		{"GUILD_UPDATE", `{"id":"7","name":"H"}`, wire.GuildUpdate{Guild: wire.Guild{ID: "7", Name: "H"}}},
		{"GUILD_DELETE", `{"id":"7","unavailable":true}`, wire.GuildDelete{ID: "7", Unavailable: true}},
		{"GUILD_ROLE_UPDATE", `{"guild_id":"7","role":{"id":"5","name":"r","mentionable":true}}`, wire.RoleChange{GuildID: "7", Role: wire.Role{ID: "5", Name: "r", Mentionable: true}}},
		{"GUILD_ROLE_DELETE", `{"guild_id":"7","role_id":"5"}`, wire.RoleChange{GuildID: "7", Role: wire.Role{ID: "5"}, Deleted: true}},
		{"CHANNEL_UPDATE", `{"id":"2","type":15,"available_tags":[{"id":"5","name":"open","moderated":true}],"flags":16,"permission_overwrites":[{"id":"9","type":1,"allow":"2048","deny":"0"}]}`,
			wire.ChannelUpdate{Channel: wire.Channel{ID: "2", Type: wire.ChannelForum, Flags: wire.FlagRequireTag, Tags: []wire.Tag{{ID: "5", Name: "open", Moderated: true}},
				Overwrites: []wire.Overwrite{{ID: "9", Member: true, Allow: 2048}}}}},
		{"CHANNEL_DELETE", `{"id":"2","type":0,"name":"support"}`, wire.ChannelDelete{Channel: wire.Channel{ID: "2", Name: "support"}}},
		{"INTERACTION_CREATE", `{"id":"1","application_id":"101","type":2,"token":"tok","guild_id":"7","channel_id":"4","channel":{"id":"4","type":11,"parent_id":"2"},"member":{"user":` + user + `,"nick":null,"permissions":"17179869184","roles":["5"]},"locale":"de","data":{"id":"3","name":"block","type":1,"options":[{"name":"for","type":1,"options":[{"name":"days","type":4,"value":7},{"name":"quiet","type":5,"value":true}]}]}}`,
			wire.Interaction{ID: "1", ApplicationID: "101", Type: wire.InteractionCommand, Token: "tok", GuildID: "7", ChannelID: "4", ChannelType: 11, ParentID: "2",
				User: wire.User{ID: "9", Username: "ann"}, Roles: []wire.Snowflake{"5"}, Permissions: 1 << 34, Locale: "de", Name: "block",
				Options: []wire.Option{{Name: "for", Type: 1}, {Name: "days", Type: 4, Value: "7"}, {Name: "quiet", Type: 5, Value: "true"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, frame := range []string{
				`{"t":"` + c.name + `","s":42,"op":0,"d":` + c.data + `}`,
				` { "d" : ` + c.data + ` , "op" : 0 , "extra" : [ { } ] , "s" : 42 , "t" : "` + c.name + `" } `,
			} {
				f, err := wire.ParseFrame([]byte(frame))
				if err != nil || f.Seq != 42 || f.Type != c.name || !f.Known {
					t.Fatalf("%+v, %v", f, err)
				}
				if !reflect.DeepEqual(f.Event, c.want) {
					t.Errorf("read\n%+v\nwant\n%+v", f.Event, c.want)
				}
				for cut := range len(strings.TrimRight(frame, " ")) {
					if g, err := wire.ParseFrame([]byte(frame[:cut])); err == nil || g.Event != nil {
						t.Fatalf("cut at %d of %d it was taken for whole: %+v", cut, len(frame), g)
					}
				}
			}
			ev, err := wire.ParseEvent(c.name, []byte(c.data))
			if err != nil || !reflect.DeepEqual(ev, c.want) {
				t.Errorf("ParseEvent gave %+v, %v", ev, err)
			}
		})
	}
}

// Fields of other types than documented are zero values, counted, and hurt no other field.
func TestOddFields(t *testing.T) {
	f, err := wire.ParseFrame([]byte(`{"op":0,"s":1,"t":"MESSAGE_CREATE","d":{"id":1,"channel_id":"2","content":{"a":"}"},"type":"0","author":[1],"mentions":{"x":[]},
		"attachments":[7,"x",{"size":"big","filename":"ok"}],"edited_timestamp":"yesterday","flags":-0.5e1,"nonce":true,"poll":[],"timestamp":5}}`))
	if err != nil {
		t.Fatal(err)
	}
	m := f.Event.(wire.MessageCreate)
	if m.ID != "1" || m.ChannelID != "2" || m.Content != "" || m.HasContent || len(m.Attachments) != 1 || m.Attachments[0].Filename != "ok" || m.Nonce != "true" {
		t.Errorf("read %+v", m)
	}
	if f.Odd < 8 {
		t.Errorf("%d odd values counted", f.Odd)
	}
	f, err = wire.ParseFrame([]byte(`{"op":0,"s":1,"t":"MESSAGE_CREATE","d":{"id":"no number","channel_id":"2"}}`))
	if err != nil || f.Event != nil || !f.Known || f.Odd == 0 {
		t.Errorf("a message without an id gave %+v, %v", f, err)
	}
}

func TestSnowflake(t *testing.T) {
	for _, c := range []struct {
		id    wire.Snowflake
		valid bool
		ms    int64
	}{
		{"175928847299117063", true, 1462015105796}, // the example of the documentation
		{"0", true, wire.DiscordEpochMs}, {"18446744073709551615", true, 5818116911103}, {"18446744073709551616", false, 0},
		{"", false, 0}, {"01", false, 0}, {"1a", false, 0}, {"-1", false, 0}, {"99999999999999999999", false, 0},
	} {
		if c.id.Valid() != c.valid || c.id.TimeMs() != c.ms {
			t.Errorf("%q: valid %v, made at %d", c.id, c.id.Valid(), c.id.TimeMs())
		}
	}
	order := []wire.Snowflake{"", "9", "10", "99", "100", "175928847299117063"}
	for i, a := range order {
		for j, b := range order {
			if got := a.Compare(b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q against %q: %d", a, b, got)
			}
		}
	}
	if at := wire.SnowflakeAt(1462015105796); at.TimeMs() != 1462015105796 || at.Compare("175928847299117063") > 0 {
		t.Errorf("SnowflakeAt gave %s", at)
	}
	if wire.SnowflakeAt(0) != "0" {
		t.Error("before the epoch there is no id")
	}
}

func TestParseError(t *testing.T) {
	for _, c := range []struct {
		body string
		want wire.ErrorBody
	}{
		{`{"message":"Unknown Channel","code":10003}`, wire.ErrorBody{IsJSON: true, Code: 10003, HasCode: true, Message: "Unknown Channel"}},
		{`{"message":"You are being rate limited.","retry_after":64.57,"global":false}`,
			wire.ErrorBody{IsJSON: true, Message: "You are being rate limited.", RetryAfterMs: 64570, HasRetry: true}},
		{`{"message":"x","retry_after":1,"global":true,"code":0}`, wire.ErrorBody{IsJSON: true, Message: "x", RetryAfterMs: 1000, HasRetry: true, Global: true, HasCode: true}},
		{`{"code":50035,"errors":{"embeds":{"0":{"title":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"m"}]}}}},"message":"Invalid Form Body"}`,
			wire.ErrorBody{IsJSON: true, Code: 50035, HasCode: true, Message: "Invalid Form Body", Fields: "embeds.0.title", FieldCode: "BASE_TYPE_MAX_LENGTH"}},
		{`{"retry_after":"NaN"}`, wire.ErrorBody{IsJSON: true}},
		{`<html>error code: 1015</html>`, wire.ErrorBody{}}, {``, wire.ErrorBody{}}, {`{"code":10003`, wire.ErrorBody{}}, {`[]`, wire.ErrorBody{}},
	} {
		if got := wire.ParseError([]byte(c.body)); got != c.want {
			t.Errorf("%s\nread %+v\nwant %+v", c.body, got, c.want)
		}
	}
}

func TestParseSeconds(t *testing.T) {
	for _, c := range []struct {
		text string
		ms   int64
		ok   bool
	}{
		{"0.9", 900, true}, {"0.0001", 1, true}, {"64.57", 64570, true}, {"1", 1000, true}, {"0", 0, true}, {"0.251", 251, true},
		{"1e3", 1_000_000, true}, {"1e300", wire.MaxSecondsMs, true}, {"Inf", wire.MaxSecondsMs, true}, {"1e999", wire.MaxSecondsMs, true},
		{"", 0, false}, {"-1", 0, false}, {"NaN", 0, false}, {"soon", 0, false},
	} {
		if ms, ok := wire.ParseSecondsMs(c.text); ms != c.ms || ok != c.ok {
			t.Errorf("%q: %d, %v; want %d, %v", c.text, ms, ok, c.ms, c.ok)
		}
	}
}

// The other replies of the REST API.
func TestReplies(t *testing.T) {
	info, err := wire.ParseGatewayInfo([]byte(`{"url":"wss://gateway.discord.gg/","shards":1,"session_start_limit":{"total":1000,"remaining":999,"reset_after":14400000,"max_concurrency":1}}`))
	if err != nil || info != (wire.GatewayInfo{URL: "wss://gateway.discord.gg/", Shards: 1, Total: 1000, Remaining: 999, ResetAfterMs: 14400000, MaxConcurrency: 1}) {
		t.Errorf("%+v, %v", info, err)
	}
	if info, err = wire.ParseGatewayInfo([]byte(`{"url":"wss://g"}`)); err != nil || info.Remaining != -1 {
		t.Errorf("without a limit: %+v, %v", info, err)
	}
	app, err := wire.ParseApplication([]byte(`{"id":"5","name":"Chat","flags":565248,"bot_public":true,"bot_require_code_grant":false,"interactions_endpoint_url":null,"owner":{"id":"9"}}`))
	if err != nil || app.ID != "5" || app.Flags&wire.AppMessageContentLimited == 0 || app.OwnerID != "9" {
		t.Errorf("%+v, %v", app, err)
	}
	threads, err := wire.ParseThreadList([]byte(`{"threads":[{"id":"1"},{}],"members":[],"has_more":true}`))
	if err != nil || len(threads.Threads) != 1 || !threads.HasMore {
		t.Errorf("%+v, %v", threads, err)
	}
	guilds, err := wire.ParseGuilds([]byte(`[{"id":"7","name":"G","permissions":"326417615936"}]`))
	if err != nil || len(guilds) != 1 || guilds[0].Permissions != 326417615936 {
		t.Errorf("%+v, %v", guilds, err)
	}
	post, err := wire.ParseChannel([]byte(`{"id":"1","type":11,"message":{"id":"2","channel_id":"1","content":"first"}}`))
	if err != nil || post.ID != "1" || post.Type != wire.ChannelPublicThread {
		t.Errorf("%+v, %v", post, err)
	}
	member, err := wire.ParseMember([]byte(`{"user":{"id":"9","username":"ann"},"nick":"A","roles":["5"]}`))
	if err != nil || member.User.ID != "9" || member.Nick != "A" || len(member.Roles) != 1 {
		t.Errorf("%+v, %v", member, err)
	}
	for _, bad := range []string{"", "null", "<html>", `{"id":"1"`, `[`, `"x"`} {
		_, e1 := wire.ParseMessage([]byte(bad))
		_, e2 := wire.ParseMessages([]byte(bad))
		_, e3 := wire.ParseChannel([]byte(bad))
		_, e4 := wire.ParseThreadList([]byte(bad))
		_, e5 := wire.ParseGuild([]byte(bad))
		_, e6 := wire.ParseGatewayInfo([]byte(bad))
		_, e7 := wire.ParseInteraction([]byte(bad))
		_, e8 := wire.ParseRoles([]byte(bad))
		for i, err := range []error{e1, e2, e3, e4, e5, e6, e7, e8} {
			if err == nil {
				t.Errorf("%q was taken by parser %d", bad, i+1)
			}
		}
	}
}
