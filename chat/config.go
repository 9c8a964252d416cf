package chat

import "cloudflarechat/chat/records"

// Config is what the owner of a deployment decides about conversations. Its
// zero value, with a Desk and a DataSecret, is usable: [Config.Fill] puts the
// defaults in.
type Config struct {
	// DataSecret keys the MAC of routes and the hashes of session ids and
	// e-mails. At least 16 bytes; it must never change.
	DataSecret []byte
	// Desk knows how texts look where the agents sit.
	Desk Desk
	// Greeting is the message of a ready frame. Default: "Hi, how can we help?"
	Greeting string
	// TeamName and TeamReply tell who answers and how soon; "" leaves them out.
	TeamName, TeamReply string
	// Grace is how long after the last sign of life a session stays open.
	// Default: one hour.
	Grace Time
	// Retention is how long after that a session's records are kept. Default: 90
	// days.
	Retention Time
	// ReuseThread is how long an e-mail address keeps its thread. Default: 90
	// days.
	ReuseThread Time
	// TurnstileOn asks every new visitor for a Turnstile token.
	TurnstileOn bool
	// TurnstileDownLimits lets new visitors in while Turnstile does not answer,
	// under stricter limits; else they are asked to try again.
	TurnstileDownLimits bool
	// IdentitySecret keys the identities that the site signs; empty: none are
	// taken.
	IdentitySecret []byte
	// Filter decides which messages are marked for the team.
	Filter Filter
	// MessagesPerMinute is how many messages a visitor may send a minute, and at
	// once. Default: 10.
	MessagesPerMinute int
	// SessionsPerIPHour is how many new conversations an internet address (IPv6:
	// a /64) may begin in an hour. Default: 3; above 1,000 nothing is counted.
	SessionsPerIPHour int
	// BlockAddressFor is how long nobody may begin a conversation from the
	// addresses of a blocked visitor. Default: a day; below 0: they may.
	BlockAddressFor Time
	// MaxConns is how many connections (tabs, devices) a session may have.
	// Default: 12.
	MaxConns int
	// HeadAlways puts who and where at the head of every post.
	HeadAlways bool
	// HeadAfter puts it there after such a silence. Default: six hours.
	HeadAfter Time
	// AwayAfter is how long after an unseen answer the team is told that the
	// visitor has left. Default: 30 seconds.
	AwayAfter Time
	// AlertAfter is how long a visitor waits for an answer until the team is
	// called again, once a wait. Default: two minutes; below 0: never.
	AlertAfter Time
}

// Limits that are not settings.
const (
	// MaxFrameBytes is the largest frame that is read; a larger one is answered
	// with [CodeFrameTooBig].
	MaxFrameBytes = 64 << 10
	// MaxNameGraphemes, MaxEmailBytes, MaxPageBytes bound the form's fields.
	MaxNameGraphemes = 80
	MaxEmailBytes    = 254
	MaxPageBytes     = 2048
	// MaxMessageGraphemes and MaxMessageUnits (UTF-16) bound a message.
	MaxMessageGraphemes = 2000
	MaxMessageUnits     = 8000
	// MaxBadFrames of one connection; then it is closed with [CloseProtocol].
	MaxBadFrames = 50
	// maxRefusedChecks for humans of one connection; then it is closed with
	// [CloseTurnstile].
	maxRefusedChecks = 5
	// TailMessages is how many messages an actor is rebuilt from.
	TailMessages = 256
	// maxWaitingSpan: when the oldest undelivered message lies this far back, a
	// visitor's message is refused with [CodeQueueFull].
	maxWaitingSpan = 128
	// maxTailSpan: beyond it an agent's post is asked for again later, so that no
	// undelivered message ever falls out of the tail.
	maxTailSpan = 240
	// maxHistory is the most messages that one history frame or ready brings.
	maxHistory = 50
	// maxPostParts bounds the rows that one frozen post takes.
	maxPostParts = 32
	// nonceLife is how long after the first attempt a repeat of a post is surely
	// known by its key, the time on the wire taken off: past it an attempt in doubt
	// is looked for first. Discord says "the past few minutes"; one minute is
	// assumed.
	nonceLife = 45 * Second
	// pullFresh is how old what a pull says may be. With nonceLife it stays below
	// the shortest life of a nonce.
	pullFresh = 10 * Second
	// retryAfter is after which silence unfinished work is taken up again.
	retryAfter = 60 * Second
	// leaseTime is how long a claimant may take to take a thread over, and
	// leaseMargin what it leaves unused of that for clocks that differ.
	leaseTime   = 10 * Minute
	leaseMargin = Minute
	// seenEvery is how often a seen mark is made durable at most.
	seenEvery = 10 * Second
	// typingEvery is how often the desk hears that the visitor types at most.
	typingEvery = 8 * Second
	// SilentAfter is after which silence a connection is taken for dead. A client
	// pings twice a minute; a page in the background may do so once.
	SilentAfter = 3 * Minute
	// listenEvery is how often it is asked at most which connections are silent.
	listenEvery = Minute
	// settleAfter is after which time a frame that was written has surely
	// arrived, if the connection was still there.
	settleAfter = 2 * Second
	// settleFronted is the same for a connection that another session holds.
	settleFronted = 30 * Second
)

// Fill puts the defaults where nothing is set.
func (c *Config) Fill() {
	def := func(t *Time, d Time) {
		if *t == 0 {
			*t = d
		}
	}
	if c.Greeting == "" {
		c.Greeting = "Hi, how can we help?"
	}
	def(&c.Grace, Hour)
	def(&c.Retention, 90*Day)
	def(&c.ReuseThread, 90*Day)
	def(&c.HeadAfter, 6*Hour)
	def(&c.AwayAfter, 30*Second)
	def(&c.AlertAfter, 2*Minute)
	if c.MessagesPerMinute == 0 {
		c.MessagesPerMinute = 10
	}
	if c.SessionsPerIPHour == 0 {
		c.SessionsPerIPHour = 3
	}
	def(&c.BlockAddressFor, Day)
	if c.MaxConns == 0 {
		c.MaxConns = 12
	}
}

// Restore is what an actor is rebuilt from.
type Restore struct {
	// Rows are the rows that the actor's tails ask for, in any order.
	Rows []Row
	// Conns are the open connections, as the last [Attach] of each left them.
	Conns []ConnState
	// Timer is the timer that is set; 0 is none.
	Timer Time
}

// SessionTails is what a session is rebuilt from.
var SessionTails = []Tail{
	{records.TableSession, 1},
	{records.TableMessage, TailMessages},
	{records.TablePost, maxPostParts},
	{records.TableSessionBearer, maxSessionBearers},
}

// RegistryKinds are what stands before the colon of a key of the registry. A host
// that keeps actors in places of their own asks [RegistryTails] for each of them.
var RegistryKinds = []string{"thread", "email", "bearer", "person", "address"}

// RegistryTails is what the registry's actor with this key is rebuilt from.
func RegistryTails(key string) []Tail {
	switch registryKind(key) {
	case "thread":
		return []Tail{{records.TableThreadOwner, maxOwners}, {records.TableThreadClaim, maxClaims}}
	case "email":
		return []Tail{{records.TableEmailThread, 1}, {records.TableEmailSession, maxEmailSessions}}
	case "person":
		return []Tail{{records.TablePerson, 1}}
	case "address":
		return []Tail{{records.TableAddressBlock, 1}, {records.TableAddressSession, maxAddressSessions}}
	default:
		return []Tail{{records.TableBearer, 1}}
	}
}
