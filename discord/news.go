package discord

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// Place is where the desk stands: it decides which dispatches are news.
type Place struct {
	_ unequal
	// Channel is the support channel. It must be given.
	Channel wire.Snowflake
	// Guild is the server of the support channel; "" is not known yet, then any server's dispatches count.
	Guild wire.Snowflake
	// Bot is the bot's own user, App its application; "" is not known yet.
	Bot, App wire.Snowflake
	// Epoch is a message id since which the dispatches had no gap; it goes into the news as it is. "" is not known.
	Epoch chat.MessageID

	// NewsOf notes here the newest thing that is known to have happened in the support channel, and that the bot is out of its server.
	seen wire.Snowflake
	away bool
}

// unseen is how long before the epoch the bot may have lost sight of the support channel, where nothing is known to have happened there since. What
// people wrote in an earlier time is not looked for: each week costs a request for every conversation in it.
const unseen = 7 * chat.Day

// epochMargin makes up for clocks that are not quite read.
const epochMargin = 2 * chat.Second

// Begin begins a stretch of dispatches without a gap. now is Discord's, as near as it is known.
func (p *Place) Begin(now chat.Time) {
	p.Epoch = chat.MessageID(wire.SnowflakeAt(int64(now + epochMargin)))
}

// saw notes that something happened in a channel.
func (p *Place) saw(channel, id wire.Snowflake) {
	if channel == p.Channel && p.seen.Compare(id) < 0 {
		p.seen = id
	}
}

// regained is a gap: the bot sees the support channel again, and heard nothing of it meanwhile. Nobody told it when it lost sight, but until the newest thing that
// it heard of it surely saw.
func (p *Place) regained() *GatewayGap {
	after := p.seen
	if after == "" {
		after = wire.SnowflakeAt(wire.Snowflake(p.Epoch).TimeMs() - int64(unseen))
	}
	return &GatewayGap{After: chat.MessageID(after)}
}

// Alert is something that the owner must hear of.
type Alert string

// The alerts that dispatches give rise to.
const (
	// AlertNoContent: people's posts arrive without text, so the MESSAGE CONTENT intent is off.
	// https://docs.discord.com/developers/events/gateway#message-content-intent
	AlertNoContent Alert = "no_message_content"
)

// Dispatched is what one dispatch means.
type Dispatched struct {
	// News for conversations, in order; a bulk deletion makes several. Empty where the dispatch is nobody's business.
	News []chat.News
	// Reply answers a command. It must be sent within 3 seconds, needs no Authorization and counts for no limit; nil where there is
	// nothing to answer. Its path holds a token: not for logs.
	Reply *rest.Request
	// Alert is "" but for what the owner must hear of.
	Alert Alert
	// Stray is for the Egress, once and without much ado; nil where nobody wrote into the support channel itself.
	Stray *Stray
	// Gap is for the Egress and must not get lost: events passed the bot by. It lacks the epoch, a new one, which begins with it. nil where there is none.
	Gap *GatewayGap
	// Recheck: what is known of the bot's place may be wrong. It is for the Egress, a hint.
	Recheck bool
	// Commands: the agents' commands are to be brought to the place's server now, by [Place.Commands].
	Commands bool
}

// maxAuthorGraphemes of an agent's name; Discord's own names have at most 32 characters.
const maxAuthorGraphemes = 80

