package records

import (
	"slices"
	"strings"
)

// Find says which messages of an actor are looked for, at most Limit, the newest
// first, with keys below Before; 0 is all of them.
type Find struct {
	_ unequal
	// DeskID asks for agents' posts with one of these ids, which are separated by
	// blanks; without it ClientID asks for a visitor's message.
	DeskID, ClientID string
	// Changed asks instead for those that were edited or deleted.
	Changed bool
	Before  int64
	Limit   int
	// UpTo asks instead for agents' posts that were not deleted, with ids behind After
	// and up to it, and none of those in DeskID.
	After, UpTo string
}

// Fits tells whether a message is looked for, wherever it stands.
func (f *Find) Fits(m *Message) bool {
	listed := m.DeskID != "" && slices.Contains(strings.Fields(f.DeskID), m.DeskID)
	switch {
	case f.UpTo != "":
		return m.DeskID != "" && !m.Deleted && !listed && Before(f.After, m.DeskID) && !Before(f.UpTo, m.DeskID)
	case f.Changed:
		return m.Edited || m.Deleted
	case f.DeskID != "":
		return listed
	}
	return m.DeskID == "" && m.ClientID == f.ClientID
}

// Before tells whether one id of a post comes before another: they are whole
// numbers without leading zeros.
func Before(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// FindSQL reads the messages of an actor that fit a [Find]: parameters first,
// last, changed, desk id, client id, limit, after, up to. There is no index: each row of one
// would be written, and billed, with every message, and what is read here is
// wanted rarely, of one conversation.
func FindSQL() string {
	s := SchemaOf(TableMessage)
	const listed = "instr(' ' || ?4 || ' ', ' ' || desk_id || ' ')"
	return "SELECT id, " + s.names() + " FROM " + s.Name + " WHERE id BETWEEN ?1 AND ?2 AND CASE WHEN ?3 THEN edited OR deleted" +
		" WHEN ?8 <> '' THEN desk_id <> '' AND NOT deleted AND NOT " + listed +
		" AND (length(desk_id), desk_id) > (length(?7), ?7) AND (length(desk_id), desk_id) <= (length(?8), ?8)" +
		" WHEN ?4 <> '' THEN desk_id <> '' AND " + listed + " ELSE client_id = ?5 AND desk_id = '' END ORDER BY id DESC LIMIT ?6"
}
