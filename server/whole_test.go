package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/server"
)

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

// frame is any frame of the protocol.
type frame struct {
	Type string `json:"type"`
	Data struct {
		Message   string `json:"message"`
		Author    string `json:"author"`
		SessionID string `json:"sessionId"`
		Route     string `json:"route"`
		Code      string `json:"code"`
		ID        string `json:"id"`
		From      string `json:"from"`
		Seq       int64  `json:"seq"`
		State     string `json:"state"`
		Restored  bool   `json:"restored"`
	} `json:"data"`
}

// visitor is a client that shares no code with the server.
type visitor struct {
	t    *testing.T
	conn *websocket.Conn
}

func wsURL(s *server.Server) string { return "ws://" + s.Addr().String() + "/ws" }

func dial(t *testing.T, url string, opt *websocket.DialOptions) *visitor {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, url, opt)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(1 << 20)
	t.Cleanup(func() { c.CloseNow() })
	return &visitor{t, c}
}

func (v *visitor) say(kind string, data any) {
	v.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.conn.Write(v.t.Context(), websocket.MessageText, b); err != nil {
		v.t.Fatal(err)
	}
}

// hear waits for a frame of a kind, and passes over others.
func (v *visitor) hear(kind string) frame {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.t.Context(), patience)
	defer cancel()
	for {
		_, b, err := v.conn.Read(ctx)
		if err != nil {
			v.t.Fatalf("waiting for %q: %v", kind, err)
		}
		var f frame
		if err := json.Unmarshal(b, &f); err != nil {
			v.t.Fatalf("%q: %v", b, err)
		}
		if f.Type == kind {
			return f
		}
		v.t.Logf("passed over %s", b)
	}
}

// team is the stand-in, and somebody who answers there.
type team struct {
	*discordsim.Server
	t *testing.T
}

func newTeam(t *testing.T) *team { return newTeamIn(t, world.Config{}) }

// newTeamIn makes a stand-in of a given world. Every request that is sent to it, but for those of people, is held to
// Discord's own description of its API.
func newTeamIn(t *testing.T, cfg world.Config) *team {
	t.Helper()
	inspect, verdict := described(t)
	cfg.Inspect = inspect
	sim := discordsim.New(discordsim.Options{World: cfg})
	if err := sim.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sim.Close()
		verdict()
	})
	return &team{sim, t}
}

func (d *team) options(t *testing.T) server.Options {
	level := slog.LevelError + 8
	if os.Getenv("CHAT_TEST_LOG") != "" {
		level = slog.LevelDebug
	}
	return server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), DiscordToken: d.BotToken(), DiscordChannel: d.ChannelID(),
		DiscordAPI: d.APIURL(), SupportRole: d.RoleID(), RelaySecrets: []string{"relay-secret-of-a-test"},
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))}
}

// ask asks the stand-in's REST API as a member of the team.
func (d *team) ask(method, path string, body, answer any) int {
	d.t.Helper()
	return d.askAs("User Ada", method, path, body, answer)
}

// askAs asks it as anybody.
func (d *team) askAs(authorization, method, path string, body, answer any) int {
	d.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	if body == nil {
		b = nil // null would be a body
	}
	req, err := http.NewRequest(method, d.APIURL()+"/v10"+path, bytes.NewReader(b))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	if answer != nil && res.StatusCode < 300 {
		if err := json.Unmarshal(raw, answer); err != nil {
			d.t.Fatalf("%s: %v", raw, err)
		}
	}
	return res.StatusCode
}

type post struct {
	ID      string `json:"id"`
	Content string `json:"content"`
	Author  struct {
		Bot bool `json:"bot"`
	} `json:"author"`
}

// posts gives what stands in a channel, oldest first.
func (d *team) posts(channel string) []post {
	var list []post
	d.ask("GET", "/channels/"+channel+"/messages?limit=100", nil, &list)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came: %s", what)
		}
	}
}

// thread waits for the thread of the newest opening post.
func (d *team) thread() string {
	d.t.Helper()
	id := ""
	eventually(d.t, "a thread", func() bool {
		for _, p := range d.posts(d.ChannelID()) {
			if d.ask("GET", "/channels/"+p.ID+"/messages", nil, nil) == http.StatusOK {
				id = p.ID
			}
		}
		return id != ""
	})
	return id
}

func (d *team) shows(thread, text string) {
	d.t.Helper()
	eventually(d.t, fmt.Sprintf("%q in the thread", text), func() bool {
		for _, p := range d.posts(thread) {
			if strings.Contains(p.Content, text) {
				return true
			}
		}
		return false
	})
}

func (d *team) answers(thread, text string) {
	d.t.Helper()
	if status := d.ask("POST", "/channels/"+thread+"/messages", map[string]string{"content": text}, nil); status != http.StatusOK {
		d.t.Fatalf("the stand-in answered %d", status)
	}
}

