package world

// ChannelType is Discord's number for a kind of channel.
type ChannelType int

// The channel types that this world knows.
const (
	GuildText          ChannelType = 0
	GuildVoice         ChannelType = 2
	GuildCategory      ChannelType = 4
	GuildAnnouncement  ChannelType = 5
	AnnouncementThread ChannelType = 10
	PublicThread       ChannelType = 11
	PrivateThread      ChannelType = 12
	GuildForum         ChannelType = 15
	GuildMedia         ChannelType = 16
)

// IsThread tells whether channels of this type are threads.
func (t ChannelType) IsThread() bool {
	return t == AnnouncementThread || t == PublicThread || t == PrivateThread
}

// openThreads is the type of the threads that everybody sees who sees a channel of this type. An announcement channel has one of its
// own, and no private threads. https://docs.discord.com/developers/resources/channel#channel-object-channel-types
func (t ChannelType) openThreads() ChannelType {
	if t == GuildAnnouncement {
		return AnnouncementThread
	}
	return PublicThread
}

// IsForum tells whether channels of this type hold posts (threads) and no messages of their own.
func (t ChannelType) IsForum() bool { return t == GuildForum || t == GuildMedia }

// Config says what stands in the world when it begins. The zero value is a guild with one text channel, one support
// role, two agents and one bot with the permissions that DESIGN asks for, and Discord's documented limits.
type Config struct {
	// StartMs is the Unix time in milliseconds at which the guild was made; zero: 1700000000000.
	StartMs int64
	// Seed decides everything that is drawn by lot: faults with a probability, jitter, session ids.
	Seed uint64

	// GuildName; empty: "Acme".
	GuildName string
	// ChannelName of the support channel; empty: "support".
	ChannelName string
	// ChannelType of the support channel: GuildText (zero), GuildAnnouncement, GuildForum or GuildMedia.
	ChannelType ChannelType
	// NoSupportChannel leaves the guild without a support channel, as `setup` may find it.
	NoSupportChannel bool
	// ForumTags are the tags of a forum support channel; nil: none.
	ForumTags []string
	// RequireTag sets the forum flag that refuses posts without a tag (40067).
	RequireTag bool
	// RoleName of the support role; empty: "Support".
	RoleName string
	// RoleNotMentionable forbids that the support role is mentioned without MENTION_EVERYONE.
	RoleNotMentionable bool
	// Agents are the names of the members who have the support role at the start; nil: "Ada Lovelace", "Grace Hopper".
	Agents []string

	// Bots that are members of the guild; nil: one with token "demo-token" and name "Support Bot".
	Bots []Bot
	// OnlyKnownTokens refuses tokens that are not in Bots (401, 4004). Otherwise an unknown token speaks as the first bot,
	// but its sessions are counted apart.
	OnlyKnownTokens bool
	// RequireUserAgent refuses bot requests whose User-Agent does not begin with "DiscordBot" (40333).
	RequireUserAgent bool
	// RequireTwoFactor makes the guild ask moderators for two-factor authentication; see World.RequireTwoFactor.
	RequireTwoFactor bool

	// Limits; each zero field takes Discord's value.
	Limits Limits
	// Gateway; each zero field takes Discord's value.
	Gateway GatewayConfig

	// APIURL is the origin that stands in URLs of attachments, e.g. "http://127.0.0.1:8788"; empty: "https://cdn.discordapp.com".
	APIURL string
	// Observe adds to the outputs a copy of every event, for a console; off by default, for it costs.
	Observe bool
	// NoLinkPreviews keeps Discord from adding embeds for links, which comes as a MESSAGE_UPDATE that is no edit.
	NoLinkPreviews bool
	// Inspect, where set, sees every request and its answer, so that a test can hold both to Discord's own description
	// (package description). Path is without /api and the version. It must not call the world.
	Inspect func(Request, Response)
	// KeepRequests keeps the raw body of the request that made each message (Message.Request).
	KeepRequests bool
}

// Bot is an application and its bot user, a member of the guild.
type Bot struct {
	// Token without "Bot ". Where its first part is the base64 of a snowflake, that is the application's id.
	Token string
	// Name of the bot user; empty: "Support Bot".
	Name string
	// Permissions of the bot's own role; zero: DefaultBotPermissions. Use NoPermissions for none.
	Permissions Permissions
	// NoMessageContent turns the portal's MESSAGE_CONTENT switch off: Identify with that intent is refused (4014) and
	// REST reads have no content.
	NoMessageContent bool
	// GuildMembers and Presences are the portal's other two privileged switches.
	GuildMembers, Presences bool
	// Absent: the application exists, but the bot was not invited to the guild.
	Absent bool
	// Shards that GET /gateway/bot recommends; zero: 1.
	Shards int
	// InteractionsEndpointURL, where set, stops INTERACTION_CREATE over the Gateway.
	InteractionsEndpointURL string
}

// Bucket is the limit of one route: Limit requests in WindowMs. Limit -1: none, and no bucket headers.
type Bucket struct {
	Limit    int
	WindowMs int64
	// Fixed: the whole limit comes back at the end of a window that began with its first request. Otherwise the window
	// slides: each request gives its slot back WindowMs later (most routes since 2022).
	Fixed bool
}

