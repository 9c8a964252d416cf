package sim

import (
	"fmt"
	"hash/fnv"
	"io"
	"strings"
)

// keptLines is how many of the newest lines a transcript keeps.
const keptLines = 12000

// transcript is what happened, for people to read and for two runs of a seed to be compared.
type transcript struct {
	lines []string
	count int
	sum   uint64
	// names are short names for long random words, in the order of their appearance.
	names []string
}

// say writes one line.
func (s *Sim) say(format string, args ...any) {
	line := fmt.Sprintf("%9.3f  ", float64(s.now-s.began)/1000) + fmt.Sprintf(format, args...)
	h := fnv.New64a()
	_, _ = h.Write([]byte(line)) // a hash never fails
	t := &s.log
	t.sum = t.sum*1099511628211 ^ h.Sum64()
	if len(t.lines) < keptLines {
		t.lines = append(t.lines, line)
	} else {
		t.lines[t.count%keptLines] = line
	}
	t.count++
}

// name gives a long word a short name in what is printed.
func (t *transcript) name(long, short string) {
	t.names = append(t.names, long, short)
}

// print writes the lines that were kept.
func (t *transcript) print(w io.Writer) {
	r := strings.NewReplacer(t.names...)
	if t.count > keptLines {
		fmt.Fprintf(w, "… %d earlier lines are not kept\n", t.count-keptLines)
	}
	for i := range t.lines {
		at := i
		if t.count > keptLines {
			at = (t.count + i) % keptLines
		}
		fmt.Fprintln(w, r.Replace(t.lines[at]))
	}
}
