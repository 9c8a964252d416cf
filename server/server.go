package server

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// databaseFile is the database's name in the data directory.
const databaseFile = "chat.db"

// Server is the native host. Make one with [New], run it with [Server.Start],
// end it with [Server.Close].
type Server struct {
	opt     Options
	store   *store.Store
	engine  *engine
	hub     *hub
	gateway *gatewayHost // nil where it runs elsewhere
	relayed relayWatch   // of a relay elsewhere
	metrics *metrics     // nil where they are off
	handler http.Handler

	// scrubs holds a token where the log is to be emptied.
	scrubs chan struct{}

	http     *http.Server
	listener net.Listener
	work     sync.WaitGroup
	done     chan struct{}
	mu       sync.Mutex
	err      error
	started  bool
	closed   sync.Once
	closeErr error
}

// New checks the options and opens the database, without listening yet. An
// error says in words what to change.
func New(opt Options) (*Server, error) {
	opt.fill()
	if err := opt.check(); err != nil {
		return nil, err
	}
	allowed, err := chat.ParseOrigins(opt.AllowedOrigins)
	if err != nil {
		return nil, fmt.Errorf("server: %w", err)
	}
	opt.fitFiles(openFiles())
	if err := makeDataDir(opt.DataDir); err != nil {
		return nil, err
	}
	if opt.DataSecret, err = dataSecret(opt.DataSecret, opt.DataDir, opt.Random); err != nil {
		return nil, err
	}
	s := &Server{opt: opt, done: make(chan struct{}), scrubs: make(chan struct{}, 1)}
	if s.store, err = store.Open(filepath.Join(opt.DataDir, databaseFile), store.Options{Wrote: s.wrote}); err != nil {
		return nil, err
	}
	if err := s.build(allowed); err != nil {
		return nil, errors.Join(err, s.store.Close())
	}
	switch {
	case allowed.Any():
		opt.Log.Warn("any website may open a conversation here: set ALLOWED_ORIGINS to the origins of your pages")
	case allowed.None():
		opt.Log.Warn("no website may open a conversation here but the chat's own address: set ALLOWED_ORIGINS to the origins of your pages")
	}
	if opt.TurnstileSecret == "" {
		opt.Log.Warn("Turnstile is off: robots are not kept out. Set TURNSTILE_SECRET_KEY to turn it on")
	}
	return s, nil
}

// build puts the parts together.
func (s *Server) build(allowed *chat.Origins) error {
	boot := make([]byte, 4)
	if _, err := io.ReadFull(s.opt.Random, boot); err != nil {
		return fmt.Errorf("server: the source of randomness failed: %w", err)
	}
	out := &outside{server: s, discord: newDiscordClient(s.opt.DiscordAPI, s.opt.DiscordToken, s.opt.Version, s.opt.HTTPClient),
		turnstile: newTurnstile(s.opt.TurnstileURL, s.opt.TurnstileSecret, s.opt.HTTPClient, s.opt.Log)}
	out.turnstile.action = s.opt.TurnstileAction
	builder, err := newBuilder(&s.opt)
	if err != nil {
		return err
	}
	cfg := engineConfig{store: s.store, clock: s.opt.Clock, log: s.opt.Log, build: builder.build, tails: builder.tails, outside: out.carry}
	if s.opt.Metrics {
		s.metrics = newMetrics(func() float64 { return float64(s.hub.count()) }, s.actorCount)
		cfg.count, cfg.observe = s.metrics.count, s.metrics.observe
	}
	s.engine = newEngine(cfg)
	s.hub = newHub(s.engine, s.opt.Clock, s.opt.Log, hex.EncodeToString(boot)+"-", s.opt.MaxConns, s.opt.MaxConnsPerIP)
	if s.opt.DiscordToken != "" && !s.opt.NoGateway {
		if err := s.buildGateway(out.discord); err != nil {
			return err
		}
	}
	if s.metrics != nil {
		s.watch()
	}
	return s.buildHandler(newDoor(s.hub, allowed, s.opt.TrustedProxies, s.opt.DataSecret, s.opt.Random))
}

func (s *Server) buildGateway(client *discordClient) (err error) {
	saved, err := savedGateway(s.store)
	if err != nil {
		return err
	}
	s.gateway, err = newGatewayHost(gatewayConfig{client: client, channel: s.opt.DiscordChannel, clock: s.opt.Clock, log: s.opt.Log,
		random: s.opt.Random, sink: engineSink{s.engine}, saved: saved, persist: persistGateway(s.store), count: s.engine.count})
	return err
}

// savedGateway reads what an earlier run knew of its Gateway session; nil is
// nothing.
func savedGateway(st *store.Store) (*records.Gateway, error) {
	rows, err := st.Range(gatewayActor, records.TableGateway, 0, 1)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return records.GatewayOf(rows[0]), nil
}

