//go:build !planted

package chat

// Defects that the simulation plants to show that it finds them. In every build
// but its own they are constants, and the compiler leaves them out.
const (
	defectThaw          = false // a retry freezes anew
	defectReopen        = false // a retried opening post has a new key
	defectReannounce    = false // a rebuilt session forgets the opening post in flight
	defectRange         = false // posts go to the newest owner of a thread
	defectLease         = false // a divider may be posted at any time, and two may be about to
	defectKnown         = false // an agent's post that comes again counts again
	defectDropOnDoubt   = false // a post in doubt leaves the outbox
	defectDivider       = false // a thread is taken over without a divider
	defectCatchUp       = false // what may have been missed is not read
	defectClientID      = false // a visitor's message that comes again counts again
	defectWrittenIsSeen = false // what was written to a connection has arrived
	defectLateRepeat    = false // a first attempt is never told twice
	defectRefused       = false // what is refused is taken for not arrived, as a whole
	defectOld           = false // what is older than memory is not looked up
	defectQuote         = false // a quote is shown whoever's words it holds
	defectSeq           = false // what the client says that it has seen is not looked at
	defectStalePull     = false // what was said of an earlier attempt holds for this one
)
