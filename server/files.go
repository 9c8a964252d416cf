package server

import (
	"log/slog"
	"net"
	"sync"

	"cloudflarechat/chat"
)

// Bounds of open files. A connection is one; where none is left the database
// cannot open its own, and Discord cannot be called.
const (
	// ownFiles are kept for the database, the calls to Discord and the process
	// itself.
	ownFiles = 128
	// manyFiles and more are as good as no limit.
	manyFiles = 1 << 24
	// seldomEvery is how often what may happen all the time is logged.
	seldomEvery = chat.Minute
)

// fitFiles lowers the number of connections to what so many files allow, and says
// so: some are left for pages and /health, which need one too while they are
// served.
func (o *Options) fitFiles(limit int) {
	if limit == 0 {
		return
	}
	room := max(limit-ownFiles-min(limit/16, 1024), 1)
	if o.MaxConns <= room {
		return
	}
	o.Log.Warn("fewer connections can be held than MAX_CONNECTIONS says, for too few files may be open: raise the limit (ulimit -n, LimitNOFILE= in a systemd unit, --ulimit nofile= in Docker)",
		"files", limit, "asked", o.MaxConns, "connections", room)
	o.MaxConns = room
}

// boundedListener accepts so many TCP connections at once; the next waits in the
// system's queue until one is closed.
type boundedListener struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	once   sync.Once
	// full hears that one waits.
	full func()
}

// bound bounds the connections of a listener to what so many files allow.
func bound(l net.Listener, limit int, full func()) net.Listener {
	if limit == 0 {
		return l
	}
	return &boundedListener{Listener: l, places: make(chan struct{}, max(limit-ownFiles, 1)), closed: make(chan struct{}), full: full}
}

// Accept implements net.Listener.
func (b *boundedListener) Accept() (net.Conn, error) {
	select {
	case b.places <- struct{}{}:
	default:
		b.full()
		select {
		case b.places <- struct{}{}:
		case <-b.closed:
			return nil, net.ErrClosed
		}
	}
	conn, err := b.Listener.Accept()
	if err != nil {
		<-b.places
		return nil, err
	}
	return &placedConn{conn.(*net.TCPConn), sync.OnceFunc(func() { <-b.places })}, nil
}

// Close implements net.Listener.
func (b *boundedListener) Close() error {
	b.once.Do(func() { close(b.closed) })
	return b.Listener.Close()
}

// placedConn gives its place back when it is closed. Its writing side can be
// closed alone, as that of any TCP connection.
type placedConn struct {
	*net.TCPConn
	release func()
}

// Close implements net.Conn.
func (c *placedConn) Close() error {
	defer c.release()
	return c.TCPConn.Close()
}

// seldom logs what may happen all the time.
type seldom struct {
	log   *slog.Logger
	clock Clock

	mu sync.Mutex
	at chat.Time
}

func (s *seldom) error(words string, facts ...any) {
	now := s.clock.Now()
	s.mu.Lock()
	due := s.at == 0 || now < s.at || now-s.at >= seldomEvery
	if due {
		s.at = now
	}
	s.mu.Unlock()
	if due {
		s.log.Error(words, facts...)
	}
}
