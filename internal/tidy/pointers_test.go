package tidy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var pointer = regexp.MustCompile(`(docs/[\w-]+\.md), \\?"([^"\\]+)\\?"`)

// TestPointersIntoDocs holds that a heading to which a message of the program
// leads is there.
func TestPointersIntoDocs(t *testing.T) {
	found := 0
	for _, dir := range []string{"cmd/cloudflare-chat", "server", "server/check", "edge"} {
		files, err := filepath.Glob("../../" + dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pointer.FindAllStringSubmatch(string(source), -1) {
				found++
				text, err := os.ReadFile("../../" + m[1])
				if err != nil || !strings.Contains(string(text), "## "+m[2]+"\n") {
					t.Errorf("%s leads to %q in %s, which is not there", file, m[2], m[1])
				}
			}
		}
	}
	if found == 0 {
		t.Error("no message leads into the documents: this test looks at the wrong thing")
	}
}
