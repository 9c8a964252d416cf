package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"cloudflarechat/docs/protocol"
)

// frame is what stands on the wire.
type frame struct {
	Type string          `json:"type"`
	Data json.RawMessage `json:"data"`
	// raw is the frame as it came.
	raw string
}

// data are the fields of all frames that the scenarios look at.
type data struct {
	Message   string `json:"message"`
	SessionID string `json:"sessionId"`
	Author    string `json:"author"`
	Timestamp int64  `json:"timestamp"`
	Code      string `json:"code"`
	Field     string `json:"field"`
	Route     string `json:"route"`
	Seq       int64  `json:"seq"`
	ID        string `json:"id"`
	From      string `json:"from"`
	State     string `json:"state"`
	Restored  bool   `json:"restored"`
	Delivered int64  `json:"delivered"`
}

func (f frame) data(t *testing.T) data {
	t.Helper()
	var d data
	if len(f.Data) > 0 {
		if err := json.Unmarshal(f.Data, &d); err != nil {
			t.Fatalf("the data of %s cannot be read: %v", f.raw, err)
		}
	}
	return d
}

// client is a visitor's browser that knows only the base protocol: it ignores
// every type that is not in it.
type client struct {
	t    *testing.T
	conn *websocket.Conn
	in   chan frame
	// closed is filled before in is closed.
	closed error
	// extended clients hear every frame.
	extended bool
}

// dial opens a connection to the chat.
func dial(t *testing.T) *client {
	t.Helper()
	return dialAt(t, chatOrigin, nil)
}

// stubborn makes connections that go on when nothing can be written any more:
// websocket.Conn would close, and what had come before could not be read.
var stubborn = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	return stubbornConn{conn}, err
}}}

type stubbornConn struct{ net.Conn }

func (c stubbornConn) Write(b []byte) (int, error) {
	c.Conn.Write(b) // who reads on learns that it ended
	return len(b), nil
}

func dialAt(t *testing.T, origin string, o *websocket.DialOptions) *client {
	t.Helper()
	if o == nil {
		o = &websocket.DialOptions{}
	}
	o.HTTPClient = stubborn
	conn, resp, err := websocket.Dial(within(t), socketURL(origin), o)
	if err != nil {
		t.Fatalf("no connection to %s: %v %v", origin, err, resp)
	}
	conn.SetReadLimit(1 << 20)
	c := &client{t: t, conn: conn, in: make(chan frame, 1024)}
	go c.read()
	t.Cleanup(func() { conn.CloseNow() })
	return c
}

func (c *client) read() {
	defer close(c.in)
	for {
		kind, b, err := c.conn.Read(context.Background())
		if err != nil {
			c.closed = err
			return
		}
		f := frame{raw: string(b)}
		if kind != websocket.MessageText || json.Unmarshal(b, &f) != nil || f.Type == "" {
			c.closed = fmt.Errorf("a frame that is no JSON text frame with a type: %q", b)
			return
		}
		if err := judgeOfFrames().Check(protocol.Server, b); err != nil {
			c.closed = err
			return
		}
		c.in <- f
	}
}

// judgeOfFrames holds every frame of the server to the published schemas.
var judgeOfFrames = sync.OnceValue(func() *protocol.Judge {
	j, err := protocol.NewJudge()
	if err != nil {
		panic(err)
	}
	return j
})

var baseTypes = []string{"ready", "message", "error", "pong"}

// next gives the next frame that this client understands.
func (c *client) next() frame {
	c.t.Helper()
	limit := within(c.t)
	for {
		select {
		case f, ok := <-c.in:
			if !ok {
				c.t.Fatalf("the connection ended: %v", c.closed)
			}
			if c.extended || slices.Contains(baseTypes, f.Type) {
				return f
			}
		case <-limit.Done():
			c.t.Fatal("nothing came")
		}
	}
}

