package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"charm.land/huh/v2"
	"github.com/charmbracelet/x/term"
	"github.com/mattn/go-isatty"
)

// errStopped is what an answer is when somebody pressed Ctrl-C.
var errStopped = errors.New("stopped")

// option is one of several answers.
type option struct{ value, text string }

// asker asks a person.
type asker interface {
	// text asks for a line; a secret is not shown while it is typed.
	text(ctx context.Context, title, help string, secret bool) (string, error)
	// choose asks for one of the options; preset is where it begins.
	choose(ctx context.Context, title, help string, options []option, preset string) (string, error)
}

// newAsker gives the asker that fits: forms on a terminal, plain lines for
// screen readers, and for answers that come through a pipe.
func newAsker(t *terminal, plain bool) asker {
	file, is := t.out.(*os.File)
	if plain || !is || !isatty.IsTerminal(t.in.Fd()) || t.getenv("TERM") == "dumb" || t.getenv("ACCESSIBLE") != "" {
		return &plainAsker{in: t.in, out: t.out}
	}
	return &formAsker{keys: newKeys(t.in), out: file}
}

// formAsker asks with forms.
type formAsker struct {
	keys *keys
	out  *os.File
}

func (a *formAsker) run(ctx context.Context, field huh.Field) error {
	in := a.keys.open()
	defer in.Close()
	form := huh.NewForm(huh.NewGroup(field)).WithInput(in).WithOutput(a.out).WithTheme(huh.ThemeFunc(huh.ThemeBase16)).WithShowHelp(true)
	err := form.RunWithContext(ctx)
	if errors.Is(err, huh.ErrUserAborted) || errors.Is(err, huh.ErrTimeout) || ctx.Err() != nil {
		return errStopped
	}
	return err
}

func (a *formAsker) text(ctx context.Context, title, help string, secret bool) (string, error) {
	value := ""
	field := huh.NewInput().Title(title).Description(help).Value(&value)
	if secret {
		field.EchoMode(huh.EchoModePassword)
	}
	err := a.run(ctx, field)
	return strings.TrimSpace(value), err
}

func (a *formAsker) choose(ctx context.Context, title, help string, options []option, preset string) (string, error) {
	var list []huh.Option[string]
	for _, o := range options {
		list = append(list, huh.NewOption(o.text, o.value))
	}
	value := preset
	err := a.run(ctx, huh.NewSelect[string]().Title(title).Description(help).Options(list...).Height(min(len(list), 12)+3).Value(&value))
	return value, err
}

// plainAsker asks in lines, one below the other, and never moves the cursor.
type plainAsker struct {
	in  *os.File
	out io.Writer
}

func (a *plainAsker) text(ctx context.Context, title, help string, secret bool) (string, error) {
	fmt.Fprintln(a.out, title)
	if help != "" {
		fmt.Fprintln(a.out, help)
	}
	fmt.Fprint(a.out, "> ")
	return a.line(ctx, secret)
}

func (a *plainAsker) choose(ctx context.Context, title, help string, options []option, preset string) (string, error) {
	fmt.Fprintln(a.out, title)
	if help != "" {
		fmt.Fprintln(a.out, help)
	}
	start := 1
	for i, o := range options {
		fmt.Fprintf(a.out, "  %d. %s\n", i+1, o.text)
		if o.value == preset {
			start = i + 1
		}
	}
	for {
		fmt.Fprintf(a.out, "Number, Enter for %d > ", start)
		line, err := a.line(ctx, false)
		if err != nil {
			return "", err
		}
		if line == "" {
			return options[start-1].value, nil
		}
		if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(options) {
			return options[n-1].value, nil
		}
		fmt.Fprintf(a.out, "That is not a number from 1 to %d.\n", len(options))
	}
}

// line reads a line, or until somebody stops.
func (a *plainAsker) line(ctx context.Context, secret bool) (string, error) {
	type read struct {
		text string
		err  error
	}
	done := make(chan read, 1)
	hidden := secret && isatty.IsTerminal(a.in.Fd())
	var before *term.State
	if hidden {
		before, _ = term.GetState(a.in.Fd())
	}
	go func() {
		if hidden {
			b, err := term.ReadPassword(a.in.Fd())
			done <- read{string(b), err}
			return
		}
		text, err := readLine(a.in)
		done <- read{text, err}
	}()
	select {
	case r := <-done:
		if hidden || !isatty.IsTerminal(a.in.Fd()) {
			fmt.Fprintln(a.out)
		}
		if r.err != nil {
			return "", errStopped
		}
		return strings.TrimSpace(r.text), nil
	case <-ctx.Done():
		if before != nil {
			_ = term.Restore(a.in.Fd(), before) // it is the person's terminal again
		}
		fmt.Fprintln(a.out)
		return "", errStopped
	}
}

// readLine reads no further than the line's end: what follows is the next
// answer.
func readLine(in io.Reader) (string, error) {
	var text []byte
	b := make([]byte, 1)
	for {
		n, err := in.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return string(text), nil
		case n == 1:
			text = append(text, b[0])
		case err != nil && len(text) > 0:
			return string(text), nil
		case err != nil:
			return "", err
		}
	}
}