func start(t *testing.T, opt server.Options) *server.Server {
	t.Helper()
	s, err := server.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *server.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("closing: %v", err)
	}
}

func ready(t *testing.T, s *server.Server) {
	t.Helper()
	eventually(t, "a healthy server", func() bool {
		h := health(t, s)
		return h.Status == "ok"
	})
}

type healthBody struct {
	Status  string   `json:"status"`
	Version string   `json:"version"`
	Reasons []string `json:"reasons"`
}

func health(t *testing.T, s *server.Server) (h healthBody) {
	t.Helper()
	res, err := http.Get("http://" + s.Addr().String() + "/health")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&h); err != nil {
		t.Fatal(err)
	}
	return h
}

// base is an init of the base protocol.
func base(more map[string]any) map[string]any {
	m := map[string]any{"name": "Zoë", "email": "zoe@example.com", "page": "/pricing", "turnstileToken": ""}
	for k, v := range more {
		m[k] = v
	}
	return m
}

// The whole path, spoken with the base protocol alone: there, back, and again
// after a restart of the server.
func TestTheWholePathWithTheBaseProtocol(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	s := start(t, opt)
	ready(t, s)

	v := dial(t, wsURL(s), nil)
	v.say("ping", nil)
	v.hear("pong")
	v.say("message", map[string]string{"message": "too early"})
	if f := v.hear("error"); f.Data.Code != "not_ready" {
		t.Errorf("got %+v", f)
	}
	v.say("init", base(nil))
	hello := v.hear("ready")
	if hello.Data.SessionID == "" || hello.Data.Message == "" {
		t.Fatalf("got %+v", hello)
	}
	v.say("message", map[string]string{"message": "Is *anybody* there?"})
	thread := d.thread()
	d.shows(thread, "there?")
	d.answers(thread, "Yes, **here**.")
	if f := v.hear("message"); f.Data.Message != "Yes, **here**." || f.Data.Author != "Ada" {
		t.Errorf("got %+v", f)
	}
	for _, text := range []string{"one", "two", "three"} {
		v.say("message", map[string]string{"message": text})
	}
	for _, text := range []string{"one", "two", "three"} {
		d.shows(thread, text)
	}
	v.conn.Close(websocket.StatusNormalClosure, "")

	d.answers(thread, "while you were away")
	stop(t, s)
	d.answers(thread, "while the server was away")
	s = start(t, opt)

	w := dial(t, wsURL(s), nil)
	w.say("init", base(map[string]any{"sessionId": hello.Data.SessionID}))
	if again := w.hear("ready"); again.Data.SessionID != hello.Data.SessionID {
		t.Errorf("another session: %+v", again)
	}
	for _, text := range []string{"while you were away", "while the server was away"} {
		if f := w.hearAfter("Yes, **here**."); f.Data.Message != text {
			t.Errorf("got %+v, want %q", f, text)
		}
	}
	stop(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := w.conn.Read(ctx); websocket.CloseStatus(err) != 4000 {
		t.Errorf("the end of the server was %v", err)
	}
}

// hearAfter hears a message that is not the old one: what was sent a moment before a connection ended may come again to a client of the
// base protocol.
func (v *visitor) hearAfter(old string) frame {
	for {
		if f := v.hear("message"); f.Data.Message != old {
			return f
		}
	}
}

// A relay elsewhere brings the answers, and keeps them while the chat is down.
func TestAnswersThroughARelay(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	opt.NoGateway = true
	s := start(t, opt)
	addr := s.Addr().String()
	r := startRelay(t, opt, "http://"+addr+"/relay")
	relayHealth := func() (h healthBody) {
		res, err := http.Get("http://" + r.Addr().String() + "/health")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		_ = json.NewDecoder(res.Body).Decode(&h)
		return h
	}
	eventually(t, "a healthy relay", func() bool { return relayHealth().Status == "ok" })

	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	hello := v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	thread := d.thread()
	d.shows(thread, "Hello?")
	d.answers(thread, "first")
	if f := v.hear("message"); f.Data.Message != "first" {
		t.Errorf("got %+v", f)
	}
	stop(t, s)
	for i := range 3 {
		d.answers(thread, fmt.Sprint("kept ", i))
	}
	eventually(t, "a relay that keeps", func() bool { return relayHealth().Status == "degraded" })
	opt.Addr = addr
	s = start(t, opt)
	w := dial(t, wsURL(s), nil)
	w.say("init", base(map[string]any{"sessionId": hello.Data.SessionID}))
	w.hear("ready")
	for i := range 3 {
		if f := w.hearAfter("first"); f.Data.Message != fmt.Sprint("kept ", i) {
			t.Errorf("got %+v, want kept %d", f, i)
		}
	}
	eventually(t, "a healthy relay", func() bool { return relayHealth().Status == "ok" })
}
