package records

// Session is the one row of a session (key 0). It changes rarely: what changes
// with every message is derived from the message and post rows.
type Session struct {
	_ unequal
	// State is a number of chat.SessionState.
	State int64
	// Site is the matched origin entry.
	Site string
	// BearerHash is the keyed hash of the session id.
	BearerHash string
	Name       string
	Email      string
	// Page is the newest page that the visitor was on.
	Page string
	// Verified is set where the site signed the visitor's identity.
	Verified bool
	// CreatedAtMs and ActiveAtMs are Unix milliseconds.
	CreatedAtMs, ActiveAtMs int64
	// SeenSeq is what the visitor has seen, MarkedSeq what was marked as seen at
	// the desk, BaseSeq what a client of the base protocol has been sent.
	SeenSeq, MarkedSeq, BaseSeq int64
	ThreadID                    string
	// ThreadState is a number of chat.ThreadState.
	ThreadState int64
	// ThreadFrom is the first message id of the thread that belongs to this
	// session.
	ThreadFrom       string
	PreviousThreadID string
	// OpeningID is the id of the opening post.
	OpeningID string
	// NewsAtMs is when a post last said who and where; ToldName and ToldPage what
	// it said.
	NewsAtMs           int64
	ToldName, ToldPage string
	// Epoch is the stretch of the desk's stream that was last caught up with.
	Epoch string
	// NewestAgent is the newest post of an agent that was taken; it may lag behind
	// the message rows.
	NewestAgent string
	// CatchUp is set while posts may have been missed; CatchUpAfter is the id
	// after which to read.
	CatchUp      bool
	CatchUpAfter string
	// CatchUpUntil ends what is read: from it on the thread is another's; "" is
	// the end of the thread.
	CatchUpUntil string
	// Absence is a number of chat's absence states.
	Absence int64
	// Notices is a set of notices that wait to be posted, as bits.
	Notices int64
	// EndedBy is 0, or who ended the conversation.
	EndedBy int64
	Locale  string
	// ClaimUntilMs is until when a take-over may post its divider.
	ClaimUntilMs int64
	// CatchUpThread is the thread that is read; Missed are those that come next,
	// each as thread:after:until.
	CatchUpThread, Missed string
	// Withdraw are threads that this session gave up taking over, and whose
	// registry has not said that it knows.
	Withdraw string
	// Fronts are the connections that other sessions hold for this one.
	Fronts string
	// Admission is a number of chat's admission states, and Address what is known
	// of the internet address that the visitor last came from: a day, and hashes
	// that are salted anew each day.
	Admission int64
	Address   string
	// Unchecked is set where nobody could check that the visitor is human.
	Unchecked bool
	// Person is the registry's key of the verified visitor.
	Person string
	// BlockedUntilMs is until when the addresses of a blocked visitor are blocked
	// too.
	BlockedUntilMs int64
	// AlertedSeq is the newest message when the team was last called to a visitor
	// who waited.
	AlertedSeq int64
	// Attributes is a line of what the site tells of the visitor, ToldAttributes the
	// one that a post last had.
	Attributes, ToldAttributes string
}

// Row implements [Record].
func (s *Session) Row() Row {
	return Row{Table: TableSession, Values: []Value{
		integer(s.State), text(s.Site), text(s.BearerHash), text(s.Name), text(s.Email), text(s.Page),
		flag(s.Verified), integer(s.CreatedAtMs), integer(s.ActiveAtMs),
		integer(s.SeenSeq), integer(s.MarkedSeq), integer(s.BaseSeq),
		text(s.ThreadID), integer(s.ThreadState), text(s.ThreadFrom), text(s.PreviousThreadID),
		text(s.OpeningID), integer(s.NewsAtMs), text(s.ToldName), text(s.ToldPage),
		text(s.Epoch), text(s.NewestAgent), flag(s.CatchUp), text(s.CatchUpAfter), text(s.CatchUpUntil), integer(s.Absence), integer(s.Notices),
		integer(s.EndedBy), text(s.Locale), integer(s.ClaimUntilMs), text(s.CatchUpThread), text(s.Missed), text(s.Withdraw), text(s.Fronts),
		integer(s.Admission), text(s.Address), flag(s.Unchecked), integer(s.BlockedUntilMs), text(s.Person), integer(s.AlertedSeq), text(s.Attributes), text(s.ToldAttributes),
	}}
}

