package discord_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

const (
	guildID   = "1000000000000000001"
	channelID = "1000000000000000002"
	botID     = "1000000000000000003"
	agentID   = "1000000000000000004"
	threadID  = "1000000000000000005"
	postID    = "1000000000000000006"
	otherID   = "1000000000000000007"
)

var here = discord.Place{Channel: channelID, Guild: guildID, Bot: botID, Epoch: "42"}

// agent is a message of an agent in a thread, as the Gateway sends it; fields replace or add to it.
func agentPost(fields string) string {
	base := map[string]any{}
	must(json.Unmarshal([]byte(`{"id":"`+postID+`","channel_id":"`+threadID+`","guild_id":"`+guildID+`","type":0,"content":"Hi **you**",
		"timestamp":"2026-03-01T12:00:00.500000+00:00","edited_timestamp":null,
		"author":{"id":"`+agentID+`","username":"ada","global_name":"Ada L.","avatar":"abc123","bot":false},"member":{"nick":"Ada"},
		"mentions":[],"attachments":[],"embeds":[]}`), &base))
	if fields != "" {
		must(json.Unmarshal([]byte(fields), &base))
	}
	b, err := json.Marshal(base)
	must(err)
	return string(b)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func TestNewsOf(t *testing.T) {
	posted := chat.News{Kind: chat.NewsPosted, Thread: threadID, Message: postID, Author: "Ada", Text: "Hi **you**", At: 1772366400500, Epoch: "42",
		Avatar: "https://cdn.discordapp.com/avatars/" + agentID + "/abc123.png?size=64"}
	with := func(change func(n *chat.News)) []chat.News {
		n := posted
		change(&n)
		return []chat.News{n}
	}
	blank := `{"content":""}`
	voice := `{"id":"` + otherID + `","filename":"voice-message.ogg","size":12288,"url":"https://x/v.ogg","proxy_url":"https://x/v.ogg",
		"content_type":"audio/ogg","duration_secs":12.42,"waveform":"AAAA"}`
	reply := `{"channel_id":"` + channelID + `","type":19,"message_reference":{"message_id":"` + otherID + `","channel_id":"` + channelID + `"},
		"referenced_message":{"id":"` + otherID + `","content":"New conversation · x","author":{"id":"` + botID + `","username":"bot","bot":true}}}`
	where := `"channel_id":"` + threadID + `","guild_id":"` + guildID + `"`
	thread := `"id":"` + threadID + `","guild_id":"` + guildID + `","parent_id":"` + channelID + `","type":11`
	cases := []struct {
		name, event, data string
		want              []chat.News
		alert             discord.Alert
	}{
		{"a post", "MESSAGE_CREATE", agentPost(""), []chat.News{posted}, ""},
		{"a reply in the thread", "MESSAGE_CREATE", agentPost(`{"type":19}`), []chat.News{posted}, ""},
		{"a reply to a visitor's post", "MESSAGE_CREATE", agentPost(`{"type":19,"message_reference":{"message_id":"` + otherID + `","channel_id":"` + threadID + `"},
			"referenced_message":{"id":"` + otherID + `","content":"[Mia] (mia@example.com)\nPage: /\n---\nmy PIN","author":{"id":"` + botID + `","username":"bot","bot":true}}}`),
			with(func(n *chat.News) { n.Quote, n.Quoted = "> my PIN", otherID }), ""},
		{"a reply to a colleague", "MESSAGE_CREATE", agentPost(`{"type":19,"message_reference":{"message_id":"` + otherID + `","channel_id":"` + threadID + `"},
			"referenced_message":{"id":"` + otherID + `","content":"ask him","author":{"id":"` + agentID + `","username":"Grace"}}}`),
			with(func(n *chat.News) { n.Quote, n.Quoted = "> Grace: ask him", otherID }), ""},
		{"a reply to a note", "MESSAGE_CREATE", agentPost(`{"type":19,"message_reference":{"message_id":"` + otherID + `","channel_id":"` + threadID + `"},
			"referenced_message":{"id":"` + otherID + `","content":"// secret","author":{"id":"` + agentID + `","username":"Grace"}}}`), []chat.News{posted}, ""},
		{"a note for the team", "MESSAGE_CREATE", agentPost(`{"content":"// not for her"}`), nil, ""},
		{"a bot's post", "MESSAGE_CREATE", agentPost(`{"author":{"id":"` + otherID + `","username":"x","bot":true}}`), nil, ""},
		{"a webhook's post", "MESSAGE_CREATE", agentPost(`{"webhook_id":"` + otherID + `"}`), nil, ""},
		{"a system message", "MESSAGE_CREATE", agentPost(`{"type":4}`), nil, ""},
		{"another server", "MESSAGE_CREATE", agentPost(`{"guild_id":"` + otherID + `"}`), nil, ""},
		{"a direct message", "MESSAGE_CREATE", agentPost(`{"guild_id":null}`), nil, ""},
		{"content is off", "MESSAGE_CREATE", agentPost(blank), nil, discord.AlertNoContent},
		{"a file alone", "MESSAGE_CREATE", agentPost(`{"content":"","attachments":[{"id":"` + otherID + `","filename":"a.png","size":9,"url":"https://x/a.png"}]}`),
			nil, "any text"},
		{"a voice message", "MESSAGE_CREATE", agentPost(`{"content":"","flags":8192,"attachments":[` + voice + `]}`),
			with(func(n *chat.News) { n.Text = "Voice message (12 s)" }), ""},
		{"a sound file of some length", "MESSAGE_CREATE", agentPost(`{"content":"","attachments":[` + voice + `]}`),
			with(func(n *chat.News) { n.Text = "Audio: voice-message.ogg (12 KB)" }), ""},
		{"a sticker", "MESSAGE_CREATE", agentPost(`{"content":"","sticker_items":[{"id":"` + otherID + `","name":"Wave","format_type":1}]}`),
			with(func(n *chat.News) { n.Text = "Sticker: Wave" }), ""},
		{"a forward", "MESSAGE_CREATE", agentPost(`{"content":"","flags":16384,"message_reference":{"type":1,"message_id":"` + otherID + `","channel_id":"` + otherID + `"},
			"message_snapshots":[{"message":{"type":0,"content":"ask <@` + botID + `>","flags":0,"mentions":[{"id":"` + botID + `","username":"grace","global_name":"Grace"}],
			"mention_roles":[],"attachments":[],"embeds":[],"components":[],"timestamp":"2026-03-01T11:00:00+00:00","edited_timestamp":null}}]}`),
			with(func(n *chat.News) { n.Text = "Forwarded:\n> ask @Grace" }), ""},
		{"a forwarded voice message", "MESSAGE_CREATE", agentPost(`{"content":"","flags":16384,"message_snapshots":[{"message":{"content":"","flags":8192,"attachments":[` + voice + `]}}]}`),
			with(func(n *chat.News) { n.Text = "Forwarded:\n> Voice message (12 s)" }), ""},
		{"a server avatar", "MESSAGE_CREATE", agentPost(`{"member":{"nick":"Ada","avatar":"a_1f"}}`), with(func(n *chat.News) {
			n.Avatar = "https://cdn.discordapp.com/guilds/" + guildID + "/users/" + agentID + "/avatars/a_1f.png?size=64"
		}), ""},
		{"a post in the support channel", "MESSAGE_CREATE", agentPost(`{"channel_id":"` + channelID + `"}`), nil, ""},
		{"an answer to an opening post", "MESSAGE_CREATE", agentPost(reply), with(func(n *chat.News) { n.Thread, n.Aside = otherID, true }), ""},
		{"an answer to a colleague there", "MESSAGE_CREATE", agentPost(strings.ReplaceAll(reply, botID, agentID)), nil, ""},
		{"a resolved preview", "MESSAGE_UPDATE", agentPost(`{"embeds":[{"type":"link","url":"https://x"}]}`), nil, ""},
		{"an edit", "MESSAGE_UPDATE", agentPost(`{"content":"Hi","edited_timestamp":"2026-03-01T12:01:00+00:00"}`), with(func(n *chat.News) {
			n.Kind, n.Text, n.At = chat.NewsEdited, "Hi", 1772366460000
		}), ""},
		{"an edit into a note", "MESSAGE_UPDATE", agentPost(`{"content":"//Hi","edited_timestamp":"2026-03-01T12:01:00+00:00"}`),
			[]chat.News{{Kind: chat.NewsDeleted, Thread: threadID, Message: postID, At: 1772366460000, Epoch: "42"}}, ""},
		{"a deletion", "MESSAGE_DELETE", `{"id":"` + postID + `",` + where + `}`,
			[]chat.News{{Kind: chat.NewsDeleted, Thread: threadID, Message: postID, Epoch: "42"}}, ""},
		{"many deletions", "MESSAGE_DELETE_BULK", `{"ids":["` + postID + `","` + otherID + `"],` + where + `}`,
			[]chat.News{{Kind: chat.NewsDeleted, Thread: threadID, Message: postID, Epoch: "42"}, {Kind: chat.NewsDeleted, Thread: threadID, Message: otherID, Epoch: "42"}}, ""},
		{"typing", "TYPING_START", `{"user_id":"` + agentID + `","timestamp":1772366400,"member":{"nick":"Ada","user":{"id":"` + agentID + `"}},` + where + `}`,
			[]chat.News{{Kind: chat.NewsTyping, Thread: threadID, Author: "Ada", At: 1772366400000, Epoch: "42"}}, ""},
		{"the bot types", "TYPING_START", `{"user_id":"` + botID + `","timestamp":1772366400,` + where + `}`, nil, ""},
		{"a reaction", "MESSAGE_REACTION_ADD", `{"user_id":"` + agentID + `","message_id":"` + postID + `","message_author_id":"` + botID + `","emoji":{"id":null,"name":"👍"},` + where + `}`,
			[]chat.News{{Kind: chat.NewsReacted, Thread: threadID, Message: postID, Text: "👍", Epoch: "42"}}, ""},
		{"the bot's own reaction", "MESSAGE_REACTION_ADD", `{"user_id":"` + botID + `","message_id":"` + postID + `","emoji":{"id":null,"name":"✅"},` + where + `}`, nil, ""},
		{"a reaction among agents", "MESSAGE_REACTION_ADD", `{"user_id":"` + agentID + `","message_id":"` + postID + `","message_author_id":"` + otherID + `","emoji":{"id":null,"name":"👍"},` + where + `}`, nil, ""},
		{"a reaction taken back", "MESSAGE_REACTION_REMOVE", `{"user_id":"` + agentID + `","message_id":"` + postID + `","emoji":{"id":null,"name":"👍"},` + where + `}`, nil, ""},
		{"a thread deleted", "THREAD_DELETE", `{` + thread + `}`, []chat.News{{Kind: chat.NewsThreadGone, Thread: threadID, Epoch: "42"}}, ""},
		{"a thread locked", "THREAD_UPDATE", `{` + thread + `,"thread_metadata":{"archived":true,"locked":true}}`, []chat.News{{Kind: chat.NewsThreadGone, Thread: threadID, Epoch: "42"}}, ""},
		{"a thread archived", "THREAD_UPDATE", `{` + thread + `,"thread_metadata":{"archived":true,"locked":false}}`, nil, ""},
		{"another channel's thread", "THREAD_DELETE", strings.ReplaceAll(`{`+thread+`}`, channelID, otherID), nil, ""},
		{"something else", "PRESENCE_UPDATE", `{}`, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ev, err := wire.ParseEvent(c.event, []byte(c.data))
			if err != nil {
				t.Fatal(err)
			}
			place := here
			got := discord.NewsOf(ev, &place, 0)
			for i := range got.News {
				n := &got.News[i]
				if n.Kind == chat.NewsPosted && int64(n.Born) != wire.Snowflake(n.Thread).TimeMs() {
					t.Errorf("the thread was made at %d", n.Born)
				}
				n.Born = 0
			}
			if c.alert == "any text" {
				if len(got.News) != 1 || got.News[0].Text == "" || got.Alert != "" {
					t.Fatalf("got %+v", got)
				}
				return
			}
			if !reflect.DeepEqual(got.News, c.want) || got.Alert != c.alert || got.Reply != nil {
				t.Errorf("got  %+v\nwant %+v %s", got, c.want, c.alert)
			}
		})
	}
}

