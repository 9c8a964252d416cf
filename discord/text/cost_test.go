package text

import (
	"strings"
	"testing"
)

// Texts made to cost much: each repeats what sends some reader here looking ahead. Together they take some seconds at most under the race detector. A reader that had become quadratic
// would take thousands of times as long, and meet the time limit that go test has for a package: no clock is read here, for a busy machine
// proves nothing.
func TestHostileTextsCostLittle(t *testing.T) {
	const n = 40000
	for _, piece := range []string{
		"\u0301", "*", "**a", "_a", "__", "[", "[a](", "(", "https://", "http://a", ":", ":a", "```a", "`a", "``a`", "||~~**__*_", "~~a||", "<", "<@1",
		"> ", "\n> a", "\n- a", "# ", "http:", "\u200d👩", "h", "¯", "\\", "\n", " ", "@everyone", "1.", "\U0001F1E9", "\u0600", "\xff", "a.b@",
	} {
		s := strings.Repeat(piece, n/len(piece))
		for _, s := range []string{s, "https://a" + s, ":" + s, "[" + s, "**" + s, "`" + s, "a" + s} {
			Escape(s)
			Split(s, PostUnits)
			Parts(Header(s, s, s, s), []string{s}, PostUnits)
			ThreadName("Support", s, s)
			Plain(Incoming{Content: s, Stickers: []string{s}})
			Quote(Reply{s, s}, nil)
			ValidEmail(s)
		}
	}
}