// SessionOf reads a session's row.
func SessionOf(row Row) *Session {
	r := &values{row.Values}
	return &Session{
		State: r.int(), Site: r.text(), BearerHash: r.text(), Name: r.text(), Email: r.text(), Page: r.text(),
		Verified: r.flag(), CreatedAtMs: r.int(), ActiveAtMs: r.int(),
		SeenSeq: r.int(), MarkedSeq: r.int(), BaseSeq: r.int(),
		ThreadID: r.text(), ThreadState: r.int(), ThreadFrom: r.text(), PreviousThreadID: r.text(),
		OpeningID: r.text(), NewsAtMs: r.int(), ToldName: r.text(), ToldPage: r.text(),
		Epoch: r.text(), NewestAgent: r.text(), CatchUp: r.flag(), CatchUpAfter: r.text(), CatchUpUntil: r.text(), Absence: r.int(), Notices: r.int(),
		EndedBy: r.int(), Locale: r.text(), ClaimUntilMs: r.int(), CatchUpThread: r.text(), Missed: r.text(), Withdraw: r.text(), Fronts: r.text(),
		Admission: r.int(), Address: r.text(), Unchecked: r.flag(), BlockedUntilMs: r.int(), Person: r.text(), AlertedSeq: r.int(), Attributes: r.text(), ToldAttributes: r.text(),
	}
}

// Message is one message of a conversation. Its key is its sequence number.
type Message struct {
	_   unequal
	Seq int64
	// Sender is a number of chat.Sender.
	Sender int64
	// AtMs is when it became durable, or for an agent's when it was written.
	AtMs int64
	// ClientID is the id that the visitor's client made; empty where it made
	// none.
	ClientID string
	// DeskID is the id of an agent's post.
	DeskID string
	Author string
	Avatar string
	Body   string
	Page   string
	// State is a number of chat.MessageState.
	State int64
	// Code says why a message failed, or why the filter marked it. Where the first
	// parts of a message that is refused arrived, it holds the frozen texts of the rest.
	Code            string
	Edited, Deleted bool
}

// Row implements [Record].
func (m *Message) Row() Row {
	return Row{Table: TableMessage, Key: m.Seq, Values: []Value{
		integer(m.Sender), integer(m.AtMs), text(m.ClientID), text(m.DeskID), text(m.Author), text(m.Avatar),
		text(m.Body), text(m.Page), integer(m.State), text(m.Code), flag(m.Edited), flag(m.Deleted),
	}}
}

// MessageOf reads a message's row.
func MessageOf(row Row) *Message {
	r := &values{row.Values}
	return &Message{Seq: row.Key, Sender: r.int(), AtMs: r.int(), ClientID: r.text(), DeskID: r.text(),
		Author: r.text(), Avatar: r.text(), Body: r.text(), Page: r.text(), State: r.int(), Code: r.text(),
		Edited: r.flag(), Deleted: r.flag()}
}

// Post is one part of the frozen post that is on its way to the desk, or of
// the last one that arrived: one post a session is in flight, and the next
// takes its rows. The key is the number of the part, from 0.
type Post struct {
	_ unequal
	// Kind is a number of chat.PostKind.
	Kind int64
	// FirstSeq and LastSeq are the messages that it carries; 0 for a notice.
	FirstSeq, LastSeq int64
	Part, Parts       int64
	// Nonce is the key by which the desk knows a repeat.
	Nonce string
	// Body is the frozen text. It is emptied when the post arrived.
	Body string
	// State is a number of chat.PostState.
	State int64
	// DeskID is the id that the desk gave.
	DeskID string
	// AfterID is the newest own message before it in its thread: an attempt in
	// doubt is looked for after it.
	AfterID    string
	FrozenAtMs int64
}

// Row implements [Record].
func (p *Post) Row() Row {
	return Row{Table: TablePost, Key: p.Part, Values: []Value{
		integer(p.Kind), integer(p.FirstSeq), integer(p.LastSeq), integer(p.Part), integer(p.Parts), text(p.Nonce),
		text(p.Body), integer(p.State), text(p.DeskID), text(p.AfterID), integer(p.FrozenAtMs),
	}}
}

// PostOf reads a post's row.
func PostOf(row Row) *Post {
	r := &values{row.Values}
	return &Post{Kind: r.int(), FirstSeq: r.int(), LastSeq: r.int(), Part: r.int(), Parts: r.int(), Nonce: r.text(),
		Body: r.text(), State: r.int(), DeskID: r.text(), AfterID: r.text(), FrozenAtMs: r.int()}
}

// SessionBearer is the hash of a further session id that opens a session: each
// device of a verified visitor has its own.
type SessionBearer struct {
	_    unequal
	Key  int64
	Hash string
	AtMs int64
}

// Row implements [Record].
func (b *SessionBearer) Row() Row {
	return Row{Table: TableSessionBearer, Key: b.Key, Values: []Value{text(b.Hash), integer(b.AtMs)}}
}

// SessionBearerOf reads the row of a further session id.
func SessionBearerOf(row Row) *SessionBearer {
	r := &values{row.Values}
	return &SessionBearer{Key: row.Key, Hash: r.text(), AtMs: r.int()}
}
