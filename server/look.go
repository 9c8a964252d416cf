package server

import (
	"context"
	"fmt"
	"slices"
)

// maxLooks may wait to look into the engine. While it hangs, as on a disk that
// does not answer, everybody asks how it is.
const maxLooks = 1000

// look is somebody who waits to see what is the engine's alone.
type look struct {
	see func()
	// seen hears whether it could be seen.
	seen chan bool
}

// look runs f between two batches; false when the engine does not come to it in
// time: f may then still run, or not at all, and what it writes must be nobody's.
func (e *engine) look(ctx context.Context, f func()) bool {
	l := &look{see: f, seen: make(chan bool, 1)}
	e.mu.Lock()
	full := len(e.looks) >= maxLooks
	if !full {
		e.looks = append(e.looks, l)
	}
	e.mu.Unlock()
	if full {
		return false
	}
	select {
	case e.signal <- struct{}{}:
	default:
	}
	select {
	case ok := <-l.seen:
		return ok
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.looks = slices.DeleteFunc(e.looks, func(other *look) bool { return other == l })
	return false
}

// lookAround lets everybody look who waits to. Whoever stumbles over what is
// there takes nobody along.
func (e *engine) lookAround() {
	e.mu.Lock()
	looks := e.looks
	e.looks = nil
	e.mu.Unlock()
	for _, l := range looks {
		broken := guard(l.see)
		if broken != nil {
			e.log.Error("a look at the engine panicked", "panic", fmt.Sprintf("%T", broken.value), "stack", string(broken.stack))
		}
		l.seen <- broken == nil
	}
}
