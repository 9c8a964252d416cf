package chat

import "cloudflarechat/chat/records"

// Event is something that happened. Events are plain data, so that a host can
// carry them between machines and a test can write them down.
type Event interface {
	// EventName is the event's name in transcripts and on the border.
	EventName() string
}

// ConnOpened says that somebody connected.
type ConnOpened struct {
	_    unequal
	Conn ConnID
	// Random is fresh from the system's cryptographic source; a session id or a
	// route may be made of it.
	Random [32]byte
	// Site is the entry of the allowed origins that matched; "" where any is
	// allowed.
	Site string
	// RemoteIP is the visitor's address, for Turnstile.
	RemoteIP string
}

// FrameReceived says that a connection sent a frame.
type FrameReceived struct {
	Conn ConnID
	Data []byte
	// Binary is set for a binary frame: there are none in the protocol.
	Binary bool
}

// ConnClosed says that a connection is gone.
type ConnClosed struct {
	_    unequal
	Conn ConnID
	// Clean is set where the closing handshake of RFC 6455 (section 7.1.4) was
	// completed: the client has what was sent before it.
	Clean bool
	// Heard is when the client was last heard of, pings and the goodbye included;
	// 0 is not known. What was sent a while before that has arrived.
	Heard Time
}

// TimerFired says that the time of the last [SetTimer] has come, or that the
// host wants the actor to look after its unfinished work.
type TimerFired struct {
	// Heard is when each open connection was last heard of, pings included. A
	// connection that is not in it is gone.
	Heard []Heard
}

// Heard says when a connection was last heard of.
type Heard struct {
	Conn ConnID
	At   Time
}

// ConnsHeard answers [HearConns]. Heard is as in [TimerFired].
type ConnsHeard struct{ Heard []Heard }

// TurnstileVerified answers [VerifyTurnstile].
type TurnstileVerified struct {
	_    unequal
	Conn ConnID
	// Code is "" where the visitor passed, else a code of the catalogue.
	Code Code
}

// HistoryLoaded answers [LoadHistory].
type HistoryLoaded struct {
	Conn   ConnID
	Before int64
	Limit  int
	Rows   []Row
}

// MessagesFound answers [FindMessages]; Rows are newest first.
type MessagesFound struct {
	Find  records.Find
	Rows  []Row
	News  ThreadNews
	Conn  ConnID
	Frame []byte
}

// Cause is the event that waited for the rows, for a host that cannot go on with
// it; nil is none.
func (e MessagesFound) Cause() Event {
	switch {
	case e.News.News.Kind != 0:
		return e.News
	case len(e.Frame) > 0:
		return FrameReceived{Conn: e.Conn, Data: e.Frame}
	}
	return nil
}

// FrontFrame carries a frame from the session that took a connection to the
// session that it belongs to. The first one has Opened set.
type FrontFrame struct {
	Front  Route
	Conn   ConnID
	Opened *ConnOpened
	Data   []byte
}

// FrontClosed says that a connection taken by another session is gone.
type FrontClosed struct {
	_     unequal
	Front Route
	Conn  ConnID
	// Clean and Heard are as in [ConnClosed].
	Clean bool
	Heard Time
}

// FrontSend carries frames back to the session that took the connection.
type FrontSend struct {
	// From is the session that speaks.
	From Route
	Conn ConnID
	Data []byte
}

// FrontClose asks the session that took a connection to close it.
type FrontClose struct {
	_     unequal
	From  Route
	Conn  ConnID
	Close CloseCode
}

// BindBearer asks the registry to remember where a session id leads.
type BindBearer struct{ Route Route }

// BearerBound answers [BindBearer].
type BearerBound struct {
	// Hash is the hash of the session id that is known now.
	Hash string
}

// FindBearer asks where a session id leads.
type FindBearer struct {
	_    unequal
	From Route
	Conn ConnID
}

// BearerFound answers [FindBearer]; Route is "" where it leads nowhere.
type BearerFound struct {
	_     unequal
	Conn  ConnID
	Route Route
}

// ReleaseBearer asks the registry to forget a session id.
type ReleaseBearer struct{ Route Route }

// ClaimThread asks an e-mail address's registry which thread to write to.
type ClaimThread struct {
	_     unequal
	Route Route
	// Not is a thread that must not be given: it is gone, or belongs to another.
	Not ThreadID
}

// ThreadClaimed answers [ClaimThread].
type ThreadClaimed struct {
	_ unequal
	// Thread is to be taken over; "" says: open a new one.
	Thread ThreadID
	// Previous is the address's earlier thread, to be linked to.
	Previous ThreadID
	// Until is until when the divider may be posted.
	Until Time
	// From gave the thread up.
	From Route
}

// NoteEmail tells an e-mail address's registry that a session is this address's
// from now on.
type NoteEmail struct {
	_     unequal
	Route Route
	// Ticket is answered when it is durable, where somebody else says so.
	Ticket Ticket
}