func persistGateway(st *store.Store) func(*records.Gateway) error {
	return func(g *records.Gateway) error {
		return st.Apply([]store.Writes{{Actor: gatewayActor, Rows: []records.Row{g.Row()}}})
	}
}

// wrote counts rows for the metrics.
func (s *Server) wrote(rows int) {
	if s.metrics != nil {
		s.metrics.rows.Add(float64(rows))
	}
}

func (s *Server) actorCount() float64 {
	n := 0
	ctx, cancel := context.WithTimeout(context.Background(), healthTimeout)
	defer cancel()
	counted := make(chan int, 1)
	if s.engine.look(ctx, func() { counted <- len(s.engine.actors.at) }) {
		n = <-counted
	}
	return float64(n)
}

// Start listens and begins to work; it returns once connections are accepted.
// ctx bounds only the start.
func (s *Server) Start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("server: it was started already")
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.opt.Addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return fmt.Errorf("server: something else listens on %s already; end it, or choose another address: %w", s.opt.Addr, err)
		}
		return fmt.Errorf("server: cannot listen on %s: %w", s.opt.Addr, err)
	}
	s.started, s.listener = true, listener
	s.begin()
	s.http = newHTTPServer(s.handler, s.opt.Log, s.opt.Clock)
	seldom := &seldom{log: s.opt.Log, clock: s.opt.Clock}
	bounded := bound(listener, openFiles(), func() {
		seldom.error("no more connections are accepted until some are closed: as many files are open as may be; raise the limit (ulimit -n, LimitNOFILE= in a systemd unit)")
	})
	s.work.Go(func() {
		if err := s.http.Serve(bounded); !errors.Is(err, http.ErrServerClosed) {
			s.fail(fmt.Errorf("server: it can accept no more connections: %w", err))
		}
	})
	s.opt.Log.Info("listening", "address", listener.Addr().String(), "version", s.opt.Version)
	return nil
}

// begin starts everything but the listener.
func (s *Server) begin() {
	s.work.Go(s.engine.run)
	s.work.Go(s.hub.sweep)
	s.relayed.hear(s.opt.Clock.Now(), nil)
	s.work.Go(s.watchUnwell)
	s.work.Go(s.keepLogEmpty)
	// The desk pokes the conversations that waited when the last run ended.
	s.engine.submit(item{to: chat.DeskAddress, ev: chat.TimerFired{}})
	if s.gateway != nil {
		s.gateway.start()
	}
}

func (s *Server) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = err
		close(s.done)
	}
}

// Addr is the address listened on, once started.
func (s *Server) Addr() net.Addr {
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Handler serves everything that the server serves over HTTP, the WebSocket
// included.
func (s *Server) Handler() http.Handler { return s.handler }

// Done is closed when the server has stopped by itself; Err then says why.
func (s *Server) Done() <-chan struct{} { return s.done }

// Err says why the server stopped by itself; nil while it runs.
func (s *Server) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close stops gracefully: it accepts nothing more, closes the sockets with the
// code for a restart, finishes what was begun, and closes the database. ctx
// bounds how long it may take. Nothing that was accepted is lost however it
// ends.
func (s *Server) Close(ctx context.Context) error {
	s.closed.Do(func() { s.closeErr = s.close(ctx) })
	return s.closeErr
}

func (s *Server) close(ctx context.Context) error {
	s.mu.Lock()
	started := s.started
	s.mu.Unlock()
	if !started {
		s.engine.cancel()
		return s.store.Close()
	}
	// It stops accepting at once, and waits for the requests under way.
	shut := make(chan error, 1)
	go func() { shut <- s.http.Shutdown(ctx) }()
	if s.gateway != nil {
		s.gateway.stop()
	}
	s.hub.shut(chat.CloseRestart, ctx.Done())
	// The farewells of the sockets, and what they lead to.
	limit, cancel := context.WithTimeout(ctx, healthTimeout)
	s.engine.drain(limit)
	cancel()
	s.engine.stop()
	err := <-shut
	if err != nil {
		err = errors.Join(fmt.Errorf("server: some requests were cut off: %w", err), s.http.Close())
	}
	s.work.Wait()
	s.opt.HTTPClient.CloseIdleConnections()
	return errors.Join(err, s.store.Close())
}

// ErrDataDir: the data directory cannot be used by this user. What wraps it says
// what to do.
var ErrDataDir = errors.New("the data directory")

// makeDataDir makes the data directory where it is missing.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("server: %w %s cannot be made: choose one that this user may write, with DATA_DIR (%w)", ErrDataDir, dir, err)
	}
	return nil
}

// newHTTPServer bounds what a client may do to the listener.
func newHTTPServer(h http.Handler, log *slog.Logger, clock Clock) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: httpErrors(log, clock)}
}
