package gateway

// Intents of a bot. https://docs.discord.com/developers/events/gateway#list-of-intents
const (
	IntentGuilds           = 1 << 0
	IntentGuildMessages    = 1 << 9
	IntentMessageReactions = 1 << 10
	IntentMessageTyping    = 1 << 11
	IntentMessageContent   = 1 << 15 // privileged: must be switched on in the developer portal, else close 4014

	// IntentsDefault is what a support desk needs.
	IntentsDefault = IntentGuilds | IntentGuildMessages | IntentMessageReactions | IntentMessageTyping | IntentMessageContent
)

// Options configure a Machine.
type Options struct {
	Token      string // the bot's token, without "Bot "
	Intents    int    // 0 means IntentsDefault
	OS         string // told to Discord in Identify; "" means "linux"
	Library    string // the name told to Discord as browser and device; "" means "cloudflarechat"
	ShardID    int    // of ShardCount
	ShardCount int    // 0 means no sharding, as for bots in fewer than 2,500 servers

	// Compression is the transport compression to ask for: "", "zlib-stream" or "zstd-stream". The host decompresses.
	Compression string

	// Seed decides the jitter of heartbeats and reconnects. It should differ from start to start.
	Seed uint64

	// State is what the last SaveState of an earlier process said; the zero value when there was none.
	State State
}

// State is what must outlive the process for a session to be resumed.
type State struct {
	SessionID string // "" means no session
	ResumeURL string
	Seq       int64 // everything up to here was taken
	SeenMs    int64 // when the session was last known to be good, Unix milliseconds: a gap begins here
}
