package main

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"cloudflarechat/examples"
)

// demoPages serves the website of the demo at / and the other examples at
// /examples/, under the strictest policy that a real site could have: whatever
// works here works everywhere. The chat is at the origin of that name; empty, it
// is where the pages are, and then there are examples too.
func demoPages(consoleOrigin, chat string) http.Handler {
	page := template.Must(template.ParseFS(examples.Files, "demo/index.html"))
	var home bytes.Buffer
	if err := page.Execute(&home, struct{ ConsoleURL, Chat string }{consoleOrigin + "/", chat}); err != nil {
		panic(fmt.Sprintf("the demo page is broken: %v", err))
	}
	files := http.FileServerFS(examples.Files)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(home.Bytes())
	})
	mux.Handle("GET /demo/", noListing(files))
	script, connect := "'self'", "'self'"
	if chat == "" {
		mux.Handle("GET /examples/", noListing(http.StripPrefix("/examples", files)))
	} else {
		script, connect = "'self' "+chat, chat+" ws"+strings.TrimPrefix(chat, "http")
	}
	policy := strings.Join([]string{
		"default-src 'none'",
		"script-src " + script,
		"style-src 'self'",
		"img-src 'self' data: " + consoleOrigin,
		"connect-src " + connect,
		"base-uri 'none'",
		"form-action 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types 'none'",
	}, "; ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		mux.ServeHTTP(w, r)
	})
}

// noListing hides lists of folders and the template of the page.
func noListing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") || strings.HasSuffix(r.URL.Path, "demo/index.html") {
			http.NotFound(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
