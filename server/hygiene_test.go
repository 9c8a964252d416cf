package server_test

import (
	"net/http"
	"strings"
	"testing"

	"cloudflarechat/server"
)

// Everything that is served says that it is nothing else, tells no one where
// the reader came from, and may stand in no frame.
func TestSecurityHeaders(t *testing.T) {
	s := bare(t, func(o *server.Options) { o.AdminSecret, o.Metrics = "the secret of the owner", true })
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/ws", 200}, {"GET", "/health", 200}, {"GET", "/health?deep", 401}, {"POST", "/relay", 401}, {"GET", "/metrics", 401},
		{"GET", "/chat-widget.min.js", 200}, {"GET", "/nothing", 404}, {"POST", "/admin/export", 401}, {"POST", "/admin/forget", 401},
		{"GET", "/admin/", 401}, {"DELETE", "/ws", 405},
	} {
		res := get(t, s, c.method, c.path, "")
		if res.StatusCode != c.status {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, res.StatusCode, c.status)
		}
		h := res.Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s %s: headers %v", c.method, c.path, h)
		}
	}
}

// The owner's doors open to the owner's secret alone, and only to what no form
// of another website can send.
func TestOwnersDoors(t *testing.T) {
	const secret = "the secret of the owner"
	s := bare(t, func(o *server.Options) { o.AdminSecret = secret })
	open := bare(t, nil)
	for _, c := range []struct {
		name             string
		at               *server.Server
		auth, kind, body string
		status           int
	}{
		{"the secret", s, "Bearer " + secret, "application/json", `{"email":"a@b.example"}`, http.StatusOK},
		{"no secret", s, "", "application/json", `{"email":"a@b.example"}`, http.StatusUnauthorized},
		{"half of it", s, "Bearer the secret", "application/json", `{"email":"a@b.example"}`, http.StatusUnauthorized},
		{"as a name and a password", s, "Basic " + secret, "application/json", `{"email":"a@b.example"}`, http.StatusUnauthorized},
		{"a form", s, "Bearer " + secret, "text/plain", `{"email":"a@b.example"}`, http.StatusUnsupportedMediaType},
		{"nobody", s, "Bearer " + secret, "application/json", `{}`, http.StatusBadRequest},
		{"too much", s, "Bearer " + secret, "application/json", `{"email":"` + strings.Repeat("a", 8<<10) + `"}`, http.StatusBadRequest},
		{"none is set", open, "Bearer ", "application/json", `{"email":"a@b.example"}`, http.StatusUnauthorized},
	} {
		for _, path := range []string{"/admin/export", "/admin/forget"} {
			res := get(t, c.at, "POST", path, c.body, "Authorization", c.auth, "Content-Type", c.kind)
			if res.StatusCode != c.status {
				t.Errorf("%s: %s answers %d, want %d", c.name, path, res.StatusCode, c.status)
			}
		}
	}
}
