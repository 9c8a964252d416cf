// Package build makes the widget's served files from widget/src.
//
// The eager part is a classic script, every lazy part is a module of its own. Nothing is shared between files at
// run time, so that each can be loaded, cached and replaced alone.
package build

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/evanw/esbuild/pkg/api"
)

// Kind says when a browser loads a part.
type Kind int

const (
	Eager    Kind = iota // on every page
	First                // before the first message is sent and a plain answer shown
	Later                // when it is needed, or when the page is idle
	Language             // one at most a visitor
)

// String names the kind as the build's table does.
func (k Kind) String() string {
	return [...]string{"eager", "first", "later", "language"}[k]
}

// Part is one built file.
type Part struct {
	Name   string // as served: chat-widget.window.min.js
	Kind   Kind
	Bytes  []byte
	Gzip   int // length in bytes, level 9
	Brotli int // length in bytes, level 11
}

// entries are the sources that become a file, beside those in src/lang.
var entries = []struct {
	source string
	kind   Kind
}{
	{"chat-widget.js", Eager},
	{"window.js", First},
	{"more.js", Later},
}

// targets are the oldest engines that the widget supports; esbuild lowers syntax to them.
var targets = []api.Engine{
	{Name: api.EngineChrome, Version: "119"},
	{Name: api.EngineFirefox, Version: "128"},
	{Name: api.EngineSafari, Version: "16.4"},
}

// Run builds every part from the folder src. The same sources give the same bytes.
func Run(src string) ([]Part, error) {
	version, err := hashOf(src)
	if err != nil {
		return nil, fmt.Errorf("widget build: %w", err)
	}
	languages, err := filepath.Glob(filepath.Join(src, "lang", "*.js"))
	if err != nil {
		return nil, fmt.Errorf("widget build: %w", err)
	}
	all := entries
	var codes []string
	for _, path := range languages {
		code := strings.TrimSuffix(filepath.Base(path), ".js")
		codes = append(codes, code)
		all = append(all, struct {
			source string
			kind   Kind
		}{"lang/" + code + ".js", Language})
	}
	names, err := readNames(filepath.Join(src, "mangle.json"))
	if err != nil {
		return nil, fmt.Errorf("widget build: %w", err)
	}
	define := map[string]string{
		"VERSION":   fmt.Sprintf("%q", version),
		"LANGUAGES": fmt.Sprintf("%q", strings.Join(codes, " ")),
	}
	var parts []Part
	for _, entry := range all {
		code, err := bundle(filepath.Join(src, entry.source), entry.kind, define, maps.Clone(names))
		if err != nil {
			return nil, fmt.Errorf("widget build: %s: %w", entry.source, err)
		}
		name := "chat-widget." + strings.TrimSuffix(filepath.Base(entry.source), ".js") + ".min.js"
		if entry.kind == Eager {
			name = "chat-widget.min.js"
		}
		part := Part{Name: name, Kind: entry.kind, Bytes: code}
		if part.Gzip, part.Brotli, err = compressed(code); err != nil {
			return nil, fmt.Errorf("widget build: %s: %w", name, err)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// bundle makes one file out of one source and what it imports; style sheets become strings.
func bundle(source string, kind Kind, define map[string]string, names map[string]any) ([]byte, error) {
	format := api.FormatESModule
	if kind == Eager {
		format = api.FormatIIFE
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{source},
		Bundle:            true,
		Format:            format,
		Engines:           targets,
		Define:            define,
		MangleProps:       mangled(names),
		MangleCache:       names,
		Charset:           api.CharsetUTF8,
		LegalComments:     api.LegalCommentsNone,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		Plugins:           []api.Plugin{styles, ours(names)},
	})
	if len(result.Errors) > 0 {
		return nil, fmt.Errorf("%s", api.FormatMessages(result.Errors, api.FormatMessagesOptions{})[0])
	}
	return result.OutputFiles[0].Contents, nil
}

// spaces takes out what esbuild leaves in custom properties and attribute selectors.
var spaces = strings.NewReplacer(" }", "}", " ;", ";", ": ", ":", ", ", ",", `="top"`, "=top", `="left"`, "=left", `="right"`, "=right", `="submit"`, "=submit", "px #", "px#", ") env(", ")env(", ") calc(", ")calc(", ") 0 ", ")0 ")

// readNames reads the properties that only our own files use among themselves, each with the short form that it gets.
// The pairs are fixed, so that a window from a browser's cache understands today's parts: add to them, never change one.
// A name that the protocol, the settings or the browser uses must not be among them.
func readNames(path string) (map[string]any, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var names map[string]any
	return names, json.Unmarshal(content, &names)
}

// mangled is the pattern that matches exactly these names.
func mangled(names map[string]any) string {
	return "^(" + strings.Join(slices.Sorted(maps.Keys(names)), "|") + ")$"
}

// styles gives an imported style sheet as a minified string.
var styles = api.Plugin{Name: "styles", Setup: func(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `\.css$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		source, err := os.ReadFile(args.Path)
		if err != nil {
			return api.OnLoadResult{}, err
		}
		result := api.Transform(string(source), api.TransformOptions{
			Loader: api.LoaderCSS, MinifyWhitespace: true, MinifySyntax: true, Charset: api.CharsetUTF8,
		})
		if len(result.Errors) > 0 {
			return api.OnLoadResult{Errors: result.Errors}, nil
		}
		text := strings.TrimSpace(spaces.Replace(string(result.Code)))
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
	})
}}

// ours writes each source as the served files have it: the world, a parameter for the tests alone, is the window itself,
// and a handler that is called by its name in quotes has the short form of that name.
func ours(names map[string]any) api.Plugin {
	pairs := []string{"world.", "", ", world = window", ""}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		pairs = append(pairs, "('"+name+"'", fmt.Sprintf("('%s'", names[name]))
	}
	replacer := strings.NewReplacer(pairs...)
	return api.Plugin{Name: "ours", Setup: func(build api.PluginBuild) {
		build.OnLoad(api.OnLoadOptions{Filter: `\.js$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			source, err := os.ReadFile(args.Path)
			text := replacer.Replace(string(source))
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, err
		})
	}}
}

// hashOf is the version that lazy parts carry in their address: a hash of every source.
func hashOf(src string) (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(src, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", filepath.Base(path), len(content))
		sum.Write(content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:6], err
}

// compressed measures what travels.
func compressed(content []byte) (gzipped, brotlied int, err error) {
	var buffer bytes.Buffer
	zip, err := gzip.NewWriterLevel(&buffer, gzip.BestCompression)
	if err != nil {
		return 0, 0, err
	}
	if _, err = zip.Write(content); err == nil {
		err = zip.Close()
	}
	if err != nil {
		return 0, 0, err
	}
	gzipped = buffer.Len()
	buffer.Reset()
	writer := brotli.NewWriterLevel(&buffer, brotli.BestCompression)
	if _, err = writer.Write(content); err == nil {
		err = writer.Close()
	}
	return gzipped, buffer.Len(), err
}
