// Command edge measures how many messages a second the chat takes on Cloudflare's
// runtime, from the WebSocket to the durable row and back, while what visitors say
// goes out to a stand-in for Discord; beside a bare Durable Object that stores the
// same columns and answers. Both run in turns, on this machine:
//
//	./scripts/bench.sh edge
//
// It is started by scripts/edge-up.sh, which names workers/hosts.mjs in
// CONFORMANCE_EDGE.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

var (
	visitors = flag.Int("visitors", 40, "connections that talk at once, each to an object of its own")
	rounds   = flag.Int("rounds", 5, "how often each of both is measured")
	each     = flag.Duration("each", 5*time.Second, "how long one measurement takes")
	chat     = flag.String("chat", "", "where the chat is")
	bare     = flag.String("bare", "", "where the bare object is")
)

func main() {
	flag.Parse()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var hosts [2]*crowd
	for i, at := range []string{*bare, *chat} {
		c, err := gather(ctx, at)
		if err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
		defer c.leave()
		hosts[i] = c
	}
	if err := hosts[1].settle(ctx); err != nil {
		return err
	}
	var rates [2][]float64
	for round := range *rounds + 1 { // the first fills caches and is not counted
		for i, c := range hosts {
			rate, err := c.talk(ctx)
			if err != nil {
				return err
			}
			if round > 0 {
				rates[i] = append(rates[i], rate)
			}
		}
	}
	median := func(of []float64) float64 { slices.Sort(of); return of[len(of)/2] }
	floor, ours := median(rates[0]), median(rates[1])
	fmt.Printf("messages a second, %d visitors, median of %d turns of %v:\n", *visitors, *rounds, *each)
	fmt.Printf("  a bare object that stores and answers   %6.0f   (%.0f to %.0f)\n", floor, rates[0][0], rates[0][len(rates[0])-1])
	fmt.Printf("  the chat, with Egress sending           %6.0f   (%.0f to %.0f)   %.0f %%; %d told to wait\n", ours, rates[1][0], rates[1][len(rates[1])-1], 100*ours/floor, hosts[1].told.Load())
	return nil
}

// crowd are visitors of one host.
type crowd struct {
	conns []*websocket.Conn
	said  atomic.Int64
	told  atomic.Int64 // errors in place of an ack
}

// gather connects the visitors.
func gather(ctx context.Context, at string) (*crowd, error) {
	c := &crowd{}
	for i := range *visitors {
		conn, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(at, "http")+"/ws", nil)
		if err != nil {
			return nil, err
		}
		conn.SetReadLimit(1 << 20)
		c.conns = append(c.conns, conn)
		init := fmt.Sprintf(`{"type":"init","data":{"name":"V","email":"v%d.%d@example.com","page":"/"}}`, i, time.Now().UnixNano())
		if err := conn.Write(ctx, websocket.MessageText, []byte(init)); err != nil {
			return nil, err
		}
		if _, err := await(ctx, conn, `"type":"ready"`); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// settle waits until what every visitor says is delivered: while a thread is being
// opened, an outbox fills up, and more is refused.
func (c *crowd) settle(ctx context.Context) error {
	for i, conn := range c.conns {
		if err := conn.Write(ctx, websocket.MessageText, []byte(fmt.Sprintf(`{"type":"message","data":{"id":"first%d","message":"m"}}`, i))); err != nil {
			return err
		}
	}
	for _, conn := range c.conns {
		if _, err := await(ctx, conn, `"state":"delivered"`); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) leave() {
	for _, conn := range c.conns {
		_ = conn.CloseNow()
	}
}

// await reads frames until one holds any of these.
func await(ctx context.Context, conn *websocket.Conn, any ...string) (string, error) {
	for {
		_, text, err := conn.Read(ctx)
		if err != nil {
			return "", err
		}
		for _, want := range any {
			if strings.Contains(string(text), want) {
				return want, nil
			}
		}
	}
}

// talk lets every visitor say one thing after the other for a while, each when
// the one before was acked, and gives how many were acked a second.
func (c *crowd) talk(ctx context.Context) (float64, error) {
	var wg sync.WaitGroup
	errs := make(chan error, len(c.conns))
	began, acked := time.Now(), atomic.Int64{}
	for _, conn := range c.conns {
		wg.Go(func() {
			for time.Since(began) < *each {
				text := fmt.Sprintf(`{"type":"message","data":{"id":"m%d","message":"m"}}`, c.said.Add(1))
				if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
					errs <- err
					return
				}
				got, err := await(ctx, conn, `"type":"ack"`, `"type":"error"`)
				if err != nil {
					errs <- err
					return
				}
				if got == `"type":"ack"` {
					acked.Add(1)
				} else {
					c.told.Add(1)
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	return float64(acked.Load()) / time.Since(began).Seconds(), <-errs
}
