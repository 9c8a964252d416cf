package tidy

import (
	"errors"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"path"
	"sort"
	"strings"
)

// excuse marks a loop over a map whose order reaches nothing.
const excuse = "order does not matter:"

// checkMapRanges wants every loop over a map in the core to be followed
// by a sort in the same function, or to say why its order does not matter. The
// order of a map differs from run to run, and the core must not.
func (c *checker) checkMapRanges() {
	imp := &localImporter{c: c, done: map[string]*types.Package{}, std: importer.Default()}
	var dirs []string
	seen := map[string]bool{}
	for _, f := range c.files {
		if d := f.dir(); f.goFile != nil && core(d) && !seen[d] {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	sort.Strings(dirs)
	for _, d := range dirs {
		info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
		files := imp.check(d, info)
		for _, f := range files {
			c.mapRangesOf(f, info)
		}
	}
}

func (c *checker) mapRangesOf(f *file, info *types.Info) {
	excused := map[int]bool{}
	for _, group := range f.goFile.Comments {
		if strings.Contains(group.Text(), excuse) {
			for l := c.line(group.Pos()); l <= c.line(group.End())+1; l++ {
				excused[l] = true
			}
		}
	}
	for _, decl := range f.goFile.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			continue
		}
		sorts := sortsIn(f.goFile, fn)
		ast.Inspect(fn.Body, func(n ast.Node) bool {
			r, ok := n.(*ast.RangeStmt)
			if !ok || !unordered(f.goFile, r.X, info) || excused[c.line(r.Pos())] {
				return true
			}
			for _, s := range sorts {
				if s > r.End() {
					return true
				}
			}
			c.report(f, r.Pos(), "ranges over a map: sort what comes of it, or say in a comment \"%s …\"", excuse)
			return true
		})
	}
}

func (c *checker) line(p token.Pos) int { return c.fset.Position(p).Line }

// sortsIn gives where a function calls a sort.
func sortsIn(f *ast.File, fn *ast.FuncDecl) []token.Pos {
	sortName, slicesName := localName(f, "sort"), localName(f, "slices")
	var at []token.Pos
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if ok && (isName(sel.X, sortName) || isName(sel.X, slicesName) && strings.HasPrefix(sel.Sel.Name, "Sort")) {
			at = append(at, sel.Pos())
		}
		return true
	})
	return at
}

// unordered tells whether ranging over e has no order: a map, or what maps.All,
// maps.Keys and maps.Values give of it.
func unordered(f *ast.File, e ast.Expr, info *types.Info) bool {
	if call, ok := e.(*ast.CallExpr); ok {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && isName(sel.X, localName(f, "maps")) {
			return true
		}
	}
	t := info.Types[e].Type
	if t == nil {
		return false
	}
	_, isMap := t.Underlying().(*types.Map)
	return isMap
}

// localImporter checks packages of the tree from their syntax, takes those of
// the standard library from the tool chain, and makes do with an empty package
// for everything else: what they declare is rarely a map.
type localImporter struct {
	c    *checker
	std  types.Importer
	done map[string]*types.Package
}

// Import implements types.Importer.
func (l *localImporter) Import(p string) (*types.Package, error) {
	if pkg := l.done[p]; pkg != nil {
		return pkg, nil
	}
	if dir, ok := strings.CutPrefix(p, module+"/"); ok {
		l.check(dir, nil)
		if pkg := l.done[p]; pkg != nil {
			return pkg, nil
		}
		return nil, errors.New("tidy: no package " + p)
	}
	if !strings.Contains(strings.SplitN(p, "/", 2)[0], ".") {
		if pkg, err := l.std.Import(p); err == nil {
			l.done[p] = pkg
			return pkg, nil
		}
	}
	pkg := types.NewPackage(p, path.Base(p))
	pkg.MarkComplete()
	l.done[p] = pkg
	return pkg, nil
}

// check type-checks the files of a folder, tests apart, and gives them.
func (l *localImporter) check(dir string, info *types.Info) []*file {
	var files []*file
	var syntax []*ast.File
	for _, f := range l.c.files {
		if f.goFile != nil && f.dir() == dir && !f.isTest() {
			files = append(files, f)
			syntax = append(syntax, f.goFile)
		}
	}
	if len(files) == 0 {
		return nil
	}
	// A ring of imports is refused elsewhere; here it must only come to an end.
	if l.done[module+"/"+dir] == nil {
		pending := types.NewPackage(module+"/"+dir, path.Base(dir))
		pending.MarkComplete()
		l.done[module+"/"+dir] = pending
	}
	// Errors are the compiler's to tell; what could be checked is enough here.
	conf := types.Config{Importer: l, Error: func(error) {}}
	pkg, _ := conf.Check(module+"/"+dir, l.c.fset, syntax, info)
	if pkg != nil {
		l.done[module+"/"+dir] = pkg
	}
	return files
}
