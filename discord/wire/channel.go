package wire

// ChannelType is the type of a channel. https://docs.discord.com/developers/resources/channel#channel-object-channel-types
type ChannelType int

// The channel types that this project meets by name.
const (
	ChannelText               ChannelType = 0
	ChannelDM                 ChannelType = 1
	ChannelVoice              ChannelType = 2
	ChannelCategory           ChannelType = 4
	ChannelAnnouncement       ChannelType = 5
	ChannelAnnouncementThread ChannelType = 10
	ChannelPublicThread       ChannelType = 11
	ChannelPrivateThread      ChannelType = 12
	ChannelForum              ChannelType = 15
	ChannelMedia              ChannelType = 16
)

// IsThread says whether channels of this type are threads.
func (t ChannelType) IsThread() bool {
	return t >= ChannelAnnouncementThread && t <= ChannelPrivateThread
}

// FlagRequireTag on a forum channel: each post there must carry a tag, else error 40067.
const FlagRequireTag = 1 << 4

// FlagPinned on a forum's thread: it is pinned above the others.
const FlagPinned = 1 << 1

// Channel is a channel or a thread. https://docs.discord.com/developers/resources/channel#channel-object
// The fields after OwnerID are those of threads, except Tags and Overwrites.
type Channel struct {
	ID            Snowflake
	GuildID       Snowflake
	ParentID      Snowflake // a thread's channel, or a channel's category
	Type          ChannelType
	Name          string
	LastMessageID Snowflake // as of when the object was made: no event tells of its changes
	Flags         uint64
	OwnerID       Snowflake // of a thread: who opened it

	Archived           bool
	Locked             bool
	AutoArchiveMinutes int64
	ArchiveMs          int64 // when the archived state last changed, Unix milliseconds
	ArchiveTimestamp   string

	Tags       []Tag       // of a forum; not read in GUILD_CREATE
	Overwrites []Overwrite // not read in GUILD_CREATE
}

// Tag is a tag that a forum offers.
type Tag struct {
	_         unequal
	ID        Snowflake
	Name      string
	Moderated bool // only with MANAGE_THREADS may it be set
}

// Overwrite is a permission overwrite of a channel. https://docs.discord.com/developers/topics/permissions#permission-overwrites
type Overwrite struct {
	ID     Snowflake // of a role or a member
	Member bool      // false: a role
	Allow  uint64
	Deny   uint64
}

// Role is a role of a server. The role whose id is the server's is @everyone.
type Role struct {
	_           unequal
	ID          Snowflake
	Name        string
	Permissions uint64
	Mentionable bool
	Managed     bool
}

// Guild is a server. https://docs.discord.com/developers/resources/guild#guild-object
type Guild struct {
	ID          Snowflake
	Name        string
	OwnerID     Snowflake
	Permissions uint64 // only in the list of the bot's own servers
	Roles       []Role
}

// Member is a member of a server.
type Member struct {
	User  User
	Nick  string
	Roles []Snowflake
}

// Bits of Application.Flags. https://docs.discord.com/developers/resources/application#application-object-application-flags
const (
	AppMessageContent        = 1 << 18 // allowed after review
	AppMessageContentLimited = 1 << 19 // switched on in the portal
)

// Application is the bot's application.
type Application struct {
	ID      Snowflake
	Name    string
	Flags   uint64
	OwnerID Snowflake
}

// ThreadList is a page of threads. https://docs.discord.com/developers/resources/channel#list-public-archived-threads
type ThreadList struct {
	Threads []Channel
	HasMore bool
}

// GatewayInfo is the answer to GET /gateway/bot. https://docs.discord.com/developers/events/gateway#get-gateway-bot
type GatewayInfo struct {
	URL            string
	Shards         int
	Total          int   // identifies a day
	Remaining      int   // identifies left; -1 when not told
	ResetAfterMs   int64 // until Remaining is Total again
	MaxConcurrency int   // identifies in 5 s; 0 reads as 1
}
