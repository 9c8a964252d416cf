package server

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"

	"cloudflarechat/discord/wire"
	"cloudflarechat/store"
)

// relayFile is the name of the relay's database in its data directory.
const relayFile = "relay.db"

// Relay is the Gateway relay alone. Make one with [NewRelay].
type Relay struct {
	opt     RelayOptions
	store   *store.Store
	sink    *postSink
	gateway *gatewayHost
	left    []parcel

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

// NewRelay checks the options and opens what the relay keeps.
func NewRelay(opt RelayOptions) (*Relay, error) {
	base := Options{DataDir: opt.DataDir, Version: opt.Version, DiscordAPI: opt.DiscordAPI, Log: opt.Log, Clock: opt.Clock, Random: opt.Random, HTTPClient: opt.HTTPClient}
	base.fill()
	opt.DataDir, opt.Version, opt.DiscordAPI, opt.Log = base.DataDir, base.Version, base.DiscordAPI, base.Log
	opt.Clock, opt.Random, opt.HTTPClient = base.Clock, base.Random, base.HTTPClient
	if err := opt.check(); err != nil {
		return nil, err
	}
	if err := makeDataDir(opt.DataDir); err != nil {
		return nil, err
	}
	st, err := store.Open(filepath.Join(opt.DataDir, relayFile), store.Options{})
	if err != nil {
		return nil, err
	}
	r := &Relay{opt: opt, store: st, done: make(chan struct{})}
	if err := r.build(); err != nil {
		return nil, errors.Join(err, st.Close())
	}
	return r, nil
}

func (o *RelayOptions) check() error {
	u, err := url.Parse(o.Target)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return errors.New("server: RELAY_URL must be the address of the chat's /relay, such as https://chat.example.com/relay")
	case o.Secret == "":
		return errors.New("server: BOT_RELAY_SECRET must be set, the same at both ends")
	case o.DiscordToken == "":
		return errors.New("server: DISCORD_BOT_TOKEN must be set")
	case !wire.Snowflake(o.DiscordChannel).Valid():
		return errors.New("server: DISCORD_SUPPORT_CHANNEL_ID must be the id of the support channel, a number of 17 to 20 digits")
	}
	return nil
}

func (r *Relay) build() error {
	saved, err := savedGateway(r.store)
	if err != nil {
		return err
	}
	r.sink = &postSink{url: r.opt.Target, secret: r.opt.Secret, http: r.opt.HTTPClient, log: r.opt.Log, store: r.store, clock: r.opt.Clock}
	if r.left, err = r.sink.left(); err != nil {
		return err
	}
	r.gateway, err = newGatewayHost(gatewayConfig{
		client:  newDiscordClient(r.opt.DiscordAPI, r.opt.DiscordToken, r.opt.Version, r.opt.HTTPClient),
		channel: r.opt.DiscordChannel, clock: r.opt.Clock, log: r.opt.Log, random: r.opt.Random, sink: r.sink,
		saved: saved, persist: persistGateway(r.store)})
	return err
}

// Start begins to work. ctx bounds only the start.
func (r *Relay) Start(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.started {
		return errors.New("server: it was started already")
	}
	if r.opt.Addr != "" {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", r.opt.Addr)
		if err != nil {
			return fmt.Errorf("server: cannot listen on %s: %w", r.opt.Addr, err)
		}
		r.listener = listener
		r.http = newHTTPServer(safe(onlyGet(http.HandlerFunc(r.serveHealth))), r.opt.Log, r.opt.Clock)
		r.work.Go(func() {
			if err := r.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				r.fail(fmt.Errorf("server: it can accept no more connections: %w", err))
			}
		})
	}
	r.started = true
	// What an earlier run kept comes before what is new.
	for _, p := range r.left {
		r.gateway.lanes.add(p)
	}
	r.gateway.start()
	r.work.Go(func() { r.tellState(r.gateway.ctx) })
	return nil
}

func (r *Relay) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
		close(r.done)
	}
}

// Addr is the address of /health, where there is one and it was started.
func (r *Relay) Addr() net.Addr {
	if r.listener == nil {
		return nil
	}
	return r.listener.Addr()
}

// serveHealth serves GET /health of the relay.
func (r *Relay) serveHealth(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != "/health" {
		http.NotFound(w, req)
		return
	}
	h := health{Status: "ok", Version: r.opt.Version}
	g := r.gateway.state.Load().told()
	g.Trouble = r.sink.wrong()
	if down, reasons := g.Own(); down {
		h.worsen("down", reasons...)
	} else {
		h.worsen("degraded", reasons...)
	}
	status := http.StatusOK
	if h.Status == "down" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Cache-Control", "no-store")
	writeJSON(w, status, h)
}

// Done is closed when the relay has stopped by itself; Err then says why.
func (r *Relay) Done() <-chan struct{} { return r.done }

// Err says why the relay stopped by itself; nil while it runs.
func (r *Relay) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// Close stops the relay; what it holds is kept for the next start.
func (r *Relay) Close(ctx context.Context) error {
	r.closed.Do(func() { r.closeErr = r.close(ctx) })
	return r.closeErr
}

func (r *Relay) close(ctx context.Context) error {
	var err error
	r.mu.Lock()
	started := r.started
	r.mu.Unlock()
	if started {
		r.gateway.stop()
		if r.http != nil {
			err = r.http.Shutdown(ctx)
			if err != nil {
				err = errors.Join(fmt.Errorf("server: some requests were cut off: %w", err), r.http.Close())
			}
		}
		r.work.Wait()
		r.opt.HTTPClient.CloseIdleConnections()
	}
	return errors.Join(err, r.store.Close())
}
