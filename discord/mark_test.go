package discord

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord/text"
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

// A visitor whom an agent answers reads their own words there, and nothing of what the team reads above them.
func TestTheHeadIsNotQuoted(t *testing.T) {
	for _, head := range []chat.Header{
		{Name: "Ann", Email: "ann@mail.example"},
		{Name: "Ann", Email: "ann@mail.example", Page: "/", Verified: true},
		{Name: "Ann", Email: "ann@mail.example", Page: "/", Attributes: "plan = gold", Verified: true, Mark: chat.MarkWord},
	} {
		parts := Desk{}.Parts(&head, []string{"hello"})
		if got := text.Quote(text.Reply{Content: parts[0]}, nil); got != "> hello" {
			t.Errorf("%q is quoted as %q", parts[0], got)
		}
	}
}
