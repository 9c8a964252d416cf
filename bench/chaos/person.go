package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// person is one visitor and the agent who answers.
type person struct {
	pair  *pair
	n     int
	email string

	mu       sync.Mutex
	said     []string // by the visitor, in order
	answered []string // by the agent, in order
	heard    []string // by the visitor, in order of seq
	odd      []string // what no frame may be
	quiet    bool     // nothing new is said any more

	session, route string
	seq            int64
	waiting        []message // not acked
}

type message struct{ id, text string }

const (
	// settleWithin is how long everything may take to arrive after the last kill.
	settleWithin = 4 * time.Minute
	patience     = 10 * time.Second
	// pauseWhenFull is how long a visitor rests whose messages wait in great number.
	pauseWhenFull = 2 * time.Second
)

func newPerson(n int, p *pair) *person {
	return &person{pair: p, n: n, email: fmt.Sprintf("visitor%d@mail.example", n)}
}

// visit talks until stop is closed and everything arrived, or time is up.
func (v *person) visit(stop chan struct{}) {
	end := make(chan struct{})
	go func() {
		<-stop
		limit := time.Now().Add(settleWithin)
		for time.Now().Before(limit) && !v.settled() {
			time.Sleep(200 * time.Millisecond)
		}
		close(end)
	}()
	for {
		select {
		case <-end:
			return
		default:
			v.connection(stop, end)
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func (v *person) settled() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.quiet && len(v.waiting) == 0 && len(v.heard) >= len(v.answered) && v.inThread() == nil
}

// connection is one connection of the visitor, until it breaks.
func (v *person) connection(stop, end chan struct{}) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	protocols := []string{"cloudflare-chat.v1"}
	if v.route != "" {
		protocols = append(protocols, "route."+v.route)
	}
	dial, done := context.WithTimeout(ctx, patience)
	c, _, err := websocket.Dial(dial, "ws://"+v.pair.chatAddr+"/ws", &websocket.DialOptions{Subprotocols: protocols})
	done()
	if err != nil {
		return
	}
	defer c.CloseNow()
	c.SetReadLimit(1 << 20)
	init := map[string]any{"name": fmt.Sprintf("Visitor %d", v.n), "email": v.email, "page": "/", "turnstileToken": "", "since": v.seq}
	if v.session != "" {
		init["sessionId"] = v.session
	}
	if write(ctx, c, "init", init) != nil {
		return
	}
	frames := make(chan frame)
	go func() {
		defer close(frames)
		for {
			_, raw, err := c.Read(ctx)
			if err != nil {
				return
			}
			var f frame
			if json.Unmarshal(raw, &f) != nil {
				return
			}
			select {
			case frames <- f:
			case <-ctx.Done():
				return
			}
		}
	}()
	ready := false
	speak := time.NewTimer(patience)
	defer speak.Stop()
	for {
		select {
		case <-end:
			return
		case f, ok := <-frames:
			if !ok {
				return
			}
			v.take(f)
			if f.Type == "ready" {
				ready = true
				speak.Reset(time.Duration(rand.IntN(300)) * time.Millisecond)
			}
			if f.Type == "error" && f.Data.Code == "queue_full" {
				time.Sleep(pauseWhenFull)
				return
			}
			if f.Type == "ready" || f.Type == "ack" {
				if m, more := v.first(); more && write(ctx, c, "message", map[string]any{"message": m.text, "id": m.id}) != nil {
					return
				}
			}
		case <-speak.C:
			if !ready {
				return
			}
			select {
			case <-stop:
				continue
			default:
			}
			// One at a time, as the widget sends them: what is refused is not overtaken.
			if m, alone := v.say(); alone && write(ctx, c, "message", map[string]any{"message": m.text, "id": m.id}) != nil {
				return
			}
			speak.Reset(time.Duration(100+rand.IntN(600)) * time.Millisecond)
		}
	}
}

// first gives what is to be sent next.
func (v *person) first() (message, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.waiting) == 0 {
		return message{}, false
	}
	return v.waiting[0], true
}

// say writes a message, and tells whether nothing waits before it.
func (v *person) say() (m message, alone bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	m = message{fmt.Sprintf("m%d", len(v.said)), fmt.Sprintf("v%d-%04d.", v.n, len(v.said))}
	v.said = append(v.said, m.text)
	v.waiting = append(v.waiting, m)
	return m, len(v.waiting) == 1
}

type frame struct {
	Type string
	Data struct {
		Message, From, ID, SessionID, Route, Code string
		Seq                                       int64
		Restored                                  bool
	}
}

// take looks at a frame of the server.
func (v *person) take(f frame) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d := f.Data
	switch f.Type {
	case "ready":
		if v.session != "" && !d.Restored {
			v.odd = append(v.odd, "the conversation was forgotten")
		}
		v.session, v.route = d.SessionID, d.Route
	case "ack":
		v.waiting = slices.DeleteFunc(v.waiting, func(m message) bool { return m.id == d.ID })
	case "message":
		if d.Seq <= v.seq {
			v.odd = append(v.odd, fmt.Sprintf("seq %d came after %d", d.Seq, v.seq))
			return
		}
		v.seq = d.Seq
		if d.From == "agent" {
			v.heard = append(v.heard, d.Message)
		}
	case "error":
		if d.Code != "unavailable" && d.Code != "queue_full" {
			v.odd = append(v.odd, "error "+d.Code)
		}
	}
}

func write(ctx context.Context, c *websocket.Conn, kind string, data any) error {
	raw, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		return err
	}
	ctx, done := context.WithTimeout(ctx, patience)
	defer done()
	return c.Write(ctx, websocket.MessageText, raw)
}

// judge compares both sides.
func (v *person) judge() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []error
	for _, o := range v.odd {
		all = append(all, errors.New(o))
	}
	if len(v.waiting) > 0 {
		all = append(all, fmt.Errorf("%d messages were never acked", len(v.waiting)))
	}
	all = append(all, v.inThread(), compare("the visitor", v.answered, v.heard))
	if err := errors.Join(all...); err != nil {
		return fmt.Errorf("visitor %d: %w", v.n, err)
	}
	return nil
}

// compare says what is lost, doubled or out of order.
func compare(who string, sent, got []string) error {
	var lost, doubled int
	count := map[string]int{}
	for _, s := range got {
		count[s]++
	}
	for _, s := range sent {
		switch n := count[s]; {
		case n == 0:
			lost++
		case n > 1:
			doubled += n - 1
		}
	}
	if lost > 0 || doubled > 0 || len(got) != len(sent) {
		return fmt.Errorf("%s: %d lost, %d doubled, %d of %d came", who, lost, doubled, len(got), len(sent))
	}
	if !slices.Equal(sent, got) {
		return fmt.Errorf("%s: reordered", who)
	}
	return nil
}
