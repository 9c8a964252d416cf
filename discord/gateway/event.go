package gateway

// Conn numbers a socket, from 1. 0 is none.
type Conn int64

// Event is what a host tells the machine: one of the types of this file.
type Event interface{ event() }

// Start begins, or begins anew after a Fatal once the owner acted.
type Start struct{}

// Stop ends for good, keeping the session resumable. Start begins again.
type Stop struct{}

// Info is the answer to a FetchGatewayBot: the fields of wire.GatewayInfo.
type Info struct {
	_              unequal
	URL            string
	Remaining      int   // identifies left; negative when Discord did not say
	ResetAfterMs   int64 // until they are renewed
	MaxConcurrency int   // identifies in 5 s; 0 means 1
	Shards         int   // recommended
}

// InfoFailed says that a FetchGatewayBot brought nothing.
type InfoFailed struct {
	Status       int   // HTTP status; 0 when there was no answer. 401 is fatal
	RetryAfterMs int64 // how long Discord wants to be left alone; 0 leaves it to the machine
}

// Connected says that the socket of a Dial is open.
type Connected struct{ Conn Conn }

// Frame is a payload from the socket, decompressed. Data may be reused after Step.
type Frame struct {
	Conn Conn
	Data []byte
}

// Closed says that a socket is gone, or that a Dial failed.
type Closed struct {
	Conn   Conn
	Code   int // close code; 0 when there was none (a failed Dial, a lost connection)
	Status int // HTTP status with which the upgrade was refused; 0 for none
}

// Timer says that the time of a SetTimer has come.
type Timer struct{}

// Taken says that what the Dispatch of this sequence brought is safe.
type Taken struct {
	Conn     Conn  // of the Dispatch
	Seq      int64 // of the Dispatch
	Relevant bool  // it changed something that must not be repeated needlessly: save the sequence at once, and not with the next tick
}

// Skew says how far Discord's clock is ahead of the host's, as the Date of any answer of Discord shows it. It comes before the Info of the same answer.
type Skew struct{ AheadMs int64 }

// Push sends a payload of the host's own (a presence, say), at most MaxPayloadBytes. Only the newest waits when the socket is not ready or the budget is spent.
type Push struct{ Payload []byte }

func (Start) event()      {}
func (Stop) event()       {}
func (Info) event()       {}
func (InfoFailed) event() {}
func (Connected) event()  {}
func (Frame) event()      {}
func (Closed) event()     {}
func (Timer) event()      {}
func (Taken) event()      {}
func (Push) event()       {}
func (Skew) event()       {}
