package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mattn/go-isatty"
)

// terminal is how the commands speak: results to out, everything else to err.
type terminal struct {
	out, err io.Writer
	getenv   func(string) string
	// envNames are the names that have a value in the environment.
	envNames []string
	in       *os.File
	// color is set where err is a person's terminal that wants colour. Colour
	// never says anything that the words do not.
	color bool
	// colorOut is the same for out.
	colorOut bool
}

func newTerminal(out, err *os.File, getenv func(string) string) *terminal {
	wanted := getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	var names []string
	for _, set := range os.Environ() {
		if name, value, _ := strings.Cut(set, "="); name != "" && value != "" {
			names = append(names, name)
		}
	}
	return &terminal{
		out: out, err: err, in: os.Stdin, getenv: getenv, envNames: names,
		color:    wanted && isatty.IsTerminal(err.Fd()),
		colorOut: wanted && isatty.IsTerminal(out.Fd()),
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
	if f.err == nil {
		return f.code // everything was said already
	}
	for _, e := range unjoin(f.err) {
		fmt.Fprintf(t.err, "%s %s\n", t.paint("31", "error:"), insides.Replace(e.Error()))
	}
	for _, h := range f.hints {
		fmt.Fprintf(t.err, "%s %s\n", t.paint("36", "hint:"), h)
	}
	return f.code
}

// insides are the prefixes that errors of packages have, which tell a developer
// where one comes from and nobody else anything.
var insides = strings.NewReplacer("server: ", "", "store: ", "")

func (t *terminal) paint(code, text string) string { return paint(t.color, code, text) }

// paintOut is paint for lines that are results.
func (t *terminal) paintOut(code, text string) string { return paint(t.colorOut, code, text) }

func paint(color bool, code, text string) string {
	if !color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
