package tidy

import (
	"bytes"
	"path"
	"regexp"
	"strings"
)

// limitLines is how long a source file may be: past it, it is two concerns.
const limitLines = 500

var sourceKinds = map[string]bool{
	".go": true, ".js": true, ".mjs": true, ".cjs": true, ".ts": true, ".mts": true, ".css": true, ".html": true, ".sh": true,
}

// written is how a file that a program wrote begins, by Go's convention.
var written = regexp.MustCompile(`^// Code generated .* DO NOT EDIT\.\n`)

func (c *checker) checkLength(f *file) {
	if !sourceKinds[path.Ext(f.path)] || written.Match(f.data) {
		return
	}
	if n := bytes.Count(f.data, []byte("\n")); n > limitLines {
		c.reportLine(f, limitLines+1, "has %d lines, more than %d: split it by concern", n, limitLines)
	}
}

// word is something that may not stand in the repository.
type word struct {
	pattern *regexp.Regexp
	why     string
}

// words are put together from parts, so that this file does not hold them.
var words = []word{
	{regexp.MustCompile(`\b(` + "TO" + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`), "a marker word: do it, or write an issue"},
	{regexp.MustCompile(`(^|[\s"'` + "`" + `(=:])/(wo` + `rk|ro` + `ot)/`), "a path of one machine"},
	{regexp.MustCompile(`registry\.np` + `mjs\.org|proxy\.gol` + `ang\.org`), "the host of a registry: leave it to the machine's own configuration"},
	{regexp.MustCompile(`"resol` + `ved": *"http`), "a lock file bound to one registry: remove the addresses (npm --omit-lockfile-registry-resolved)"},
}

func (c *checker) checkWords(f *file) {
	lock := path.Base(f.path) == "package-lock.json"
	for i, line := range strings.Split(string(f.data), "\n") {
		for _, w := range words {
			if lock && strings.Contains(line, `"integrity"`) {
				continue // a hash, in which any letters may meet
			}
			if w.pattern.MatchString(line) {
				c.reportLine(f, i+1, "holds %q: %s", strings.TrimSpace(w.pattern.FindString(line)), w.why)
			}
		}
	}
}
