package server

import (
	"log"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
)

// buildHandler puts the routes together.
func (s *Server) buildHandler(d *door) error {
	files, err := loadAssets(s.opt.Widget, s.opt.widgetVersion)
	if err != nil {
		return err
	}
	relay := &relayDoor{engine: s.engine, clock: s.opt.Clock, secrets: s.opt.RelaySecrets, watch: &s.relayed}
	s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Referrer-Policy", "no-referrer")
		switch r.URL.Path {
		case "/ws":
			safe(d).ServeHTTP(w, r)
		case "/health":
			safe(onlyGet(http.HandlerFunc(s.serveHealth))).ServeHTTP(w, r)
		case "/relay":
			safe(relay).ServeHTTP(w, r)
		case "/admin/export", "/admin/forget", "/admin", "/admin/":
			safe(http.HandlerFunc(s.serveAdmin)).ServeHTTP(w, r)
		case "/metrics":
			safe(onlyGet(http.HandlerFunc(s.serveMetrics))).ServeHTTP(w, r)
		default:
			switch {
			case files.has(r.URL.Path):
				files.ServeHTTP(w, r)
			case s.opt.Pages != nil:
				s.opt.Pages.ServeHTTP(w, r)
			default:
				safe(http.NotFoundHandler()).ServeHTTP(w, r)
			}
		}
	})
	return nil
}

// serveMetrics serves /metrics: to the machine itself, and to whoever has the
// owner's secret.
func (s *Server) serveMetrics(w http.ResponseWriter, r *http.Request) {
	if s.metrics == nil {
		http.NotFound(w, r)
		return
	}
	if !fromHere(r) && (s.opt.AdminSecret == "" || !bearerIs(r, s.opt.AdminSecret)) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		relayAnswer(w, http.StatusUnauthorized, "unauthorized", "Metrics need ADMIN_SECRET as a bearer token.")
		return
	}
	s.metrics.handler().ServeHTTP(w, r)
}

// fromHere tells whether a request comes from this machine and through no
// proxy: behind one, everybody would.
func fromHere(r *http.Request) bool {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && ap.Addr().Unmap().IsLoopback() &&
		r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == "" && r.Header.Get("Via") == "" &&
		r.Header.Get("Sec-Fetch-Site") != "cross-site"
}

// safe sets the headers of everything that is no page and no asset.
func safe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}

func onlyGet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			relayAnswer(w, http.StatusMethodNotAllowed, "method", "Use GET.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// httpErrors brings what the HTTP library says to the log, without addresses of
// visitors: its words begin with them.
func httpErrors(l *slog.Logger, clock Clock) *log.Logger {
	return log.New(&httpLines{log: l, accepting: seldom{log: l, clock: clock}}, "", 0)
}

type httpLines struct {
	log *slog.Logger
	// accepting is for what fails again at once, as long as its cause lasts.
	accepting seldom
}

// Write implements io.Writer.
func (h *httpLines) Write(p []byte) (int, error) {
	words := strings.TrimSpace(string(p))
	switch {
	case strings.HasPrefix(words, "http: panic"):
		h.log.Error("a request panicked")
	case strings.HasPrefix(words, "http: Accept error"): // it names the address listened on alone
		h.accepting.error("connections cannot be accepted; where too many files are open, raise the limit (ulimit -n, LimitNOFILE= in a systemd unit) or lower MAX_CONNECTIONS", "err", words)
	default:
		h.log.Debug("the HTTP server gave a connection up")
	}
	return len(p), nil
}
