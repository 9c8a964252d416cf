package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// Call is an effect: an HTTPS request to Discord, answered by [CallDone]. See the package comment for what a host owes.
type Call struct {
	// ID names the call among those of one actor; it stays below 2^53.
	ID uint64
	// Request says what to send. Its Path and Body are not for logs, its Route is.
	Request rest.Request
}

// EffectName implements [chat.Effect].
func (Call) EffectName() string { return "call" }

// Failure says how a call ended without an answer of Discord.
type Failure = rest.Failure

// The failures of a call.
const (
	// Answered: it did not fail; Status and what follows hold the answer.
	Answered = rest.Answered
	// FailureUnsent: surely nothing arrived, such as a refused connection.
	FailureUnsent = rest.NotSent
	// FailureLost: it may have arrived; the answer did not come, or not whole, or not in time.
	FailureLost = rest.DoubtfulSent
)

// CallDone answers a [Call].
type CallDone struct {
	// ID is the call's.
	ID uint64
	// Status is the HTTP status; 0 where Failure is set.
	Status int
	// Header holds the fields that rest.PickHeader picks.
	Header rest.Header
	// Body is the whole body as it came, JSON or not. A host may cut what is above 8 MiB and then says FailureLost.
	Body []byte
	// Failure is Answered where there was an answer.
	Failure Failure
}

// EventName implements [chat.Event].
func (CallDone) EventName() string { return "call_done" }

// GatewayGap says that the Gateway may have lost events: every thread that may have had news since is looked up and its conversation told to
// read. It begins a sweep; a second gap during a sweep widens it.
type GatewayGap struct {
	_ unequal
	// After is the newest message known before the gap; "" where none is.
	After chat.MessageID
	// At is when the gap began by Discord's clock, where After is "".
	At chat.Time
	// Epoch is that of the dispatches after the gap: see [chat.News].
	Epoch chat.MessageID
}

// Since is when the gap began.
func (g GatewayGap) Since() chat.Time {
	if after := wire.Snowflake(g.After); after.Valid() {
		return chat.Time(after.TimeMs())
	}
	return g.At
}

// EventName implements [chat.Event].
func (GatewayGap) EventName() string { return "gateway_gap" }

// Stray says that somebody wrote into the support channel itself, and not in answer to anybody: no visitor will see it.
type Stray struct {
	// Message is the post; its id says when it was written.
	Message chat.MessageID
}

// EventName implements [chat.Event].
func (Stray) EventName() string { return "stray" }

// Recheck says that something about the bot, its server or its support channel has changed, or that the owner mended something: what is
// known of them is asked for anew, and what was stopped goes on.
type Recheck struct{}

// EventName implements [chat.Event].
func (Recheck) EventName() string { return "recheck" }
