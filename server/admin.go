package server

import (
	"io"
	"mime"
	"net/http"
	"time"

	"cloudflarechat/chat/person"
)

// maxAdminBytes of a body are read.
const maxAdminBytes = 4 << 10

// adminWithin is how long the owner's request may take: threads go one by one,
// as Discord lets them. The command gives up after five minutes, and must have
// heard by then how far it came.
const adminWithin = 4*time.Minute + 30*time.Second

// serveAdmin serves /admin/export and /admin/forget, for whoever has the
// owner's secret. The address of a person stands in the body, never in the URL:
// URLs are logged.
func (s *Server) serveAdmin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case s.opt.AdminSecret == "":
		relayAnswer(w, http.StatusUnauthorized, "unauthorized", "This needs ADMIN_SECRET, which is not set here.")
		return
	case !bearerIs(r, s.opt.AdminSecret):
		w.Header().Set("WWW-Authenticate", "Bearer")
		relayAnswer(w, http.StatusUnauthorized, "unauthorized", "This needs ADMIN_SECRET as a bearer token.")
		return
	case r.URL.Path != "/admin/export" && r.URL.Path != "/admin/forget":
		relayAnswer(w, http.StatusNotFound, "not_found", "There are /admin/export and /admin/forget.")
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		relayAnswer(w, http.StatusMethodNotAllowed, "method", "Use POST.")
		return
	}
	// A form of another website cannot send this type.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		relayAnswer(w, http.StatusUnsupportedMediaType, "bad_request", "Send application/json.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxAdminBytes))
	ask, ok := person.ReadAsk(body)
	if err != nil || !ok {
		relayAnswer(w, http.StatusBadRequest, "bad_request", `Send {"email": "…"}.`)
		return
	}
	// The server's own limit would cut the answer off, and leave the owner to guess.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(adminWithin + 20*time.Second)) // where there is none, none is needed
	if r.URL.Path == "/admin/export" {
		data, err := personIn(s.store, ask.Email, true)
		s.tellAdmin(w, data, err)
		return
	}
	forgotten, err := s.forget(r.Context(), ask.Email, ask.Threads)
	s.tellAdmin(w, forgotten, err)
}

func (s *Server) tellAdmin(w http.ResponseWriter, answer any, err error) {
	if err != nil {
		s.opt.Log.Error("a request of the owner failed", "err", err)
		relayAnswer(w, http.StatusInternalServerError, "internal", "It could not be done; the log says why.")
		return
	}
	writeJSON(w, http.StatusOK, answer)
}
