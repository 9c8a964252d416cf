package discordsim

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/discordsim/world"
)

// socket is one Gateway connection. Frames wait in a queue, so that a slow client never holds the world up.
type socket struct {
	server *Server
	id     world.ConnID
	ws     *websocket.Conn
	pack   compressor // nil: text frames

	// Guarded by the server's lock.
	queue  [][]byte
	ended  bool
	code   int
	reason string

	more chan struct{} // holds one token where the queue or ended changed
}

// push puts a frame into the queue. The server's lock is held.
func (c *socket) push(frame []byte) {
	if !c.ended {
		c.queue = append(c.queue, frame)
		c.poke()
	}
}

// finish closes the socket after what is queued; code 0 cuts it. The server's lock is held.
func (c *socket) finish(code int, reason string) {
	if !c.ended {
		c.ended, c.code, c.reason = true, code, reason
		c.poke()
	}
}

func (c *socket) poke() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

func (s *Server) gateway(rw http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(rw, r, &websocket.AcceptOptions{
		// Bots are no browsers: there is no origin to check. Discord declines permessage-deflate.
		InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		s.log.Debug("gateway upgrade refused", "error", err)
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(64 << 10) // the world says 4002 above 4096
	c := &socket{server: s, ws: ws, pack: compressorFor(r.URL.Query().Get("compress")), more: make(chan struct{}, 1)}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.nextID++
	c.id = s.nextID
	s.conns[c.id] = c
	now, dial := s.opts.Now(), world.Dial{Query: r.URL.Query(), Host: r.Host, Secure: r.TLS != nil}
	s.note(entry{Now: now, Kind: "connect", Conn: c.id, Dial: &dial})
	s.world.Connect(now, c.id, dial)
	s.flush()
	s.mu.Unlock()

	ctx, cancel := context.WithCancel(context.Background())
	written := make(chan struct{})
	go func() {
		defer close(written)
		c.write(ctx)
	}()
	code := c.read(ctx)
	cancel()
	<-written
	s.mu.Lock()
	delete(s.conns, c.id)
	now = s.opts.Now()
	s.note(entry{Now: now, Kind: "gone", Conn: c.id, Code: code})
	s.world.Disconnected(now, c.id, code)
	s.flush()
	s.mu.Unlock()
}

// read passes frames to the world until the socket ends, and gives the client's close code (1006: none came).
func (c *socket) read(ctx context.Context) int {
	s := c.server
	for {
		_, frame, err := c.ws.Read(ctx)
		if err != nil {
			var closed websocket.CloseError
			if errors.As(err, &closed) {
				return int(closed.Code)
			}
			return 1006
		}
		s.mu.Lock()
		now := s.opts.Now()
		s.note(entry{Now: now, Kind: "frame", Conn: c.id, Frame: frame})
		s.world.Receive(now, c.id, frame)
		s.flush()
		s.mu.Unlock()
	}
}

// write sends what is queued, and closes the socket when the world wants that.
func (c *socket) write(ctx context.Context) {
	for {
		c.server.mu.Lock()
		queue, ended := c.queue, c.ended
		c.queue = nil
		c.server.mu.Unlock()
		for _, frame := range queue {
			if c.send(ctx, frame) != nil {
				c.ws.CloseNow()
				return
			}
		}
		if ended {
			if c.code == 0 {
				c.ws.CloseNow()
				return
			}
			_ = c.ws.Close(websocket.StatusCode(c.code), c.reason)
			return
		}
		select {
		case <-c.more:
		case <-ctx.Done():
			return
		}
	}
}

func (c *socket) send(ctx context.Context, frame []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if c.pack == nil {
		return c.ws.Write(ctx, websocket.MessageText, frame)
	}
	packed, err := c.pack.pack(frame)
	if err != nil {
		return err
	}
	return c.ws.Write(ctx, websocket.MessageBinary, packed)
}
