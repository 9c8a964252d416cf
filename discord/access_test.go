package discord_test

import (
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

// TestAccessRegained holds that whoever sees the support channel again is told of a gap that reaches back to when it was surely seen last: to the newest thing
// that is known to have happened in it, else to a week before the dispatches began.
func TestAccessRegained(t *testing.T) {
	const week = 7 * chat.Day
	begun := wire.SnowflakeAt(int64(1_772_366_400_000 + week))
	since := wire.SnowflakeAt(1_772_366_400_000)
	const inGuild = `"guild_id":"` + guildID + `"`
	const sync = `{` + inGuild + `,"channel_ids":["1","` + channelID + `"],"threads":[],"members":[]}`
	const guild = `{"id":"` + guildID + `","channels":[{"id":"` + channelID + `","type":0}],"threads":[]}`
	type dispatch struct{ name, data string }
	for _, c := range []struct {
		name   string
		before []dispatch
		last   dispatch
		after  wire.Snowflake // "" is no gap
	}{
		{"of the channel", nil, dispatch{"THREAD_LIST_SYNC", sync}, since},
		{"of the whole server", nil, dispatch{"THREAD_LIST_SYNC", `{` + inGuild + `,"threads":[]}`}, since},
		{"of another channel", nil, dispatch{"THREAD_LIST_SYNC", `{` + inGuild + `,"channel_ids":["1"],"threads":[]}`}, ""},
		{"of another server", nil, dispatch{"THREAD_LIST_SYNC", `{"guild_id":"9","threads":[]}`}, ""},
		{"after a post in the channel", []dispatch{{"MESSAGE_CREATE", agentPost(`{"channel_id":"` + channelID + `"}`)}}, dispatch{"THREAD_LIST_SYNC", sync}, postID},
		{"after a thread", []dispatch{{"THREAD_CREATE", `{"id":"` + threadID + `","parent_id":"` + channelID + `",` + inGuild + `,"type":11}`}},
			dispatch{"THREAD_LIST_SYNC", sync}, threadID},
		{"after both", []dispatch{{"MESSAGE_CREATE", agentPost(`{"channel_id":"` + channelID + `"}`)},
			{"THREAD_CREATE", `{"id":"` + threadID + `","parent_id":"` + channelID + `",` + inGuild + `,"type":11}`}}, dispatch{"THREAD_LIST_SYNC", sync}, postID},
		// Another channel may be seen all the while.
		{"after what happened elsewhere", []dispatch{{"MESSAGE_CREATE", agentPost(`{"channel_id":"1"}`)},
			{"THREAD_CREATE", `{"id":"` + threadID + `","parent_id":"1",` + inGuild + `,"type":11}`}}, dispatch{"THREAD_LIST_SYNC", sync}, since},
		{"the server as it is at the start", nil, dispatch{"GUILD_CREATE", guild}, ""},
		{"the server, back again", []dispatch{{"GUILD_DELETE", `{"id":"` + guildID + `"}`}}, dispatch{"GUILD_CREATE", guild}, since},
		{"the server, back for long", []dispatch{{"GUILD_DELETE", `{"id":"` + guildID + `"}`}, {"GUILD_CREATE", guild}}, dispatch{"GUILD_CREATE", guild}, ""},
		{"another server, back again", []dispatch{{"GUILD_DELETE", `{"id":"9"}`}}, dispatch{"GUILD_CREATE", guild}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			place := discord.Place{Channel: channelID, Guild: guildID, Bot: botID, Epoch: chat.MessageID(begun)}
			var told discord.Dispatched
			for _, d := range append(c.before, c.last) {
				ev, err := wire.ParseEvent(d.name, []byte(d.data))
				if err != nil || ev == nil {
					t.Fatal(d, err)
				}
				told = discord.NewsOf(ev, &place)
			}
			if told.Gap == nil {
				told.Gap = &discord.GatewayGap{}
			}
			if told.Gap.After != chat.MessageID(c.after) || told.Gap.At != 0 {
				t.Errorf("the gap begins after %q and not after %q", told.Gap.After, c.after)
			}
		})
	}
}
