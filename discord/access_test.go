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
				told = discord.NewsOf(ev, &place, 0)
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

// TestRechecks holds after which dispatches what is known of the bot's place may be wrong, and when the agents' commands are brought.
func TestRechecks(t *testing.T) {
	const ours = `"channels":[{"id":"` + channelID + `","type":0}]`
	for _, c := range []struct {
		name, event, data string
		recheck, commands bool
	}{
		{"the server", "GUILD_CREATE", `{"id":"` + otherID + `",` + ours + `}`, true, true},
		{"another server", "GUILD_CREATE", `{"id":"` + otherID + `","channels":[{"id":"1","type":0}]}`, false, false},
		{"an outage", "GUILD_DELETE", `{"id":"` + guildID + `","unavailable":true}`, true, false},
		{"a channel", "CHANNEL_UPDATE", `{"id":"` + channelID + `","guild_id":"` + guildID + `","type":0}`, true, false},
		{"a channel that is gone", "CHANNEL_DELETE", `{"id":"` + channelID + `","guild_id":"` + guildID + `","type":0}`, true, false},
		{"a role", "GUILD_ROLE_UPDATE", `{"guild_id":"` + guildID + `","role":{"id":"` + guildID + `","name":"x","permissions":"0"}}`, true, false},
		{"threads that are seen", "THREAD_LIST_SYNC", `{"guild_id":"` + guildID + `","threads":[]}`, true, false},
		{"a post", "MESSAGE_CREATE", agentPost(""), false, false},
	} {
		place := discord.Place{Channel: channelID, Bot: botID, App: "8"}
		ev, err := wire.ParseEvent(c.event, []byte(c.data))
		if err != nil || ev == nil {
			t.Fatal(c.name, err)
		}
		told := discord.NewsOf(ev, &place, 0)
		if told.Recheck != c.recheck || told.Commands != c.commands {
			t.Errorf("%s: recheck %v, commands %v", c.name, told.Recheck, told.Commands)
		}
		if r := place.Commands(); c.commands && r.Path != "/applications/8/guilds/"+otherID+"/commands" {
			t.Errorf("%s: the commands go to %s", c.name, r.Path)
		}
	}
}

// TestReady holds that a new session begins a stretch of dispatches a little later than it is now: clocks differ.
func TestReady(t *testing.T) {
	place := discord.Place{Channel: channelID}
	const now = 1_772_366_400_000
	discord.NewsOf(wire.Ready{User: wire.User{ID: botID}, ApplicationID: "8"}, &place, now)
	if begun := wire.Snowflake(place.Epoch).TimeMs(); place.Bot != botID || place.App != "8" || begun < now+1000 || begun > now+10_000 {
		t.Errorf("%+v, the epoch begins at %d", place, begun)
	}
}
