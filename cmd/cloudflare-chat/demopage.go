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
// works here works everywhere.
func demoPages(consoleOrigin string) http.Handler {
	page := template.Must(template.ParseFS(examples.Files, "demo/index.html"))
	var home bytes.Buffer
	if err := page.Execute(&home, struct{ ConsoleURL string }{consoleOrigin + "/"}); err != nil {
		panic(fmt.Sprintf("the demo page is broken: %v", err))
	}
	files := http.FileServerFS(examples.Files)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(home.Bytes())
	})
	mux.Handle("GET /demo/", noListing(files))
	mux.Handle("GET /examples/", noListing(http.StripPrefix("/examples", files)))
	policy := strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self' data: " + consoleOrigin,
		"connect-src 'self'",
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