// EmailNoted answers [NoteEmail]; Email is the hash of the address.
type EmailNoted struct{ Email string }

// AskYield asks the owner of a thread to give it up.
type AskYield struct {
	_      unequal
	Email  string
	Thread ThreadID
	To     Route
}

// Yielded answers [AskYield].
type Yielded struct {
	_      unequal
	From   Route
	To     Route
	Thread ThreadID
	// Kept is set where the owner does not give the thread up.
	Kept bool
}

// ThreadOpened tells an address's registry which thread it has now.
type ThreadOpened struct {
	_      unequal
	Route  Route
	Thread ThreadID
}

// ThreadNoted answers [ThreadOpened].
type ThreadNoted struct{ Thread ThreadID }

// ReserveThread tells a thread's registry that Route is about to take over from From,
// who gave the thread up.
type ReserveThread struct {
	_     unequal
	Route Route
	Until Time
	From  Route
}

// ThreadReserved answers [ReserveThread].
type ThreadReserved struct {
	Thread ThreadID
	// Refused is set where the thread is not known, too many want it, or it is another's by
	// now than of who gave it up.
	Refused bool
}

// OwnThread tells a thread's registry that it belongs to Route from a message
// on.
type OwnThread struct {
	_     unequal
	Route Route
	From  MessageID
	// Withdraw takes a reservation back instead.
	Withdraw bool
}

// ThreadOwned answers [OwnThread], also one that takes a reservation back.
type ThreadOwned struct {
	Thread ThreadID
	// Last is set where nobody owns a later range.
	Last bool
}

// NewsKind is what happened in a thread.
type NewsKind uint8

// The kinds of news.
const (
	// NewsPosted is a new post by an agent.
	NewsPosted NewsKind = iota + 1
	NewsEdited
	NewsDeleted
	NewsTyping
	// NewsReacted is an agent's reaction to a post.
	NewsReacted
	// NewsThreadGone says that the thread was deleted or locked.
	NewsThreadGone
	// NewsClose is an agent's order to end the conversation.
	NewsClose
	// NewsBlock is an agent's order to block the visitor.
	NewsBlock
	// NewsMissed says that posts may have been missed since After.
	NewsMissed
)

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and
// the code for it would be in the module all the same: what is behind an interface
// may be compared.
type unequal [0]func()

// News is what the desk says of a thread.
type News struct {
	_      unequal
	Kind   NewsKind
	Thread ThreadID
	// Message is the post concerned.
	Message MessageID
	// Author is who wrote, by the name that the visitor shall see.
	Author string
	// Avatar is an https URL, or "".
	Avatar string
	// Text is in the small markup of the protocol.
	Text string
	// Quote is, in the markup of Text, what quotes the post Quoted, which this one
	// answers. It is shown only where that one is of the same conversation: a
	// thread may have been another visitor's before.
	Quote  string
	Quoted MessageID
	// At is when it was written.
	At Time
	// Epoch is a message id since which the desk's stream had no gap, and the
	// same for all that comes of that stretch; "" where it is not known. Nothing
	// later than it can have been missed.
	Epoch MessageID
	// After is, for NewsMissed, the id before the gap.
	After MessageID
	// Aside says that the post does not stand in the thread itself: it is an
	// answer to the opening post, which reading the thread does not show.
	Aside bool
	// From and Until are set by the registry: from the one on the thread is the
	// session's, from the other on another's.
	From, Until MessageID
	// Born is, of an answer to an opening post, when that one was made; 0 is long ago.
	Born Time
}

// isOrder tells whether an agent orders something, which is not written anywhere.
func (n *News) isOrder() bool { return n.Kind == NewsClose || n.Kind == NewsBlock }

// ThreadNews brings news to a thread's registry, and from there to the session
// that owns it. The ticket is answered when it is durable.
type ThreadNews struct {
	News   News
	Ticket Ticket
}

// DeskPull asks a session for what it has ready.
type DeskPull struct {
	// Unsent is the HandedAt of a call that was surely not sent; 0 says nothing. It
	// may come again when a later one was handed over, of which it says nothing.
	Unsent Time
	// At is when the desk said so. It holds for a moment only: what was not sent
	// then may have come to the desk once more, and have left.
	At Time
}

// DeskDone says what became of a call.
type DeskDone struct {
	Key    string
	Result DeskResult
	// Slot says that the desk could take the next call at once.
	Slot bool
	// HandedAt is that of the call; 0 says nothing. A key comes again at each
	// attempt, and what became of an earlier one says nothing of the one on its way.
	HandedAt Time
}

// DeskDelayed says that what a session has ready will wait.
type DeskDelayed struct {
	_ unequal
	// Until is when it goes on, if known.
	Until Time
	// Code says why: see the catalogue.
	Code Code
}

