package text

import "strings"

// ForTeam reports that an agent's message is a note for the team, not for the visitor: it begins with //, or is an order that Discord took for a text.
// Blanks and invisible characters before it do not count, for a note that is shown is worse than a message that is not.
func ForTeam(s string) bool {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return isSpace(r) || invisible(r) })
	if !strings.HasPrefix(s, "/") {
		return false
	}
	order := strings.ToLower(strings.TrimLeftFunc(s[1:], isSpace))
	end := strings.IndexFunc(order, func(r rune) bool { return r < 'a' || r > 'z' })
	if end >= 0 {
		order = order[:end]
	}
	return strings.HasPrefix(s, "//") || order == "close" || order == "block"
}
