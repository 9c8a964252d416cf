package chat

import (
	"strings"

	"cloudflarechat/chat/records"
)

// Time is a moment in Unix milliseconds. Zero is "never" or "not yet".
type Time int64

// Lengths of time in milliseconds, to be added to a [Time].
const (
	Second Time = 1000
	Minute      = 60 * Second
	Hour        = 60 * Minute
	Day         = 24 * Hour
)

// Route says where a session lives. It is an address, not a secret: it opens
// nothing, and carries a MAC so that forged ones reach no actor.
type Route string

// SessionID is the bearer secret of a session. It stands in no log, URL,
// header, metric or text.
type SessionID string

// ConnID names one connection of a host, for as long as it is open.
type ConnID string

// ThreadID is the desk's id of a thread; "" is none.
type ThreadID string

// MessageID is the desk's id of a message: a decimal number that grows with
// time. "" is none and comes before every other.
type MessageID string

// Before tells whether m came before o.
func (m MessageID) Before(o MessageID) bool { return records.Before(string(m), string(o)) }

// Ticket is a host's name for somebody who waits for an [Answer]; "" is nobody. One
// that begins with [DeskTicket] is the desk's own: it is told [NewsAnswered].
type Ticket string

// DeskTicket begins the tickets of what the desk found after a gap.
const DeskTicket = "desk:"

// answer is how somebody hears what became of what they told.
func answer(t Ticket, st Status) Effect {
	if strings.HasPrefix(string(t), DeskTicket) {
		return Tell{DeskAddress, NewsAnswered{t, st}}
	}
	return Answer{t, st}
}

// ActorKind is the kind of an actor.
type ActorKind uint8

// The kinds of actors.
const (
	KindSession ActorKind = iota + 1
	KindRegistry
	// KindDesk is whoever sends to the team: for Discord the Egress.
	KindDesk
)

// Address names an actor. Key is a [Route] for a session, a [RegistryKey] for
// the registry, and the name of a bot for the desk.
type Address struct {
	Kind ActorKind `json:"kind"`
	Key  string    `json:"key"`
}

// SessionAt is the address of the session at r.
func SessionAt(r Route) Address { return Address{KindSession, string(r)} }

// DeskAddress is the address of the one desk there is.
var DeskAddress = Address{KindDesk, "main"}

// RegistryKey names one actor of the registry: a kind, a colon, and an id.
type RegistryKey string

// ThreadKey is where the owners of a thread are kept.
func ThreadKey(id ThreadID) Address { return Address{KindRegistry, "thread:" + string(id)} }

// EmailKey is where the thread of an e-mail address is kept; hash is
// [HashEmail].
func EmailKey(hash string) Address { return Address{KindRegistry, "email:" + hash} }

// BearerKey leads from the hash of a session id ([HashBearer]) to its route.
func BearerKey(hash string) Address { return Address{KindRegistry, "bearer:" + hash} }
