package server

import (
	"context"
	"time"

	"cloudflarechat/store"
)

// Bounds of emptying the database's log while somebody reads the database.
const (
	// scrubTries are made while the owner waits, scrubPause apart: a look at the
	// database passes, a backup does not.
	scrubTries = 10
	scrubPause = 300 * time.Millisecond
	// scrubAgain is how often it is tried after that.
	scrubAgain = 5 * time.Second
)

// emptyLog tries for some seconds to empty the log; false where it is still
// somebody's. Between the tries the database is everybody's.
func emptyLog(ctx context.Context, clock Clock, st *store.Store) (emptied bool, err error) {
	for try := range scrubTries {
		if try > 0 && !pause(ctx, clock, scrubPause) {
			break
		}
		if emptied, err = st.Scrub(); emptied || err != nil {
			break
		}
	}
	return emptied, err
}

// emptyLogLater lets the log be emptied as soon as that can be.
func (s *Server) emptyLogLater() {
	select {
	case s.scrubs <- struct{}{}:
	default: // it is to be emptied already
	}
}

// keepLogEmpty empties the log where that was put off. It begins with once, for
// an earlier run may have ended before it came to it.
func (s *Server) keepLogEmpty() {
	s.emptyLogLater()
	for {
		select {
		case <-s.scrubs:
		case <-s.engine.ctx.Done():
			return
		}
		for said := false; ; said = true {
			emptied, err := s.store.Scrub()
			if emptied {
				break
			}
			if !said {
				s.opt.Log.Warn("what was deleted may still stand in the database's log, which somebody reads; it is emptied when they are done", "err", err)
			}
			if !pause(s.engine.ctx, s.opt.Clock, scrubAgain) {
				return
			}
		}
	}
}
