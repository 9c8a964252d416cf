package text

import "strings"

// ForTeam reports that an agent's message is a note for the team, not for the visitor: it begins with //.
// Blanks and invisible characters before it do not count, for a note that is shown is worse than a message that is not.
func ForTeam(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return isSpace(r) || invisible(r) })
	return strings.HasPrefix(s, "//")
}
