package tidy

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// lockEntry is what an npm lock file says of a package.
type lockEntry struct {
	Version, Integrity                 string
	Resolved                           string
	Optional, Link                     bool
	Dependencies, OptionalDependencies map[string]string
	DevDependencies                    map[string]string
}

// TestDependenciesArePinned holds that every npm package and every tool has one
// version, that lock files are whole, and that what they name is checked.
func TestDependenciesArePinned(t *testing.T) {
	const root = "../.."
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+(-[\w.]+)?$`)
	folders := 0
	walk(t, root, func(path string) {
		if filepath.Base(path) != "package.json" {
			return
		}
		var p lockEntry
		read(t, path, &p)
		wanted := map[string]string{}
		for _, list := range []map[string]string{p.Dependencies, p.DevDependencies, p.OptionalDependencies} {
			for name, version := range list {
				wanted[name] = version
				if !exact.MatchString(version) {
					t.Errorf("%s: %s is %q, not one version", path, name, version)
				}
			}
		}
		if len(wanted) == 0 {
			return
		}
		folders++
		lockPath := filepath.Join(filepath.Dir(path), "package-lock.json")
		var lock struct {
			LockfileVersion int
			Packages        map[string]lockEntry
		}
		read(t, lockPath, &lock)
		if lock.LockfileVersion != 3 {
			t.Errorf("%s has the version %d", lockPath, lock.LockfileVersion)
		}
		for name, version := range wanted {
			if got := lock.Packages["node_modules/"+name].Version; got != version {
				t.Errorf("%s: %s is %q, and %s says %q", lockPath, name, got, path, version)
			}
		}
		for at, e := range lock.Packages {
			if at == "" {
				continue
			}
			if !exact.MatchString(e.Version) || e.Link {
				t.Errorf("%s: %s has the version %q", lockPath, at, e.Version)
			}
			// What another system needs may never have been downloaded where the file was made.
			if !strings.HasPrefix(e.Integrity, "sha512-") && !e.Optional {
				t.Errorf("%s: %s has the checksum %q", lockPath, at, e.Integrity)
			}
			if e.Resolved != "" {
				t.Errorf("%s: %s comes from %q: no address belongs there", lockPath, at, e.Resolved)
			}
			for _, list := range []map[string]string{e.Dependencies, e.OptionalDependencies} {
				for name := range list {
					if !resolves(lock.Packages, at, name) {
						t.Errorf("%s: %s needs %s, which is missing: npm ci refuses that", lockPath, at, name)
					}
				}
			}
		}
	})
	if folders < 5 {
		t.Errorf("only %d folders have packages", folders)
	}
}

// resolves tells whether a package finds another as Node does: beside it, or
// nearer to the root.
func resolves(packages map[string]lockEntry, at, name string) bool {
	for {
		if _, ok := packages[strings.TrimPrefix(at+"/node_modules/"+name, "/")]; ok {
			return true
		}
		if at == "" {
			return false
		}
		before, _, ok := cutLast(at, "/node_modules/")
		if !ok {
			before = ""
		}
		at = before
	}
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// TestToolsArePinned holds that scripts fetch tools by their version.
func TestToolsArePinned(t *testing.T) {
	tool := regexp.MustCompile(`\b(?:go (?:run|install)|npx(?: --yes| -y)?) +"?([\w./-]+\.[a-z]{2,}/[\w./-]+)(@\S+)?`)
	walk(t, "../..", func(path string) {
		if ext := filepath.Ext(path); ext != ".sh" && ext != ".yml" && ext != ".yaml" && !strings.HasSuffix(path, "Dockerfile") {
			return
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "@latest") || strings.Contains(string(raw), ":latest") {
			t.Errorf("%s takes whatever is newest", path)
		}
		for _, m := range tool.FindAllStringSubmatch(string(raw), -1) {
			if m[2] == "" {
				t.Errorf("%s: %s has no version", path, m[1])
			}
		}
	})
}

func read(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// walk visits every file but those that are installed or built.
func walk(t *testing.T, root string, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a file that a build takes away meanwhile
		}
		if err != nil {
			return err
		}
		if d.IsDir() {
			switch d.Name() {
			case "node_modules", ".git", ".test", ".wrangler", "bin", "tmp", "dist":
				return filepath.SkipDir
			}
			return nil
		}
		visit(path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