// DeskReady tells the desk that a session has something for it.
type DeskReady struct {
	_    unequal
	From Route
	// Call is the first thing; nil says: pull when there is a slot.
	Call *DeskCall
}

// DeskIdle tells the desk that a session has nothing more.
type DeskIdle struct{ From Route }

// NewsAnswered tells the desk what became of news that it told; see [DeskTicket].
type NewsAnswered struct {
	Ticket Ticket
	Status Status
}

// FindPerson asks which session is a verified visitor's.
type FindPerson struct {
	_    unequal
	From Route
	Conn ConnID
	// Offer is a session that becomes theirs where they have none.
	Offer Route
}

// PersonFound answers [FindPerson]; Route is "" where there is none.
type PersonFound struct {
	_     unequal
	Conn  ConnID
	Route Route
}

// AskAlive asks a session whether it is still kept. It comes from a registry
// that leads to it, long after the registry last heard of it.
type AskAlive struct{ Registry string }

// Alive answers AskAlive: the session is kept until then, at least; 0 is that it
// is gone.
type Alive struct {
	Route Route
	Until Time
}

// ReleasePerson asks the registry to forget a verified visitor's session.
type ReleasePerson struct{ Route Route }

// AdmitSession asks an internet address's registry whether a conversation may
// begin, and counts it.
type AdmitSession struct {
	_     unequal
	Route Route
	// Strict allows one an hour: nobody could check that the visitor is human.
	Strict bool
	// Next is set in the first hour of a day, when the key of an address has just
	// changed: the old one passes the question on to it, with how many began there,
	// and when the first.
	Next    string
	Earlier int
	FirstAt Time
}

// SessionAdmitted answers [AdmitSession]. Code says why it may not begin, ""
// that it may, and Until when to try again.
type SessionAdmitted struct {
	Code  Code
	Until Time
}

// BlockAddress tells an internet address's registry that no conversation may
// begin there for a while.
type BlockAddress struct{ Until Time }

// EndSession ends a session from the outside, or empties a registry's actor:
// its data is being deleted.
type EndSession struct{ Ticket Ticket }

// EventName implements [Event].
func (ConnOpened) EventName() string        { return "conn_opened" }
func (FrameReceived) EventName() string     { return "frame_received" }
func (ConnClosed) EventName() string        { return "conn_closed" }
func (TimerFired) EventName() string        { return "timer_fired" }
func (ConnsHeard) EventName() string        { return "conns_heard" }
func (TurnstileVerified) EventName() string { return "turnstile_verified" }
func (HistoryLoaded) EventName() string     { return "history_loaded" }
func (MessagesFound) EventName() string     { return "messages_found" }
func (FrontFrame) EventName() string        { return "front_frame" }
func (FrontClosed) EventName() string       { return "front_closed" }
func (FrontSend) EventName() string         { return "front_send" }
func (FrontClose) EventName() string        { return "front_close" }
func (BindBearer) EventName() string        { return "bind_bearer" }
func (BearerBound) EventName() string       { return "bearer_bound" }
func (FindBearer) EventName() string        { return "find_bearer" }
func (BearerFound) EventName() string       { return "bearer_found" }
func (ReleaseBearer) EventName() string     { return "release_bearer" }
func (ClaimThread) EventName() string       { return "claim_thread" }
func (ThreadClaimed) EventName() string     { return "thread_claimed" }
func (NoteEmail) EventName() string         { return "note_email" }
func (EmailNoted) EventName() string        { return "email_noted" }
func (AskYield) EventName() string          { return "ask_yield" }
func (Yielded) EventName() string           { return "yielded" }
func (ThreadOpened) EventName() string      { return "thread_opened" }
func (ThreadNoted) EventName() string       { return "thread_noted" }
func (ReserveThread) EventName() string     { return "reserve_thread" }
func (ThreadReserved) EventName() string    { return "thread_reserved" }
func (OwnThread) EventName() string         { return "own_thread" }
func (ThreadOwned) EventName() string       { return "thread_owned" }
func (ThreadNews) EventName() string        { return "thread_news" }
func (DeskPull) EventName() string          { return "desk_pull" }
func (DeskDone) EventName() string          { return "desk_done" }
func (DeskDelayed) EventName() string       { return "desk_delayed" }
func (DeskReady) EventName() string         { return "desk_ready" }
func (DeskIdle) EventName() string          { return "desk_idle" }
func (NewsAnswered) EventName() string      { return "news_answered" }
func (EndSession) EventName() string        { return "end_session" }
func (FindPerson) EventName() string        { return "find_person" }
func (PersonFound) EventName() string       { return "person_found" }
func (ReleasePerson) EventName() string     { return "release_person" }
func (AskAlive) EventName() string          { return "ask_alive" }
func (Alive) EventName() string             { return "alive" }
func (AdmitSession) EventName() string      { return "admit_session" }
func (SessionAdmitted) EventName() string   { return "session_admitted" }
func (BlockAddress) EventName() string      { return "block_address" }
