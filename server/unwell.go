package server

import (
	"context"
	"strings"
	"sync/atomic"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
)

const (
	// lookEvery is how often it is looked how the connection to Discord stands.
	lookEvery = 5 * time.Second
	// repeatUnwell is after which time the desk is told again: it may have been
	// rebuilt.
	repeatUnwell = time.Minute
	// relayTells is how often a relay says how it is, and relayQuiet after which
	// silence it counts as gone.
	relayTells = 5 * chat.Minute
	relayQuiet = 12 * chat.Minute
)

// watchUnwell tells the desk what the team must know: that its answers do not
// arrive. What keeps Discord or the disk from working could not be said there.
func (s *Server) watchUnwell() {
	told, at := "", chat.Time(0)
	for first := true; ; first = false {
		h := health{Status: "ok", Deep: &deepHealth{}}
		s.answersHealth(&h)
		reason, now := strings.Join(h.Reasons, "; "), s.opt.Clock.Now()
		if first || reason != told || reason != "" && now-at >= chat.Time(repeatUnwell.Milliseconds()) {
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
	state atomic.Pointer[relayState]
}

// relayState is how a relay stands, as it says itself in the body of POST
// /relay.
type relayState struct {
	Name      string `json:"state,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Fatal     string `json:"fatal,omitempty"`
	NoContent bool   `json:"noContent,omitempty"`
}

// hear takes in that a relay is there, and what it says of itself.
func (w *relayWatch) hear(now chat.Time, s *relayState) {
	w.heard.Store(int64(now))
	if s != nil {
		w.state.Store(s)
	}
}

func (w *relayWatch) health(now chat.Time, h *health) {
	g := w.state.Load()
	if now-chat.Time(w.heard.Load()) > relayQuiet {
		h.worsen("degraded", "answers of the team may not arrive: nothing was heard of the relay for a while")
		return
	}
	if g == nil { // one that says nothing of itself
		return
	}
	h.Deep.Gateway, h.Deep.GatewayWhy = g.Name, g.Reason
	switch {
	case g.Fatal != "":
		h.worsen("degraded", "answers of the team do not arrive: "+g.Fatal)
	case g.Name != stateName(gateway.Ready):
		h.worsen("degraded", "answers of the team are late: the connection to Discord's Gateway is not open")
	}
	if g.NoContent {
		h.worsen("degraded", "answers of the team come without text: the MESSAGE CONTENT intent is off")
	}
}

// tellState says to the chat how this relay is: when it changes, and every few
// minutes, so that its silence is noticed.
func (r *Relay) tellState(ctx context.Context) {
	said, at := relayState{}, chat.Time(0)
	for {
		g, now := r.gateway.state.Load(), r.opt.Clock.Now()
		s := relayState{Name: stateName(g.state), Reason: g.reason, Fatal: g.fatal, NoContent: g.noContent}
		if s != said || now-at >= relayTells {
			if r.sink.post(ctx, mustJSON(relayKindBody{Type: relayStateKind, relayState: s})) == handedOver {
				said, at = s, now
			}
		}
		if !pause(ctx, r.opt.Clock, lookEvery) {
			return
		}
	}
}