// Limits of the world. Zero fields take the defaults named beside them; all of them were documented or observed in
// 2018 to 2026 and none is promised by Discord.
type Limits struct {
	// Global requests a second and bot; zero: 50. -1: none.
	Global int
	// GlobalSliding counts the last 1000 ms; otherwise Discord's own second, which has nothing to do with the client's.
	GlobalSliding bool
	// Buckets overrides the limit of a bucket by its name (see Buckets).
	Buckets map[string]Bucket
	// Fixed makes every bucket that Buckets does not name a fixed window.
	Fixed bool
	// Humans are limited like bots; otherwise "User" requests have no limit.
	Humans bool
	// Off switches every limit off.
	Off bool
	// RenameLimit and RenameWindowMs: hidden limit of name and topic changes; zero: 2 in 600000. -1: none.
	RenameLimit    int
	RenameWindowMs int64
	// ThreadCreateBurst threads in ThreadCreateWindowMs are made freely, then creation answers 429 of scope "shared" for
	// ThreadCreateCooldownMs. Zero burst: no hidden limit. Zero window: 300000. Zero cool-down: 219000.
	ThreadCreateBurst      int
	ThreadCreateWindowMs   int64
	ThreadCreateCooldownMs int64
	// ActiveThreads of the guild (160006); zero: 1000.
	ActiveThreads int
	// NonceTTLMs: how long a nonce is remembered; zero: 300000.
	NonceTTLMs int64
	// InvalidRequests (401, 403, 429 but shared) in 10 minutes before Cloudflare blocks the address; zero: 10000. -1: never.
	InvalidRequests int
	// InvalidBlockMs: how long that block lasts; zero: 3600000.
	InvalidBlockMs int64
	// ContentUnits: UTF-16 units of a message's content; zero: 2000.
	ContentUnits int
	// FileBytes of one attachment; zero: 10 MiB. RequestBytes of a whole request; zero: 25 MiB.
	FileBytes, RequestBytes int
	// MutualHash gives POST, PATCH and DELETE of a message one bucket hash with counters of their own (observed in 2026).
	// Otherwise each has its own hash.
	MutualHash bool
}

// GatewayConfig says how the Gateway behaves. Zero fields take the values beside them.
type GatewayConfig struct {
	// HeartbeatIntervalMs in Hello; zero: 41250.
	HeartbeatIntervalMs int64
	// HeartbeatSlackMs after a missed beat before the socket is closed with 4009; zero: half an interval.
	HeartbeatSlackMs int64
	// ResumeWindowMs: how long a session outlives its socket; zero: 180000.
	ResumeWindowMs int64
	// ReplayEvents kept for Resume; zero: 10000.
	ReplayEvents int
	// SendLimit of frames from a client in 60 s; zero: 120.
	SendLimit int
	// SessionStarts in 24 h; zero: 1000. MaxConcurrency identifies in 5 s; zero: 1.
	SessionStarts, MaxConcurrency int
	// URL that /gateway/bot and READY announce; empty: ws(s)://{Host header}/gateway.
	URL string
	// ResumeURL that READY announces; empty: URL.
	ResumeURL string
}

func orInt[N int | int64](v *N, def N) {
	if *v == 0 {
		*v = def
	}
}

func orString(v *string, def string) {
	if *v == "" {
		*v = def
	}
}

// filled gives the config with every zero field replaced by its default.
func (c Config) filled() Config {
	orInt(&c.StartMs, 1700000000000)
	c.StartMs = max(c.StartMs, earliestMs)
	orString(&c.GuildName, "Acme")
	orString(&c.ChannelName, "support")
	orString(&c.RoleName, "Support")
	orString(&c.APIURL, "https://cdn.discordapp.com")
	if c.Agents == nil {
		c.Agents = []string{"Ada Lovelace", "Grace Hopper"}
	}
	if c.Bots == nil {
		c.Bots = []Bot{{Token: "demo-token"}}
	}
	bots := make([]Bot, len(c.Bots))
	for i, b := range c.Bots {
		orString(&b.Name, "Support Bot")
		if b.Permissions == 0 {
			b.Permissions = DefaultBotPermissions
		}
		orInt(&b.Shards, 1)
		bots[i] = b
	}
	c.Bots = bots

	l := &c.Limits
	orInt(&l.Global, 50)
	orInt(&l.RenameLimit, 2)
	orInt(&l.RenameWindowMs, 600000)
	orInt(&l.ThreadCreateWindowMs, 300000)
	orInt(&l.ThreadCreateCooldownMs, 219000)
	orInt(&l.ActiveThreads, 1000)
	orInt(&l.NonceTTLMs, 300000)
	orInt(&l.InvalidRequests, 10000)
	orInt(&l.InvalidBlockMs, 3600000)
	orInt(&l.ContentUnits, 2000)
	orInt(&l.FileBytes, 10<<20)
	orInt(&l.RequestBytes, 25<<20)

	g := &c.Gateway
	orInt(&g.HeartbeatIntervalMs, 41250)
	orInt(&g.HeartbeatSlackMs, g.HeartbeatIntervalMs/2)
	orInt(&g.ResumeWindowMs, 180000)
	orInt(&g.ReplayEvents, 10000)
	orInt(&g.SendLimit, 120)
	orInt(&g.SessionStarts, 1000)
	orInt(&g.MaxConcurrency, 1)
	return c
}
