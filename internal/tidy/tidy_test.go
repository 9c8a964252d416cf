package tidy

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

var rewrite = flag.Bool("rewrite", false, "write what is found into testdata")

const root = "../.."

// TestHouse holds the repository to the rules.
func TestHouse(t *testing.T) {
	findings, err := Check(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		t.Error(f)
	}
}

// TestRules holds the rules to small trees that break them: each archive in
// testdata is a tree, and its file "want" is what must be found, no more.
func TestRules(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tree := fstest.MapFS{}
			want, wantAt := "", -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want, wantAt = string(f.Data), i
					continue
				}
				// Words that may not stand in the repository are broken by a middle
				// dot, so that a plain search over it stays empty.
				tree[f.Name] = &fstest.MapFile{Data: []byte(strings.ReplaceAll(string(f.Data), "·", ""))}
			}
			findings, err := Check(tree)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, f := range findings {
				fmt.Fprintln(&got, strings.ReplaceAll(f.String(), "\n", " "))
			}
			if *rewrite && wantAt >= 0 {
				archive.Files[wantAt].Data = []byte(got.String())
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got.String() != want {
				t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
			}
		})
	}
}

// TestLongFile meets the limit of a file's length, and one past it.
func TestLongFile(t *testing.T) {
	head := "// Package widget is long.\npackage widget\n"
	for lines, want := range map[int]int{limitLines: 0, limitLines + 1: 1} {
		text := head + strings.Repeat("\n", lines-2)
		findings, err := Check(fstest.MapFS{"widget/long.go": {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		if len(findings) != want {
			t.Errorf("%d lines: %v", lines, findings)
		}
	}
}

// TestWASM holds that the core compiles for the edge.
func TestWASM(t *testing.T) {
	cmd := exec.Command("go", "build", "./chat/...", "./discord/...")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("GOOS=wasip1 GOARCH=wasm %s: %v\n%s", cmd, err, out)
	}
}
