package wire

// The names of the dispatches that are read. eventName gives these very strings, so that naming a frame allocates nothing.
const (
	nameReady             = "READY"
	nameResumed           = "RESUMED"
	nameMessageCreate     = "MESSAGE_CREATE"
	nameMessageUpdate     = "MESSAGE_UPDATE"
	nameMessageDelete     = "MESSAGE_DELETE"
	nameMessageDeleteBulk = "MESSAGE_DELETE_BULK"
	nameTypingStart       = "TYPING_START"
	nameReactionAdd       = "MESSAGE_REACTION_ADD"
	nameReactionRemove    = "MESSAGE_REACTION_REMOVE"
	nameReactionClear     = "MESSAGE_REACTION_REMOVE_ALL"
	nameReactionEmoji     = "MESSAGE_REACTION_REMOVE_EMOJI"
	nameThreadCreate      = "THREAD_CREATE"
	nameThreadUpdate      = "THREAD_UPDATE"
	nameThreadDelete      = "THREAD_DELETE"
	nameThreadListSync    = "THREAD_LIST_SYNC"
	nameGuildCreate       = "GUILD_CREATE"
	nameGuildUpdate       = "GUILD_UPDATE"
	nameGuildDelete       = "GUILD_DELETE"
	nameRoleCreate        = "GUILD_ROLE_CREATE"
	nameRoleUpdate        = "GUILD_ROLE_UPDATE"
	nameRoleDelete        = "GUILD_ROLE_DELETE"
	nameChannelCreate     = "CHANNEL_CREATE"
	nameChannelUpdate     = "CHANNEL_UPDATE"
	nameChannelDelete     = "CHANNEL_DELETE"
	nameInteraction       = "INTERACTION_CREATE"
)

var readNames = [...]string{
	nameReady, nameResumed, nameMessageCreate, nameMessageUpdate, nameMessageDelete, nameMessageDeleteBulk, nameTypingStart,
	nameReactionAdd, nameReactionRemove, nameReactionClear, nameReactionEmoji,
	nameThreadCreate, nameThreadUpdate, nameThreadDelete, nameThreadListSync,
	nameGuildCreate, nameGuildUpdate, nameGuildDelete, nameRoleCreate, nameRoleUpdate, nameRoleDelete,
	nameChannelCreate, nameChannelUpdate, nameChannelDelete, nameInteraction,
}

// maxEventNameBytes bounds the copy of a name that is not known; it goes into metrics.
const maxEventNameBytes = 64

func eventName(raw []byte) string {
	for _, name := range readNames {
		if string(raw) == name {
			return name
		}
	}
	return decodeText(raw[:min(len(raw), maxEventNameBytes)], false)
}

// dispatch reads d for the event named. Unknown names: d is stepped over.
func (s *scanner) dispatch(name string) (ev Event, known bool) {
	switch name {
	case nameReady:
		return s.ready(), true
	case nameResumed:
		s.skip()
		return Resumed{}, true
	case nameMessageCreate:
		return MessageCreate{s.message()}, true
	case nameMessageUpdate:
		return MessageUpdate{s.message()}, true
	case nameMessageDelete, nameMessageDeleteBulk:
		return s.deletion(name == nameMessageDeleteBulk), true
	case nameTypingStart:
		return s.typing(), true
	case nameReactionAdd:
		return s.reaction(ReactionAdded), true
	case nameReactionRemove:
		return s.reaction(ReactionRemoved), true
	case nameReactionClear:
		return s.reaction(ReactionsCleared), true
	case nameReactionEmoji:
		return s.reaction(ReactionEmojiCleared), true
	case nameThreadCreate:
		return ThreadCreate{s.channel(fullChannel)}, true
	case nameThreadUpdate:
		return ThreadUpdate{s.channel(fullChannel)}, true
	case nameThreadDelete:
		c := s.channel(briefChannel)
		return ThreadDelete{ID: c.ID, GuildID: c.GuildID, ParentID: c.ParentID, Type: c.Type}, true
	case nameThreadListSync:
		return s.threadListSync(), true
	case nameGuildCreate:
		return s.guildCreate(), true
	case nameGuildUpdate:
		return GuildUpdate{s.guild()}, true
	case nameGuildDelete:
		g := s.guildCreate()
		return GuildDelete{ID: g.ID, Unavailable: g.Unavailable}, true
	case nameRoleCreate, nameRoleUpdate, nameRoleDelete:
		return s.roleChange(name == nameRoleDelete), true
	case nameChannelCreate, nameChannelUpdate:
		return ChannelUpdate{Channel: s.channel(fullChannel), Created: name == nameChannelCreate}, true
	case nameChannelDelete:
		return ChannelDelete{s.channel(briefChannel)}, true
	case nameInteraction:
		return s.interaction(), true
	}
	s.skip()
	return nil, false
}

