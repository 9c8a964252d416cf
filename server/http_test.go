package server_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"

	"cloudflarechat/server"
	"cloudflarechat/widget"
)

// bare is a server without Discord, whose handler is asked directly.
func bare(t *testing.T, change func(*server.Options)) *server.Server {
	t.Helper()
	opt := server.Options{Addr: "127.0.0.1:0", DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opt)
	}
	return start(t, opt)
}

func get(t *testing.T, s *server.Server, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const secret, former = "new-secret-of-a-relay", "old-secret-of-a-relay"

func TestRelay(t *testing.T) {
	s := bare(t, func(o *server.Options) { o.RelaySecrets = []string{secret, former} })
	good := "Bearer " + secret
	body := `{"threadId":"123456789012345678","message":"hi","author":"Ada"}`
	for _, c := range []struct {
		name, method, auth, kind, body string
		status                         int
		words                          string
	}{
		{"no secret", "POST", "", "application/json", body, 401, "BOT_RELAY_SECRET"},
		{"wrong secret", "POST", "Bearer nonsense", "application/json", body, 401, "BOT_RELAY_SECRET"},
		{"empty secret", "POST", "Bearer ", "application/json", body, 401, "BOT_RELAY_SECRET"},
		{"another scheme", "POST", "Basic " + secret, "application/json", body, 401, "BOT_RELAY_SECRET"},
		{"unknown thread", "POST", good, "application/json", body, 404, "unknown_thread"},
		{"the former secret", "POST", "bearer " + former, "application/json; charset=utf-8", body, 404, "unknown_thread"},
		{"no content type", "POST", good, "", body, 404, "unknown_thread"},
		{"another content type", "POST", good, "text/plain", body, 415, "application/json"},
		{"no JSON", "POST", good, "application/json", "hello", 400, "JSON"},
		{"an array", "POST", good, "application/json", "[]", 400, ""},
		{"no thread", "POST", good, "application/json", `{"message":"hi","author":"Ada"}`, 400, "threadId"},
		{"a thread that is no id", "POST", good, "application/json", `{"threadId":"abc","message":"hi","author":"Ada"}`, 400, "threadId"},
		{"no message", "POST", good, "application/json", `{"threadId":"123456789012345678","author":"Ada"}`, 400, "message"},
		{"an unknown type", "POST", good, "application/json", `{"threadId":"123456789012345678","type":"sang"}`, 400, "type"},
		{"too big", "POST", good, "application/json", `{"message":"` + strings.Repeat("x", 300<<10) + `"}`, 413, "256 KB"},
		{"a gap without a time", "POST", good, "application/json", `{"type":"missed"}`, 400, "timestamp"},
		{"a gap", "POST", good, "application/json", `{"type":"missed","timestamp":1790000000000}`, 200, "taken"},
		{"a recheck", "POST", good, "application/json", `{"type":"recheck"}`, 200, "taken"},
		{"typing", "POST", good, "application/json", `{"threadId":"123456789012345678","type":"typing","author":"Ada"}`, 200, "taken"},
		{"a GET", "GET", good, "", "", 405, "POST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := get(t, s, c.method, "/relay", c.body, "Authorization", c.auth, "Content-Type", c.kind)
			if said := text(t, res); res.StatusCode != c.status || !strings.Contains(said, c.words) {
				t.Errorf("%d %s, want %d and %q", res.StatusCode, said, c.status, c.words)
			}
			if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("headers %v", res.Header)
			}
		})
	}
	closed := bare(t, nil)
	if res := get(t, closed, "POST", "/relay", body, "Authorization", "Bearer "); res.StatusCode != 401 {
		t.Errorf("without a secret set: %d", res.StatusCode)
	}
}

