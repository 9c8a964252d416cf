package server

import (
	"context"
	"testing"
	"time"
)

// hungServer has an engine that stands still until it is let go, as on a disk
// that does not answer.
func hungServer(t *testing.T) (s *Server, release func()) {
	t.Helper()
	s = quietServer(t, nil)
	hangs, hang := make(chan struct{}), make(chan struct{})
	go s.engine.look(context.Background(), func() { close(hangs); <-hang })
	<-hangs
	return s, func() { close(hang) }
}

// What is asked while the engine hangs is answered, and is no weight on it when
// it goes on.
func TestHealthWhileTheEngineHangs(t *testing.T) {
	s, release := hungServer(t)
	impatient, stop := context.WithCancel(t.Context())
	stop()
	for range 10 {
		if h := s.health(impatient); h.Status != "down" || len(h.Reasons) != 1 {
			t.Errorf("got %+v", h)
		}
	}
	s.engine.mu.Lock()
	left := len(s.engine.looks)
	s.engine.mu.Unlock()
	if left != 0 {
		t.Errorf("%d still wait to look, whom nobody waits for", left)
	}
	release()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if !s.engine.look(ctx, func() {}) {
		t.Error("the engine does not go on")
	}
}

// The answer is whoever asked's, also where the engine comes to it in the same
// moment. The race detector is what proves it.
func TestHealthAtTheMomentOfTheAnswer(t *testing.T) {
	s, release := hungServer(t)
	for range 50 {
		ctx, stop := context.WithCancel(t.Context())
		go stop()
		s.health(ctx)
	}
	go release()
	for range 50 {
		ctx, stop := context.WithCancel(t.Context())
		go stop()
		s.health(ctx)
	}
}

// More than so many do not wait: they hear at once that there is no answer.
func TestSoManyMayLook(t *testing.T) {
	s, release := hungServer(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range maxLooks {
		go s.engine.look(ctx, func() {})
	}
	eventuallyTrue(t, "a full house", func() bool {
		s.engine.mu.Lock()
		defer s.engine.mu.Unlock()
		return len(s.engine.looks) == maxLooks
	})
	if s.engine.look(t.Context(), func() {}) {
		t.Error("one more was let in")
	}
	release()
}

// A look that stumbles is its own misfortune.
func TestALookThatPanics(t *testing.T) {
	s := quietServer(t, nil)
	if s.engine.look(t.Context(), func() { panic("what is on disk cannot be") }) {
		t.Error("it saw something")
	}
	if !s.engine.look(t.Context(), func() {}) {
		t.Error("the engine does not go on")
	}
}
