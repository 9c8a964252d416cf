package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/store"
)

// healthTimeout is how long the engine may take to say how it is.
const healthTimeout = 3 * time.Second

// health is the body of GET /health.
type health struct {
	Status  string `json:"status"` // ok, degraded or down
	Version string `json:"version"`
	// Reasons say why it is not ok, in words that hold nothing private.
	Reasons []string    `json:"reasons,omitempty"`
	Deep    *deepHealth `json:"deep,omitempty"`
}

// deepHealth is for the owner.
type deepHealth struct {
	Connections int             `json:"connections"`
	Actors      int             `json:"actors"`
	Poison      int64           `json:"poison"`
	Storage     string          `json:"storage,omitempty"`
	Gateway     string          `json:"gateway,omitempty"`
	GatewayWhy  string          `json:"gatewayReason,omitempty"`
	Desk        *discord.Health `json:"desk,omitempty"`
}

func (h *health) worsen(status string, reasons ...string) {
	if h.Status != "down" && len(reasons) > 0 {
		h.Status = status
	}
	h.Reasons = append(h.Reasons, reasons...)
}

// health asks everything how it is.
func (s *Server) health(ctx context.Context) health {
	h := health{Status: "ok", Version: s.opt.Version, Deep: &deepHealth{Connections: s.hub.count()}}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	if !s.engine.look(ctx, func() { s.lookInside(&h) }) {
		// A look that comes late still writes into h: nobody may touch it any more.
		return health{Status: "down", Version: s.opt.Version, Reasons: []string{"the server does not come to answer"}, Deep: &deepHealth{}}
	}
	if err := s.engine.troubled(); err != nil {
		h.worsen("down", troubleWords(err))
		h.Deep.Storage = err.Error()
	}
	s.answersHealth(&h)
	if s.opt.DiscordToken == "" {
		h.worsen("degraded", "no bot is set up: messages wait")
	}
	return h
}

// lookInside runs in the engine's goroutine.
func (s *Server) lookInside(h *health) {
	h.Deep.Actors, h.Deep.Poison = len(s.engine.actors.at), s.engine.poisoned
	egress, ok := s.engine.actors.get(chat.DeskAddress).(*discord.Egress)
	if !ok {
		return
	}
	desk := egress.Health(s.opt.Clock.Now())
	h.Deep.Desk = &desk
	switch {
	case desk.TokenDead:
		h.worsen("degraded", "Discord does not take the bot's token: messages wait")
	case desk.Wrong != "":
		h.worsen("degraded", "the team cannot be reached: "+desk.Wrong)
	}
	if desk.ThreadsFull {
		h.worsen("degraded", "the Discord server has no room for more threads")
	}
}

func (s *Server) gatewayHealth(h *health) {
	g := s.gateway.state.Load().told()
	h.Deep.Gateway, h.Deep.GatewayWhy = g.Name, g.Reason
	h.worsen("degraded", g.AnswersAmiss()...)
}

// troubleWords says what is wrong with the disk, without naming places.
func troubleWords(err error) string {
	for _, kind := range []error{store.ErrFull, store.ErrReadOnly, store.ErrIO, store.ErrCorrupt} {
		if errors.Is(err, kind) {
			return "storage: " + kind.Error()
		}
	}
	return "storage: nothing can be saved"
}

// serveHealth serves GET /health; ?deep tells the owner more.
func (s *Server) serveHealth(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	h := s.health(r.Context())
	if r.URL.Query().Has("deep") {
		if s.opt.AdminSecret == "" || !bearerIs(r, s.opt.AdminSecret) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			relayAnswer(w, http.StatusUnauthorized, "unauthorized", "The details need ADMIN_SECRET as a bearer token.")
			return
		}
	} else {
		h.Deep = nil
	}
	status := http.StatusOK
	if h.Status == "down" {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, h)
}
