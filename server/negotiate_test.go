package server_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudflarechat/widget"
)

// handshake asks for an upgrade with these header lines.
func handshake(t *testing.T, addr string, lines ...string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(c, "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n\r\n", strings.Join(lines, "\r\n"))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatalf("%q: %v", lines, err)
	}
	return res
}

// Compression is agreed on where what is offered can be kept, and not where it
// cannot (RFC 7692, sections 5.1 and 7.1).
func TestCompressionIsAgreedOn(t *testing.T) {
	addr := bare(t, nil).Addr().String()
	for _, c := range []struct {
		offer string
		taken bool
	}{
		{"permessage-deflate", true},
		{"Permessage-Deflate; client_max_window_bits", true},
		{"permessage-deflate; client_max_window_bits=10; server_no_context_takeover", true},
		{`permessage-deflate; client_no_context_takeover; client_max_window_bits="12"`, true},
		{"x-webkit-deflate-frame, permessage-deflate", true},
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", true},
		{"permessage-deflate; server_max_window_bits=10", false},
		{"permessage-deflate; server_max_window_bits=15", false}, // it would have to be promised in the answer
		{"permessage-deflate; bogus=1", false},
		{"permessage-deflate; client_max_window_bits=16", false},
		{"permessage-deflate; client_max_window_bits=7", false},
		{"permessage-deflate; client_max_window_bits=010", false},
		{"permessage-deflate; client_no_context_takeover; client_no_context_takeover", false},
		{"permessage-deflate; client_no_context_takeover=1", false},
		{"x-permessage-deflate-frame", false},
		{"bbf; name=permessage-deflate", false},
	} {
		res := handshake(t, addr, "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Extensions: "+c.offer)
		agreed := res.Header.Get("Sec-WebSocket-Extensions")
		if res.StatusCode != http.StatusSwitchingProtocols || strings.HasPrefix(agreed, "permessage-deflate") != c.taken || (agreed != "") != c.taken {
			t.Errorf("%q: %d, agreed on %q", c.offer, res.StatusCode, agreed)
		}
	}
	// Offers may stand on lines of their own (RFC 6455, section 9.1).
	res := handshake(t, addr, "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Extensions: foo", "Sec-WebSocket-Extensions: permessage-deflate")
	if agreed := res.Header.Get("Sec-WebSocket-Extensions"); !strings.HasPrefix(agreed, "permessage-deflate") {
		t.Errorf("two lines: agreed on %q", agreed)
	}
}

// A header may come in several lines (RFC 9110, section 5.3).
func TestConnectionOnSeveralLines(t *testing.T) {
	addr := bare(t, nil).Addr().String()
	if res := handshake(t, addr, "Connection: keep-alive", "Connection: Upgrade", "Sec-WebSocket-Version: 13"); res.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("answered %s", res.Status)
	}
}

// Another version of the protocol hears which one is spoken here (RFC 6455,
// section 4.4).
func TestAnotherVersionOfTheProtocol(t *testing.T) {
	addr := bare(t, nil).Addr().String()
	for _, version := range []string{"Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 130", "X-Nothing: 1"} {
		res := handshake(t, addr, "Connection: Upgrade", version)
		if res.StatusCode != http.StatusUpgradeRequired || res.Header.Get("Sec-WebSocket-Version") != "13" || !strings.EqualFold(res.Header.Get("Upgrade"), "websocket") {
			t.Errorf("%s: %s %v", version, res.Status, res.Header)
		}
	}
}

// A coding that is refused is not used, however that is written (RFC 9110,
// section 12.4.2).
func TestARefusedCoding(t *testing.T) {
	s := bare(t, nil)
	for header, want := range map[string]string{
		"br;Q=0": "", "br;\tq=0, gzip;\tq=0": "", "gzip;q=0.0, br;q=0": "", "gzip ; q = 0": "", "br;q=0.001": "br", "br;Q=0.5": "br", "br;q=0, gzip;q=1": "gzip", "BR": "br",
	} {
		if got := get(t, s, "GET", "/"+widget.Eager, "", "Accept-Encoding", header).Header.Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}
