package server

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/store"
)

// benchEngine is an engine with the real actors and the real disk, and no
// Discord.
func benchEngine(b *testing.B) (*engine, *builder, Options) {
	b.Helper()
	opt := Options{DataDir: b.TempDir(), MessagesPerMinute: 1 << 30, Log: slog.New(slog.DiscardHandler)}
	opt.fill()
	opt.DataSecret = make([]byte, minSecretBytes)
	built, err := newBuilder(&opt)
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(filepath.Join(opt.DataDir, databaseFile), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return newEngine(engineConfig{store: s, clock: systemClock{}, log: opt.Log, build: built.build, tails: built.tails}), built, opt
}

// dropLink drops what it is sent.
type dropLink struct{}

func (dropLink) send([]byte)             {}
func (dropLink) close(chat.CloseCode)    {}
func (dropLink) heardAt() chat.Time      { return systemClock{}.Now() }
func (dropLink) setPhase(chat.ConnPhase) {}

// BenchmarkMessages makes visitors' messages durable and acknowledges them, as
// many at once as there are visitors.
func BenchmarkMessages(b *testing.B) {
	for _, visitors := range []int{1, 16, 128} {
		b.Run(fmt.Sprint(visitors, "-at-once"), func(b *testing.B) {
			e, _, opt := benchEngine(b)
			const each = 60 // fewer than may wait undelivered
			var to []chat.Address
			sent, made := each, 0
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n%visitors != 0 {
					continue // a turn takes a message of every visitor
				}
				if sent == each {
					b.StopTimer()
					to, sent = to[:0], 0
					for range visitors {
						made++
						to = append(to, begin(b, e, opt.DataSecret, made))
					}
					for e.turn() {
					}
					b.StartTimer()
				}
				sent++
				for i, at := range to {
					e.submit(item{to: at, ev: chat.FrameReceived{Conn: chat.ConnID(at.Key),
						Data: fmt.Appendf(nil, `{"type":"message","data":{"message":"Hello, where is my order?","id":"m%d-%d"}}`, sent, i)}})
				}
				for e.turn() {
				}
			}
		})
	}
}

// begin opens a conversation.
func begin(b *testing.B, e *engine, secret []byte, n int) chat.Address {
	b.Helper()
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		b.Fatal(err)
	}
	at := chat.SessionAt(chat.MintRoute(secret, random))
	opened := chat.ConnOpened{Conn: chat.ConnID(at.Key)}
	copy(opened.Random[:], random[:])
	e.submit(item{to: at, ev: opened, link: dropLink{}})
	e.submit(item{to: at, ev: chat.FrameReceived{Conn: opened.Conn,
		Data: fmt.Appendf(nil, `{"type":"init","data":{"name":"A","email":"a%d@example.com","page":"/"}}`, n)}})
	return at
}

// BenchmarkIdleConnections opens connections that say nothing and tells what one
// costs, the client's end left out.
func BenchmarkIdleConnections(b *testing.B) {
	const conns = 2000
	s, err := New(Options{Addr: "127.0.0.1:0", DataDir: b.TempDir(), MaxConns: conns, MaxConnsPerIP: conns, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer s.Close(context.Background())
	for b.Loop() {
		before := inUse()
		var open []net.Conn
		for range conns {
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				b.Fatal(err)
			}
			fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
			buf := make([]byte, 256)
			if n, err := c.Read(buf); err != nil || n == 0 {
				b.Fatal(err)
			}
			open = append(open, c)
		}
		s.engine.look(b.Context(), func() {})
		b.ReportMetric(float64(inUse()-before)/conns, "B/conn")
		for _, c := range open {
			c.Close()
		}
		for s.hub.count() > 0 {
			runtime.Gosched()
		}
	}
}

// inUse is what the heap and the stacks hold.
func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