// NewsOf gives what a dispatch means for the conversations of a place. A dispatch of a thread that is no conversation's is news too: only
// the registry knows. now is Discord's, as near as it is known.
func NewsOf(ev wire.Event, place *Place, now chat.Time) (d Dispatched) {
	switch ev := ev.(type) {
	case wire.Ready:
		place.Bot, place.App = ev.User.ID, ev.ApplicationID
		place.Begin(now)
	case wire.MessageCreate:
		place.saw(ev.ChannelID, ev.ID)
		return place.posted(&ev.Message, chat.NewsPosted)
	case wire.MessageUpdate:
		// Discord sends an update too when it only resolved a link's preview.
		if ev.EditedMs != 0 && ev.HasContent {
			return place.posted(&ev.Message, chat.NewsEdited)
		}
	case wire.MessageDelete:
		return place.deleted(&ev)
	case wire.Typing:
		return place.typing(&ev)
	case wire.Reaction:
		return place.reacted(&ev)
	case wire.ThreadCreate:
		place.saw(ev.ParentID, ev.ID)
	case wire.ThreadListSync:
		// https://docs.discord.com/developers/events/gateway-events#thread-list-sync
		ours := ev.ChannelIDs == nil
		for _, id := range ev.ChannelIDs {
			ours = ours || id == place.Channel
		}
		if ours && place.holds(ev.GuildID) {
			d.Gap = place.regained()
		}
		d.Recheck = true
	case wire.GuildDelete:
		place.away = place.away || place.holds(ev.ID)
		d.Recheck = true
	case wire.GuildCreate:
		for i := range ev.Channels {
			if ev.Channels[i].ID == place.Channel {
				place.Guild, d.Recheck, d.Commands = ev.ID, true, place.App != ""
			}
		}
		if place.away && ev.ID == place.Guild && !ev.Unavailable {
			place.away = false
			d.Gap = place.regained()
		}
	case wire.ChannelUpdate, wire.ChannelDelete, wire.RoleChange:
		d.Recheck = true
	case wire.ThreadUpdate:
		if ev.Locked && place.holds(ev.GuildID) && ev.ParentID == place.Channel {
			return place.gone(ev.ID)
		}
	case wire.ThreadDelete:
		if place.holds(ev.GuildID) && ev.ParentID == place.Channel {
			return place.gone(ev.ID)
		}
	case wire.Interaction:
		return place.command(&ev)
	}
	return d
}

// Commands brings the agents' commands to the place's server.
// https://docs.discord.com/developers/interactions/application-commands#bulk-overwrite-guild-application-commands
func (p *Place) Commands() rest.Request {
	return rest.SetGuildCommands(p.App, p.Guild, []byte(Commands))
}

// holds says whether a dispatch of guild concerns this place. Direct messages have no guild.
func (p *Place) holds(guild wire.Snowflake) bool {
	return guild != "" && (p.Guild == "" || guild == p.Guild)
}

func one(n chat.News) Dispatched { return Dispatched{News: []chat.News{n}} }

func (p *Place) gone(thread wire.Snowflake) Dispatched {
	return one(chat.News{Kind: chat.NewsThreadGone, Thread: chat.ThreadID(thread), Epoch: p.Epoch})
}

func (p *Place) posted(m *wire.Message, kind chat.NewsKind) Dispatched {
	if !p.holds(m.GuildID) || !m.ID.Valid() {
		return Dispatched{}
	}
	thread := p.threadOf(m)
	if thread == "" {
		return Dispatched{Stray: p.strayOf(m, kind)}
	}
	n, alert, ok := newsOfMessage(m, thread, kind)
	if !ok {
		return Dispatched{Alert: alert}
	}
	n.Epoch, n.Aside = p.Epoch, m.ChannelID == p.Channel
	return one(n)
}

// threadOf gives the thread that a post belongs to. In the support channel itself a person's answer to an opening post belongs to the
// thread of that post, which has the post's id.
func (p *Place) threadOf(m *wire.Message) chat.ThreadID {
	if m.ChannelID != p.Channel {
		return chat.ThreadID(m.ChannelID)
	}
	ref := m.Reference
	if ref == nil || ref.Kind != wire.ReferenceReply || ref.ChannelID != "" && ref.ChannelID != p.Channel {
		return ""
	}
	if ref.Found && p.Bot != "" && ref.Author.ID != p.Bot {
		return ""
	}
	return chat.ThreadID(ref.MessageID)
}

// strayOf says that somebody new to all this may think that visitors read the support channel. Who answers a colleague there does not think so, nor who
// begins with the mark of a note.
func (p *Place) strayOf(m *wire.Message, kind chat.NewsKind) *Stray {
	if kind != chat.NewsPosted || m.ChannelID != p.Channel || m.Reference != nil || !m.Human() || text.ForTeam(m.Content) {
		return nil
	}
	return &Stray{Message: chat.MessageID(m.ID)}
}