// want waits for a frame of a type; any other is a failure.
func (c *client) want(kind string) data {
	c.t.Helper()
	f := c.next()
	if f.Type != kind {
		c.t.Fatalf("got %s, want a frame %q", f.raw, kind)
	}
	return f.data(c.t)
}

// find waits for a frame of a type and passes over others.
func (c *client) find(kind string) data {
	c.t.Helper()
	for {
		if f := c.next(); f.Type == kind {
			return f.data(c.t)
		}
	}
}

// wantError waits for an error with a code.
func (c *client) wantError(code string) data {
	c.t.Helper()
	d := c.want("error")
	if d.Code != code {
		c.t.Fatalf("got the error %q (%s), want %q", d.Code, d.Message, code)
	}
	if d.Message == "" {
		c.t.Errorf("the error %q says nothing in words", code)
	}
	return d
}

// wantClose waits for the end of the connection and gives its code.
func (c *client) wantClose() websocket.StatusCode {
	c.t.Helper()
	limit := within(c.t)
	for {
		select {
		case _, ok := <-c.in:
			if !ok {
				return websocket.CloseStatus(c.closed)
			}
		case <-limit.Done():
			c.t.Fatal("the connection stayed open")
		}
	}
}

// raw sends text as it is.
func (c *client) raw(text string) {
	c.t.Helper()
	if err := c.conn.Write(within(c.t), websocket.MessageText, []byte(text)); err != nil {
		c.t.Fatalf("sending: %v", err)
	}
}

// send sends a frame.
func (c *client) send(kind string, data any) {
	c.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		c.t.Fatal(err)
	}
	c.raw(string(b))
}

// ping makes sure that everything sent so far was taken, and that nothing came
// of it.
func (c *client) ping() {
	c.t.Helper()
	c.raw(`{"type":"ping"}`)
	c.want("pong")
}

// lose ends the connection without a word, as a dead network does.
func (c *client) lose() { c.conn.CloseNow() }

// visitor is somebody who fills in the form.
type visitor struct{ name, email, page string }

// somebody gives a visitor whom no earlier run knows.
func somebody(t *testing.T, name string) visitor {
	t.Helper()
	var b [6]byte
	if _, err := rand.Read(b[:]); err != nil {
		t.Fatal(err)
	}
	return visitor{name, hex.EncodeToString(b[:]) + "@visitor.example", "/pricing"}
}

// enter sends the form of a base client and gives what ready says.
func (c *client) enter(v visitor) data {
	c.t.Helper()
	return c.enterWith(v, nil)
}

// enterWith sends the form with further fields.
func (c *client) enterWith(v visitor, more map[string]any) data {
	c.t.Helper()
	c.init(v, more)
	ready := c.want("ready")
	if ready.SessionID == "" || len(ready.SessionID) < 22 {
		c.t.Fatalf("ready gives the session id %q, which is too short to be a secret", ready.SessionID)
	}
	return ready
}

func (c *client) init(v visitor, more map[string]any) {
	c.t.Helper()
	fields := map[string]any{"name": v.name, "email": v.email, "page": v.page, "turnstileToken": ""}
	for k, x := range more {
		fields[k] = x
	}
	c.send("init", fields)
}

// say sends a message of a base client.
func (c *client) say(text string) {
	c.t.Helper()
	c.send("message", map[string]any{"message": text})
}

// refusedUpgrade tries to connect and gives the status of the refusal.
func refusedUpgrade(t *testing.T, origin string, header http.Header) int {
	t.Helper()
	conn, resp, err := websocket.Dial(within(t), socketURL(origin), &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		conn.CloseNow()
		t.Fatalf("the connection with %v was taken", header)
	}
	if resp == nil {
		t.Fatal(errors.Join(errors.New("refused without an answer"), err))
	}
	return resp.StatusCode
}

// byRoute offers the route of a conversation. A client comes back by it: where it
// does not, another object holds its connection, and lets it go where the
// conversation slept meanwhile.
func byRoute(route string) *websocket.DialOptions {
	return &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + route}}
}
