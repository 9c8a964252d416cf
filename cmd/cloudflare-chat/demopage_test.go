package main

import (
	"io/fs"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"cloudflarechat/examples"
)

func TestDemoPages(t *testing.T) {
	h := demoPages("http://127.0.0.1:8788", "")
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	home := get("/")
	if home.Code != 200 || !strings.Contains(home.Body.String(), `href="http://127.0.0.1:8788/"`) {
		t.Errorf("%d: the page does not link to the console", home.Code)
	}
	policy := home.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %q", want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	for _, path := range []string{"/nothing", "/demo/", "/examples/", "/demo/index.html", "/examples/demo/index.html", "/examples/examples.go", "/demo/../examples.go"} {
		if w := get(path); w.Code == 200 {
			t.Errorf("%s is served", path)
		}
	}

	// Whatever a page names on this host is there, and nothing is inline that
	// the policy would stop.
	pages := map[string]string{"/": home.Body.String()}
	names, err := fs.Glob(examples.Files, "*.html")
	if err != nil || len(names) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, n := range names {
		w := get("/examples/" + n)
		if w.Code != 200 {
			t.Errorf("/examples/%s: %d", n, w.Code)
		}
		pages["/examples/"+n] = w.Body.String()
	}
	link := regexp.MustCompile(`(?:src|href)="(/[^"#]*|[a-z-]+\.(?:js|css|html))"`)
	inline := regexp.MustCompile(`(?s)<style|\sstyle=|\son[a-z]+=|<script[^>]*>\s*[^<\s]`)
	for path, text := range pages {
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target := m[1]
			if !strings.HasPrefix(target, "/") {
				target = path[:strings.LastIndex(path, "/")+1] + target
			}
			if strings.HasPrefix(target, "/chat-widget") {
				continue // the server's own
			}
			if w := get(target); w.Code != 200 {
				t.Errorf("%s names %s: %d", path, target, w.Code)
			}
		}
		if found := inline.FindString(text); found != "" {
			t.Errorf("%s has %q inline, which the policy stops", path, found)
		}
	}
}

// TestDemoPagesAroundAChat holds that the website takes the chat from where it is
// told to, and that its policy lets that in and nothing else.
func TestDemoPagesAroundAChat(t *testing.T) {
	h := demoPages("http://127.0.0.1:8788", "https://chat.example.com")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if text := w.Body.String(); !strings.Contains(text, `src="https://chat.example.com/chat-widget.min.js"`) || strings.Contains(text, "/examples/") {
		t.Errorf("the page:\n%s", text)
	}
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"script-src 'self' https://chat.example.com;", "connect-src https://chat.example.com wss://chat.example.com;"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy lacks %q: %s", want, policy)
		}
	}
}
