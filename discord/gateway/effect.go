package gateway

import "cloudflarechat/discord/wire"

// Effect is what the machine asks of its host: one of the types of this file.
type Effect interface{ effect() }

// FetchGatewayBot asks for GET /gateway/bot; the answer is Info or InfoFailed.
type FetchGatewayBot struct{}

// Dial opens a WebSocket to URL, which is complete.
type Dial struct {
	Conn Conn
	URL  string
}

// Send sends a text frame. It may hold the token: not for logs.
type Send struct {
	Conn Conn
	Data []byte
}

// Close closes a socket. No event about it is needed or heeded any more.
type Close struct {
	Conn Conn
	Code int
}

// SetTimer sets the one timer to AtMs (Unix milliseconds), in place of what it was set to.
type SetTimer struct{ AtMs int64 }

// Dispatch hands an event over; the host answers Taken with the same Conn and Seq.
type Dispatch struct {
	_     unequal
	Conn  Conn
	Seq   int64
	Type  string // Discord's name of the event
	Event wire.Event
}

// SaveState asks that State be made durable. An empty SessionID means that there is nothing to resume any more.
type SaveState struct{ State State }

// GapSuspected says that a new session replaces an old one, or that an event was given up: events between SinceMs and now may be lost, and the host must read up by
// REST. It comes right after the Dispatch of Ready, or before the Dispatch of what came behind the lost event, and before the SaveState that forgets the gap. SinceMs is of Discord's clock, as far as a Skew told it, and an event takes its time to come: begin a minute earlier.
type GapSuspected struct{ SinceMs int64 }

// Fatal says that reconnecting is of no use before the owner acted.
type Fatal struct {
	Code int    // the close code; 401 when the token was refused by REST; 0 for an own finding
	Text string // what is wrong and what to do about it
}

// Status tells a change of the connection's state, for health and the log.
type Status struct {
	_       unequal
	State   ConnState
	Attempt int   // connection tries since the last good session
	RetryMs int64 // when the next step is due, Unix milliseconds; 0 when it is now
	Reason  string
}

// ConnState is where the session stands.
type ConnState int

// The states.
const (
	Stopped    ConnState = iota
	Fetching             // asks REST for the address
	Waiting              // for a backoff, or for identifies to be renewed
	Connecting           // the socket is being opened
	Greeting             // waits for Hello
	Identifying
	Resuming
	Ready
	Failed // Fatal was said
)

var stateNames = [...]string{"stopped", "fetching", "waiting", "connecting", "greeting", "identifying", "resuming", "ready", "failed"}

// String names the state in one word.
func (s ConnState) String() string {
	if s < 0 || int(s) >= len(stateNames) {
		return "unknown"
	}
	return stateNames[s]
}

// Count adds 1 to a metric.
type Count struct{ Metric Metric }

// Metric names something that is counted.
type Metric string

// The metrics.
const (
	FramesBroken     Metric = "gateway_frames_broken"     // no whole JSON
	FramesUnknown    Metric = "gateway_frames_unknown"    // an op that is not known, or none
	FieldsOdd        Metric = "gateway_frames_odd"        // a field of an unexpected type
	EventsUnread     Metric = "gateway_events_unread"     // a type that is not read here
	EventsRepeated   Metric = "gateway_events_repeated"   // seq not above the last: dropped
	EventsSkipped    Metric = "gateway_events_skipped"    // seq jumped: something was not seen
	EventsMissed     Metric = "gateway_events_missed"     // it was broken or missing each time: a gap was told
	HeartbeatsMissed Metric = "gateway_heartbeats_missed" // a connection was given up as dead
	PushesDropped    Metric = "gateway_pushes_dropped"    // too large, or replaced by a newer one
)

func (FetchGatewayBot) effect() {}
func (Dial) effect()            {}
func (Send) effect()            {}
func (Close) effect()           {}
func (SetTimer) effect()        {}
func (Dispatch) effect()        {}
func (SaveState) effect()       {}
func (GapSuspected) effect()    {}
func (Fatal) effect()           {}
func (Status) effect()          {}
func (Count) effect()           {}
