package world

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// User is an account, of a person or of a bot.
type User struct {
	ID            UserID  `json:"id"`
	Username      string  `json:"username"`
	Discriminator string  `json:"discriminator"`
	GlobalName    *string `json:"global_name"`
	Avatar        *string `json:"avatar"`
	Bot           bool    `json:"bot,omitempty"`
	System        bool    `json:"system,omitempty"`
	PublicFlags   int     `json:"public_flags"`
	Flags         int     `json:"flags"`
	Banner        *string `json:"banner"`
	AccentColor   *int    `json:"accent_color"`
	PrimaryGuild  *int    `json:"primary_guild"`
}

// DisplayName is what people see: the global name, else the username.
func (u *User) DisplayName() string {
	if u.GlobalName != nil {
		return *u.GlobalName
	}
	return u.Username
}

// Member is a user in the guild.
type Member struct {
	User     *User
	Nick     string
	Roles    []RoleID
	JoinedMs int64
	// Presence is online, idle, dnd or offline.
	Presence string

	bot *bot // nil for people
}

func (m *Member) hasRole(id RoleID) bool {
	for _, r := range m.Roles {
		if r == id {
			return true
		}
	}
	return false
}

// Name is the nickname, else the user's display name.
func (m *Member) Name() string {
	if m.Nick != "" {
		return m.Nick
	}
	return m.User.DisplayName()
}

// Role of the guild. The role with the guild's own number is @everyone.
type Role struct {
	ID          RoleID      `json:"id"`
	Name        string      `json:"name"`
	Permissions Permissions `json:"permissions"`
	Position    int         `json:"position"`
	Color       int         `json:"color"`
	Colors      roleColors  `json:"colors"`
	Hoist       bool        `json:"hoist"`
	Managed     bool        `json:"managed"`
	Mentionable bool        `json:"mentionable"`
	Icon        *string     `json:"icon"`
	Emoji       *string     `json:"unicode_emoji"`
	Tags        *roleTags   `json:"tags,omitempty"`
	Flags       int         `json:"flags"`
}

type roleColors struct {
	Primary   int  `json:"primary_color"`
	Secondary *int `json:"secondary_color"`
	Tertiary  *int `json:"tertiary_color"`
}

type roleTags struct {
	BotID UserID `json:"bot_id"`
}

// Channel is a channel of the guild or a thread.
type Channel struct {
	ID                        ChannelID
	Type                      ChannelType
	ParentID                  ChannelID
	Name                      string
	Topic                     string
	Position                  int
	Flags                     int
	RateLimitPerUser          int // seconds
	Overwrites                []Overwrite
	Tags                      []Tag // of a forum
	DefaultAutoArchiveMinutes int

	LastMessageID MessageID
	LastPinMs     int64

	// Of threads only.
	OwnerID            UserID
	Archived, Locked   bool
	Invitable          bool
	ArchiveTimestampMs int64 // last change of the archive state
	AutoArchiveMinutes int
	CreatedMs          int64
	MessageCount       int
	TotalMessageSent   int
	AppliedTags        []TagID

	members    []threadMember
	messages   []*Message // ordered by id
	nonces     map[nonceKey]MessageID
	nonceOrder []nonceEntry
	activityMs int64
	lastPostMs map[UserID]int64 // for slow mode
	timerMs    int64            // when the auto-archive timer on the heap is due; 0: none
}

// Tag of a forum.
type Tag struct {
	ID        TagID   `json:"id"`
	Name      string  `json:"name"`
	Moderated bool    `json:"moderated"`
	EmojiID   *string `json:"emoji_id"`
	EmojiName *string `json:"emoji_name"`
}

type threadMember struct {
	user     UserID
	joinedMs int64
}

func (c *Channel) memberIndex(id UserID) int {
	for i, m := range c.members {
		if m.user == id {
			return i
		}
	}
	return -1
}

