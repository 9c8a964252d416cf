package server

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

const (
	// lookEvery is how often it is looked how the connection to Discord stands.
	lookEvery = 5 * time.Second
	// repeatUnwell is after which time the desk is told again: it may have been
	// rebuilt.
	repeatUnwell = time.Minute
)

// watchUnwell tells the desk what the team must know: that its answers do not
// arrive. What keeps Discord or the disk from working could not be said there.
func (s *Server) watchUnwell() {
	told, at := "", chat.Time(0)
	for first := true; ; first = false {
		h := health{Status: "ok", Deep: &deepHealth{}}
		s.answersHealth(&h)
		reason, now := strings.Join(h.Reasons, "; "), s.opt.Clock.Now()
		if first || reason != told || reason != "" && (now < at || now-at >= chat.Time(repeatUnwell.Milliseconds())) {
			s.engine.submit(item{to: chat.DeskAddress, ev: discord.Unwell{Reason: reason}})
			told, at = reason, now
		}
		if !pause(s.engine.ctx, s.opt.Clock, lookEvery) {
			return
		}
	}
}

// pause waits; false when ctx ended first.
func pause(ctx context.Context, clock Clock, d time.Duration) bool {
	alarm, release := clock.After(d)
	select {
	case <-alarm:
		return true
	case <-ctx.Done():
		release()
		return false
	}
}

// answersHealth says whether answers of the team arrive.
func (s *Server) answersHealth(h *health) {
	if s.gateway != nil {
		s.gatewayHealth(h)
		return
	}
	if s.opt.NoGateway && len(s.opt.RelaySecrets) > 0 {
		s.relayed.health(s.opt.Clock.Now(), h)
	}
}

// relayWatch knows what a relay elsewhere last said.
type relayWatch struct {
	heard atomic.Int64 // Unix milliseconds; the start counts
	state atomic.Pointer[discord.RelayState]
}

// hear takes in that a relay is there, and what it says of itself.
func (w *relayWatch) hear(now chat.Time, s *discord.RelayState) {
	w.heard.Store(int64(now))
	if s != nil {
		w.state.Store(s)
	}
}

func (w *relayWatch) health(now chat.Time, h *health) {
	g, heard := w.state.Load(), w.heard.Load()
	if heard > int64(now) { // the clock was set back since
		w.heard.CompareAndSwap(heard, int64(now))
	}
	h.worsen("degraded", discord.RelayAmiss(now, chat.Time(heard), g)...)
	if g != nil {
		h.Deep.Gateway, h.Deep.GatewayWhy = g.Name, g.Reason
	}
}

// tellState says to the chat how this relay is: when it changes, and every few
// minutes, so that its silence is noticed.
func (r *Relay) tellState(ctx context.Context) {
	said, at := discord.RelayState{}, chat.Time(0)
	for {
		s, now := r.gateway.state.Load().told(), r.opt.Clock.Now()
		if s != said || now < at || now-at >= discord.RelayTells {
			if r.sink.post(ctx, s.Body()) == handedOver {
				said, at = s, now
			}
		}
		if !pause(ctx, r.opt.Clock, lookEvery) {
			return
		}
	}
}
