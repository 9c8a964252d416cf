package chat

// The desk is where the agents sit. The core speaks to it in its own words:
// announce a conversation, open a thread, post, mark, read. What a thread is
// there, and how a text must look, is the desk's business ([Desk]).

// CallKind is what is asked of the desk.
type CallKind uint8

// The kinds of calls.
const (
	// CallAnnounce posts the opening post that tells the team.
	CallAnnounce CallKind = iota + 1
	// CallOpen makes the thread of an opening post.
	CallOpen
	// CallPost posts into a thread.
	CallPost
	// CallMark marks an agent's post as seen.
	CallMark
	// CallRead reads what was posted after a message.
	CallRead
	// CallClose closes a thread.
	CallClose
	// CallTyping shows that the visitor types.
	CallTyping
)

// DeskCall is one thing asked of the desk. The same call may be handed over
// again and again; it has its effect once.
type DeskCall struct {
	_    unequal
	Kind CallKind
	// Key names the call: at most 25 characters, the same at each repeat. The
	// desk knows a repeat of a post by it.
	Key string
	// Thread is where; for CallAnnounce it is "".
	Thread ThreadID
	// Message is the opening post for CallOpen, the post to mark for CallMark.
	Message MessageID
	// Text is the frozen text of a post, or the name of a thread.
	Text string
	// Alert lets the post call the team: only for texts that hold no character
	// made by a visitor.
	Alert bool
	// Check says that an earlier attempt may have had its effect, and that Key is
	// no longer remembered: look for the text after After before posting it.
	Check bool
	// Doubt says that an earlier attempt may have had its effect, whether or not
	// Key is still remembered.
	Doubt bool
	// CheckFrom is when that begins to hold, where an earlier attempt may have had
	// its effect: a call that leaves at this time or later must look first, as if
	// Check were set. 0 is never.
	CheckFrom Time
	// After is the message after which to read or to look.
	After MessageID
	// HandedAt is when it was handed over.
	HandedAt Time
	// NotAfter is when the call must not be made any more; 0 is never.
	NotAfter Time
	// Since is when the oldest message of it was accepted, for fairness and
	// metrics.
	Since Time
	// More says that further calls wait behind it.
	More bool
}

// Outcome is what became of a call.
type Outcome uint8

// The outcomes.
const (
	// OutcomeDone: it has its effect, now or already before.
	OutcomeDone Outcome = iota + 1
	// OutcomeDoubt: nobody knows whether it had its effect.
	OutcomeDoubt
	// OutcomeUnsent: it surely had no effect; hand it over again.
	OutcomeUnsent
	// OutcomeGone: the thread is gone or locked.
	OutcomeGone
	// OutcomeRefused: the desk will never take this text.
	OutcomeRefused
	// OutcomeTooLate: NotAfter had passed.
	OutcomeTooLate
)

// DeskResult is what became of a call.
type DeskResult struct {
	Outcome Outcome
	// Code says why it was refused, and Looked that an earlier attempt was looked
	// for before, and is not there.
	Code   Code
	Looked bool
	// Message is the id of what was posted; for CallOpen the id of the thread
	// stands in Thread, and for CallAnnounce too where the thread is there with
	// its opening post: then people may have answered in it already.
	Message MessageID
	Thread  ThreadID
	// News are the posts that were read, oldest first: of the kind NewsEdited those that were edited since they were written.
	News []News
	// More is set where there is more to read after the last of them, or where a thread
	// that was to be opened was there already; and Last is
	// the newest message that was looked at, relayed or not.
	More bool
	Last MessageID
	// Seen are the ids of all messages that were looked at: what was taken before
	// and is not among them was deleted.
	Seen []MessageID
	// Divider is the first of them by which another session took the thread over;
	// "" is none. What follows it is not for whoever asked to read.
	Divider MessageID
}

// NoticeKind is a system text that a session posts into its thread.
type NoticeKind uint8

// The notices. Their numbers are bits' positions in a session's record.
const (
	// NoticeDivider: from here on a new, unverified visitor.
	NoticeDivider NoticeKind = iota + 1
	// NoticeAway: the visitor has left and will get this on return.
	NoticeAway
	// NoticeUnread: the visitor never came back to read.
	NoticeUnread
	// NoticeEnded: the visitor ended the conversation.
	NoticeEnded
	// NoticeBack: the visitor is back.
	NoticeBack
	// NoticeVerified is a divider: from here on a visitor whom the site vouches
	// for.
	NoticeVerified
	// NoticeUnanswered calls the team: the visitor waits for an answer.
	NoticeUnanswered
)

// Header says who and where, for the head of a post.
type Header struct {
	_                 unequal
	Name, Email, Page string
	Verified          bool
	// Attributes is a line of what the site tells of the visitor, unchecked; "" is nothing.
	Attributes string
	// Mark is why the filter marked the messages.
	Mark Mark
}

// Desk is what the core must know of the desk there is, as pure functions.
type Desk interface {
	// Announcement is the text of an opening post. It holds the tag, a short
	// name of the conversation made by the system, and no character made by a
	// visitor.
	Announcement(tag string, previous ThreadID) string
	// ThreadName is the name of a visitor's thread.
	ThreadName(h Header) string
	// Parts gives the texts of a post: the head if it is news, then the
	// messages, in as many parts as the desk needs.
	Parts(head *Header, texts []string) []string
	// Blank tells whether nothing of a text can be seen there: Parts leaves it out.
	Blank(text string) bool
	// Notice is the text of a notice.
	// It holds the tag where another conversation may have posted the same into
	// the thread: a post in doubt is found by its text.
	Notice(kind NoticeKind, tag string, previous ThreadID) string
	// Merges says how many units of text may be merged into one post.
	MergeUnits() int
}
