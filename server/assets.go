package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/andybalholm/brotli"
)

// asset is one file of the widget, in every form in which it is served.
type asset struct {
	plain, gzip, brotli []byte
	kind, etag          string
}

// assets serves the widget's files from memory.
type assets struct {
	version string
	files   map[string]*asset
}

// smallestGain: a compressed form that saves less is not worth its header.
const smallestGain = 64

// loadAssets reads and compresses the files, once.
func loadAssets(from fs.FS, version string) (*assets, error) {
	a := &assets{version: version, files: map[string]*asset{}}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		plain, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		f := &asset{plain: plain, kind: kindOf(name)}
		sum := sha256.Sum256(plain)
		f.etag = hex.EncodeToString(sum[:8])
		if f.gzip, f.brotli, err = compressed(plain); err != nil {
			return err
		}
		a.files["/"+name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("server: the widget's files cannot be read: %w", err)
	}
	return a, nil
}

func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

// compressed gives the forms that are worth it; nil where one is not.
func compressed(plain []byte) (gz, br []byte, err error) {
	var g, b bytes.Buffer
	zw, err := gzip.NewWriterLevel(&g, gzip.BestCompression)
	if err != nil {
		return nil, nil, err
	}
	bw := brotli.NewWriterLevel(&b, brotli.BestCompression)
	for _, w := range []interface {
		Write([]byte) (int, error)
		Close() error
	}{zw, bw} {
		if _, err := w.Write(plain); err != nil {
			return nil, nil, err
		}
		if err := w.Close(); err != nil {
			return nil, nil, err
		}
	}
	if g.Len()+smallestGain < len(plain) {
		gz = g.Bytes()
	}
	if b.Len()+smallestGain < len(plain) {
		br = b.Bytes()
	}
	return gz, br, nil
}

// has tells whether a path is one of the files.
func (a *assets) has(path string) bool { return a.files[path] != nil }

// ServeHTTP implements http.Handler.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f := a.files[r.URL.Path]
	if f == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	// Any website loads these, as modules too, and they hold no secret.
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Timing-Allow-Origin", "*")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Vary", "Accept-Encoding")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "Use GET.", http.StatusMethodNotAllowed)
		return
	}
	if v := r.URL.Query().Get("v"); v != "" && v == a.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")
	}
	body, coding := f.form(r.Header.Get("Accept-Encoding"))
	tag := f.etag
	if coding != "" {
		h.Set("Content-Encoding", coding)
		tag += "-" + coding
	}
	h.Set("ETag", `"`+tag+`"`)
	h.Set("Content-Type", f.kind)
	// It answers If-None-Match, ranges and HEAD.
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// form chooses the smallest form that a client takes.
func (f *asset) form(accept string) (body []byte, coding string) {
	switch {
	case f.brotli != nil && accepts(accept, "br"):
		return f.brotli, "br"
	case f.gzip != nil && accepts(accept, "gzip"):
		return f.gzip, "gzip"
	}
	return f.plain, ""
}

// accepts reads an Accept-Encoding header.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		// A weight of nought refuses it (RFC 9110, sections 5.6.6 and 12.4.2).
		name, q, has := strings.Cut(params, "=")
		return !has || !strings.EqualFold(strings.TrimSpace(name), "q") || strings.Trim(strings.TrimSpace(q), "0.") != ""
	}
	return false
}
