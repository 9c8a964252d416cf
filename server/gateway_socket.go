package server

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
)

const (
	dialTimeout  = 20 * time.Second
	gatewayWrite = 5 * time.Second
	// maxGatewayFrame bounds a frame: the GUILD_CREATE of a large server is a few
	// megabytes.
	maxGatewayFrame = 64 << 20
)

// gatewaySocket is the socket in use, if there is one.
type gatewaySocket struct {
	number gateway.Conn
	conn   *websocket.Conn
	cancel context.CancelFunc
}

// drop ends the socket without a word.
func (s *gatewaySocket) drop() {
	if s.cancel != nil {
		s.cancel()
	}
	if s.conn != nil {
		_ = s.conn.CloseNow() // it is not wanted any more, whatever its end says
	}
	*s = gatewaySocket{}
}

func (s *gatewaySocket) send(ctx context.Context, f gateway.Send) {
	if s.conn == nil || s.number != f.Conn {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, gatewayWrite)
	defer cancel()
	_ = s.conn.Write(ctx, websocket.MessageText, f.Data) // an error ends the read loop, which says it
}

// fetch asks for the Gateway's address.
func (g *gatewayHost) fetch() {
	r := rest.GatewayBot()
	done, cause := g.client.try(g.ctx, &r)
	g.compare(done.Header.Date)
	told := discord.InfoOf(&done)
	_, failed := told.(gateway.InfoFailed)
	if g.unreachable.Swap(failed) != failed && failed && done.Status != http.StatusUnauthorized && g.ctx.Err() == nil {
		g.log.Warn("Discord does not tell where its Gateway is, so agents' answers do not arrive; it is asked again", "status", done.Status, "error", cause)
	}
	g.post(gatewayEvent{event: told})
}

// compare learns from an answer of Discord how far its clock is ahead.
func (g *gatewayHost) compare(date string) {
	if at, err := http.ParseTime(date); err == nil {
		ahead := at.UnixMilli() - int64(g.clock.Now())
		g.skew.Store(ahead)
		g.post(gatewayEvent{event: gateway.Skew{AheadMs: ahead}})
	}
}

// dial opens a socket.
func (g *gatewayHost) dial(f gateway.Dial) {
	g.sock.drop()
	ctx, cancel := context.WithCancel(g.ctx)
	g.sock = gatewaySocket{number: f.Conn, cancel: cancel}
	g.wg.Go(func() {
		limited, done := context.WithTimeout(ctx, dialTimeout)
		defer done()
		conn, res, err := websocket.Dial(limited, f.URL, &websocket.DialOptions{HTTPClient: g.client.http,
			HTTPHeader: http.Header{"User-Agent": {g.client.agent}}})
		if err != nil {
			status := 0
			if res != nil {
				status = res.StatusCode
			}
			g.post(gatewayEvent{event: gateway.Closed{Conn: f.Conn, Status: status}})
			return
		}
		conn.SetReadLimit(maxGatewayFrame)
		g.compare(res.Header.Get("Date"))
		if !g.post(gatewayEvent{do: func() { g.connected(ctx, f.Conn, conn) }}) {
			_ = conn.CloseNow() // everything ends
		}
	})
}

// connected takes a socket that is open, if it is still wanted.
func (g *gatewayHost) connected(ctx context.Context, number gateway.Conn, conn *websocket.Conn) {
	if g.sock.number != number {
		_ = conn.CloseNow() // nobody waits for it any more
		return
	}
	g.sock.conn = conn
	g.wg.Go(func() { g.read(ctx, number, conn) })
	g.step(gateway.Connected{Conn: number})
}

// read brings frames until the socket ends. While too much waits to be handed
// over it reads nothing, and Discord keeps the rest.
func (g *gatewayHost) read(ctx context.Context, number gateway.Conn, conn *websocket.Conn) {
	for {
		if full := g.lanes.full(); full != nil {
			select {
			case <-full:
			case <-ctx.Done():
			}
		}
		_, data, err := conn.Read(ctx)
		if err != nil {
			g.post(gatewayEvent{event: gateway.Closed{Conn: number, Code: max(int(websocket.CloseStatus(err)), 0)}})
			return
		}
		if !g.post(gatewayEvent{event: gateway.Frame{Conn: number, Data: data}}) {
			return
		}
	}
}

// closeSocket closes a socket with a code; the farewell takes its time beside
// everything else.
func (g *gatewayHost) closeSocket(f gateway.Close) {
	if g.sock.number != f.Conn {
		return
	}
	sock := g.sock
	g.sock = gatewaySocket{}
	g.wg.Go(func() {
		if sock.conn != nil {
			_ = sock.conn.Close(websocket.StatusCode(f.Code), "") // the session is over for us, however this ends
		}
		sock.cancel()
	})
}
