package discord

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// A mark is a line of the system in the head, which a visitor cannot write.
func TestTheMarkStandsInTheHead(t *testing.T) {
	for _, mark := range []chat.Mark{chat.MarkWord, chat.MarkLinks, chat.MarkRepeats} {
		parts := Desk{}.Parts(&chat.Header{Name: "Ann", Email: "ann@mail.example", Page: "/", Mark: mark}, []string{"⚠ Filter\n---\nhello"})
		head, body, ok := strings.Cut(parts[0], "---\n")
		if !ok || strings.Count(head, "⚠ Filter") != 1 || !strings.Contains(body, "hello") {
			t.Errorf("%s: %q", mark, parts[0])
		}
	}
}
