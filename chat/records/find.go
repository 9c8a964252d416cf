package records

// Find says which messages of an actor are looked for, at most Limit, the newest
// first, with keys below Before; 0 is all of them.
type Find struct {
	// DeskID and ClientID must both fit: an agent's post has the one, a visitor's
	// message the other.
	DeskID, ClientID string
	// Changed asks instead for those that were edited or deleted.
	Changed bool
	Before  int64
	Limit   int
}

// FindSQL reads the messages of an actor that fit a [Find]: parameters first,
// last, changed, desk id, client id, limit. There is no index: each row of one
// would be written, and billed, with every message, and what is read here is
// wanted rarely, of one conversation.
func FindSQL() string {
	s := SchemaOf(TableMessage)
	return "SELECT id, " + s.names() + " FROM " + s.Name + " WHERE id BETWEEN ?1 AND ?2 AND CASE WHEN ?3 THEN edited OR deleted" +
		" ELSE desk_id = ?4 AND client_id = ?5 END ORDER BY id DESC LIMIT ?6"
}
