package settings

// The headings of the documentation, in its order.
const (
	groupDiscord = "Discord"
	groupSite    = "Your website"
	groupTeam    = "What visitors read"
	groupServer  = "The server"
	groupLimits  = "Limits"
	groupRelay   = "The Gateway relay"
	groupWatch   = "Watching it"
)

// Table is every setting there is, in the order of its documentation.
var Table = []Setting{
	{
		Key: "DISCORD_BOT_TOKEN", Group: groupDiscord, Takes: "text", Secret: true,
		Commands: Serve | Relay, Required: Serve | Relay,
		Put:   "the bot's token, from the Discord Developer Portal → your application → Bot → Reset Token",
		Doc:   "The bot that opens threads and posts for visitors. Whoever has it is the bot.",
		field: func(c *Config) any { return &c.DiscordBotToken }, check: checkToken,
	},
	{
		Key: "DISCORD_SUPPORT_CHANNEL_ID", Group: groupDiscord, Takes: "a Discord id",
		Commands: Serve | Relay, Required: Serve | Relay,
		Put:   "the id of the team's support channel (in Discord: Settings → Advanced → Developer Mode, then right-click the channel → Copy Channel ID)",
		Doc:   "The text channel in which each conversation becomes a thread. Everyone who can read it can read what visitors write.",
		field: func(c *Config) any { return &c.DiscordSupportChannelID }, check: checkID,
	},
	{
		Key: "SUPPORT_ROLE_ID", Group: groupDiscord, Takes: "a Discord id",
		Commands: Serve,
		Put:      "the id of the role to call (in Discord: Server Settings → Roles → ⋯ → Copy Role ID), or leave it out",
		Doc:      "The role that is mentioned once when a conversation begins. Left out, nobody is called.",
		field:    func(c *Config) any { return &c.SupportRoleID }, check: checkID,
	},
	{
		Key: "DISCORD_API_URL", Group: groupDiscord, Takes: "an address", Default: "https://discord.com/api",
		Commands: Serve | Relay,
		Put:      "an address that ends in /api, such as https://discord.com/api; the version is added to it",
		Doc:      "Where Discord's API is. Change it to talk to a stand-in, such as `cloudflare-chat discordsim`.",
		field:    func(c *Config) any { return &c.DiscordAPIURL }, check: checkAPI,
	},
	{
		Key: "ALLOWED_ORIGINS", Group: groupSite, Takes: "a list of origins",
		Commands: Serve,
		Put:      "the origins of your pages separated by commas, such as https://example.com,https://*.example.com",
		Doc:      "The websites that may open a conversation. A star stands for one name or more at the beginning. Left out, every website may, which is said at the start.",
		field:    func(c *Config) any { return &c.AllowedOrigins }, check: checkOrigins,
	},
	{
		Key: "TURNSTILE_SECRET_KEY", Group: groupSite, Takes: "text", Secret: true,
		Commands: Serve,
		Put:      "the widget's secret key, from the Cloudflare dashboard → Turnstile",
		Doc:      "Turns on Cloudflare Turnstile, the check for humans. The page needs the matching site key (`turnstileSiteKey`). Left out, nobody is checked.",
		field:    func(c *Config) any { return &c.TurnstileSecretKey }, check: checkToken,
	},
	{
		Key: "TURNSTILE_VERIFY_URL", Group: groupSite, Takes: "an address", Default: "https://challenges.cloudflare.com/turnstile/v0/siteverify",
		Commands: Serve,
		Put:      "the http or https address of a service that answers as Turnstile's siteverify does",
		Doc:      "Where tokens of Turnstile are checked. Change it only for tests.",
		field:    func(c *Config) any { return &c.TurnstileVerifyURL }, check: checkURL,
	},
	{
		Key: "IDENTITY_SECRET", Group: groupSite, Takes: "text", Secret: true,
		Commands: Serve,
		Put:      "at least 16 random characters that your website's own server knows too, such as the output of: openssl rand -hex 32",
		Doc:      "The key with which your website signs who is logged in. Left out, signed identities are not taken.",
		field:    func(c *Config) any { return &c.IdentitySecret }, check: checkSecret,
	},
	{
		Key: "GREETING", Group: groupTeam, Takes: "text",
		Commands: Serve,
		Put:      "a sentence of at most 500 characters",
		Doc:      "The first thing a visitor reads in a new conversation. Left out, a friendly sentence of our own.",
		field:    func(c *Config) any { return &c.Greeting }, check: checkLength(500),
	},
	{
		Key: "TEAM_NAME", Group: groupTeam, Takes: "text",
		Commands: Serve,
		Put:      "the name of your team, at most 80 characters",
		Doc:      "How the team is called in the window's header.",
		field:    func(c *Config) any { return &c.TeamName }, check: checkLength(80),
	},
	{
		Key: "TEAM_REPLY", Group: groupTeam, Takes: "text",
		Commands: Serve,
		Put:      "how soon you answer, in at most 120 characters, such as: Usually answers in a few minutes",
		Doc:      "How soon the team usually answers, in words, under its name.",
		field:    func(c *Config) any { return &c.TeamReply }, check: checkLength(120),
	},
	{
		Key: "LISTEN_ADDRESS", Group: groupServer, Takes: "HOST:PORT", Default: "127.0.0.1:8787",
		Commands: Serve,
		Put:      "HOST:PORT, such as 127.0.0.1:8787 behind a reverse proxy on this machine, or 0.0.0.0:8787 in a container",
		Doc:      "Where the server accepts connections. It speaks plain HTTP: put a reverse proxy with TLS in front of it.",
		field:    func(c *Config) any { return &c.ListenAddress }, check: checkListen,
	},
	{
		Key: "DATA_DIR", Group: groupServer, Takes: "a folder", Default: "data",
		Commands: Serve | Relay | Data,
		Put:      "the path of a folder that this program may write to",
		Doc:      "Where the conversations are kept (for `relay`: what the other host has not taken yet). It is made where missing, readable by its owner alone.",
		field:    func(c *Config) any { return &c.DataDir },
	},
	{
		Key: "DATA_SECRET", Group: groupServer, Takes: "text", Secret: true,
		Commands: Serve,
		Put:      "at least 32 random characters, never changed afterwards, such as the output of: openssl rand -hex 32; or leave it out",
		Doc:      "The key of routes and of hashed e-mail addresses. Left out, it is made at the first start and kept in the data folder, readable by its owner alone. A change makes every visitor a new one.",
		field:    func(c *Config) any { return &c.DataSecret }, check: checkDataSecret,
	},
	{
		Key: "TRUSTED_PROXIES", Group: groupServer, Takes: "a list of networks",
		Commands: Serve,
		Put:      "addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8",
		Doc:      "The reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Left out, none are: behind a proxy all visitors then share its address and its limits.",
		field:    func(c *Config) any { return &c.TrustedProxies },
	},
	{
		Key: "SESSION_GRACE", Group: groupLimits, Takes: "a length of time", Default: "1h",
		Commands: Serve,
		Put:      "a length of time such as 30m or 1h",
		Doc:      "How long a conversation stays open after the last sign of its visitor.",
		field:    func(c *Config) any { return &c.SessionGrace },
	},
	{
		Key: "RETENTION", Group: groupLimits, Takes: "a length of time", Default: "90d",
		Commands: Serve,
		Put:      "a length of time such as 90d",
		Doc:      "How long a conversation that ended is kept, so that the visitor can come back to it and the thread is used again.",
		field:    func(c *Config) any { return &c.Retention },
	},
	{
		Key: "MESSAGES_PER_MINUTE", Group: groupLimits, Takes: "a number", Default: "10",
		Commands: Serve,
		Put:      "a whole number above zero",
		Doc:      "How many messages a visitor may send in a minute. Past it the widget waits and sends on.",
		field:    func(c *Config) any { return &c.MessagesPerMinute },
	},
	{
		Key: "NEW_SESSIONS_PER_IP_HOUR", Group: groupLimits, Takes: "a number", Default: "3",
		Commands: Serve,
		Put:      "a whole number above zero",
		Doc:      "How many new conversations one internet address may begin in an hour.",
		field:    func(c *Config) any { return &c.NewSessionsPerIPHour },
	},
	{
		Key: "MAX_CONNECTIONS", Group: groupLimits, Takes: "a number", Default: "20000",
		Commands: Serve,
		Put:      "a whole number above zero",
		Doc:      "How many browsers may be connected at once. Past it new ones are told that the chat is full.",
		field:    func(c *Config) any { return &c.MaxConnections },
	},
	{
		Key: "MAX_CONNECTIONS_PER_IP", Group: groupLimits, Takes: "a number", Default: "50",
		Commands: Serve,
		Put:      "a whole number above zero",
		Doc:      "How many browsers of one internet address (IPv6: of one /64) may be connected at once.",
		field:    func(c *Config) any { return &c.MaxConnectionsPerIP },
	},
	{
		Key: "GATEWAY", Group: groupRelay, Takes: "on or off", Default: "on",
		Commands: Serve,
		Put:      "on, or off where `cloudflare-chat relay` runs elsewhere",
		Doc:      "Whether the server itself listens to Discord. Off, what agents write must come in through `POST /relay`.",
		field:    func(c *Config) any { return &c.Gateway },
	},
	{
		Key: "BOT_RELAY_SECRET", Group: groupRelay, Takes: "text", Secret: true,
		Commands: Serve | Relay, Required: Relay,
		Put:   "at least 16 random characters, the same at both ends, such as the output of: openssl rand -hex 32",
		Doc:   "What a relay shows to `POST /relay`. Left out, `serve` refuses every relay.",
		field: func(c *Config) any { return &c.BotRelaySecret }, check: checkSecret,
	},
	{
		Key: "BOT_RELAY_SECRET_PREVIOUS", Group: groupRelay, Takes: "text", Secret: true,
		Commands: Serve,
		Put:      "the former BOT_RELAY_SECRET while relays still use it, or leave it out",
		Doc:      "A second secret that `POST /relay` takes, so that the first can be changed without a gap.",
		field:    func(c *Config) any { return &c.BotRelaySecretPrevious }, check: checkSecret,
	},
	{
		Key: "RELAY_URL", Group: groupRelay, Takes: "an address",
		Commands: Relay, Required: Relay,
		Put:   "the address of the chat's /relay, such as https://chat.example.com/relay",
		Doc:   "Where `relay` hands over what happened in Discord.",
		field: func(c *Config) any { return &c.RelayURL }, check: checkRelayURL,
	},
	{
		Key: "HEALTH_ADDRESS", Group: groupRelay, Takes: "HOST:PORT",
		Commands: Relay,
		Put:      "HOST:PORT, such as 127.0.0.1:8790, or leave it out",
		Doc:      "Where `relay` serves `/health`. Left out, nowhere.",
		field:    func(c *Config) any { return &c.HealthAddress }, check: checkListen,
	},
	{
		Key: "LOG_LEVEL", Group: groupWatch, Takes: "debug, info, warn or error", Default: "info",
		Commands: Serve | Relay,
		Put:      "debug, info, warn or error",
		Doc:      "What is logged. No level shows texts, addresses or secrets.",
		field:    func(c *Config) any { return &c.LogLevel }, check: checkChoice("debug", "info", "warn", "error"),
	},
	{
		Key: "LOG_FORMAT", Group: groupWatch, Takes: "text or json", Default: "text",
		Commands: Serve | Relay,
		Put:      "text or json",
		Doc:      "How log lines are written, to standard error.",
		field:    func(c *Config) any { return &c.LogFormat }, check: checkChoice("text", "json"),
	},
	{
		Key: "METRICS", Group: groupWatch, Takes: "on or off", Default: "off",
		Commands: Serve,
		Put:      "on or off",
		Doc:      "Whether `/metrics` is served for Prometheus: to this machine, and with ADMIN_SECRET as bearer token to others.",
		field:    func(c *Config) any { return &c.Metrics },
	},
	{
		Key: "ADMIN_SECRET", Group: groupWatch, Takes: "text", Secret: true,
		Commands: Serve,
		Put:      "at least 16 random characters, such as the output of: openssl rand -hex 32",
		Doc:      "Opens `/metrics` and the details of `/health` to other machines, as a bearer token.",
		field:    func(c *Config) any { return &c.AdminSecret }, check: checkSecret,
	},
}
