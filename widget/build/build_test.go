package build

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// The built files are committed, so that nobody needs a build to serve the widget; they must be those of the sources.
func TestBuiltFilesAreFresh(t *testing.T) {
	parts, err := Run("../src")
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]bool{}
	for _, part := range parts {
		expected[part.Name] = true
		committed, err := os.ReadFile(filepath.Join("..", part.Name))
		if err != nil || !bytes.Equal(committed, part.Bytes) {
			t.Errorf("%s is stale: run scripts/build-widget.sh", part.Name)
		}
	}
	built, err := filepath.Glob("../*.min.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range built {
		if !expected[filepath.Base(path)] {
			t.Errorf("%s comes from no source: run scripts/build-widget.sh", path)
		}
	}
}

func TestWeighsNoMoreThanPromised(t *testing.T) {
	parts, err := Run("../src")
	if err != nil {
		t.Fatal(err)
	}
	if err := Report(io.Discard, parts); err != nil {
		t.Error(err)
	}
}

// The README says what the widget weighs today.
func TestReadmeIsFresh(t *testing.T) {
	parts, err := Run("../src")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if fresh, err := PutRow(string(readme), parts); err != nil || fresh != string(readme) {
		t.Errorf("the README's sizes are stale: run scripts/build-widget.sh (%v)", err)
	}
}

func TestReportFailsPastABudget(t *testing.T) {
	for _, b := range budgets {
		heavy := Part{Kind: b.upTo, Bytes: make([]byte, b.minified), Brotli: b.brotli}
		if err := Report(io.Discard, []Part{heavy}); err != nil {
			t.Errorf("%s: at the budget: %v", b.what, err)
		}
		heavy.Brotli++
		if err := Report(io.Discard, []Part{heavy}); err == nil {
			t.Errorf("%s: one byte past the budget passed", b.what)
		}
	}
}
