package gateway

import (
	"strconv"
	"strings"
)

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

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and the code for it would be in the module all the same: what is
// behind an interface may be compared.
type unequal [0]func()

// Options configure a Machine.
type Options struct {
	_          unequal
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
	SeenMs    int64 // when the session was last known to be good, in Unix milliseconds by Discord's clock: a gap begins here. Without a session: when the last one was

	// IdentifiedMs is when the last Identify left, Unix milliseconds: a process that crashes and starts again and again must not identify each time.
	IdentifiedMs int64

	// Unreckoned: SeenMs is of the host's clock, read in this life of the process. It need not be kept.
	Unreckoned bool
}

func (o *Options) fill() {
	o.Token = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(o.Token)+" ", "Bot "))
	if o.Intents == 0 {
		o.Intents = IntentsDefault
	}
	if o.OS == "" {
		o.OS = "linux"
	}
	if o.Library == "" {
		o.Library = "cloudflarechat"
	}
}

// problem says what is wrong with the options; "" when nothing is.
func (o *Options) problem() string {
	switch {
	case o.Token == "":
		return "DISCORD_BOT_TOKEN is not set. " + tokenHint
	case o.Compression != "" && o.Compression != "zlib-stream" && o.Compression != "zstd-stream":
		return "the compression " + strconv.Quote(o.Compression) + " is not known: use zlib-stream, zstd-stream or none"
	case o.ShardCount < 0 || o.ShardID < 0 || (o.ShardCount > 0 && o.ShardID >= o.ShardCount):
		return "the shard number must be below the shard count"
	}
	return ""
}
