package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// socket is the least of a WebSocket client: ten thousand of them fit into one
// process. It shares no code with the server.
type socket struct {
	conn net.Conn
	in   *bufio.Reader
}

// errRefused is an upgrade that was answered, and not taken.
var errRefused = errors.New("refused")

// dial connects from a loopback address of its own; to a conversation, where a
// route leads to it.
func dial(host, source, route string) (*socket, error) {
	d := net.Dialer{Timeout: 20 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	conn, err := d.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, in: bufio.NewReaderSize(conn, 512)}
	if err := s.upgrade(host, route); err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) upgrade(host, route string) error {
	if err := s.conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return err
	}
	protocol := ""
	if route != "" {
		protocol = "Sec-WebSocket-Protocol: cloudflare-chat.v1, route." + route + "\r\n"
	}
	if _, err := fmt.Fprintf(s.conn, "GET /ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n", host, protocol); err != nil {
		return err
	}
	status, err := s.in.ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.Contains(status, " 101 ") {
		return errRefused
	}
	for line := status; strings.TrimSpace(line) != ""; {
		if line, err = s.in.ReadString('\n'); err != nil {
			return err
		}
	}
	return s.conn.SetDeadline(time.Time{})
}

// text sends a text frame. Its mask is zero, which is a mask.
func (s *socket) text(payload string) error {
	head := []byte{0x81}
	switch n := len(payload); {
	case n < 126:
		head = append(head, 0x80|byte(n))
	case n < 1<<16:
		head = binary.BigEndian.AppendUint16(append(head, 0x80|126), uint16(n))
	default:
		head = binary.BigEndian.AppendUint64(append(head, 0x80|127), uint64(n))
	}
	_, err := s.conn.Write(append(append(head, 0, 0, 0, 0), payload...))
	return err
}

// frame is what the server says.
type frame struct {
	Type string
	Data struct {
		ID, Code     string
		SessionID    string
		Route        string
		RetryAfterMs int64
		// Messages are those of a history frame.
		Messages []struct {
			Message, From string
			Seq           int64
		}
	}
}

// next reads the next text frame.
func (s *socket) next() (f frame, err error) {
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(s.in, head); err != nil {
			return f, err
		}
		size := uint64(head[1] & 0x7f)
		if size >= 126 {
			wide := make([]byte, map[bool]int{true: 2, false: 8}[size == 126])
			if _, err := io.ReadFull(s.in, wide); err != nil {
				return f, err
			}
			size = 0
			for _, b := range wide {
				size = size<<8 | uint64(b)
			}
		}
		if size > 1<<20 {
			return f, fmt.Errorf("a frame of %d bytes", size)
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(s.in, payload); err != nil {
			return f, err
		}
		switch head[0] & 0x0f {
		case 1:
			return f, json.Unmarshal(payload, &f)
		case 8:
			return f, io.EOF
		}
	}
}