func (s *scanner) ready() (r Ready) {
	if !s.object() {
		return r
	}
	for {
		key, ok := s.key()
		if !ok {
			return r
		}
		switch string(key) {
		case "user":
			r.User, _ = s.user()
		case "session_id":
			r.SessionID = s.text()
		case "resume_gateway_url":
			r.ResumeURL = s.text()
		case "application":
			r.ApplicationID = s.guild().ID
		default:
			s.skip()
		}
	}
}

func (s *scanner) deletion(bulk bool) (d MessageDelete) {
	d.Bulk = bulk
	if !s.object() {
		return d
	}
	for {
		key, ok := s.key()
		if !ok {
			return d
		}
		switch string(key) {
		case "id":
			if id := s.id(); id != "" {
				d.IDs = append(d.IDs, id)
			}
		case "ids":
			d.IDs = append(d.IDs, s.idList()...)
		case "channel_id":
			d.ChannelID = s.id()
		case "guild_id":
			d.GuildID = s.id()
		default:
			s.skip()
		}
	}
}

func (s *scanner) typing() (t Typing) {
	if !s.object() {
		return t
	}
	for {
		key, ok := s.key()
		if !ok {
			return t
		}
		switch string(key) {
		case "channel_id":
			t.ChannelID = s.id()
		case "guild_id":
			t.GuildID = s.id()
		case "user_id":
			t.UserID = s.id()
		case "timestamp":
			t.AtMs = s.number() * 1000
		case "member":
			m := s.member()
			t.User, t.Nick = m.User, m.Nick
		default:
			s.skip()
		}
	}
}

func (s *scanner) reaction(change ReactionChange) (r Reaction) {
	r.Change = change
	if !s.object() {
		return r
	}
	for {
		key, ok := s.key()
		if !ok {
			return r
		}
		switch string(key) {
		case "message_id":
			r.MessageID = s.id()
		case "channel_id":
			r.ChannelID = s.id()
		case "guild_id":
			r.GuildID = s.id()
		case "user_id":
			r.UserID = s.id()
		case "message_author_id":
			r.AuthorID = s.id()
		case "emoji":
			r.EmojiID, r.Emoji = s.emoji()
		case "member":
			r.Bot = s.member().User.Bot
		default:
			s.skip()
		}
	}
}

func (s *scanner) threadListSync() (t ThreadListSync) {
	if !s.object() {
		return t
	}
	for {
		key, ok := s.key()
		if !ok {
			return t
		}
		switch string(key) {
		case "guild_id":
			t.GuildID = s.id()
		case "channel_ids":
			t.ChannelIDs = s.idList()
		case "threads":
			t.Threads = s.channels(briefChannel)
		default:
			s.skip()
		}
	}
}

func (s *scanner) guildCreate() (g GuildCreate) {
	if !s.object() {
		return g
	}
	for {
		key, ok := s.key()
		if !ok {
			return g
		}
		switch string(key) {
		case "unavailable":
			g.Unavailable = s.boolean()
		case "channels":
			g.Channels = s.channels(briefChannel)
		case "threads":
			g.Threads = s.channels(briefChannel)
		default:
			if !s.guildField(key, &g.Guild) {
				s.skip()
			}
		}
	}
}

func (s *scanner) roleChange(deleted bool) (r RoleChange) {
	r.Deleted = deleted
	if !s.object() {
		return r
	}
	for {
		key, ok := s.key()
		if !ok {
			return r
		}
		switch string(key) {
		case "guild_id":
			r.GuildID = s.id()
		case "role":
			r.Role = s.role()
		case "role_id":
			r.Role.ID = s.id()
		default:
			s.skip()
		}
	}
}
