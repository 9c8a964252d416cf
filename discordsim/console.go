package discordsim

import (
	"embed"
	"io/fs"
	"net/http"
)

//go:embed console
var consoleFiles embed.FS

// console serves the web console. Its pages may load nothing from elsewhere and run no inline script.
func (s *Server) console() {
	sub, err := fs.Sub(consoleFiles, "console")
	if err != nil {
		panic(err) // the folder is compiled in
	}
	files := http.FileServerFS(sub)
	secure := func(h http.Handler) http.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'")
			rw.Header().Set("X-Content-Type-Options", "nosniff")
			rw.Header().Set("Referrer-Policy", "no-referrer")
			rw.Header().Set("Cache-Control", "no-cache")
			h.ServeHTTP(rw, r)
		}
	}
	page := secure(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(rw, r, sub, "index.html")
	}))
	s.mux.HandleFunc("GET /{$}", page)
	s.mux.HandleFunc("GET /channels/", page)
	s.mux.Handle("GET /console/", secure(http.StripPrefix("/console/", files)))
	s.mux.HandleFunc("GET /favicon.ico", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/console/icon.svg", http.StatusFound)
	})
}
