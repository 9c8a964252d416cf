package tidy

import (
	"go/ast"
	"sort"
)

// checkPackageDocs wants one package comment in each folder with Go files.
func (c *checker) checkPackageDocs() {
	first := map[string]*file{}
	has := map[string]bool{}
	for _, f := range c.files {
		if f.goFile == nil {
			continue
		}
		d := f.dir()
		if first[d] == nil {
			first[d] = f
		}
		if f.goFile.Doc != nil {
			has[d] = true
		}
	}
	var dirs []string
	for d := range first {
		if !has[d] {
			dirs = append(dirs, d)
		}
	}
	sort.Strings(dirs)
	for _, d := range dirs {
		c.report(first[d], first[d].goFile.Package, "package %s has no comment that says what it is for", first[d].goFile.Name.Name)
	}
}

// checkDocs wants a comment at each exported name.
func (c *checker) checkDocs(f *file) {
	previous := ""
	for _, decl := range f.goFile.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			// A row of one-line methods of the same name is documented once.
			documented := d.Doc != nil || d.Recv != nil && d.Name.Name == previous
			if d.Name.IsExported() && exportedReceiver(d) && f.goFile.Name.Name != "main" && !documented {
				c.report(f, d.Pos(), "%s is exported and has no comment", d.Name.Name)
			}
			previous = ""
			if documented {
				previous = d.Name.Name
			}
		case *ast.GenDecl:
			previous = ""
			if f.goFile.Name.Name != "main" && d.Doc == nil {
				c.checkSpecs(f, d)
			}
		}
	}
}

func (c *checker) checkSpecs(f *file, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && s.Doc == nil && s.Comment == nil {
				c.report(f, s.Pos(), "%s is exported and has no comment", s.Name.Name)
			}
		case *ast.ValueSpec:
			for _, n := range s.Names {
				if n.IsExported() && s.Doc == nil && s.Comment == nil {
					c.report(f, n.Pos(), "%s is exported and has no comment", n.Name)
				}
			}
		}
	}
}

// exportedReceiver tells whether a function is none of an unexported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}
