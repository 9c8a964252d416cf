//go:build !planted

package discord

// Defects that the simulation plants to show that it finds them. In every build
// but its own they are constants, and the compiler leaves them out.
const (
	defectArchived = false // archived threads are not looked at after a gap
	defectBlind    = false // a post in doubt is not looked for
)
