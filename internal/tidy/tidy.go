// Package tidy holds the rules of the house that a machine can check: who may
// import whom, what the pure core may not touch, how long a file may be, which
// words may not stand anywhere.
//
// [Check] reads a source tree and gives what it found. The test runs it over
// the repository, and over small trees in testdata that break each rule once,
// so that a rule that no longer catches anything is noticed.
package tidy

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Finding is one broken rule.
type Finding struct {
	// Path is the file, relative to the root.
	Path string
	Line int
	// Text says what is wrong and what to do.
	Text string
}

// String writes a finding as compilers do.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.Path, f.Line, f.Text) }

// file is one file of the tree.
type file struct {
	path string
	data []byte
	// goFile is its syntax; nil for what is not Go.
	goFile *ast.File
}

func (f *file) dir() string  { return path.Dir(f.path) }
func (f *file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// checker carries one run.
type checker struct {
	fset     *token.FileSet
	files    []*file
	findings []Finding
}

func (c *checker) report(f *file, pos token.Pos, format string, args ...any) {
	line := 1
	if pos.IsValid() {
		line = c.fset.Position(pos).Line
	}
	c.reportLine(f, line, format, args...)
}

func (c *checker) reportLine(f *file, line int, format string, args ...any) {
	c.findings = append(c.findings, Finding{f.path, line, fmt.Sprintf(format, args...)})
}

// Check reads the tree and gives every broken rule, sorted.
func Check(root fs.FS) ([]Finding, error) {
	c := &checker{fset: token.NewFileSet()}
	if err := c.read(root); err != nil {
		return nil, err
	}
	for _, f := range c.files {
		c.checkWords(f)
		c.checkLength(f)
		if f.goFile == nil {
			continue
		}
		c.checkArrows(f)
		c.checkSleep(f)
		if pure(f.dir()) && !f.isTest() {
			c.checkPurity(f)
		}
		if !f.isTest() {
			c.checkDocs(f)
		}
	}
	c.checkPackageDocs()
	c.checkMapRanges()
	slices.SortFunc(c.findings, func(a, b Finding) int {
		if n := strings.Compare(a.Path, b.Path); n != 0 {
			return n
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return strings.Compare(a.Text, b.Text)
	})
	return c.findings, nil
}

// skipped tells whether a folder is no source of ours.
func skipped(name string) bool {
	switch name {
	case "node_modules", "testdata", "bin", "dist", "tmp":
		return true
	}
	return strings.HasPrefix(name, ".") && name != "." && name != ".github" && name != ".ci"
}

func (c *checker) read(root fs.FS) error {
	return fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular() || generated(p):
			return nil
		}
		data, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		if bytes.IndexByte(data, 0) >= 0 {
			return nil // a picture, or another file that is no text
		}
		f := &file{path: p, data: data}
		if strings.HasSuffix(p, ".go") {
			if f.goFile, err = parser.ParseFile(c.fset, p, data, parser.ParseComments); err != nil {
				return fmt.Errorf("tidy: %w", err)
			}
		}
		c.files = append(c.files, f)
		return nil
	})
}

// generated tells whether a file is made by a program and checked elsewhere.
func generated(p string) bool {
	base := path.Base(p)
	return strings.Contains(base, ".min.") || base == "go.sum"
}
