package chat

import (
	"strings"
	"testing"
)

func TestFilterWords(t *testing.T) {
	tests := []struct {
		word, text string
		want       bool
	}{
		{"casino", "a casino here", true},
		{"casino", "CaSiNo", true},
		{"casino", "casinos", false},
		{"casino*", "casinos", true},
		{"*casino", "megacasino", true},
		{"casino", "ca\u200bsi\u00adno", true},
		{"buy now", "buy \t\n now", true},
		{"buy * now", "buy it all now", true},
		{"buy * now", "now buy", false},
		{"*", "anything", false},
		{"", "anything", false},
		{"$$$", "only 10$$$!", true},
		{"größe", "GRÖSSE", false}, // simple folding, said in the documentation of strings.ToLower
		{"größe", "GRÖßE", true},
		{"赌场", "去赌场吧", false},
		{"*赌场*", "去赌场吧", true},
	}
	for _, tt := range tests {
		f := Filter{Words: []string{tt.word}}
		if got := f.judge(tt.text, 0) == MarkWord; got != tt.want {
			t.Errorf("%q in %q: %v", tt.word, tt.text, got)
		}
	}
}

func TestFilterLinks(t *testing.T) {
	f := Filter{Links: 2}
	if m := f.judge("https://a.example http://www.b.example", 0); m != MarkNone {
		t.Errorf("two links: %q", m)
	}
	if m := f.judge("https://a.example www.b.example ftp://c.example", 0); m != MarkLinks {
		t.Errorf("three links: %q", m)
	}
}

// The time of a judgement does not run away with a hostile text.
func FuzzFilter(f *testing.F) {
	f.Add("a*b*c", strings.Repeat("ab", 4000))
	f.Add("*", "")
	f.Add("\xff*", "\xff")
	f.Fuzz(func(t *testing.T, word, text string) {
		filter := Filter{Words: []string{word}, Links: 3, Repeats: 2}
		if filter.judge(text, 0) != filter.judge(text, 1) {
			t.Fatal("the same text was judged twice")
		}
	})
}
