package server

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// So many connections are held as files may be open, some left for what is
// needed besides, and fewer than were asked for are said.
func TestConnectionsFitTheOpenFiles(t *testing.T) {
	for _, c := range []struct{ files, asked, want int }{
		{0, 20_000, 20_000},
		{65_536, 20_000, 20_000},
		{20_000, 20_000, 18_848},
		{11_000, 20_000, 10_185},
		{1024, 20_000, 832},
		{1024, 832, 832},
		{1024, 833, 832},
		{64, 20_000, 1},
	} {
		var said bytes.Buffer
		o := Options{MaxConns: c.asked, Log: slog.New(slog.NewTextHandler(&said, nil))}
		o.fitFiles(c.files)
		if o.MaxConns != c.want {
			t.Errorf("%d of %d files: %d connections, want %d", c.asked, c.files, o.MaxConns, c.want)
		}
		for _, words := range []string{"level=WARN", "MAX_CONNECTIONS", "ulimit -n"} {
			if strings.Contains(said.String(), words) != (c.want < c.asked) {
				t.Errorf("%d of %d files: said %q", c.asked, c.files, said.String())
			}
		}
	}
}

// One connection more than fits waits for a place, is said, and keeps nobody
// from ending.
func TestAListenerIsBounded(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	waits := make(chan struct{}, 9)
	l := bound(inner, ownFiles+1, func() { waits <- struct{}{} })
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- c
		}
	}()
	for range 3 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	for range 2 {
		c := <-accepted
		<-waits
		if _, ok := c.(interface{ CloseWrite() error }); !ok {
			t.Error("its writing side cannot be closed alone")
		}
		c.Close()
		c.Close() // as the HTTP server does: the place is given back once
	}
	last := <-accepted
	<-waits
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, more := <-accepted; more {
		t.Error("a fourth was accepted")
	}
	last.Close()
}

// What keeps connections from being accepted is said to the owner, and not as
// often as it happens.
func TestAcceptErrorsAreSaid(t *testing.T) {
	var said bytes.Buffer
	clock := &stillClock{now: 1_000_000}
	l := httpErrors(slog.New(slog.NewTextHandler(&said, nil)), clock)
	const words = "http: Accept error: accept tcp 127.0.0.1:8787: accept4: too many open files; retrying in 5ms"
	for range 100 {
		l.Print(words)
	}
	if n := strings.Count(said.String(), "level=ERROR"); n != 1 || !strings.Contains(said.String(), "too many open files") || !strings.Contains(said.String(), "MAX_CONNECTIONS") {
		t.Errorf("%d lines: %q", n, said.String())
	}
	clock.now += chat.Minute
	l.Print(words)
	if n := strings.Count(said.String(), "level=ERROR"); n != 2 {
		t.Errorf("%d lines after a minute", n)
	}
	l.Print("http: TLS handshake error from 203.0.113.5:99: EOF")
	if strings.Contains(said.String(), "203.0.113.5") {
		t.Error("the address of a visitor stands in the log")
	}
}
