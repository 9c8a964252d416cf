package wire

// MessageType is the type of a message. https://docs.discord.com/developers/resources/message#message-object-message-types
type MessageType int

// The types that a person writes. Every other type is the system's word (joins, pins, renames, thread starters).
const (
	MessageDefault MessageType = 0
	MessageReply   MessageType = 19
)

// Bits of Message.Flags and of the flags that a post may set.
// https://docs.discord.com/developers/resources/message#message-object-message-flags
const (
	FlagSuppressEmbeds        = 1 << 2
	FlagHasThread             = 1 << 5
	FlagEphemeral             = 1 << 6
	FlagSuppressNotifications = 1 << 12
	FlagVoiceMessage          = 1 << 13
	FlagHasSnapshot           = 1 << 14
)

// Message is what this project needs of a message, from a MESSAGE_CREATE, a MESSAGE_UPDATE or a REST reply.
// Absent fields have their zero values. https://docs.discord.com/developers/resources/message#message-object
type Message struct {
	ID        Snowflake
	ChannelID Snowflake   // the thread's id, for a post in a thread
	GuildID   Snowflake   // only in Gateway events
	Type      MessageType // MessageDefault also when Discord left it out
	Author    User        // of a webhook's post: the webhook's id and the name that it showed
	Nick      string      // the author's name in this server; only in Gateway events
	Avatar    string      // the author's avatar hash in this server; only in Gateway events
	Roles     []Snowflake // the author's roles in this server; only in Gateway events

	WebhookID     Snowflake // not "" for a webhook's post
	ApplicationID Snowflake // not "" for an answer to an interaction, or a webhook that an application owns

	Content     string
	HasContent  bool  // whether the field was there at all: a sparse update has none
	EditedMs    int64 // Unix milliseconds; 0 = never edited (an update with 0 only resolved an embed)
	TimestampMs int64 // Unix milliseconds
	Flags       uint64
	Nonce       string // what the creating request gave, as text

	Mentions    []Mention
	Attachments []Attachment
	Stickers    []string // names
	Embeds      []Embed
	HasParts    bool // message components (buttons and the like) are there
	Poll        *Poll

	Reference *Reference // the message that this one answers or forwards
	Snapshots []Snapshot // contents of a forwarded message
	ThreadID  Snowflake  // the thread that was opened from this message; it has the message's id
}

// DisplayName is the author's name as the server's members see it: nick, else display name, else user name.
func (m *Message) DisplayName() string {
	if m.Nick != "" {
		return m.Nick
	}
	return m.Author.DisplayName()
}

// Human says whether a person wrote this by hand: type default or reply, no bot, no webhook, no application.
func (m *Message) Human() bool {
	return (m.Type == MessageDefault || m.Type == MessageReply) &&
		!m.Author.Bot && !m.Author.System && m.WebhookID == "" && m.ApplicationID == ""
}

// Blank says that nothing at all can be shown of the message. A human's fresh message that is blank means that
// the MESSAGE CONTENT intent is off, of which the owner must hear: Discord then sends empty fields and no error.
// https://docs.discord.com/developers/events/gateway#message-content-intent
func (m *Message) Blank() bool {
	return m.Content == "" && len(m.Attachments) == 0 && len(m.Stickers) == 0 && len(m.Embeds) == 0 &&
		m.Poll == nil && len(m.Snapshots) == 0 && !m.HasParts
}

// User is an account. https://docs.discord.com/developers/resources/user#user-object
type User struct {
	_          unequal
	ID         Snowflake
	Username   string
	GlobalName string // "" when none was chosen
	Avatar     string // hash, "" when none
	Bot        bool
	System     bool
}

// DisplayName is the name that was chosen, else the user name.
func (u *User) DisplayName() string {
	if u.GlobalName != "" {
		return u.GlobalName
	}
	return u.Username
}

// Mention is a user named in a message's text as <@id>, with the name to show in its place.
type Mention struct {
	_    unequal
	ID   Snowflake
	Name string // nick, else display name, else user name
}

// Attachment is what can be told of a file of a message. Its address is not read: it is signed and expires after about a day.
// https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
type Attachment struct {
	_           unequal
	Filename    string
	ContentType string
	Size        int64 // bytes
	DurationMs  int64 // milliseconds that a voice message lasts; 0 when it is none
}

// Embed is the part of an embed that can be told in a line. Type "rich" is written by a bot; the others are previews
// of links that stand in the text already.
type Embed struct {
	_           unequal
	Type        string
	Title       string
	Description string
	URL         string
}

// Poll is a poll's words.
type Poll struct {
	Question string
	Answers  []string
}

// ReferenceKind tells a reply from a forward.
type ReferenceKind int

// The kinds of message references. https://docs.discord.com/developers/resources/message#message-reference-types
const (
	ReferenceReply   ReferenceKind = 0
	ReferenceForward ReferenceKind = 1
)

// Reference points to another message. The last three fields are filled for a reply whose message still exists.
type Reference struct {
	_         unequal
	Kind      ReferenceKind
	MessageID Snowflake
	ChannelID Snowflake
	GuildID   Snowflake

	Author  User
	Content string
	Found   bool // the message referred to came along
}

// Snapshot is the content of a forwarded message. Its mentions are its own: the message that carries it has only those of its own text.
// https://docs.discord.com/developers/resources/message#message-snapshot-object
type Snapshot struct {
	Content     string
	Flags       uint64
	Mentions    []Mention
	Attachments []Attachment
	Stickers    []string
	Embeds      []Embed
}
