package discordsim

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/discordsim/world"
)

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	s := New(opts)
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// call makes a REST request; auth "" sends none.
func call(t *testing.T, s *Server, auth, method, path, body string) (*http.Response, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.APIURL()+"/v10"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	_ = json.Unmarshal(raw, &out)
	return res, out
}

// readFrame reads one Gateway payload; the context bounds the wait.
func readFrame(t *testing.T, ws *websocket.Conn) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	_, raw, err := ws.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOverSockets(t *testing.T) {
	s := start(t, Options{})
	res, bot := call(t, s, "Bot "+s.BotToken(), "GET", "/gateway/bot", "")
	if res.StatusCode != 200 || res.Header.Get("Date") == "" || res.Header.Get("Via") != "1.1 google" {
		t.Fatalf("gateway/bot: %d %v", res.StatusCode, res.Header)
	}
	ws, _, err := websocket.Dial(t.Context(), bot["url"].(string)+"?v=10&encoding=json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	ws.SetReadLimit(1 << 20)
	if f := readFrame(t, ws); f["op"] != 10.0 {
		t.Fatalf("hello: %v", f)
	}
	identify := `{"op":2,"d":{"token":"` + s.BotToken() + `","intents":36353,"properties":{}}}`
	if err := ws.Write(t.Context(), websocket.MessageText, []byte(identify)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"READY", "GUILD_CREATE"} {
		if f := readFrame(t, ws); f["t"] != want {
			t.Fatalf("got %v, want %s", f["t"], want)
		}
	}
	res, made := call(t, s, "User Ada%20Lovelace", "POST", "/channels/"+s.ChannelID()+"/messages", `{"content":"hello"}`)
	if res.StatusCode != 200 {
		t.Fatalf("post: %d %v", res.StatusCode, made)
	}
	if f := readFrame(t, ws); f["t"] != "MESSAGE_CREATE" || f["d"].(map[string]any)["id"] != made["id"] {
		t.Fatalf("event: %v", f)
	}
	s.Do(func(now int64, w *world.World) { w.Cut(now, 4000) })
	_, _, err = ws.Read(t.Context())
	if websocket.CloseStatus(err) != 4000 {
		t.Fatalf("closed with %v, want 4000", err)
	}
}