func TestHealth(t *testing.T) {
	s := bare(t, func(o *server.Options) { o.AdminSecret, o.Version = "the-owner's", "1.2.3" })
	res := get(t, s, "GET", "/health", "")
	if said := text(t, res); res.StatusCode != 200 || !strings.Contains(said, `"version":"1.2.3"`) || !strings.Contains(said, "no bot is set up") || strings.Contains(said, "deep") {
		t.Errorf("%d %s", res.StatusCode, said)
	}
	if res := get(t, s, "GET", "/health?deep", ""); res.StatusCode != 401 {
		t.Errorf("deep without the secret: %d", res.StatusCode)
	}
	res = get(t, s, "GET", "/health?deep", "", "Authorization", "Bearer the-owner's")
	if said := text(t, res); res.StatusCode != 200 || !strings.Contains(said, `"connections":0`) {
		t.Errorf("deep: %d %s", res.StatusCode, said)
	}
	if res := get(t, s, "POST", "/health", ""); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestMetrics(t *testing.T) {
	s := bare(t, func(o *server.Options) { o.AdminSecret, o.Metrics = "the-owner's", true })
	if res := get(t, s, "GET", "/metrics", ""); res.StatusCode != 401 {
		t.Errorf("a stranger: %d", res.StatusCode)
	}
	res := get(t, s, "GET", "/metrics", "", "Authorization", "Bearer the-owner's")
	if said := text(t, res); res.StatusCode != 200 || !strings.Contains(said, "cloudflare_chat_host_connections 0") {
		t.Errorf("%d %.300s", res.StatusCode, said)
	}
	if res := get(t, bare(t, nil), "GET", "/metrics", ""); res.StatusCode != 404 {
		t.Errorf("turned off: %d", res.StatusCode)
	}
}

func TestWidgetFiles(t *testing.T) {
	s := bare(t, nil)
	path := "/" + widget.Eager
	plain, err := widget.Files.ReadFile(widget.Eager)
	if err != nil {
		t.Fatal(err)
	}
	res := get(t, s, "GET", path, "")
	if said := text(t, res); said != string(plain) || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("%d bytes, want %d", len(said), len(plain))
	}
	for name, want := range map[string]string{"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
		"X-Content-Type-Options": "nosniff", "Content-Type": "text/javascript; charset=utf-8", "Vary": "Accept-Encoding"} {
		if got := res.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if c := res.Header.Get("Cache-Control"); strings.Contains(c, "immutable") {
		t.Errorf("without v: %q", c)
	}
	if c := get(t, s, "GET", path+"?v="+widget.Version(), "").Header.Get("Cache-Control"); !strings.Contains(c, "immutable") {
		t.Errorf("with its v: %q", c)
	}
	if c := get(t, s, "GET", path+"?v=other", "").Header.Get("Cache-Control"); strings.Contains(c, "immutable") {
		t.Errorf("with another v: %q", c)
	}

	br := get(t, s, "GET", path, "", "Accept-Encoding", "gzip, br;q=0.9")
	if got, err := io.ReadAll(brotli.NewReader(br.Body)); err != nil || !bytes.Equal(got, plain) || br.Header.Get("Content-Encoding") != "br" {
		t.Errorf("brotli: %v, %v", err, br.Header)
	}
	gz := get(t, s, "GET", path, "", "Accept-Encoding", "gzip, br;q=0")
	zr, err := gzip.NewReader(gz.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(zr); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("gzip: %v", err)
	}
	if br.Header.Get("ETag") == gz.Header.Get("ETag") {
		t.Error("two forms have one tag")
	}
	if again := get(t, s, "GET", path, "", "Accept-Encoding", "br", "If-None-Match", br.Header.Get("ETag")); again.StatusCode != 304 {
		t.Errorf("known: %d", again.StatusCode)
	}
	if res := get(t, s, "HEAD", path, ""); res.StatusCode != 200 || text(t, res) != "" {
		t.Error("HEAD")
	}
	if res := get(t, s, "POST", path, ""); res.StatusCode != 405 {
		t.Errorf("POST: %d", res.StatusCode)
	}
}

func TestOtherPages(t *testing.T) {
	s := bare(t, nil)
	for _, path := range []string{"/", "/nothing", "/../chat.db", "/data-secret", "//health"} {
		if res := get(t, s, "GET", path, ""); res.StatusCode != 404 || res.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s: %d %v", path, res.StatusCode, res.Header)
		}
	}
	own := bare(t, func(o *server.Options) {
		o.Widget = fstest.MapFS{"a.js": {Data: []byte("1")}}
		o.Pages = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "page "+r.URL.Path) })
	})
	if said := text(t, get(t, own, "GET", "/x", "")); said != "page /x" {
		t.Errorf("got %q", said)
	}
	if said := text(t, get(t, own, "GET", "/a.js", "")); said != "1" {
		t.Errorf("got %q", said)
	}
}

func TestWrongOptionsAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*server.Options)
		words  string
	}{
		"a channel that is none": {func(o *server.Options) { o.DiscordToken, o.DiscordChannel = "x", "general" }, "DISCORD_SUPPORT_CHANNEL_ID"},
		"a role that is none":    {func(o *server.Options) { o.SupportRole = "@support" }, "SUPPORT_ROLE_ID"},
		"an API that is none":    {func(o *server.Options) { o.DiscordAPI = "discord.com" }, "DISCORD_API_URL"},
		"a path in an origin":    {func(o *server.Options) { o.AllowedOrigins = []string{"https://example.com/shop"} }, "https://example.com/shop"},
		"a star without scheme":  {func(o *server.Options) { o.AllowedOrigins = []string{"*.example.com"} }, `"*.example.com"`},
		"a star inside":          {func(o *server.Options) { o.AllowedOrigins = []string{"https://www.*.com"} }, "star"},
		"a short secret":         {func(o *server.Options) { o.DataSecret = []byte("short") }, "DATA_SECRET"},
		"an impossible folder":   {func(o *server.Options) { o.DataDir = "/dev/null/x" }, "data directory"},
		"three relay secrets":    {func(o *server.Options) { o.RelaySecrets = []string{"a", "b", "c"} }, "at most two"},
	} {
		t.Run(name, func(t *testing.T) {
			opt := server.Options{DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)}
			c.change(&opt)
			s, err := server.New(opt)
			if err == nil {
				s.Close(t.Context())
				t.Fatal("taken")
			}
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("%q says nothing of %q", err, c.words)
			}
		})
	}
}

func TestAPortInUseIsSaid(t *testing.T) {
	first := bare(t, nil)
	second, err := server.New(server.Options{Addr: first.Addr().String(), DataDir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close(t.Context())
	if err := second.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "something else listens") {
		t.Errorf("got %v", err)
	}
}
