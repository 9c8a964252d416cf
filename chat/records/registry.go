package records

// ThreadOwner says that from message FromID on a thread belongs to the session
// at Route. The key counts the owners of a thread from 0.
type ThreadOwner struct {
	_      unequal
	Key    int64
	FromID string
	Route  string
}

// Row implements [Record].
func (o *ThreadOwner) Row() Row {
	return Row{Table: TableThreadOwner, Key: o.Key, Values: []Value{text(o.FromID), text(o.Route)}}
}

// ThreadOwnerOf reads an owner's row.
func ThreadOwnerOf(row Row) *ThreadOwner {
	r := &values{row.Values}
	return &ThreadOwner{Key: row.Key, FromID: r.text(), Route: r.text()}
}

// ThreadClaim says that the session at Route is about to take a thread over.
type ThreadClaim struct {
	_     unequal
	Key   int64
	Route string
	// Base is the key of the owner whose range the claim ends.
	Base int64
	// UntilMs is until when its divider may be posted.
	UntilMs int64
	// MissedAfter is after which message posts may have been missed, which nobody
	// was told because of the claim; "" is nothing.
	MissedAfter string
}

// Row implements [Record].
func (c *ThreadClaim) Row() Row {
	return Row{Table: TableThreadClaim, Key: c.Key, Values: []Value{text(c.Route), integer(c.Base), integer(c.UntilMs), text(c.MissedAfter)}}
}

// ThreadClaimOf reads a claim's row.
func ThreadClaimOf(row Row) *ThreadClaim {
	r := &values{row.Values}
	return &ThreadClaim{Key: row.Key, Route: r.text(), Base: r.int(), UntilMs: r.int(), MissedAfter: r.text()}
}

// EmailThread is the newest thread of an e-mail address (key 0).
type EmailThread struct {
	_               unequal
	ThreadID, Route string
	OpenedAtMs      int64
	// LeaseRoute may take the thread over until LeaseUntilMs.
	LeaseRoute   string
	LeaseUntilMs int64
}

// Row implements [Record].
func (e *EmailThread) Row() Row {
	return Row{Table: TableEmailThread, Values: []Value{text(e.ThreadID), text(e.Route), integer(e.OpenedAtMs),
		text(e.LeaseRoute), integer(e.LeaseUntilMs)}}
}

// EmailThreadOf reads the row of an address's thread.
func EmailThreadOf(row Row) *EmailThread {
	r := &values{row.Values}
	return &EmailThread{ThreadID: r.text(), Route: r.text(), OpenedAtMs: r.int(), LeaseRoute: r.text(), LeaseUntilMs: r.int()}
}

// EmailSession is one session of an e-mail address, kept so that a person's
// data can be found.
type EmailSession struct {
	_     unequal
	Key   int64
	Route string
	AtMs  int64
}

// Row implements [Record].
func (e *EmailSession) Row() Row {
	return Row{Table: TableEmailSession, Key: e.Key, Values: []Value{text(e.Route), integer(e.AtMs)}}
}

// EmailSessionOf reads the row of an address's session.
func EmailSessionOf(row Row) *EmailSession {
	r := &values{row.Values}
	return &EmailSession{Key: row.Key, Route: r.text(), AtMs: r.int()}
}

// Bearer leads from the hash of a session id to the session's route (key 0).
type Bearer struct {
	_     unequal
	Route string
	AtMs  int64
}

// Row implements [Record].
func (b *Bearer) Row() Row {
	return Row{Table: TableBearer, Values: []Value{text(b.Route), integer(b.AtMs)}}
}

// BearerOf reads a bearer's row.
func BearerOf(row Row) *Bearer {
	r := &values{row.Values}
	return &Bearer{Route: r.text(), AtMs: r.int()}
}

// AddressSession is one session that an internet address began: its first
// message came at AtMs.
type AddressSession struct {
	_     unequal
	Key   int64
	Route string
	AtMs  int64
}

// Row implements [Record].
func (a *AddressSession) Row() Row {
	return Row{Table: TableAddressSession, Key: a.Key, Values: []Value{text(a.Route), integer(a.AtMs)}}
}

// AddressSessionOf reads the row of an address's session.
func AddressSessionOf(row Row) *AddressSession {
	r := &values{row.Values}
	return &AddressSession{Key: row.Key, Route: r.text(), AtMs: r.int()}
}

// AddressBlock says until when nobody at an internet address may begin a
// conversation (key 0).
type AddressBlock struct{ UntilMs int64 }

// Row implements [Record].
func (a *AddressBlock) Row() Row {
	return Row{Table: TableAddressBlock, Values: []Value{integer(a.UntilMs)}}
}

// AddressBlockOf reads the row of a block.
func AddressBlockOf(row Row) *AddressBlock {
	r := &values{row.Values}
	return &AddressBlock{UntilMs: r.int()}
}

// Person leads from somebody whom a site vouches for to their session (key 0).
type Person struct {
	_     unequal
	Route string
	AtMs  int64
}

// Row implements [Record].
func (p *Person) Row() Row {
	return Row{Table: TablePerson, Values: []Value{text(p.Route), integer(p.AtMs)}}
}

// PersonOf reads a person's row.
func PersonOf(row Row) *Person {
	r := &values{row.Values}
	return &Person{Route: r.text(), AtMs: r.int()}
}
