package discordsim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"cloudflarechat/discordsim/world"
)

// Options of a Server. The zero value serves a default world on a free port of the loopback address.
type Options struct {
	// Addr to listen on, "host:port"; empty: "127.0.0.1:0".
	Addr string
	// World to begin with; see world.Config. Observe is always set.
	World world.Config
	// Logger for what goes wrong here; nil: none.
	Logger *slog.Logger
	// Now gives Unix milliseconds; nil: the machine's clock.
	Now func() int64
}

// Server puts a world behind sockets. It is an http.Handler, so that it can also be mounted elsewhere or used with
// net/http/httptest; Start is needed only to listen by itself.
type Server struct {
	opts Options
	log  *slog.Logger
	mux  *http.ServeMux

	mu      sync.Mutex // guards everything below
	world   *world.World
	conns   map[world.ConnID]*socket
	nextID  world.ConnID
	wake    *time.Timer
	wakeMs  int64
	watch   map[*watcher]struct{}
	origin  string // "http://host:port", from Start or from the first request
	closed  bool
	journal *journal // nil: nothing is kept

	listener net.Listener
	http     *http.Server
	served   chan struct{}
}

// New makes a server; it listens only after Start.
func New(opts Options) *Server {
	if opts.Addr == "" {
		opts.Addr = "127.0.0.1:0"
	}
	if opts.Now == nil {
		opts.Now = func() int64 { return time.Now().UnixMilli() }
	}
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	opts.World.Observe = true
	if opts.World.StartMs == 0 {
		opts.World.StartMs = opts.Now()
	}
	s := &Server{
		opts: opts, log: opts.Logger, world: world.New(opts.World), conns: map[world.ConnID]*socket{}, watch: map[*watcher]struct{}{},
	}
	s.routes()
	return s
}

// Start listens on Options.Addr and serves until ctx ends or Close is called. It returns when connections are accepted.
func (s *Server) Start(ctx context.Context) error {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", s.opts.Addr)
	if err != nil {
		return fmt.Errorf("discordsim: listen: %w", err)
	}
	s.listener = l
	s.setOrigin("http://" + l.Addr().String())
	s.http = &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)}
	s.served = make(chan struct{})
	go func() {
		defer close(s.served)
		if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("discordsim stopped", "error", err)
		}
	}()
	stop := context.AfterFunc(ctx, func() { s.Close() })
	_ = stop
	return nil
}

// Close ends everything at once: sockets, streams, the listener. It may be called twice.
func (s *Server) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	if s.wake != nil {
		s.wake.Stop()
	}
	for _, c := range s.conns {
		c.finish(1001, "The stand-in stops.")
	}
	for w := range s.watch {
		w.end()
	}
	s.mu.Unlock()
	if s.http == nil {
		return nil
	}
	err := s.http.Close()
	<-s.served
	return err
}

// Do lets a test or a demo use the world directly. f must not keep w; what it causes is sent when it returns.
func (s *Server) Do(f func(nowMs int64, w *world.World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.opts.Now(), s.world)
	s.flush()
}

// flush carries out what the world wants. The lock is held.
func (s *Server) flush() {
	for _, o := range s.world.Take() {
		switch o.Kind {
		case world.SendFrame:
			if c := s.conns[o.Conn]; c != nil {
				c.push(o.Frame)
			}
		case world.CloseConn:
			if c := s.conns[o.Conn]; c != nil {
				c.finish(o.Code, o.Reason)
				delete(s.conns, o.Conn)
			}
		case world.Observed:
			for w := range s.watch {
				w.push(o.Event, o.Frame)
			}
		}
	}
	next := s.world.NextTick()
	if s.closed || next == 0 || next == s.wakeMs {
		return
	}
	if s.wake != nil {
		s.wake.Stop()
	}
	s.wakeMs = next
	s.wake = time.AfterFunc(time.Duration(max(1, next-s.opts.Now()))*time.Millisecond, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.wakeMs = 0
		now := s.opts.Now()
		s.note(entry{Now: now, Kind: "tick"})
		s.world.Tick(now)
		s.flush()
	})
}

func (s *Server) setOrigin(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.origin == "" {
		s.origin = origin
		s.world.SetAPIURL(origin)
	}
}

// URL is where the console is, without a slash at the end; empty before Start or the first request.
func (s *Server) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.origin
}

// APIURL is the address to give to clients: it ends in /api, and they add /v10.
func (s *Server) APIURL() string { return s.URL() + "/api" }

// GuildID of the one guild, in digits.
func (s *Server) GuildID() string {
	return ask(s, func(w *world.World) string { return w.GuildID().String() })
}

// ChannelID of the support channel, in digits.
func (s *Server) ChannelID() string {
	return ask(s, func(w *world.World) string { return w.SupportChannel().String() })
}

// RoleID of the support role, in digits.
func (s *Server) RoleID() string {
	return ask(s, func(w *world.World) string { return w.SupportRole().String() })
}

// BotToken of the first bot.
func (s *Server) BotToken() string { return ask(s, (*world.World).BotToken) }

func ask[T any](s *Server, f func(*world.World) T) T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(s.world)
}

// ServeHTTP serves everything; see the package's doc.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	s.setOrigin(scheme + r.Host)
	switch {
	case strings.HasPrefix(r.URL.Path, "/api/"):
		s.rest(rw, r)
	case r.Header.Get("Upgrade") != "":
		s.gateway(rw, r)
	default:
		s.mux.ServeHTTP(rw, r)
	}
}

// rest passes a request to the world and its answer back.
func (s *Server) rest(rw http.ResponseWriter, r *http.Request) {
	// A little above Discord's own limit, so that the world can say 40005.
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, 26<<20))
	if err != nil {
		http.Error(rw, "", http.StatusRequestEntityTooLarge)
		return
	}
	req := world.Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Authorization: r.Header.Get("Authorization"),
		UserAgent: r.UserAgent(), ContentType: r.Header.Get("Content-Type"), Reason: r.Header.Get("X-Audit-Log-Reason"),
		Host: r.Host, Secure: r.TLS != nil, Body: body,
	}
	s.mu.Lock()
	now := s.opts.Now()
	s.note(entry{Now: now, Kind: "rest", Request: &req})
	answer := s.world.REST(now, req)
	s.flush()
	s.mu.Unlock()
	if answer.DelayMs > 0 {
		t := time.NewTimer(time.Duration(answer.DelayMs) * time.Millisecond)
		defer t.Stop()
		select {
		case <-t.C:
		case <-r.Context().Done():
		}
	}
	if answer.Lost {
		panic(http.ErrAbortHandler) // net/http drops the connection, as a dead network does
	}
	for k, v := range answer.Header {
		rw.Header()[k] = []string{v} // as Discord writes it, not as Go would
	}
	rw.WriteHeader(answer.Status)
	_, _ = rw.Write(answer.Body)
}
