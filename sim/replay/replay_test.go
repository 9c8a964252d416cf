package replay_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"cloudflarechat/edge"
	"cloudflarechat/sim"
	"cloudflarechat/sim/replay"
)

var (
	seeds = flag.Uint64("seeds", 40, "how many schedules are replayed")
	first = flag.Uint64("first", 1, "the first of them")
)

// each runs a function for each seed on all cores, and gives the first errors.
func each(t *testing.T, do func(seed uint64) (calls int, err error)) {
	t.Helper()
	var (
		wg    sync.WaitGroup
		next  atomic.Uint64
		calls atomic.Int64
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < *seeds && !t.Failed(); i = next.Add(1) - 1 {
				n, err := do(*first + i)
				calls.Add(int64(n))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if !t.Failed() {
		t.Logf("%d schedules, %d calls over the border: the same replies", *seeds, calls.Load())
	}
}

// record plays a schedule natively.
func record(seed uint64) (*replay.Tape, error) {
	tape := replay.Record(seed)
	if tape.Result.Failure != "" {
		return nil, fmt.Errorf("seed %d fails natively: %s", seed, tape.Result.Failure)
	}
	return tape, nil
}

// TestWazero plays each schedule with its actors inside the module.
func TestWazero(t *testing.T) {
	file := os.Getenv("REPLAY_WASM")
	if file == "" {
		t.Skip("it needs the built module: run ./scripts/test.sh replay")
	}
	ctx := context.Background()
	module, err := replay.Load(ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	defer module.Close(ctx)
	each(t, func(seed uint64) (int, error) {
		tape, err := record(seed)
		if err != nil {
			return 0, err
		}
		return len(tape.Calls), tape.Play(func() (replay.Closer, error) { return module.New(ctx) })
	})
}

// start starts the program that holds the module in Cloudflare's runtime, and gives its address.
func start(t *testing.T, program string) string {
	t.Helper()
	host := exec.Command("node", program)
	host.Stderr = os.Stderr
	in, err := host.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close() // with which it ends
		if err := host.Wait(); err != nil {
			t.Errorf("the runtime's host: %v", err)
		}
	})
	var at string
	if _, err := fmt.Fscanf(out, "ready %s\n", &at); err != nil {
		t.Fatalf("the runtime does not start: %v", err)
	}
	return at
}

// TestWorkerd gives the calls of each schedule to the module in Cloudflare's runtime.
func TestWorkerd(t *testing.T) {
	program := os.Getenv("REPLAY_WORKERD")
	if program == "" {
		t.Skip("it needs the runtime: run ./scripts/test.sh replay")
	}
	at := start(t, program)
	each(t, func(seed uint64) (int, error) {
		tape, err := record(seed)
		if err != nil {
			return 0, err
		}
		answer, err := http.Post(at, "application/octet-stream", bytes.NewReader(tape.Bytes()))
		if err != nil {
			return 0, fmt.Errorf("seed %d: %w", seed, err)
		}
		defer answer.Body.Close()
		replies, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("seed %d: %s %.300s %w", seed, answer.Status, replies, err)
		}
		return len(tape.Calls), tape.Check(replies)
	})
}

// wrong is a core that lies once.
type wrong struct {
	sim.Core
	calls *int
}

func (w wrong) Call(op edge.Op, in []byte) []byte {
	reply := w.Core.Call(op, in)
	if *w.calls++; *w.calls == 100 {
		return append(bytes.Clone(reply), 0)
	}
	return reply
}

func (w wrong) Close() error { return nil }

// TestDifferencesAreFound holds that one byte more is found, and where.
func TestDifferencesAreFound(t *testing.T) {
	tape, err := record(1)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	err = tape.Play(func() (replay.Closer, error) { return wrong{new(edge.Border), &calls}, nil })
	if err == nil {
		t.Fatal("a reply with one byte more was taken for the same")
	}
	t.Log(err)
	if err := tape.Check(nil); err == nil {
		t.Error("no replies were taken for all")
	}
}
