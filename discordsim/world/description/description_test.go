package description

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"
)

func TestDescription(t *testing.T) {
	path := os.Getenv("DISCORD_OPENAPI")
	if path == "" {
		path = filepath.Join("..", "..", "..", "..", "shared", "discord", "openapi.json")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("SKIPPED, NOT PROVED: Discord's own description of its API is not here: %v", err)
	}
	d, err := New(text)
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
