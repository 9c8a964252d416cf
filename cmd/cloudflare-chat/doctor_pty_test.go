//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
)

// atATerminal runs the real program as a person does, and gives what they read.
func (s *stage) atATerminal(args ...string) (code int, text string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), program, append([]string{"doctor"}, args...)...)
	cmd.Dir, cmd.Env = s.t.TempDir(), []string{"PATH=" + os.Getenv("PATH"), "TERM=xterm-256color"}
	for k, v := range s.env { // order does not matter: each stands for itself
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 50, Cols: 160})
	if err != nil {
		s.t.Fatal(err)
	}
	defer tty.Close()
	raw, err := io.ReadAll(tty)
	if err != nil && !errors.Is(err, syscall.EIO) { // how Linux says that nobody writes any more
		s.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		s.t.Fatal(err)
	}
	for key, secret := range s.env {
		if strings.HasSuffix(key, "SECRET") && strings.Contains(string(raw), secret) {
			s.t.Errorf("%s stands in what the doctor says", key)
		}
	}
	if !strings.Contains(string(raw), "\x1b[3") {
		s.t.Errorf("a terminal that has colours shows none:\n%q", raw)
	}
	return code, sequences.ReplaceAllString(string(raw), "")
}

// TestDoctorAtATerminal runs the doctor end to end, before all that is well and
// before each thing that is wrong.
func TestDoctorAtATerminal(t *testing.T) {
	for _, tt := range wrongs {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, tt.cfg)
			s.env["LISTEN_ADDRESS"] = "127.0.0.1:1"
			if tt.breaks != nil {
				tt.breaks(s)
			}
			code, text := s.atATerminal()
			if code != exitFailure {
				t.Errorf("code %d", code)
			}
			s.wants(text, tt.line, tt.mend)
		})
	}
	t.Run("all is well", func(t *testing.T) {
		s := newStage(t, wrongs[0].cfg)
		s.serve()
		code, text := s.atATerminal()
		if code != exitOK || !strings.Contains(text, " 0 failed, ") {
			t.Errorf("code %d:\n%s", code, text)
		}
		s.wants(text, "ok       chat          it answers at ", "")
	})
}
