//go:build !planted

package sim

import (
	"bytes"
	"debug/buildinfo"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// constantsOf gives what a file declares as constants with the value false, and how many other declarations it has.
func constantsOf(t *testing.T, file string) (names map[string]bool, others int) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names = map[string]bool{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			others++
			continue
		}
		for _, s := range g.Specs {
			v := s.(*ast.ValueSpec)
			for i, n := range v.Names {
				if id, ok := v.Values[i].(*ast.Ident); ok && id.Name == "false" {
					names[n.Name] = true
				} else {
					others++
				}
			}
		}
	}
	return names, others
}

// variablesOf gives the switches that a file of a planted build declares.
func variablesOf(t *testing.T, file string) (names []string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, s := range g.Specs {
				for _, n := range s.(*ast.ValueSpec).Names {
					if strings.HasPrefix(n.Name, "defect") {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// TestDefectsAreConstants holds that the code under test can have a planted defect in no build but the simulation's: elsewhere each is the
// constant false, which the compiler leaves out with all that depends on it.
func TestDefectsAreConstants(t *testing.T) {
	for _, dir := range []string{"../chat", "../discord"} {
		off, others := constantsOf(t, filepath.Join(dir, "defect_off.go"))
		if others > 0 {
			t.Errorf("%s/defect_off.go holds more than constants that are false", dir)
		}
		on := variablesOf(t, filepath.Join(dir, "defect_on.go"))
		if len(on) == 0 || len(on) != len(off) {
			t.Errorf("%s: %d switches, %d constants", dir, len(on), len(off))
		}
		for _, n := range on {
			if !off[n] {
				t.Errorf("%s: %s is no constant without the tag", dir, n)
			}
		}
	}
}

// TestReleaseLacksDefects looks into the binary as it is released: no switch, no tag. The planted build of the same
// package has them, so the look is not blind.
func TestReleaseLacksDefects(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the binary")
	}
	dir := t.TempDir()
	build := func(name string, args ...string) []byte {
		out := filepath.Join(dir, name)
		cmd := exec.Command("go", append(append([]string{"build", "-o", out}, args...), "../cmd/cloudflare-chat")...)
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		b, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	marks := []string{"chat.defectThaw", "chat.defectLease", "discord.defectArchived", "discord.defectBlind"}
	release, planted := build("release"), build("planted", "-tags", "planted")
	for _, m := range marks {
		if bytes.Contains(release, []byte(m)) {
			t.Errorf("the release binary holds %q", m)
		}
		if !bytes.Contains(planted, []byte(m)) {
			t.Errorf("the planted build does not hold %q: this test looks for the wrong thing", m)
		}
	}
	info, err := buildinfo.ReadFile(filepath.Join(dir, "release"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" && strings.Contains(s.Value, "planted") {
			t.Errorf("the release is built with -tags %s", s.Value)
		}
	}
	script, err := os.ReadFile("../scripts/build.sh")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(script, []byte("planted")) {
		t.Error("scripts/build.sh builds with a tag")
	}
}