// newsOfMessage turns one post into news. Nothing that a bot, a webhook or the system wrote is news, nor is a note for the team.
func newsOfMessage(m *wire.Message, thread chat.ThreadID, kind chat.NewsKind) (n chat.News, alert Alert, ok bool) {
	if !m.Human() {
		return n, "", false
	}
	if m.Blank() {
		return n, AlertNoContent, false
	}
	n = chat.News{Kind: kind, Thread: thread, Message: chat.MessageID(m.ID), At: chat.Time(m.TimestampMs), Born: chat.Time(wire.Snowflake(thread).TimeMs())}
	if n.At == 0 {
		n.At = chat.Time(m.ID.TimeMs())
	}
	if kind == chat.NewsEdited {
		n.At = chat.Time(m.EditedMs)
	}
	if text.ForTeam(m.Content) {
		if kind != chat.NewsEdited {
			return n, "", false
		}
		// A post that was made a note is taken back: leaving the earlier words would show what the agent has just hidden.
		n.Kind = chat.NewsDeleted
		return n, "", true
	}
	n.Author = text.CleanName(m.DisplayName(), maxAuthorGraphemes)
	n.Avatar = avatarOf(m)
	n.Text = text.Plain(incoming(m))
	quote, of := quoted(m)
	n.Quote, n.Quoted = quote, chat.MessageID(of)
	return n, "", true
}

// avatarOf gives the address of the author's picture, or "". https://docs.discord.com/developers/reference#image-formatting
func avatarOf(m *wire.Message) string {
	const base = "https://cdn.discordapp.com/"
	switch {
	case m.Avatar != "" && plainHash(m.Avatar) && m.GuildID.Valid() && m.Author.ID.Valid():
		return base + "guilds/" + string(m.GuildID) + "/users/" + string(m.Author.ID) + "/avatars/" + m.Avatar + ".png?size=64"
	case m.Author.Avatar != "" && plainHash(m.Author.Avatar) && m.Author.ID.Valid():
		return base + "avatars/" + string(m.Author.ID) + "/" + m.Author.Avatar + ".png?size=64"
	}
	return ""
}

func plainHash(s string) bool {
	return len(s) <= 64 && strings.Trim(s, "0123456789abcdefghijklmnopqrstuvwxyz_") == ""
}

func (p *Place) deleted(ev *wire.MessageDelete) (d Dispatched) {
	// A post in the support channel that is gone cannot be told from any other there: what it answered is gone with it.
	if !p.holds(ev.GuildID) || ev.ChannelID == p.Channel {
		return d
	}
	for _, id := range ev.IDs {
		if id.Valid() {
			d.News = append(d.News, chat.News{Kind: chat.NewsDeleted, Thread: chat.ThreadID(ev.ChannelID),
				Message: chat.MessageID(id), Epoch: p.Epoch})
		}
	}
	return d
}

func (p *Place) typing(ev *wire.Typing) Dispatched {
	if !p.holds(ev.GuildID) || ev.ChannelID == p.Channel || ev.UserID == p.Bot || ev.User.Bot {
		return Dispatched{}
	}
	return one(chat.News{Kind: chat.NewsTyping, Thread: chat.ThreadID(ev.ChannelID), At: chat.Time(ev.AtMs),
		Author: text.CleanName(ev.DisplayName(), maxAuthorGraphemes), Epoch: p.Epoch})
}

func (p *Place) reacted(ev *wire.Reaction) Dispatched {
	switch {
	case ev.Change != wire.ReactionAdded, !p.holds(ev.GuildID), ev.ChannelID == p.Channel, ev.Bot, ev.UserID == p.Bot:
		return Dispatched{}
	case ev.AuthorID != "" && p.Bot != "" && ev.AuthorID != p.Bot:
		return Dispatched{} // agents among themselves
	}
	return one(chat.News{Kind: chat.NewsReacted, Thread: chat.ThreadID(ev.ChannelID), Message: chat.MessageID(ev.MessageID),
		Text: ev.Emoji, Epoch: p.Epoch})
}
