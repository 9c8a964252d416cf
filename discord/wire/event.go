package wire

// Event is one dispatch of the Gateway as plain data: one of the types of this file.
// https://docs.discord.com/developers/events/gateway-events#receive-events
type Event interface{ event() }

// Ready is the answer to Identify.
type Ready struct {
	User          User
	ApplicationID Snowflake
	SessionID     string
	ResumeURL     string
}

// Resumed comes after all replayed events.
type Resumed struct{}

// MessageCreate is a new message, the bot's own and webhooks' included.
type MessageCreate struct{ Message }

// MessageUpdate is a changed message. Message.EditedMs 0 means that nobody edited it: a preview was resolved.
type MessageUpdate struct{ Message }

// MessageDelete is one deletion, or the many of a MESSAGE_DELETE_BULK.
type MessageDelete struct {
	IDs       []Snowflake
	ChannelID Snowflake
	GuildID   Snowflake
	Bulk      bool
}

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and
// the code for it would be in the module all the same: what is behind an interface
// may be compared.
type unequal [0]func()

// Typing says that somebody types. It holds for 10 s or until a message by that user; there is no "stopped".
type Typing struct {
	_         unequal
	ChannelID Snowflake
	GuildID   Snowflake
	UserID    Snowflake
	User      User   // filled where Discord sent the member
	Nick      string // name in this server
	AtMs      int64  // Unix milliseconds, in whole seconds
}

// DisplayName is the typing person's name; "" when Discord did not say.
func (t *Typing) DisplayName() string {
	if t.Nick != "" {
		return t.Nick
	}
	return t.User.DisplayName()
}

// ReactionChange is what happened to a message's reactions.
type ReactionChange int

// The changes of reactions.
const (
	ReactionAdded        ReactionChange = iota // by UserID
	ReactionRemoved                            // by UserID
	ReactionsCleared                           // all of the message; no UserID, no Emoji
	ReactionEmojiCleared                       // all of one emoji; no UserID
)

// Reaction is a change of a message's reactions.
type Reaction struct {
	_         unequal
	Change    ReactionChange
	MessageID Snowflake
	ChannelID Snowflake
	GuildID   Snowflake
	UserID    Snowflake
	AuthorID  Snowflake // who wrote the message; "" where Discord did not say
	EmojiID   Snowflake // "" for a Unicode emoji
	Emoji     string    // the Unicode emoji, or the custom emoji's name
	Bot       bool      // the reacting member is a bot; known only when added
}

// ThreadCreate says that a thread is there: a new one, or an old one that the bot was added to. Treat it as an upsert.
type ThreadCreate struct{ Channel }

// ThreadUpdate is a thread's new state, archived and locked included.
type ThreadUpdate struct{ Channel }

// ThreadDelete is the end of a thread.
type ThreadDelete struct {
	_        unequal
	ID       Snowflake
	GuildID  Snowflake
	ParentID Snowflake
	Type     ChannelType
}

// ThreadListSync comes when the bot gains access to channels, those of ChannelIDs or all (nil): what is active in them comes along.
type ThreadListSync struct {
	GuildID    Snowflake
	ChannelIDs []Snowflake
	Threads    []Channel
}

// GuildCreate is a server's state after READY, or when the bot joins, or when the server is back. Of Channels only id, parent, name, type
// and flags are read. Threads are the active ones that the bot can see; archived ones never come.
type GuildCreate struct {
	Guild
	Unavailable bool // an outage: nothing else is filled
	Channels    []Channel
	Threads     []Channel
}

// GuildUpdate is a server's new name, owner or roles.
type GuildUpdate struct{ Guild }

// GuildDelete: the server is gone, or (Unavailable) has an outage and will be back.
type GuildDelete struct {
	ID          Snowflake
	Unavailable bool
}

// RoleChange is a role created, changed or deleted.
type RoleChange struct {
	GuildID Snowflake
	Role    Role // only ID is filled when Deleted
	Deleted bool
}

// ChannelUpdate is a channel created or changed.
type ChannelUpdate struct {
	Channel
	Created bool
}

// ChannelDelete is the end of a channel; of its threads no event of their own comes.
type ChannelDelete struct{ Channel }

// InteractionType is what kind of interaction came.
type InteractionType int

// The interaction types. https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-interaction-type
const (
	InteractionPing         InteractionType = 1
	InteractionCommand      InteractionType = 2
	InteractionComponent    InteractionType = 3
	InteractionAutocomplete InteractionType = 4
	InteractionModal        InteractionType = 5
)

// Interaction is an INTERACTION_CREATE: a command or a button. It must be answered within 3 s; Token opens answers
// for 15 minutes to whoever has it, so it must stand in no log.
type Interaction struct {
	ID            Snowflake
	ApplicationID Snowflake
	Type          InteractionType
	Token         string
	GuildID       Snowflake
	ChannelID     Snowflake // the thread's id inside a thread
	ChannelType   ChannelType
	ParentID      Snowflake // the thread's channel
	User          User
	Nick          string
	Roles         []Snowflake
	Permissions   uint64 // of the member in that channel
	Locale        string
	Name          string // of the command
	MessageID     Snowflake
	Options       []Option // options of subcommands follow their subcommand, flat
}

// DisplayName is the name of the person who used the command.
func (in *Interaction) DisplayName() string {
	if in.Nick != "" {
		return in.Nick
	}
	return in.User.DisplayName()
}

// Option is one option of a command, its value as text: a string, a number in decimal, true or false, or an id.
type Option struct {
	_     unequal
	Name  string
	Type  int
	Value string
}

func (Ready) event()          {}
func (Resumed) event()        {}
func (MessageCreate) event()  {}
func (MessageUpdate) event()  {}
func (MessageDelete) event()  {}
func (Typing) event()         {}
func (Reaction) event()       {}
func (ThreadCreate) event()   {}
func (ThreadUpdate) event()   {}
func (ThreadDelete) event()   {}
func (ThreadListSync) event() {}
func (GuildCreate) event()    {}
func (GuildUpdate) event()    {}
func (GuildDelete) event()    {}
func (RoleChange) event()     {}
func (ChannelUpdate) event()  {}
func (ChannelDelete) event()  {}
func (Interaction) event()    {}
