package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// terminal is how the commands speak: results to out, everything else to err.
type terminal struct {
	out, err io.Writer
	getenv   func(string) string
	// color is set where err is a person's terminal that wants colour. Colour
	// never says anything that the words do not.
	color bool
}

func newTerminal(out, err *os.File, getenv func(string) string) *terminal {
	return &terminal{
		out: out, err: err, getenv: getenv,
		color: getenv("NO_COLOR") == "" && getenv("TERM") != "dumb" && isatty.IsTerminal(err.Fd()),
	}
}

// say prints a line that is a result.
func (t *terminal) say(format string, args ...any) { fmt.Fprintf(t.out, format+"\n", args...) }

// warn prints a line that somebody should read.
func (t *terminal) warn(format string, args ...any) {
	fmt.Fprintf(t.err, "%s %s\n", t.paint("33", "warning:"), fmt.Sprintf(format, args...))
}

// fail prints an error and what to do about it, and gives the exit code.
func (t *terminal) fail(err error) int {
	if err == nil {
		return exitOK
	}
	var f *failure
	if !errors.As(err, &f) {
		f = &failure{code: exitFailure, err: err}
	}
	for _, e := range unjoin(f.err) {
		fmt.Fprintf(t.err, "%s %v\n", t.paint("31", "error:"), e)
	}
	for _, h := range f.hints {
		fmt.Fprintf(t.err, "%s %s\n", t.paint("36", "hint:"), h)
	}
	return f.code
}

func (t *terminal) paint(code, text string) string {
	if !t.color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
