package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"cloudflarechat/server"
)

// admin asks as the owner.
func admin(t *testing.T, s *server.Server, path, secret, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest("POST", "http://"+s.Addr().String()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if secret != "" {
		req.Header.Set("Authorization", "Bearer "+secret)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(raw)
}

func TestForgetAndExport(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	opt.AdminSecret = "the secret of the owner"
	s := start(t, opt)
	ready(t, s)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(map[string]any{"name": "Forget Mee", "email": "Forget.Mee@visitor.example", "since": 0}))
	hello := v.hear("ready")
	v.say("message", map[string]string{"message": "remember the unforgettable", "id": "m1"})
	thread := d.thread()
	d.shows(thread, "unforgettable")
	d.answers(thread, "never heard of it")
	v.hear("message")
	other := dial(t, wsURL(s), nil)
	other.say("init", base(map[string]any{"name": "Stay", "email": "stay@visitor.example", "since": 0}))
	other.hear("ready")
	other.say("message", map[string]string{"message": "I stay", "id": "o1"})
	other.hear("ack")

	const who = `{"email":" forget.mee@VISITOR.example "}`
	for _, secret := range []string{"", "wrong", "the secret of the owne"} {
		if status, said := admin(t, s, "/admin/export", secret, who); status != 401 || strings.Contains(said, "unforgettable") {
			t.Errorf("with the secret %q: %d %s", secret, status, said)
		}
	}
	status, said := admin(t, s, "/admin/export", opt.AdminSecret, who)
	var p server.Person
	if err := json.Unmarshal([]byte(said), &p); err != nil || status != 200 {
		t.Fatal(status, said, err)
	}
	if len(p.Sessions) != 1 || len(p.Sessions[0].Messages) != 2 || p.Sessions[0].Messages[0].Text != "remember the unforgettable" ||
		p.Sessions[0].Messages[1].From != "agent" || p.Sessions[0].Thread != thread {
		t.Errorf("exported %s", said)
	}
	if strings.Contains(said, hello.Data.SessionID) || strings.Contains(said, hello.Data.Route) {
		t.Error("an export holds what opens the conversation")
	}

	status, said = admin(t, s, "/admin/forget", opt.AdminSecret, `{"email":"forget.mee@visitor.example","threads":true}`)
	var f server.Forgotten
	if err := json.Unmarshal([]byte(said), &f); err != nil || status != 200 || f.Sessions != 1 || f.Threads != 1 {
		t.Fatal(status, said, err)
	}
	_, _, err := v.conn.Read(t.Context())
	for err == nil {
		_, _, err = v.conn.Read(t.Context())
	}
	if code := websocket.CloseStatus(err); code != 4504 {
		t.Errorf("the open window was closed with %d", code)
	}
	if d.ask("GET", "/channels/"+thread+"/messages", nil, nil) != http.StatusNotFound {
		t.Error("the thread is still there")
	}
	back := dial(t, wsURL(s), nil)
	back.say("init", base(map[string]any{"sessionId": hello.Data.SessionID, "since": 0, "name": "New", "email": "new@visitor.example"}))
	if again := back.hear("ready"); again.Data.Restored {
		t.Error("the forgotten conversation came back")
	}
	nowhere(t, opt.DataDir, "unforgettable", "orget.Mee@", "Forget Mee", "orget.mee@")
	if _, said := admin(t, s, "/admin/export", opt.AdminSecret, who); strings.Contains(said, "unforgettable") {
		t.Errorf("still there: %s", said)
	}
	other.say("message", map[string]string{"message": "and go on", "id": "o2"})
	other.hear("ack")
	if err := s.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	nowhere(t, opt.DataDir, "unforgettable", "orget.Mee@", "Forget Mee", "orget.mee@")
	nowhere(t, opt.DataDir, hello.Data.SessionID)

	// The rest can be forgotten without a server.
	f, err = server.ForgetPerson(opt.DataDir, nil, "stay@visitor.example")
	if err != nil || f.Sessions != 1 {
		t.Fatal(f, err)
	}
	nowhere(t, opt.DataDir, "I stay", "stay@visitor.example")
	if p, err := server.ExportPerson(opt.DataDir, "stay@visitor.example"); err != nil || len(p.Sessions) != 0 {
		t.Error(p, err)
	}
}

// nowhere holds that no file of a directory has a text in it.
func nowhere(t *testing.T, dir string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if holds(t, dir, text) {
			t.Errorf("%q stands in a file", text)
		}
	}
}

// holds says whether a file of a directory has a text in it.
func holds(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			t.Logf("%q stands in %s", text, filepath.Base(name))
			return true
		}
	}
	return false
}
