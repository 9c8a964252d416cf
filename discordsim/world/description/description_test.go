package description

import (
	"errors"
	"io/fs"
	"net/url"
	"slices"
	"testing"
)

func TestDescription(t *testing.T) {
	d, err := Load()
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("SKIPPED, NOT PROVED: requests, answers and events against Discord's own description: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.Paths() < 100 {
		t.Fatalf("only %d paths are described", d.Paths())
	}
	// It must be able to refuse.
	for _, bad := range []string{`{"id":"1","content":5}`, `{}`, `[]`, `{`} {
		if d.Schema("a bad message", "MessageResponse", []byte(bad)) == nil {
			t.Errorf("%s passed for a message", bad)
		}
	}
	refused := map[string]error{
		"an unknown route":     d.Request("POST", "/channels/1/nonsense", nil, nil),
		"an unknown parameter": d.Request("GET", "/channels/1/messages", url.Values{"colour": {"red"}}, nil),
		"a wrong type":         d.Request("POST", "/channels/1/messages", nil, []byte(`{"content":5}`)),
		"an unknown field":     d.Request("POST", "/channels/1/messages", nil, []byte(`{"content":"x","contents":"y"}`)),
		"no body":              d.Request("POST", "/channels/1/messages", nil, nil),
		"an unknown status":    d.Response("GET", "/users/@me", 206, nil),
		"a body after 204":     d.Response("DELETE", "/channels/1/messages/2", 204, []byte(`{}`)),
		"a bad event":          d.Event("THREAD_CREATE", []byte(`{"id":"1"}`)),
	}
	for what, err := range refused {
		if err == nil {
			t.Errorf("%s passed", what)
		}
	}
	taken := map[string]error{
		"a post":        d.Request("POST", "/channels/1/messages", nil, []byte(`{"content":"x","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":[]},"flags":4}`)),
		"a page":        d.Request("GET", "/channels/1/messages", url.Values{"after": {"1"}, "limit": {"100"}}, nil),
		"a thread":      d.Request("POST", "/channels/1/messages/2/threads", nil, []byte(`{"name":"x","auto_archive_duration":60}`)),
		"typing":        d.Request("POST", "/channels/1/typing", nil, nil),
		"a field error": d.Response("POST", "/channels/1/messages", 400, []byte(`{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"X","message":"y"}]}}}`)),
	}
	for what, err := range taken {
		if err != nil {
			t.Errorf("%s was refused: %v", what, err)
		}
	}
}

func TestJudge(t *testing.T) {
	d, err := Load()
	if err != nil {
		t.Skipf("SKIPPED, NOT PROVED: %v", err)
	}
	j := NewJudge(d)
	good := Exchange{Method: "POST", Path: "/channels/1/typing", Status: 204}
	if err := j.Hold(good); err != nil {
		t.Error(err)
	}
	for what, bad := range map[string]Exchange{
		"a wrong request": {Method: "POST", Path: "/channels/1/messages", Body: []byte(`{"content":5}`), Status: 500},
		"a wrong answer":  {Method: "GET", Path: "/users/@me", Status: 200, Answer: []byte(`{"id":1}`)},
	} {
		if j.Hold(bad) == nil {
			t.Errorf("%s passed", what)
		}
	}
	want := []string{"GET /users/@me", "POST /channels/{channel_id}/messages", "POST /channels/{channel_id}/typing"}
	if got := j.Held(); !slices.Equal(got, want) {
		t.Errorf("held %q, want %q", got, want)
	}
}
