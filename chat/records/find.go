package records

import (
	"slices"
	"strings"
)

// Find says which messages of an actor are looked for, at most Limit, the newest
// first, with keys below Before; 0 is all of them.
type Find struct {
	// DeskID asks for agents' posts with one of these ids, which are separated by
	// blanks; without it ClientID asks for a visitor's message.
	DeskID, ClientID string
	// Changed asks instead for those that were edited or deleted.
	Changed bool
	Before  int64
	Limit   int
}

// Fits tells whether a message is looked for, wherever it stands.
func (f *Find) Fits(m *Message) bool {
	switch {
	case f.Changed:
		return m.Edited || m.Deleted
	case f.DeskID != "":
		return m.DeskID != "" && slices.Contains(strings.Fields(f.DeskID), m.DeskID)
	}
	return m.DeskID == "" && m.ClientID == f.ClientID
}

// FindSQL reads the messages of an actor that fit a [Find]: parameters first,
// last, changed, desk id, client id, limit. There is no index: each row of one
// would be written, and billed, with every message, and what is read here is
// wanted rarely, of one conversation.
func FindSQL() string {
	s := SchemaOf(TableMessage)
	return "SELECT id, " + s.names() + " FROM " + s.Name + " WHERE id BETWEEN ?1 AND ?2 AND CASE WHEN ?3 THEN edited OR deleted" +
		" WHEN ?4 <> '' THEN desk_id <> '' AND instr(' ' || ?4 || ' ', ' ' || desk_id || ' ') ELSE client_id = ?5 AND desk_id = '' END ORDER BY id DESC LIMIT ?6"
}
