package tidy

import (
	"go/ast"
	"go/token"
	"path"
	"strconv"
	"strings"
)

const module = "cloudflarechat"

// room is a part of the house and what of the house it may import.
type room struct {
	dir string
	may []string
}

// rooms are the arrows of docs/architecture.md. The longest match counts, and a
// folder stands for what is below it. A room may always import itself.
var rooms = []room{
	{"chat", []string{"chat"}},
	{"chat/records", nil},
	{"discord", []string{"chat", "discord"}},
	{"discord/rest", []string{"discord"}},
	{"discord/gateway", []string{"discord"}},
	{"discord/wire", nil},
	{"discord/text", nil},
	{"store", []string{"chat/records"}},
	{"server", []string{"chat", "discord", "store", "widget", "server"}},
	{"server/settings", nil},
	{"edge", []string{"chat", "discord"}},
	{"sim", []string{"chat", "discord", "edge", "discordsim/world"}},
	{"discordsim", []string{"discordsim"}},
	{"discordsim/world", nil},
	{"widget", []string{"widget"}},
	{"examples", nil},
	{"bench", []string{"internal/freeport"}},
	{"bench/discord", []string{"discordsim"}},
	{"deploy", nil},
	{"docs/protocol", nil},
	{"conformance", []string{"docs/protocol", "internal/freeport"}},
	{"internal/tidy", nil},
	{"internal/freeport", nil},
	{"cmd", []string{"chat", "discord", "store", "server", "widget", "examples", "discordsim", "deploy", "cmd"}},
}

// judges are rooms whose tests, too, may share nothing with what they judge.
var judges = []string{"conformance", "discordsim"}

// within tells whether a folder is in a room's folder.
func within(dir, of string) bool { return dir == of || strings.HasPrefix(dir, of+"/") }

func roomOf(dir string) *room {
	var best *room
	for i := range rooms {
		if r := &rooms[i]; within(dir, r.dir) && (best == nil || len(r.dir) > len(best.dir)) {
			best = r
		}
	}
	return best
}

func (c *checker) checkArrows(f *file) {
	r := roomOf(f.dir())
	if r == nil {
		c.report(f, f.goFile.Package, "this folder has no room in the house: give it a row in internal/tidy/imports.go and docs/architecture.md")
		return
	}
	for _, spec := range f.goFile.Imports {
		inside, ok := strings.CutPrefix(importPath(spec), module+"/")
		if !ok {
			continue
		}
		if within(inside, "cmd") && !within(f.dir(), "cmd") {
			c.report(f, spec.Pos(), "imports %s: nothing imports cmd", inside)
			continue
		}
		if f.isTest() && !isJudge(f.dir()) {
			continue
		}
		if !allowed(r, inside) {
			c.report(f, spec.Pos(), "imports %s: %s may not (see the arrows in docs/architecture.md)", inside, r.dir)
		}
	}
}

func isJudge(dir string) bool {
	for _, j := range judges {
		if within(dir, j) {
			return true
		}
	}
	return false
}

func allowed(r *room, inside string) bool {
	if target := roomOf(inside); target != nil && target.dir == r.dir {
		return true
	}
	for _, m := range r.may {
		if within(inside, m) {
			return true
		}
	}
	return false
}

func importPath(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return ""
	}
	return p
}

// core tells whether a folder belongs to the core.
func core(dir string) bool { return within(dir, "chat") || within(dir, "discord") }

// pure tells whether a folder belongs to the core or is the model of Discord:
// state machines without a world of their own. What lies below the model judges
// it, and reads files for that.
func pure(dir string) bool { return core(dir) || dir == "discordsim/world" }

// bannedImports are what a pure package may not import; a name that ends in a
// slash stands for all below it.
var bannedImports = []string{
	"net", "net/http", "net/http/", "os", "os/", "sync", "sync/", "crypto/rand", "math/rand", "math/rand/",
	"database/sql", "database/sql/", "log", "log/", "context", "runtime", "runtime/", "syscall", "unsafe", "io/ioutil",
}

// bannedTime are the names of package time that read a clock or wait.
var bannedTime = map[string]bool{
	"Now": true, "Since": true, "Until": true, "After": true, "AfterFunc": true,
	"NewTimer": true, "NewTicker": true, "Tick": true, "Sleep": true,
}

func (c *checker) checkPurity(f *file) {
	for _, spec := range f.goFile.Imports {
		p := importPath(spec)
		for _, b := range bannedImports {
			if p == b || strings.HasSuffix(b, "/") && strings.HasPrefix(p, b) {
				c.report(f, spec.Pos(), "imports %s: the core is pure, its host brings the world", p)
				break
			}
		}
		if spec.Name != nil && spec.Name.Name == "." {
			c.report(f, spec.Pos(), "imports %s under the name \".\": say where each name comes from", p)
		}
	}
	clock := localName(f.goFile, "time")
	ast.Inspect(f.goFile, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if isName(n.X, clock) && bannedTime[n.Sel.Name] {
				c.report(f, n.Pos(), "uses time.%s: the core has no clock, time comes with each event", n.Sel.Name)
			}
		case *ast.GoStmt:
			c.report(f, n.Pos(), "starts a goroutine: the core has none")
		case *ast.ChanType:
			c.report(f, n.Pos(), "has a channel: the core has none")
		case *ast.SendStmt:
			c.report(f, n.Pos(), "sends on a channel: the core has none")
		case *ast.SelectStmt:
			c.report(f, n.Pos(), "selects: the core has no channels")
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				c.report(f, n.Pos(), "receives from a channel: the core has none")
			}
		}
		return true
	})
}

// checkSleep refuses tests that sleep, and helpers of tests that do.
func (c *checker) checkSleep(f *file) {
	if !f.isTest() && !isJudge(f.dir()) {
		return
	}
	clock := localName(f.goFile, "time")
	ast.Inspect(f.goFile, func(n ast.Node) bool {
		if n, ok := n.(*ast.SelectorExpr); ok && isName(n.X, clock) && n.Sel.Name == "Sleep" {
			c.report(f, n.Pos(), "sleeps: a test waits for a condition, or moves a clock of its own")
		}
		return true
	})
}

// localName gives the name under which a file knows a package; "" where it
// does not import it.
func localName(f *ast.File, importedPath string) string {
	for _, spec := range f.Imports {
		if importPath(spec) != importedPath {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importedPath)
	}
	return ""
}

func isName(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && name != "" && id.Name == name
}
