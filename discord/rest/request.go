package rest

import "cloudflarechat/discord/wire"

// Kind groups requests that share a limit which Discord does not show in its bucket headers. The zero value means "no more than
// the route". Requests of one Kind and one Major are parked together when such a limit is met.
type Kind string

// The kinds.
const (
	KindThreadCreate Kind = "thread-create" // hidden cool-downs of minutes, shared by all ways to create a thread
	KindRename       Kind = "rename"        // 2 in 10 minutes a channel or thread
	KindArchive      Kind = "archive"       // archived and locked: the plain limit of the route
	KindOldDelete    Kind = "delete-old"    // messages of 14 days and more are a bucket of their own
	KindNewDelete    Kind = "delete-new"    // messages younger than 10 s too
	KindJoin         Kind = "thread-join"   // limited by the guild, not by the thread in the path
)

// Request is one call of the REST API as data. The host adds the base URL (which ends in /api/v10), the
// Authorization and User-Agent headers, and sends Body with ContentType and an exact Content-Length (0 too).
type Request struct {
	Method string
	Route  string // template, e.g. /channels/{channel.id}/messages: with Method and Major the identity of the limit, and safe for logs
	Path   string // what is asked, below the base URL; escaped. May hold a token of an interaction: not for logs
	Query  string // without the question mark; "" for none
	Body   []byte // nil for none

	ContentType string // of Body; "" for none
	Major       string // the channel, guild, or webhook and token that limits are counted by; "" for none
	Kind        Kind

	Exempt     bool // outside the bot's global limit, and needs no Authorization: interactions, webhooks with a token
	Idempotent bool // sending the same bytes again does nothing twice
	Low        bool // may wait: never takes the last fifth of the global budget

	// RepeatForMs bounds Idempotent: how long after the first try a repeat is still known for one. 0 means for ever. It is
	// set on posts with a nonce, which Discord remembers for "a few minutes".
	RepeatForMs int64
}

// NonceWindowMs is how long after a post's first try the same nonce is relied upon. Discord says "the past few minutes"; past
// this, read the channel and compare before trying again. https://docs.discord.com/developers/resources/message#create-message
const NonceWindowMs = 60_000

// MaxNonceChars is Discord's bound on a nonce.
const MaxNonceChars = 25

// Post is what a message is created from.
type Post struct {
	Content string
	Nonce   string // at most MaxNonceChars; "" makes the post unsafe to repeat
	Flags   uint64 // bits of wire.Flag…; 0 for none

	// MentionRole is the one role that this post may ping. Set it only on a post whose text no visitor made a character of.
	// "" or what is no id: nobody can be pinged, whatever the text says.
	MentionRole wire.Snowflake

	// ReplyTo makes the post an answer to a message of the same channel; the author is not pinged. If that message is gone, the post is
	// made all the same.
	ReplyTo wire.Snowflake
}

// ThreadStart is what a thread is created from.
type ThreadStart struct {
	Name               string           // 1 to 100 UTF-16 units
	AutoArchiveMinutes int              // 60, 1440, 4320 or 10080; 0 leaves the channel's default
	Type               wire.ChannelType // for CreateThread only; must be given, since Discord's default is private
	Tags               []wire.Snowflake // for forum posts only, at most 5
}

// ThreadState is what a PATCH of a thread sets; nil leaves a field alone. There is no name here: a rename is a request of its own, because its
// hidden limit would hold an archive back for ten minutes.
type ThreadState struct {
	Archived           *bool
	Locked             *bool
	AutoArchiveMinutes int               // 0 leaves it alone
	Tags               *[]wire.Snowflake // of a forum post
}
