package check_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"cloudflarechat/server/check"
)

// TestPagesWithTLSNeedAChatWithTLS holds that an address without TLS is a
// failure where the pages have it: browsers refuse to load anything from there.
func TestPagesWithTLSNeedAChatWithTLS(t *testing.T) {
	chat := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = io.WriteString(w, `{"status":"ok","version":"v1"}`)
	}))
	defer chat.Close()
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", chat.Listener.Addr().String())
	}}}
	for _, c := range []struct {
		url, origin string
		fails       bool
	}{
		{"http://chat.example", "https://shop.example", true},
		{"http://192.0.2.2:8787", "https://shop.example", true},
		{"http://chat.example", "http://shop.example", false},
		{"http://127.0.0.1:8787", "https://shop.example", false},
		{"http://localhost:8787", "https://shop.example", false},
	} {
		r := check.Running{Web: check.Web{HTTP: client}, URL: c.url, Version: "v1", Origins: []string{c.origin}}
		failed := false
		for _, f := range r.Look(t.Context()) {
			failed = failed || f.Name == "TLS" && f.Level == check.Failed
		}
		if failed != c.fails {
			t.Errorf("pages of %s, chat at %s: failed %v", c.origin, c.url, failed)
		}
	}
}
