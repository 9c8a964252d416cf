package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/wire"
)

// ThreadKind says what a conversation's thread is.
type ThreadKind uint8

// The kinds of threads.
const (
	// ThreadsPublic are opened on an opening post in a text channel. It is the zero value.
	ThreadsPublic ThreadKind = iota
	// ThreadsPrivate are seen by those who are mentioned in them and by moderators.
	ThreadsPrivate
	// ThreadsForum are posts of a forum channel.
	ThreadsForum
)

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and the code for it would be in the module all the same: what is
// behind an interface may be compared.
type unequal [0]func()

// Options says for whom and how fast an [Egress] works. The bot's token is not among them: the host adds it to each request.
type Options struct {
	_ unequal
	// Channel is the support channel. It must be given.
	Channel wire.Snowflake
	// Role is mentioned once in an opening post; "" mentions nobody.
	Role wire.Snowflake
	// AlertRole is mentioned where a visitor waits too long, and where something is wrong; "" is Role.
	AlertRole wire.Snowflake
	// AlertAfter is for how long something is wrong until the team is told in the support channel; 0 is two minutes, below 0 is never.
	AlertAfter chat.Time
	// Threads is the kind of thread to open. A forum channel always gets [ThreadsForum], whatever stands here.
	Threads ThreadKind
	// AutoArchiveMinutes until Discord hides a silent thread: 60 (also for 0), 1440, 4320 or 10080.
	AutoArchiveMinutes int

	// MaxInFlight is how many calls may be open at once; 0 is 5, which is what an edge object may have.
	MaxInFlight int
	// MaxReady is how many conversations can wait; 0 is 100,000. One more is told that it is delayed and must announce itself
	// again later. One that waits costs about 300 bytes.
	MaxReady int
	// RequestsPerSecond is the bot's global budget; 0 is 50, Discord's own.
	RequestsPerSecond int
	// Seed spreads the waits after errors, so that several hosts do not come back at one moment. Any number.
	Seed uint64
}

const (
	defaultAutoArchiveMinutes = 60
	defaultMaxInFlight        = 5
	defaultMaxReady           = 100_000
	defaultRequestsPerSecond  = 50
)

func (o Options) filled() Options {
	fill(&o.AutoArchiveMinutes, defaultAutoArchiveMinutes)
	fill(&o.MaxInFlight, defaultMaxInFlight)
	fill(&o.MaxReady, defaultMaxReady)
	if o.AlertAfter == 0 {
		o.AlertAfter = defaultAlertAfter
	}
	fill(&o.RequestsPerSecond, defaultRequestsPerSecond)
	return o
}

func (o *Options) alertRole() wire.Snowflake {
	if o.AlertRole.Valid() {
		return o.AlertRole
	}
	return o.Role
}

func fill(v *int, value int) {
	if *v <= 0 {
		*v = value
	}
}
