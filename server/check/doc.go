// Package check asks the real services whether what somebody set up works, and
// says in words what does not and how to mend it.
//
// `cloudflare-chat setup` checks each answer with it at once, and
// `cloudflare-chat doctor` a whole installation. Every service is reached by
// its address, so that a stand-in can take its place.
package check

import "fmt"

// Level is how well something is.
type Level string

// The levels, from good to bad. Skipped is what could not be looked at, and
// says why.
const (
	OK      Level = "ok"
	Skipped Level = "skipped"
	Warning Level = "warning"
	Failed  Level = "failed"
)

// Finding is what one check found.
type Finding struct {
	// Name says in a word or two what was looked at.
	Name  string `json:"name"`
	Level Level  `json:"level"`
	// Says is one sentence.
	Says string `json:"says"`
	// Mend is what to do about it; empty where nothing is to be done.
	Mend string `json:"mend,omitempty"`
}

// Problem is why an answer cannot be used, and how to mend it.
type Problem struct {
	What, Mend string
	// Elsewhere is set where the answer may be right, and something else is to be
	// mended before it is checked again: a setting in Discord, a network.
	Elsewhere bool
}

// Error implements error.
func (p *Problem) Error() string { return p.What }

func problem(mend, format string, args ...any) *Problem {
	return &Problem{What: fmt.Sprintf(format, args...), Mend: mend}
}

func elsewhere(mend, format string, args ...any) *Problem {
	return &Problem{What: fmt.Sprintf(format, args...), Mend: mend, Elsewhere: true}
}

func ok(name, format string, args ...any) Finding {
	return Finding{Name: name, Level: OK, Says: fmt.Sprintf(format, args...)}
}

func skipped(name, format string, args ...any) Finding {
	return Finding{Name: name, Level: Skipped, Says: fmt.Sprintf(format, args...)}
}

func warning(name, mend, format string, args ...any) Finding {
	return Finding{Name: name, Level: Warning, Says: fmt.Sprintf(format, args...), Mend: mend}
}

func failed(name, mend, format string, args ...any) Finding {
	return Finding{Name: name, Level: Failed, Says: fmt.Sprintf(format, args...), Mend: mend}
}

// Of makes a failed finding of a problem.
func (p *Problem) Of(name string) Finding { return failed(name, p.Mend, "%s", p.What) }
