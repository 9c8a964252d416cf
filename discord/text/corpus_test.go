package text

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// nasty gives testdata/nasty.txt: Go string literals, so that bytes which are no text can stand in it.
func nasty(t testing.TB) []string {
	t.Helper()
	var texts []string
	for _, line := range lines(t, "testdata/nasty.txt") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		s, err := unquote(line)
		if err != nil {
			t.Fatalf("nasty.txt: %.80s: %v", line, err)
		}
		texts = append(texts, s)
	}
	return texts
}

// unquote reads a Go string literal, or a JSON one, which writes what lies beyond 16 bits as surrogate pairs.
func unquote(line string) (string, error) {
	if s, err := strconv.Unquote(line); err == nil {
		return s, nil
	}
	var s string
	err := json.Unmarshal([]byte(line), &s)
	return s, err
}

// malicious gives testdata/malicious.ndjson: texts that mean harm, as JSON strings, so that other rooms can read them too.
func malicious(t testing.TB) []string {
	t.Helper()
	var texts []string
	for _, line := range lines(t, "testdata/malicious.ndjson") {
		var s string
		if err := json.Unmarshal([]byte(line), &s); err != nil {
			t.Fatalf("malicious.ndjson: %s: %v", line, err)
		}
		texts = append(texts, s)
	}
	return texts
}

func corpus(t testing.TB) []string { return append(nasty(t), malicious(t)...) }

func lines(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	scan := bufio.NewScanner(bytes.NewReader(data))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		out = append(out, scan.Text())
	}
	return out
}

func TestCorpusHoldsWhatItPromises(t *testing.T) {
	if n := len(malicious(t)); n < 200 {
		t.Errorf("malicious.ndjson holds %d texts, want at least 200", n)
	}
	if n := len(nasty(t)); n < 60 {
		t.Errorf("nasty.txt holds %d texts, want at least 60", n)
	}
}
