package server

import (
	"context"
	"errors"
	"net"
	"net/http"
)

// Server is the native host. Make one with [New], run it with [Server.Start],
// end it with [Server.Close].
type Server struct {
	opt Options
}

// New checks the options and opens the database, without listening yet. An
// error says in words what to change.
func New(opt Options) (*Server, error) {
	return &Server{opt: opt}, nil
}

// Start listens and begins to work; it returns once connections are accepted.
// ctx bounds only the start.
func (s *Server) Start(ctx context.Context) error { return errors.New("server: not started") }

// Addr is the address listened on, once started.
func (s *Server) Addr() net.Addr { return nil }

// Handler serves everything that the server serves over HTTP, the WebSocket
// included, for those who listen themselves.
func (s *Server) Handler() http.Handler { return http.NotFoundHandler() }

// Done is closed when the server has stopped by itself; Err then says why.
func (s *Server) Done() <-chan struct{} { return nil }

// Err says why the server stopped by itself; nil while it runs.
func (s *Server) Err() error { return nil }

// Close stops gracefully: it accepts nothing more, finishes what was begun,
// closes the sockets with the code for a restart, and closes the database. ctx
// bounds how long it may take.
func (s *Server) Close(ctx context.Context) error { return nil }

// Relay is the Gateway relay alone. Make one with [NewRelay].
type Relay struct{ opt RelayOptions }

// NewRelay checks the options and opens what the relay keeps.
func NewRelay(opt RelayOptions) (*Relay, error) { return &Relay{opt: opt}, nil }

// Start begins to work. ctx bounds only the start.
func (r *Relay) Start(ctx context.Context) error { return nil }

// Done is closed when the relay has stopped by itself; Err then says why.
func (r *Relay) Done() <-chan struct{} { return nil }

// Err says why the relay stopped by itself; nil while it runs.
func (r *Relay) Err() error { return nil }

// Close stops the relay; what it holds is kept for the next start.
func (r *Relay) Close(ctx context.Context) error { return nil }
