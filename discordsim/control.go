package discordsim

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cloudflarechat/discordsim/world"
)

func (s *Server) routes() {
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("GET /sim/state", s.state)
	s.mux.HandleFunc("GET /sim/events", s.events)
	s.mux.HandleFunc("GET /sim/faults", s.listFaults)
	s.mux.HandleFunc("POST /sim/faults", s.addFault)
	s.mux.HandleFunc("DELETE /sim/faults", s.dropFaults)
	s.mux.HandleFunc("POST /sim/gateway", s.gatewayControl)
	s.mux.HandleFunc("POST /sim/limits", s.setLimit)
	s.mux.HandleFunc("POST /sim/revoke", s.revoke)
	s.mux.HandleFunc("GET /attachments/{channel}/{attachment}/{name}", s.attachment)
	s.console()
}

func writeJSON(rw http.ResponseWriter, status int, v any) {
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(v)
}

// readJSON decodes a control request. It wants the JSON content type: a page of another origin cannot send that without
// being asked first, and it is never allowed.
func readJSON(rw http.ResponseWriter, r *http.Request, v any) bool {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		writeJSON(rw, http.StatusUnsupportedMediaType, map[string]string{"message": "send Content-Type: application/json"})
		return false
	}
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, 1<<20)).Decode(v); err != nil {
		writeJSON(rw, http.StatusBadRequest, map[string]string{"message": "not the JSON that is wanted here: " + err.Error()})
		return false
	}
	return true
}

func (s *Server) listFaults(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, ask(s, (*world.World).Faults))
}

func (s *Server) addFault(rw http.ResponseWriter, r *http.Request) {
	var f world.Fault
	if !readJSON(rw, r, &f) {
		return
	}
	var err error
	s.Do(func(now int64, w *world.World) { f.ID, err = w.Inject(now, f) })
	if err != nil {
		writeJSON(rw, http.StatusBadRequest, map[string]any{"message": err.Error(), "kinds": world.FaultKinds()})
		return
	}
	writeJSON(rw, http.StatusCreated, f)
}

func (s *Server) dropFaults(rw http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(r.URL.Query().Get("id"))
	s.Do(func(now int64, w *world.World) { w.Heal(now, id) })
	rw.WriteHeader(http.StatusNoContent)
}

func (s *Server) gatewayControl(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Do        string `json:"do"`
		Code      int    `json:"code"`
		Resumable bool   `json:"resumable"`
	}
	if !readJSON(rw, r, &in) {
		return
	}
	known := true
	s.Do(func(now int64, w *world.World) {
		switch in.Do {
		case "cut":
			w.Cut(now, in.Code)
		case "reconnect":
			w.AskReconnect(now)
		case "invalidate":
			w.InvalidateSessions(now, in.Resumable)
		case "heartbeat":
			w.AskHeartbeat(now)
		default:
			known = false
		}
	})
	if !known {
		writeJSON(rw, http.StatusBadRequest, map[string]string{"message": "do is one of cut, reconnect, invalidate, heartbeat"})
		return
	}
	rw.WriteHeader(http.StatusNoContent)
}

func (s *Server) setLimit(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Bucket   string `json:"bucket"`
		Limit    int    `json:"limit"`
		WindowMs int64  `json:"windowMs"`
		Fixed    bool   `json:"fixed"`
	}
	if !readJSON(rw, r, &in) {
		return
	}
	if _, ok := world.Buckets()[in.Bucket]; !ok || in.Limit > 0 && in.WindowMs <= 0 {
		writeJSON(rw, http.StatusBadRequest, map[string]any{"message": "bucket is one of these, and a limit wants windowMs", "buckets": world.Buckets()})
		return
	}
	s.Do(func(now int64, w *world.World) {
		w.SetLimit(now, in.Bucket, world.Bucket{Limit: in.Limit, WindowMs: in.WindowMs, Fixed: in.Fixed})
	})
	rw.WriteHeader(http.StatusNoContent)
}

func (s *Server) revoke(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		Token string `json:"token"`
	}
	if !readJSON(rw, r, &in) {
		return
	}
	s.Do(func(now int64, w *world.World) { w.RevokeToken(now, in.Token) })
	rw.WriteHeader(http.StatusNoContent)
}

// attachment serves a file; always as a download, for it may be a page that somebody uploaded.
func (s *Server) attachment(rw http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseUint(r.PathValue("attachment"), 10, 64)
	a := ask(s, func(w *world.World) *world.Attachment { return w.Attachment(world.AttachmentID(id)) })
	if a == nil || a.ChannelID.String() != r.PathValue("channel") {
		http.NotFound(rw, r)
		return
	}
	kind := "application/octet-stream"
	switch a.ContentType {
	case "image/png", "image/jpeg", "image/gif", "image/webp":
		kind = a.ContentType
	default:
		rw.Header().Set("Content-Disposition", "attachment")
	}
	rw.Header().Set("Content-Type", kind)
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = rw.Write(a.Bytes)
}

// watcher is one stream of events to a console.
type watcher struct {
	queue []byte
	ended bool
	more  chan struct{}
}

func (w *watcher) push(event string, data []byte) {
	w.queue = append(w.queue, "event: "+event+"\ndata: "...)
	w.queue = append(append(w.queue, data...), "\n\n"...)
	w.poke()
}

func (w *watcher) end() {
	w.ended = true
	w.poke()
}

func (w *watcher) poke() {
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// events streams what happens. A console that reads too slowly is cut, and loads anew.
func (s *Server) events(rw http.ResponseWriter, r *http.Request) {
	const mostBytes = 8 << 20
	w := &watcher{more: make(chan struct{}, 1)}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.watch[w] = struct{}{}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.watch, w)
		s.mu.Unlock()
	}()
	rw.Header().Set("Content-Type", "text/event-stream")
	rw.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(rw)
	// A first event says that the stream stands: what comes after it is seen.
	_, _ = rw.Write([]byte("retry: 1000\nevent: ready\ndata: {}\n\n"))
	beat := time.NewTicker(20 * time.Second)
	defer beat.Stop()
	for {
		if out.Flush() != nil {
			return
		}
		select {
		case <-w.more:
		case <-beat.C:
			if _, err := rw.Write([]byte(": still here\n\n")); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
		s.mu.Lock()
		queue, ended := w.queue, w.ended
		w.queue = nil
		s.mu.Unlock()
		if len(queue) > mostBytes || ended {
			return
		}
		if _, err := rw.Write(queue); err != nil {
			return
		}
	}
}
