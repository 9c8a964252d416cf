package gateway

// Machine is one session with the Gateway. Make it with New. It is not safe for use from several goroutines.
type Machine struct {
	opts Options
}

// New makes a machine that waits for Start. It panics on nothing; a wrong option shows as Fatal.
func New(opts Options) *Machine { return &Machine{opts: opts} }

// Step takes one event at now (Unix milliseconds, never going back) and gives the effects to carry out, in order. The slice is the
// caller's.
func (m *Machine) Step(now int64, ev Event) []Effect { return nil }
