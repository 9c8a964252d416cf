package records

// Egress is one named fact that the sender to the desk keeps: a block of more
// than five seconds, a count, the cursor of a sweep.
type Egress struct {
	Key  int64
	Name string
	Int  int64
	Text string
	AtMs int64
}

// Row implements [Record].
func (e *Egress) Row() Row {
	return Row{Table: TableEgress, Key: e.Key, Values: []Value{text(e.Name), integer(e.Int), text(e.Text), integer(e.AtMs)}}
}

// EgressOf reads the row of a fact.
func EgressOf(row Row) *Egress {
	r := &values{row.Values}
	return &Egress{Key: row.Key, Name: r.text(), Int: r.int(), Text: r.text(), AtMs: r.int()}
}

// Ready is one conversation that waits for a slot.
type Ready struct {
	_       unequal
	Key     int64
	Route   string
	SinceMs int64
}

// Row implements [Record].
func (q *Ready) Row() Row {
	return Row{Table: TableReady, Key: q.Key, Values: []Value{text(q.Route), integer(q.SinceMs)}}
}

// ReadyOf reads the row of a ready conversation.
func ReadyOf(row Row) *Ready {
	r := &values{row.Values}
	return &Ready{Key: row.Key, Route: r.text(), SinceMs: r.int()}
}

// Gateway is the state from which a Gateway session is resumed (key 0).
type Gateway struct {
	_                    unequal
	SessionID, ResumeURL string
	Sequence             int64
	// Epoch names the run of Gateway sessions without a gap.
	Epoch string
	// AtMs is when the session was last known to be good, by the clock of Discord as
	// far as it is known, and never later than that; without a session, since
	// when events may have been missed.
	AtMs int64
	// IdentifiedAtMs is when a session was last begun: Discord allows one in five
	// seconds.
	IdentifiedAtMs int64
	// MadeFor says with what the session was opened, by a hash: with another token,
	// channel or address of Discord there is nothing to resume. "" is not known.
	MadeFor string
}

// Row implements [Record].
func (g *Gateway) Row() Row {
	return Row{Table: TableGateway, Values: []Value{text(g.SessionID), text(g.ResumeURL), integer(g.Sequence),
		text(g.Epoch), integer(g.AtMs), integer(g.IdentifiedAtMs), text(g.MadeFor)}}
}

// GatewayOf reads the Gateway's row.
func GatewayOf(row Row) *Gateway {
	r := &values{row.Values}
	return &Gateway{SessionID: r.text(), ResumeURL: r.text(), Sequence: r.int(), Epoch: r.text(), AtMs: r.int(), IdentifiedAtMs: r.int(), MadeFor: r.text()}
}

// GatewayEvent is one event that the main host has not taken yet.
type GatewayEvent struct {
	_    unequal
	Key  int64
	Body string
	AtMs int64
}

// Row implements [Record].
func (g *GatewayEvent) Row() Row {
	return Row{Table: TableGatewayEvent, Key: g.Key, Values: []Value{text(g.Body), integer(g.AtMs)}}
}

// GatewayEventOf reads an event's row.
func GatewayEventOf(row Row) *GatewayEvent {
	r := &values{row.Values}
	return &GatewayEvent{Key: row.Key, Body: r.text(), AtMs: r.int()}
}

// Poison is one event that was set aside.
type Poison struct {
	Key                  int64
	Actor, Event, Reason string
	AtMs                 int64
}

// Row implements [Record].
func (p *Poison) Row() Row {
	return Row{Table: TablePoison, Key: p.Key, Values: []Value{text(p.Actor), text(p.Event), text(p.Reason), integer(p.AtMs)}}
}
