// Package widget holds the built widget, for a host to serve. Sources are in src, the build in build.
package widget

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"sync"
)

// Files holds the built files by the names under which they are served: chat-widget.min.js, the eager part, and
// the lazy parts that it loads from beside it, each with ?v=VERSION. Serve a request that carries a v as immutable,
// any other for a short time, and all of them with Access-Control-Allow-Origin: *, since modules are fetched with CORS.
//
//go:embed *.min.js
var Files embed.FS

// Eager is the file that a page names in its script tag.
const Eager = "chat-widget.min.js"

// Names lists the built files.
var Names = sync.OnceValue(func() []string {
	names, err := fs.Glob(Files, "*.min.js")
	if err != nil {
		panic("widget: " + err.Error())
	}
	return names
})

// Version is a hash of everything that is served; it changes exactly when a file does.
var Version = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, name := range Names() {
		content, err := Files.ReadFile(name)
		if err != nil {
			panic("widget: " + err.Error())
		}
		sum.Write([]byte(name))
		sum.Write(content)
	}
	return hex.EncodeToString(sum.Sum(nil))[:8]
})
