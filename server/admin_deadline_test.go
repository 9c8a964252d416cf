package server

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// What the owner asks for may take longer than a visitor's request: the answer
// arrives all the same.
func TestTheOwnersAnswerIsNotCutOff(t *testing.T) {
	s, err := New(Options{DataDir: t.TempDir(), AdminSecret: "the owner's", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	srv := newHTTPServer(s.handler, s.opt.Log, s.opt.Clock)
	srv.WriteTimeout = time.Nanosecond // it has passed when the request is read
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go srv.Serve(l)
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+l.Addr().String()+"/admin/export", strings.NewReader(`{"email":"a@example.com"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer the owner's")
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if raw, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(raw), "conversations") {
		t.Errorf("%d %s %v", res.StatusCode, raw, err)
	}
}
