package rest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"strings"
	"testing"

	"cloudflarechat/discord/rest"
	"cloudflarechat/discordsim/world/description"
)

// Every endpoint's request is as Discord's own description of its API has it: the route, the query's names, every field of the body.
func TestEndpointsAreAsDescribed(t *testing.T) {
	d, err := description.Load()
	if err != nil {
		t.Skipf("SKIPPED, NOT PROVED: requests against Discord's own description: %v", err)
	}
	for _, c := range endpoints() {
		query, err := url.ParseQuery(c.r.Query)
		if err != nil {
			t.Fatalf("%s: %v", c.want, err)
		}
		if err := d.Request(c.r.Method, c.r.Path, query, c.r.Body); err != nil {
			t.Errorf("%s: %v", c.want, err)
		}
	}
	if err := d.Request("POST", "/channels/1/messages", nil, rest.CreateMessage("1", rest.Post{Content: strings.Repeat("x", 5000)}).Body); err == nil {
		t.Error("a post that is too long passed: this proves nothing")
	}
}

// The table of requests forgets no endpoint: each exported function that gives a Request stands in it.
func TestEveryEndpointIsInTheTable(t *testing.T) {
	table, err := os.ReadFile("endpoints_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, f := range files {
		if !strings.HasPrefix(f.Name(), "endpoints_") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || !fn.Name.IsExported() || fn.Recv != nil || fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
				continue
			}
			if name, ok := fn.Type.Results.List[0].Type.(*ast.Ident); !ok || name.Name != "Request" {
				continue
			}
			found++
			if !strings.Contains(string(table), "rest."+fn.Name.Name+"(") {
				t.Errorf("%s is in no row of endpoints()", fn.Name.Name)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d endpoints were found", found)
	}
}
