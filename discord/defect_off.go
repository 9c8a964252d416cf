//go:build !planted

package discord

// Defects that the simulation plants to show that it finds them. In every build
// but its own they are constants, and the compiler leaves them out.
const (
	defectArchived = false // archived threads are not looked at after a gap
	defectBlind    = false // a post in doubt is not looked for
	defectOnce     = false // a thread that cannot be made twice is made at each telling, and not looked for
	defectAnew     = false // a thread of an earlier attempt is not looked for
	defectRecall   = false // the first post of a thread that was found is not looked for
)
