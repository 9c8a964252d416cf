package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/store"
)

// A disk that is full is said to the visitor and by /health, and nothing that
// was accepted before is lost.
func TestAFullDiskAsAVisitorSeesIt(t *testing.T) {
	s, err := New(Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var full atomic.Bool
	s.engine.store = &flakyStore{Store: s.store, fail: func([]store.Writes) error {
		if full.Load() {
			return fmt.Errorf("store: saving: %w", store.ErrFull)
		}
		return nil
	}}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws://"+s.Addr().String()+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	talk := func(frame, want string) {
		t.Helper()
		if err := c.Write(ctx, websocket.MessageText, []byte(frame)); err != nil {
			t.Fatal(err)
		}
		for {
			_, b, err := c.Read(ctx)
			if err != nil {
				t.Fatalf("waiting for %s: %v", want, err)
			}
			if strings.Contains(string(b), want) {
				return
			}
		}
	}
	health := func() (status int, h health) {
		t.Helper()
		res, err := http.Get("http://" + s.Addr().String() + "/health")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, h
	}
	talk(`{"type":"init","data":{"name":"A","email":"a@example.com","page":"/"}}`, `"ready"`)
	talk(`{"type":"message","data":{"message":"one","id":"m1"}}`, `"ack"`)
	full.Store(true)
	talk(`{"type":"message","data":{"message":"two","id":"m2"}}`, `"code":"unavailable","id":"m2"`)
	if status, h := health(); status != http.StatusServiceUnavailable || h.Status != "down" || !strings.Contains(fmt.Sprint(h.Reasons), "the disk is full") {
		t.Errorf("health: %d %+v", status, h)
	}
	full.Store(false)
	talk(`{"type":"message","data":{"message":"one","id":"m1"}}`, `"seq":1`)
	talk(`{"type":"message","data":{"message":"two","id":"m2"}}`, `"seq":2`)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if status, h := health(); status == http.StatusOK && h.Status != "down" {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("health does not mend")
		}
	}
}
