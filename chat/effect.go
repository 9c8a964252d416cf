package chat

import "cloudflarechat/chat/records"

// Row is one record on its way to or from disk; see package records.
type Row = records.Row

// Effect is something that a host shall do. Effects are plain data, so that a
// test can compare them and a simulation can delay, repeat or lose them.
type Effect interface {
	// EffectName is the effect's name in transcripts and on the border.
	EffectName() string
}

// Save makes rows durable, before any other effect of the step.
type Save struct{ Rows []Row }

// Erase deletes every row and the timer of the actor, and the actor with them.
type Erase struct{}

// SetTimer sets the one timer of the actor, durably. 0 clears it.
type SetTimer struct{ At Time }

// Send sends a text frame to a connection.
type Send struct {
	Conn ConnID
	Data []byte
}

// CloseConn closes a connection. The host still says [ConnClosed].
type CloseConn struct {
	Conn ConnID
	Code CloseCode
}

// Attach keeps the state of a connection for as long as it is open, also when
// the actor is dropped meanwhile.
type Attach struct {
	Conn  ConnID
	State ConnState
}

// Tell brings an event to another actor.
type Tell struct {
	To    Address
	Event Event
}

// VerifyTurnstile asks Cloudflare whether a token is good; answered by
// [TurnstileVerified].
type VerifyTurnstile struct {
	_        unequal
	Conn     ConnID
	Token    string
	RemoteIP string
	// Key is the idempotency key: the same token may be verified again with it.
	Key string
	// Host is the site's host name that must have issued it; "" is any.
	Host string
}

// LoadHistory asks for at most Limit message rows with keys below Before,
// newest first; answered by [HistoryLoaded].
type LoadHistory struct {
	_      unequal
	Conn   ConnID
	Before int64
	Limit  int
}

// FindMessages asks for the message rows that fit Find; answered by
// [MessagesFound], which brings back what they are wanted for.
type FindMessages struct {
	Find records.Find
	// News are what the rows are wanted for, else a frame of Conn, else Conn itself.
	News  ThreadNews
	Conn  ConnID
	Frame []byte
}

// HearConns asks when each connection was last heard of; answered by
// [ConnsHeard].
type HearConns struct{}

// Status is what an [Answer] says.
type Status uint8

// The statuses.
const (
	// StatusTaken: it is durable where it belongs, also when it was before.
	StatusTaken Status = iota + 1
	// StatusUnknown: nobody here knows the thread.
	StatusUnknown
	// StatusLater: it cannot be said yet; ask again.
	StatusLater
	// StatusPoison: it was set aside and will not be taken.
	StatusPoison
)

// Answer tells whoever holds the ticket.
type Answer struct {
	Ticket Ticket
	Status Status
}

// Count adds to a metric of the catalogue.
type Count struct {
	_      unequal
	Metric Metric
	// Label is the one label of the metric, or "".
	Label string
	Value float64
}

// EffectName implements [Effect].
func (Save) EffectName() string            { return "save" }
func (Erase) EffectName() string           { return "erase" }
func (SetTimer) EffectName() string        { return "set_timer" }
func (Send) EffectName() string            { return "send" }
func (CloseConn) EffectName() string       { return "close_conn" }
func (Attach) EffectName() string          { return "attach" }
func (Tell) EffectName() string            { return "tell" }
func (VerifyTurnstile) EffectName() string { return "verify_turnstile" }
func (LoadHistory) EffectName() string     { return "load_history" }
func (FindMessages) EffectName() string    { return "find_messages" }
func (HearConns) EffectName() string       { return "hear_conns" }
func (Answer) EffectName() string          { return "answer" }
func (Count) EffectName() string           { return "count" }

// Actor is a state machine. Step panics only when an invariant is broken.
type Actor interface {
	Step(now Time, event Event) []Effect
}

// Tail is a part of an actor's records that it needs to be rebuilt: the newest
// Limit rows of a table.
type Tail struct {
	Table records.Table
	Limit int
}

// ConnState is what a session remembers of a connection; a host keeps it with
// the socket.
type ConnState struct {
	Conn ConnID `json:"conn"`
	// Random is of [ConnOpened], until it was used.
	Random   [32]byte `json:"random"`
	Site     string   `json:"site,omitempty"`
	RemoteIP string   `json:"ip,omitempty"`
	// Phase is how far the connection has come.
	Phase ConnPhase `json:"phase"`
	// Front is the session that holds the socket, where it is not this one.
	Front Route `json:"front,omitempty"`
	// Target is the session that the frames go to, where it is not this one.
	Target Route `json:"target,omitempty"`
	// Base is set for a client of the base protocol.
	Base bool `json:"base,omitempty"`
	// Unsure is set where the client may say again what it said before the oldest
	// message in memory: when it came it had not been shown all that followed.
	Unsure bool `json:"unsure,omitempty"`
	// SentSeq is the newest message that was sent to a client of the base protocol,
	// at SentAt; SettledSeq the newest that surely arrived, for time passed or frames
	// came since.
	SentSeq    int64 `json:"sent,omitempty"`
	SentAt     Time  `json:"sentAt,omitempty"`
	SettledSeq int64 `json:"settled,omitempty"`
	// Owed are the messages that it sent and that are acked once the address's
	// registry lets the conversation begin.
	Owed []int64 `json:"owed,omitempty"`
	// BadFrames counts frames that could not be read.
	BadFrames int `json:"bad,omitempty"`
	// Refused counts checks for humans that were not passed.
	Refused int `json:"refused,omitempty"`
	// Init is the init frame while it waits for an answer from elsewhere.
	Init []byte `json:"init,omitempty"`
	// AskedAt is since when it waits for an answer from elsewhere.
	AskedAt Time `json:"asked,omitempty"`
	// fullAt is in memory alone: a session that was rebuilt counts its frames anew.
	fullAt [pacedKinds]Time
}

// ConnPhase is how far a connection has come.
type ConnPhase uint8

// The phases of a connection.
const (
	// PhaseNew: nothing but pings yet.
	PhaseNew ConnPhase = iota
	// PhaseVerifying waits for Turnstile.
	PhaseVerifying
	// PhaseFinding waits for the registry to say where the session id leads.
	PhaseFinding
	// PhaseBinding waits for the registry to know the new session id.
	PhaseBinding
	// PhaseReady: the visitor talks.
	PhaseReady
	// PhaseFronting: frames are passed to another session.
	PhaseFronting
	// PhaseClosing: a close is on its way.
	PhaseClosing
)
