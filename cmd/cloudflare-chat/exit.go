package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"cloudflarechat/server"
	"cloudflarechat/server/settings"
	"cloudflarechat/store"
)

// The exit codes. They are part of the command line: scripts look at them.
const (
	exitOK = 0
	// exitFailure: something failed for which no other code stands.
	exitFailure = 1
	// exitUsage: the command line could not be read.
	exitUsage = 2
	// exitSettings: a setting is missing or wrong.
	exitSettings = 3
	// exitAddress: the address to listen on cannot be had.
	exitAddress = 4
)

// failure is an error with what to do about it.
type failure struct {
	code  int
	err   error
	hints []string
}

// Error implements error.
func (f *failure) Error() string {
	if f.err == nil {
		return "something is not well"
	}
	return f.err.Error()
}

// Unwrap gives the cause.
func (f *failure) Unwrap() error { return f.err }

// settingsFailure turns what [settings.Load] says into a failure.
func settingsFailure(err error) error {
	f := &failure{code: exitSettings, err: err}
	missing := ""
	var p *settings.Problem
	for _, e := range unjoin(err) {
		if errors.As(e, &p) && p.Missing && missing == "" {
			missing = p.Setting.Key
		}
	}
	if missing != "" {
		f.hints = append(f.hints, fmt.Sprintf("settings come from the environment or from a file .env here, one a line: %s=…", missing))
	}
	f.hints = append(f.hints, "docs/configuration.md explains every setting; to only look around, run "+program+" demo")
	return f
}

// dataFailure says that it is a setting where the data directory cannot be used;
// other errors pass through.
func dataFailure(err error) error {
	if errors.Is(err, server.ErrDataDir) || errors.Is(err, store.ErrReadOnly) {
		return &failure{exitSettings, err, []string{"docs/configuration.md explains DATA_DIR"}}
	}
	return err
}

// unjoin gives the parts of an error that [errors.Join] made; one that wraps two
// is a sentence of its own.
func unjoin(err error) []error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || err.Error() != errors.Join(joined.Unwrap()...).Error() {
		return []error{err}
	}
	return joined.Unwrap()
}

// listenFailure says in words why an address cannot be listened on; other
// errors pass through. flag is how another address is chosen.
func listenFailure(err error, addr, flag string) error {
	other := "choose another address with " + flag + ", such as " + flag + " " + otherPort(addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return &failure{exitAddress, fmt.Errorf("%s is already in use by another program", addr), []string{"stop that program, or " + other}}
	case errors.Is(err, syscall.EACCES):
		return &failure{exitAddress, fmt.Errorf("this user may not listen on %s", addr), []string{"ports below 1024 belong to root: " + other}}
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return &failure{exitAddress, fmt.Errorf("%s is no address of this machine", addr),
			[]string{"choose another address with " + flag + ", such as " + flag + " " + otherPort("")}}
	}
	var op *net.OpError
	var dns *net.DNSError
	var wrong *net.AddrError
	if errors.As(err, &op) && op.Op == "listen" && !os.IsTimeout(err) || errors.As(err, &dns) || errors.As(err, &wrong) {
		if op != nil {
			err = op.Err // what is around it says the same
		}
		return &failure{exitAddress, fmt.Errorf("cannot listen on %q: %w", addr, err), []string{other}}
	}
	return err
}

// otherPort gives an address beside addr as an example.
func otherPort(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, "9797")
}
