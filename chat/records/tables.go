package records

import "strings"

// Table names a table of the schema.
type Table uint8

// The tables. Their numbers are part of the border between the core and the
// edge's shim; new ones are added at the end.
const (
	TableSession Table = iota + 1
	TableMessage
	TablePost
	TableThreadOwner
	TableThreadClaim
	TableEmailThread
	TableEmailSession
	TableBearer
	TableEgress
	TableReady
	TableGateway
	TableGatewayEvent
	TablePoison
	TableAddressSession
	TableAddressBlock
	TableSessionBearer
	TablePerson
	tableEnd
)

// Column is one column of a table.
type Column struct {
	Name string
	Kind Kind
	// Since is the version of the schema that brought it; 0 is the first. A column
	// that is new stands behind all others of its table.
	Since int
}

// Schema is one table: its name and its columns. The key column is called id
// and is not in Columns.
type Schema struct {
	Table   Table
	Name    string
	Columns []Column
}

// columns reads "name text" and "name int" pairs, a column a line.
func columns(spec string) (c []Column) {
	f := strings.Fields(spec)
	for i := 0; i+1 < len(f); i += 2 {
		k := Integer
		if f[i+1] == "text" {
			k = Text
		}
		c = append(c, Column{Name: f[i], Kind: k})
	}
	return c
}

// with adds what a later version of the schema brought.
func with(c []Column, version int, spec string) []Column {
	for _, later := range columns(spec) {
		later.Since = version
		c = append(c, later)
	}
	return c
}

// Tables is the schema, in the order of the table numbers.
var Tables = []Schema{
	{TableSession, "session", with(columns(`
		state int  site text  bearer_hash text  name text  email text  page text
		verified int  created_at_ms int  active_at_ms int
		seen_seq int  marked_seq int  base_seq int
		thread_id text  thread_state int  thread_from text  previous_thread_id text
		opening_id text  news_at_ms int  told_name text  told_page text
		epoch text  newest_agent text  catch_up int  catch_up_after text  catch_up_until text  absence int  notices int
		ended_by int  locale text  claim_until_ms int  catch_up_thread text  missed text  withdraw text  fronts text
		admission int  address text  unchecked int  blocked_until_ms int  person text  alerted_seq int`), 2, "attributes text  told_attributes text")},
	{TableMessage, "message", columns(`
		sender int  at_ms int  client_id text  desk_id text  author text  avatar text
		body text  page text  state int  code text  edited int  deleted int`)},
	{TablePost, "post", columns(`
		kind int  first_seq int  last_seq int  part int  parts int  nonce text
		body text  state int  desk_id text  after_id text  frozen_at_ms int`)},
	{TableThreadOwner, "thread_owner", columns(`from_id text  route text`)},
	{TableThreadClaim, "thread_claim", columns(`route text  base int  until_ms int  missed_after text`)},
	{TableEmailThread, "email_thread", columns(`
		thread_id text  route text  opened_at_ms int  lease_route text  lease_until_ms int`)},
	{TableEmailSession, "email_session", columns(`route text  at_ms int`)},
	{TableBearer, "bearer", columns(`route text  at_ms int`)},
	{TableEgress, "egress", columns(`name text  int_value int  text_value text  at_ms int`)},
	{TableReady, "ready", columns(`route text  since_ms int`)},
	{TableGateway, "gateway", with(columns(`session_id text  resume_url text  sequence int  epoch text  at_ms int  identified_at_ms int`), 2, "made_for text")},
	{TableGatewayEvent, "gateway_event", columns(`body text  at_ms int`)},
	{TablePoison, "poison", columns(`actor text  event text  reason text  at_ms int`)},
	{TableAddressSession, "address_session", columns(`route text  at_ms int`)},
	{TableAddressBlock, "address_block", columns(`until_ms int`)},
	{TableSessionBearer, "session_bearer", columns(`hash text  at_ms int`)},
	{TablePerson, "person", columns(`route text  at_ms int`)},
}

// SchemaOf gives the schema of t. It panics on a number that is no table.
func SchemaOf(t Table) *Schema {
	if t == 0 || t >= tableEnd {
		panic("records: no such table")
	}
	return &Tables[t-1]
}

// CreateSQL is the statement that makes the table where it is missing, as it is in
// a version of the schema.
func (s *Schema) CreateSQL(version int) string {
	var b strings.Builder
	b.WriteString("CREATE TABLE IF NOT EXISTS " + s.Name + " (id INTEGER PRIMARY KEY")
	for _, c := range s.Columns {
		if c.Since <= version {
			b.WriteString(", " + c.sql())
		}
	}
	b.WriteString(") STRICT")
	return b.String()
}

// AddSQL is the statement that adds a column to the table of an earlier version.
func (s *Schema) AddSQL(c Column) string { return "ALTER TABLE " + s.Name + " ADD COLUMN " + c.sql() }

func (c *Column) sql() string {
	if c.Kind == Text {
		return c.Name + " TEXT NOT NULL DEFAULT ''"
	}
	return c.Name + " INTEGER NOT NULL DEFAULT 0"
}

// PutSQL inserts or replaces one row: the id, then the columns in order.
func (s *Schema) PutSQL() string {
	return "INSERT OR REPLACE INTO " + s.Name + " (id, " + s.names() + ") VALUES (?" +
		strings.Repeat(", ?", len(s.Columns)) + ")"
}

// DeleteSQL deletes one row by its id.
func (s *Schema) DeleteSQL() string { return "DELETE FROM " + s.Name + " WHERE id = ?" }

// RangeSQL reads rows with first ≤ id ≤ last, newest first, at most a limit:
// parameters first, last, limit.
func (s *Schema) RangeSQL() string {
	return "SELECT id, " + s.names() + " FROM " + s.Name +
		" WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?"
}

// EraseSQL deletes all rows with first ≤ id ≤ last.
func (s *Schema) EraseSQL() string {
	return "DELETE FROM " + s.Name + " WHERE id BETWEEN ? AND ?"
}

func (s *Schema) names() string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// SchemaVersion is the version of the schema above.
const SchemaVersion = 2

// Migration gives the statements that lead to a version from the one before it.
// Version 1 creates every table.
func Migration(version int) (out []string) {
	for i := range Tables {
		t := &Tables[i]
		if version == 1 {
			out = append(out, t.CreateSQL(version))
			continue
		}
		for _, c := range t.Columns {
			if c.Since == version {
				out = append(out, t.AddSQL(c))
			}
		}
	}
	return out
}
