package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"cloudflarechat/internal/freeport"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

// TestScripts runs the stories in testdata/script against the real command.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await":   await,
			"oneline": oneLine,
		},
	})
}

// setupScript gives each story addresses of its own: $BUSY is taken, $FREE1 to
// $FREE3 were free a moment ago.
func setupScript(env *testscript.Env) error {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	env.Defer(func() { busy.Close() })
	env.Setenv("BUSY", busy.Addr().String())
	for i := 1; i <= 3; i++ {
		free, err := freeport.Address()
		if err != nil {
			return err
		}
		env.Setenv(fmt.Sprintf("FREE%d", i), free)
	}
	env.Setenv("TMPDIR", env.Getenv("WORK")+"/tmp")
	return os.Mkdir(env.Getenv("WORK")+"/tmp", 0o700)
}

// await URL [TEXT] waits until something answers there with status 200, and with
// the text in it.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: await URL [TEXT]")
	}
	limit := time.After(time.Minute)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	var last error
	for {
		resp, err := http.Get(args[0])
		if err == nil {
			said, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK && (len(args) == 1 || strings.Contains(string(said), args[1])) {
				return
			}
			err = fmt.Errorf("status %s: %s", resp.Status, said)
		}
		last = err
		select {
		case <-limit:
			ts.Fatalf("%s did not answer: %v", args[0], last)
		case <-again.C:
		}
	}
}

// oneLine FILE… holds that the errors in a file are one line each: every line
// begins with a word that says what it is.
func oneLine(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		text := ts.ReadFile(name)
		for _, line := range splitLines(text) {
			if !hasAnyPrefix(line, "error: ", "hint: ", "warning: ") {
				ts.Fatalf("%s: a line that is neither error nor hint: %q", name, line)
			}
		}
	}
}