// guild is the one guild of a world.
type guild struct {
	ID              GuildID
	Name            string
	OwnerID         UserID
	SystemChannelID ChannelID
	MFALevel        int
}

// stamp writes a Unix time in milliseconds as Discord does.
func stamp(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

func stampOrNil(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := stamp(ms)
	return &s
}

func stringOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

type memberWire struct {
	Avatar   *string  `json:"avatar"`
	Banner   *string  `json:"banner"`
	Disabled *string  `json:"communication_disabled_until"`
	Flags    int      `json:"flags"`
	JoinedAt string   `json:"joined_at"`
	Nick     *string  `json:"nick"`
	Pending  bool     `json:"pending"`
	Premium  *string  `json:"premium_since"`
	Roles    []RoleID `json:"roles"`
	User     *User    `json:"user,omitempty"`
	Mute     bool     `json:"mute"`
	Deaf     bool     `json:"deaf"`
	GuildID  GuildID  `json:"guild_id,omitzero"`
}

// memberOf writes a member; without its user where it stands beside it, as in messages.
func memberOf(m *Member, withUser bool) *memberWire {
	if m == nil {
		return nil
	}
	out := &memberWire{JoinedAt: stamp(m.JoinedMs), Nick: stringOrNil(m.Nick), Roles: m.Roles}
	if out.Roles == nil {
		out.Roles = []RoleID{}
	}
	if withUser {
		out.User = m.User
	}
	return out
}

type threadMetadataWire struct {
	Archived         bool    `json:"archived"`
	ArchiveTimestamp *string `json:"archive_timestamp"`
	AutoArchive      int     `json:"auto_archive_duration"`
	Locked           bool    `json:"locked"`
	CreateTimestamp  string  `json:"create_timestamp"`
	Invitable        *bool   `json:"invitable,omitempty"`
}

type threadMemberWire struct {
	ID       ChannelID   `json:"id,omitzero"`
	UserID   UserID      `json:"user_id,omitzero"`
	GuildID  GuildID     `json:"guild_id,omitzero"`
	JoinedAt string      `json:"join_timestamp"`
	Flags    int         `json:"flags"`
	Member   *memberWire `json:"member,omitempty"`
}

type threadWire struct {
	ID               ChannelID          `json:"id"`
	Type             ChannelType        `json:"type"`
	LastMessageID    MessageID          `json:"last_message_id"`
	Flags            int                `json:"flags"`
	LastPin          *string            `json:"last_pin_timestamp,omitempty"`
	GuildID          GuildID            `json:"guild_id"`
	Name             string             `json:"name"`
	ParentID         ChannelID          `json:"parent_id"`
	RateLimitPerUser int                `json:"rate_limit_per_user"`
	OwnerID          UserID             `json:"owner_id"`
	Metadata         threadMetadataWire `json:"thread_metadata"`
	MessageCount     int                `json:"message_count"`
	MemberCount      int                `json:"member_count"`
	TotalMessageSent int                `json:"total_message_sent"`
	AppliedTags      *[]TagID           `json:"applied_tags,omitempty"`
	Member           *threadMemberWire  `json:"member,omitempty"`
	NewlyCreated     bool               `json:"newly_created,omitempty"`
	Message          *messageWire       `json:"message,omitempty"` // in the answer that creates a forum post
}

// thread writes a thread as user sees it: with that user's membership, where there is one.
func (w *World) thread(c *Channel, user UserID) *threadWire {
	out := &threadWire{
		ID: c.ID, Type: c.Type, LastMessageID: c.LastMessageID, Flags: c.Flags, LastPin: stampOrNil(c.LastPinMs),
		GuildID: w.guild.ID, Name: c.Name, ParentID: c.ParentID, RateLimitPerUser: c.RateLimitPerUser, OwnerID: c.OwnerID,
		Metadata: threadMetadataWire{
			Archived: c.Archived, ArchiveTimestamp: stampOrNil(c.ArchiveTimestampMs), AutoArchive: c.AutoArchiveMinutes,
			Locked: c.Locked, CreateTimestamp: stamp(c.CreatedMs),
		},
		// Discord stops counting at 50.
		MessageCount: c.MessageCount, MemberCount: min(len(c.members), 50), TotalMessageSent: c.TotalMessageSent,
	}
	if c.Type == PrivateThread {
		out.Metadata.Invitable = &c.Invitable
	}
	if parent := w.channels[c.ParentID]; parent != nil && parent.Type.IsForum() {
		tags := c.AppliedTags
		if tags == nil {
			tags = []TagID{}
		}
		out.AppliedTags = &tags
	}
	if i := c.memberIndex(user); user != 0 && i >= 0 {
		out.Member = &threadMemberWire{ID: c.ID, UserID: user, JoinedAt: stamp(c.members[i].joinedMs), Flags: 1}
	}
	return out
}

type channelWire struct {
	ID               ChannelID   `json:"id"`
	Type             ChannelType `json:"type"`
	LastMessageID    *MessageID  `json:"last_message_id,omitempty"`
	Flags            int         `json:"flags"`
	LastPin          *string     `json:"last_pin_timestamp,omitempty"`
	GuildID          GuildID     `json:"guild_id"`
	Name             string      `json:"name"`
	ParentID         ChannelID   `json:"parent_id"`
	RateLimitPerUser int         `json:"rate_limit_per_user"`
	Topic            *string     `json:"topic"`
	Position         int         `json:"position"`
	Overwrites       []Overwrite `json:"permission_overwrites"`
	NSFW             bool        `json:"nsfw"`
	AutoArchive      int         `json:"default_auto_archive_duration,omitempty"`
	Tags             *[]Tag      `json:"available_tags,omitempty"`
	DefaultReaction  *null       `json:"default_reaction_emoji,omitempty"`
	DefaultSort      *null       `json:"default_sort_order,omitempty"`
	DefaultLayout    *int        `json:"default_forum_layout,omitempty"`
}

// null is a field that stands in the object and holds nothing.
type null struct{}

func (null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

func (w *World) channel(c *Channel) *channelWire {
	out := &channelWire{
		ID: c.ID, Type: c.Type, Flags: c.Flags, LastPin: stampOrNil(c.LastPinMs), GuildID: w.guild.ID, Name: c.Name,
		ParentID: c.ParentID, RateLimitPerUser: c.RateLimitPerUser, Topic: stringOrNil(c.Topic), Position: c.Position,
		Overwrites: c.Overwrites, AutoArchive: c.DefaultAutoArchiveMinutes,
	}
	if out.Overwrites == nil {
		out.Overwrites = []Overwrite{}
	}
	if c.Type != GuildCategory {
		out.LastMessageID = &c.LastMessageID
	}
	if c.Type.IsForum() {
		tags, layout := c.Tags, 0
		if tags == nil {
			tags = []Tag{}
		}
		out.Tags, out.DefaultLayout, out.DefaultReaction, out.DefaultSort = &tags, &layout, &null{}, &null{}
	}
	return out
}

// channelOrThread writes whichever c is.
func (w *World) channelOrThread(c *Channel, user UserID) any {
	if c.Type.IsThread() {
		return w.thread(c, user)
	}
	return w.channel(c)
}

// usernameFor makes a valid username of a display name: lower case, and nothing but a-z, 0-9, "_" and ".".
func usernameFor(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '_', r == '.':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	s := strings.Trim(b.String(), "_")
	if len(s) < 2 {
		s = "member_" + s
	}
	return s[:min(len(s), 32)]
}

// encode writes JSON as Discord does: characters stand for themselves, "<" too.
func encode(v any) []byte {
	b := bytes.NewBuffer(make([]byte, 0, 1024)) // most messages fit
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("world: " + err.Error())
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
