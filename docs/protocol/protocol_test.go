package protocol_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudflarechat/docs/protocol"
)

func judge(t *testing.T) *protocol.Judge {
	t.Helper()
	j, err := protocol.NewJudge()
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// wrongOnPurpose are transcripts that send what is no frame.
var wrongOnPurpose = []string{"attributes.txt", "bad_frames.txt"}

// TestTranscripts holds the frames of the core's transcripts to the schemas.
func TestTranscripts(t *testing.T) {
	j := judge(t)
	files, err := filepath.Glob("../../chat/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	sent := regexp.MustCompile(`^send \S+ (\{.*)$`)
	came := regexp.MustCompile(`^\S+ < (\{.*?)(?: \(\d+ times\))?$`)
	stands := regexp.MustCompile(`\{\w+\.expires\}`) // a number that the transcript computes
	seen := map[string]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			side, m := protocol.Client, sent.FindStringSubmatch(line)
			if m == nil {
				side, m = protocol.Server, came.FindStringSubmatch(line)
			}
			if m == nil || side == protocol.Client && slices.Contains(wrongOnPurpose, filepath.Base(name)) {
				continue
			}
			if err := j.Check(side, stands.ReplaceAll([]byte(m[1]), []byte("1"))); err != nil {
				t.Errorf("%s: %s: %v", filepath.Base(name), m[1], err)
			}
			_, kind, _ := strings.Cut(m[1], `"type":"`)
			kind, _, _ = strings.Cut(kind, `"`)
			seen[string(side)+" "+kind] = true
		}
	}
	for _, kind := range j.Types(protocol.Server) {
		if !seen["server "+kind] {
			t.Errorf("no transcript shows a frame %q of the server", kind)
		}
	}
}

// TestEachTypeIsDocumented holds the schemas and docs/api-reference.md together.
func TestEachTypeIsDocumented(t *testing.T) {
	j := judge(t)
	text, err := os.ReadFile("../api-reference.md")
	if err != nil {
		t.Fatal(err)
	}
	arrows := map[protocol.Side]string{protocol.Client: "→", protocol.Server: "←"}
	inText := regexp.MustCompile("([→←]) (?:\\| )?`?\\{\"type\":\"([a-z]+)\"")
	documented := map[string]bool{}
	for _, m := range inText.FindAllStringSubmatch(string(text), -1) {
		documented[m[1]+m[2]] = true
	}
	for side, arrow := range arrows { // order does not matter: each is a finding of its own
		for _, kind := range j.Types(side) {
			if !documented[arrow+kind] {
				t.Errorf("docs/api-reference.md does not show the frame %s %q", arrow, kind)
			}
			delete(documented, arrow+kind)
		}
	}
	for left := range documented { // the same
		t.Errorf("docs/api-reference.md shows %s, and frames.json has no schema of it", left)
	}
}

// TestWrongFrames holds that the schemas refuse what is none.
func TestWrongFrames(t *testing.T) {
	j := judge(t)
	for _, f := range []string{"", "[]", `{}`, `{"type":"nothing"}`, `{"type":"message","data":{}}`, `{"type":"message","data":{"message":1}}`,
		`{"type":"seen","data":{"seq":-1}}`, `{"type":"message","data":{"message":"x","id":"a b"}}`, `{"type":"init","data":{"attributes":{"a":[1]}}}`} {
		if j.Check(protocol.Client, []byte(f)) == nil {
			t.Errorf("%s passes as a client's", f)
		}
	}
	for _, f := range []string{`{"type":"pong","data":{}}`, `{"type":"ack","data":{"id":"x","seq":0,"timestamp":1}}`,
		`{"type":"error","data":{"message":"x"}}`, `{"type":"ended","data":{"by":"nobody"}}`, `{"type":"ack","data":{"id":"x","seq":1,"timestamp":1,"more":1}}`} {
		if j.Check(protocol.Server, []byte(f)) == nil {
			t.Errorf("%s passes as the server's", f)
		}
	}
}
