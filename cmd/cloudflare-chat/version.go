package main

import (
	"runtime"
	"runtime/debug"
)

// stamped is set by the linker in releases: -X main.stamped=1.2.3.
var stamped string

type versionCommand struct{}

func (*versionCommand) examples() string {
	return `    cloudflare-chat version
`
}

// Run implements the command.
func (*versionCommand) Run(t *terminal) error {
	t.say("cloudflare-chat %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}

// version names this build: the release, else the commit, else "dev".
func version() string {
	if stamped != "" {
		return stamped
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+"
		}
	}
	if revision == "" {
		return "dev"
	}
	return revision + dirty
}