// TestStray holds who is taken to have written to nobody: a person in the support channel itself, who answers no one there.
func TestStray(t *testing.T) {
	in := `"channel_id":"` + channelID + `"`
	for _, c := range []struct {
		name, event, data string
		want              bool
	}{
		{"a post", "MESSAGE_CREATE", `{` + in + `}`, true},
		{"a post without its text", "MESSAGE_CREATE", `{` + in + `,"content":""}`, true},
		{"an edit", "MESSAGE_UPDATE", `{` + in + `,"edited_timestamp":"2026-03-01T12:01:00+00:00"}`, false},
		{"an answer", "MESSAGE_CREATE", `{` + in + `,"type":19,"message_reference":{"message_id":"` + otherID + `","channel_id":"` + channelID + `"},
			"referenced_message":{"id":"` + otherID + `","content":"x","author":{"id":"` + agentID + `","username":"ada"}}}`, false},
		{"a note", "MESSAGE_CREATE", `{` + in + `,"content":"// who takes this?"}`, false},
		{"a bot", "MESSAGE_CREATE", `{` + in + `,"author":{"id":"` + botID + `","username":"bot","bot":true}}`, false},
		{"the system", "MESSAGE_CREATE", `{` + in + `,"type":18}`, false},
		{"another channel", "MESSAGE_CREATE", `{"channel_id":"` + otherID + `"}`, false},
		{"another server", "MESSAGE_CREATE", `{` + in + `,"guild_id":"` + otherID + `"}`, false},
	} {
		ev, err := wire.ParseEvent(c.event, []byte(agentPost(c.data)))
		must(err)
		place := here
		got := discord.NewsOf(ev, &place, 0)
		if (got.Stray != nil) != c.want || c.want && (got.Stray.Message != postID || len(got.News) != 0) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestCommands(t *testing.T) {
	interaction := func(name, parent string) string {
		return `{"id":"` + postID + `","application_id":"` + otherID + `","type":2,"token":"secret/token","guild_id":"` + guildID + `","channel_id":"` + threadID + `",
			"channel":{"id":"` + threadID + `","type":11,"parent_id":"` + parent + `"},"member":{"nick":"Ada","user":{"id":"` + agentID + `","username":"ada"}},
			"data":{"name":"` + name + `","type":1}}`
	}
	for _, c := range []struct {
		name, parent string
		kind         chat.NewsKind
		answer       string
	}{
		{"close", channelID, chat.NewsClose, "Ending this conversation."},
		{"block", channelID, chat.NewsBlock, "Ending this conversation and blocking the visitor."},
		{"close", otherID, 0, "Use this inside a visitor's thread."},
		{"dance", channelID, 0, ""},
	} {
		ev, err := wire.ParseEvent("INTERACTION_CREATE", []byte(interaction(c.name, c.parent)))
		must(err)
		place := here
		got := discord.NewsOf(ev, &place, 0)
		if c.kind == 0 && len(got.News) != 0 || c.kind != 0 && (len(got.News) != 1 || got.News[0].Kind != c.kind || got.News[0].Message != postID || got.News[0].Author != "Ada") {
			t.Errorf("%s: news %+v", c.name, got.News)
		}
		if c.answer == "" {
			if got.Reply != nil {
				t.Errorf("%s: answered", c.name)
			}
			continue
		}
		if got.Reply == nil || !got.Reply.Exempt || !strings.Contains(string(got.Reply.Body), c.answer) || !strings.Contains(string(got.Reply.Body), `"flags":64`) ||
			strings.Contains(got.Reply.Path, "secret/token") {
			t.Errorf("%s: reply %+v", c.name, got.Reply)
		}
	}
	var list []map[string]any
	if err := json.Unmarshal([]byte(discord.Commands), &list); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
}

func TestRelay(t *testing.T) {
	full := chat.News{Kind: chat.NewsMissed, Thread: threadID, Message: postID, Author: "Ada", Avatar: "https://cdn.example/a.png", Text: "hi", At: 5, Epoch: "42", After: otherID, Aside: true,
		Quote: "> ho", Quoted: otherID}
	for kind := chat.NewsPosted; kind <= chat.NewsMissed; kind++ {
		n := full
		n.Kind, n.Born = kind, chat.Time(wire.Snowflake(threadID).TimeMs())
		got, err := discord.NewsOfRelay(discord.RelayOf(n))
		if err != nil || !reflect.DeepEqual(got, n) {
			t.Errorf("kind %d: %+v %v", kind, got, err)
		}
	}
	got, err := discord.NewsOfRelay([]byte(`{"threadId":"` + threadID + `","message":"Hello <@123456789012345678>","author":"Ada"}`))
	if err != nil || got.Kind != chat.NewsPosted || got.Message != "" || strings.Contains(got.Text, "<@") {
		t.Errorf("the base body: %+v %v", got, err)
	}
	for body, want := range map[string]string{
		`nonsense`:                          "not a JSON object",
		`[]`:                                "not a JSON object",
		`{"message":"x","author":"y"}`:      "threadId is missing",
		`{"threadId":"12ab","message":"x"}`: "threadId is not a Discord id",
		`{"threadId":5,"message":"x"}`:      "threadId has the wrong type",
		`{"threadId":"` + threadID + `","message":""}`:                                                             "message is empty",
		`{"threadId":"` + threadID + `","message":"// x"}`:                                                         "note for the team",
		`{"threadId":"` + threadID + `","message":"x","messageId":"-1"}`:                                           "messageId is not a Discord id",
		`{"threadId":"` + threadID + `","message":"x","type":"shouted"}`:                                           "type is none of",
		`{"threadId":"` + threadID + `","type":"deleted"}`:                                                         "messageId is missing",
		`{"threadId":"` + threadID + `","type":"missed","after":"x"}`:                                              "after is not",
		`{"threadId":"` + threadID + `","type":"missed","epoch":"x"}`:                                              "epoch is not",
		`{"threadId":"` + threadID + `","message":"x","avatar":"javascript:x"}`:                                    "avatar is not",
		`{"threadId":"` + threadID + `","message":"x","timestamp":-1}`:                                             "timestamp is not",
		`{"threadId":"` + threadID + `","message":"x","quote":"> y","quotedId":"x"}`:                               "quotedId is not",
		`{"threadId":"` + threadID + `","message":"x","quote":"` + strings.Repeat("x", 1001) + `","quotedId":"5"}`: "quote is longer",
		`{"threadId":"` + threadID + `","type":"posted","message":"` + strings.Repeat("x", 8001) + `"}`:            "longer than",
	} {
		if n, err := discord.NewsOfRelay([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: %+v, error %v, want %q", body, n, err, want)
		}
	}
}

func TestMintMessage(t *testing.T) {
	n := chat.News{Kind: chat.NewsPosted, Thread: threadID, Author: "Ada", Text: "hi"}
	a, b := discord.MintMessage(n, 1772366400500), discord.MintMessage(n, 1772366400501)
	if a.Message == b.Message || !a.Message.Before(b.Message) || wire.Snowflake(a.Message).TimeMs() != 1772366400500 || a.At != 1772366400500 {
		t.Errorf("%+v %+v", a, b)
	}
	n.At = 1772366400000
	if a, b := discord.MintMessage(n, 1772366400500), discord.MintMessage(n, 1772366409999); a.Message != b.Message {
		t.Errorf("a repeat got another id: %s %s", a.Message, b.Message)
	}
	n.Message = postID
	if !reflect.DeepEqual(discord.MintMessage(n, 5), n) {
		t.Error("an id was replaced")
	}
}

func TestDeskTexts(t *testing.T) {
	d := discord.Desk{}
	if got := d.Announcement("brave-otter", ""); got != "New conversation · brave-otter" {
		t.Error(got)
	}
	if got := d.Announcement("brave-otter", threadID); got != "New conversation · brave-otter\nEarlier conversation: <#"+threadID+">" {
		t.Error(got)
	}
	if got := d.Announcement("brave-otter", "@everyone"); strings.Contains(got, "@") {
		t.Error(got)
	}
	if got := d.ThreadName(chat.Header{Name: "Mia", Email: "mia@example.com"}); got != "Support: Mia - mia@example.com" {
		t.Error(got)
	}
	head := &chat.Header{Name: "Mia", Email: "mia@example.com", Page: "/pricing"}
	if got := d.Parts(head, []string{"Hello"}); !reflect.DeepEqual(got, []string{"[Mia] (mia@example.com)\nPage: /pricing\n---\nHello"}) {
		t.Errorf("%q", got)
	}
	head.Verified = true
	if got := d.Parts(head, []string{"Hello"}); !reflect.DeepEqual(got, []string{"[Mia] (mia@example.com)\nPage: /pricing\nIdentity: confirmed by the site\n---\nHello"}) {
		t.Errorf("%q", got)
	}
	if got := d.Parts(nil, []string{strings.Repeat("a", d.MergeUnits()-1), "b"}); len(got) != 1 {
		t.Errorf("%d parts", len(got))
	}
	for kind := chat.NoticeDivider; kind <= chat.NoticeUnanswered; kind++ {
		if d.Notice(kind, "k2m4pq", "") == "" {
			t.Errorf("notice %d has no text", kind)
		}
	}
}
