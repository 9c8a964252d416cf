package tidy

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesItsTests holds that each row of the threat table names a
// test, and that each test it names exists.
func TestSecurityNamesItsTests(t *testing.T) {
	const root = "../.."
	raw, err := os.ReadFile(root + "/docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(raw), "<!-- threats -->")
	table, _, end := strings.Cut(table, "<!-- end threats -->")
	if !ok || !end {
		t.Fatal("docs/security.md has no threat table")
	}
	known, scenarios := testsIn(t, root), scenariosOfBoth(t, root+"/conformance")
	name := regexp.MustCompile("`([^`]+)`")
	rows := 0
	for _, line := range strings.Split(strings.TrimSpace(table), "\n")[2:] {
		cells := strings.Split(strings.Trim(line, "| "), "|")
		if strings.HasPrefix(cells[0], "**") {
			continue // a heading
		}
		rows++
		if len(cells) != 3 {
			t.Errorf("a row of %d cells: %s", len(cells), line)
			continue
		}
		tests := name.FindAllStringSubmatch(cells[2], -1)
		if len(tests) == 0 {
			t.Errorf("no test: %s", line)
		}
		for _, m := range tests {
			if strings.Contains(m[1], "/") {
				if _, err := os.Stat(root + "/" + m[1]); err != nil {
					t.Errorf("there is no %s", m[1])
				}
			} else if !known[m[1]] {
				t.Errorf("there is no test %s", m[1])
			}
		}
		// What is said to try both hosts must be a scenario that does not skip one.
		if _, both, ok := strings.Cut(cells[2], "both "); ok {
			both, _, _ = strings.Cut(both, "native ")
			both, _, _ = strings.Cut(both, "edge ")
			for _, m := range name.FindAllStringSubmatch(both, -1) {
				if strings.HasPrefix(m[1], "Test") && !scenarios[m[1]] {
					t.Errorf("%s does not try both hosts", m[1])
				}
			}
		}
	}
	if rows < 30 {
		t.Errorf("only %d threats", rows)
	}
}

// scenariosOfBoth are the tests of a folder that ask for no host in particular.
func scenariosOfBoth(t *testing.T, folder string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	both := map[string]bool{}
	particular := regexp.MustCompile(`\bedge\(|!onEdge\(`)
	test := regexp.MustCompile(`(?ms)^func (Test\w+)\(.*?^}`)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range test.FindAllStringSubmatch(string(raw), -1) {
			both[m[1]] = !particular.MatchString(m[0])
		}
	}
	return both
}

func testsIn(t *testing.T, root string) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a file that a build takes away meanwhile
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range declared.FindAllSubmatch(raw, -1) {
			known[string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}
