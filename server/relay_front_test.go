package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"cloudflarechat/server"
)

// What stands in front of the chat answers in its place while the chat is away; no answer of the team is lost by that.
func TestARelayBelievesTheChatAlone(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	opt.NoGateway = true
	s := start(t, opt)
	var away, refused atomic.Int64
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if status := away.Load(); status != 0 {
			w.WriteHeader(int(status))
			io.WriteString(w, "<html>We are back soon.</html>")
			if bytes.Contains(body, []byte("matters")) {
				refused.Add(1)
			}
			return
		}
		req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+s.Addr().String()+r.URL.Path, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return
		}
		req.Header = r.Header
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		io.Copy(w, res.Body)
	}))
	t.Cleanup(front.Close)
	r := startRelay(t, opt, front.URL+"/relay")
	relayIs := func(status string) func() bool {
		return func() bool {
			res, err := http.Get("http://" + r.Addr().String() + "/health")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var h healthBody
			_ = json.NewDecoder(res.Body).Decode(&h)
			return h.Status == status
		}
	}
	eventually(t, "a healthy relay", relayIs("ok"))

	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "Hello?"})
	thread := d.thread()
	d.shows(thread, "Hello?")
	for _, status := range []int64{http.StatusOK, http.StatusBadRequest, http.StatusNotFound, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity} {
		away.Store(status)
		refused.Store(0)
		answer := http.StatusText(int(status)) + ": the answer that matters"
		d.answers(thread, answer)
		eventually(t, "a refusal", func() bool { return refused.Load() > 0 })
		eventually(t, "a relay that says so", relayIs("degraded"))
		away.Store(0)
		if f := v.hear("message"); f.Data.Message != answer {
			t.Errorf("after a %d: got %+v", status, f)
		}
		eventually(t, "a healthy relay", relayIs("ok"))
	}
}

// startRelay starts a relay of the stand-in that a server's options name.
func startRelay(t *testing.T, opt server.Options, target string) *server.Relay {
	t.Helper()
	r, err := server.NewRelay(server.RelayOptions{Target: target, Secret: "relay-secret-of-a-test", DataDir: t.TempDir(),
		DiscordToken: opt.DiscordToken, DiscordChannel: opt.DiscordChannel, DiscordAPI: opt.DiscordAPI, Addr: "127.0.0.1:0", Log: opt.Log})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(context.Background()) })
	return r
}
