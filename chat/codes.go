package chat

// Code is a stable name of an error or a reason: one row of [Codes].
type Code string

// The codes.
const (
	CodeBadFrame        Code = "bad_frame"
	CodeUnknownType     Code = "unknown_type"
	CodeFrameTooBig     Code = "frame_too_big"
	CodeNotReady        Code = "not_ready"
	CodeAlreadyReady    Code = "already_ready"
	CodeNameInvalid     Code = "name_invalid"
	CodeEmailInvalid    Code = "email_invalid"
	CodePageInvalid     Code = "page_invalid"
	CodeMessageEmpty    Code = "message_empty"
	CodeMessageTooLong  Code = "message_too_long"
	CodeIDInvalid       Code = "id_invalid"
	CodeTooMany         Code = "rate_limited"
	CodeQueueFull       Code = "queue_full"
	CodeTurnstile       Code = "turnstile_failed"
	CodeTurnstileDown   Code = "turnstile_unavailable"
	CodeOrigin          Code = "origin_refused"
	CodeRoute           Code = "route_invalid"
	CodeCapacity        Code = "capacity"
	CodeBlocked         Code = "blocked"
	CodeEnded           Code = "session_ended"
	CodeUnavailable     Code = "unavailable"
	CodeInternal        Code = "internal"
	CodeRefused         Code = "desk_refused"
	CodeDeskSlow        Code = "desk_slow"
	CodeDeskMisset      Code = "desk_misconfigured"
	CodeNothingToRetry  Code = "nothing_to_retry"
	CodeTooManyTabs     Code = "too_many_connections"
	CodeIdentityInvalid Code = "identity_invalid"
	CodeTooManySessions Code = "too_many_conversations"
)

// CodeRow is one row of the catalogue.
type CodeRow struct {
	Code Code
	// Text is what a visitor reads: what happened, and what to do.
	Text string
	// Retry is "never" (the same will fail again), "later" (the same may work),
	// or "fix" (it works once the visitor changed something).
	Retry string
	// Field is the form field concerned, or "".
	Field string
}

// Codes is the catalogue of error codes, from which the widget's copy and the
// documentation are generated.
var Codes = []CodeRow{
	{CodeBadFrame, "That message could not be read. Reload the page and try again.", "never", ""},
	{CodeUnknownType, "This page speaks a newer language than the server. Reload the page.", "never", ""},
	{CodeFrameTooBig, "That is too much at once. Send it in smaller pieces.", "fix", "message"},
	{CodeNotReady, "Start the conversation first.", "fix", ""},
	{CodeAlreadyReady, "The conversation has already started.", "never", ""},
	{CodeNameInvalid, "Please tell us your name, at most 80 characters.", "fix", "name"},
	{CodeEmailInvalid, "Please check your e-mail address.", "fix", "email"},
	{CodePageInvalid, "The page address is too long.", "fix", "page"},
	{CodeMessageEmpty, "Write something first.", "fix", "message"},
	{CodeMessageTooLong, "That message is too long. Please keep it below 2,000 characters.", "fix", "message"},
	{CodeIDInvalid, "That message could not be read. Reload the page and try again.", "never", ""},
	{CodeTooMany, "That was a lot at once. Your message will be sent in a moment.", "later", ""},
	{CodeQueueFull, "Many of your messages are still on their way. Please wait a moment.", "later", ""},
	{CodeTurnstile, "We could not check that you are human. Please try again.", "fix", ""},
	{CodeTurnstileDown, "The check for humans does not answer. Please try again in a minute.", "later", ""},
	{CodeOrigin, "This chat is not set up for this website.", "never", ""},
	{CodeRoute, "This conversation could not be found. Start a new one.", "never", ""},
	{CodeCapacity, "The chat is full at the moment. Please try again later.", "later", ""},
	{CodeBlocked, "The team has closed this chat for you.", "never", ""},
	{CodeEnded, "This conversation has ended. Start a new one.", "never", ""},
	{CodeUnavailable, "Your message could not be stored. It stays here and is sent again.", "later", ""},
	{CodeInternal, "Something went wrong on our side. Please try again.", "later", ""},
	{CodeRefused, "The team's side did not accept this message. Change it and try again.", "fix", ""},
	{CodeDeskSlow, "Delivery takes longer than usual. Nothing is lost.", "later", ""},
	{CodeDeskMisset, "The team cannot be reached right now. Your message is kept and will be delivered.", "later", ""},
	{CodeNothingToRetry, "There is nothing to send again.", "never", ""},
	{CodeTooManyTabs, "This conversation is open in too many places. Close one and try again.", "fix", ""},
	{CodeIdentityInvalid, "Your sign-in could not be checked. Reload the page.", "fix", ""},
	{CodeTooManySessions, "Too many conversations were begun from your network. Your message stays here and is sent later.", "later", ""},
}

// RowOf gives the row of a code; an unknown code gives that of
// [CodeInternal].
func RowOf(c Code) CodeRow {
	for _, r := range Codes {
		if r.Code == c {
			return r
		}
	}
	return RowOf(CodeInternal)
}

// CloseCode is a WebSocket close code (RFC 6455, section 7.4): one row of
// [Closes].
type CloseCode uint16

// The close codes. 4000 to 4499: connect again; 4500 to 4999: do not.
const (
	CloseGoingAway  CloseCode = 1001
	CloseTooBig     CloseCode = 1009
	CloseUnread     CloseCode = 1011
	CloseRestart    CloseCode = 4000
	CloseSlow       CloseCode = 4001
	CloseSilent     CloseCode = 4002
	CloseDropped    CloseCode = 4003
	CloseEnded      CloseCode = 4500
	CloseBlocked    CloseCode = 4501
	CloseProtocol   CloseCode = 4502
	CloseTooMany    CloseCode = 4503
	CloseForgotten  CloseCode = 4504
	CloseTurnstile  CloseCode = 4505
	CloseSuperseded CloseCode = 4506
)

// CloseRow is one row of the catalogue of close codes.
type CloseRow struct {
	Code   CloseCode
	Reason string
	// Text says in words what it means.
	Text string
	// Reconnect says whether a client shall connect again.
	Reconnect bool
}

// Closes is the catalogue of close codes.
var Closes = []CloseRow{
	{CloseGoingAway, "going away", "the server restarts", true},
	{CloseTooBig, "frame too big", "a frame was far too large; the error `frame_too_big` comes before", true},
	{CloseUnread, "unreadable", "a compressed frame could not be read", true},
	{CloseRestart, "restart", "the server restarts, or lost this conversation's state and rebuilds it", true},
	{CloseSlow, "too slow", "the client did not read fast enough", true},
	{CloseSilent, "silent", "nothing was heard for too long, or no init came in time", true},
	{CloseDropped, "dropped", "the host that held the connection is gone", true},
	{CloseEnded, "ended", "the visitor ended the conversation", false},
	{CloseBlocked, "blocked", "an agent blocked the visitor", false},
	{CloseProtocol, "protocol", "too many frames that could not be read, or far too many frames", false},
	{CloseTooMany, "too many connections", "the conversation is open in too many places", false},
	{CloseForgotten, "forgotten", "the conversation's data was deleted", false},
	{CloseTurnstile, "not verified", "the check for humans failed too often", false},
	{CloseSuperseded, "superseded", "another page took this conversation over", false},
}

// ReasonOf gives the reason that is sent with a close code.
func ReasonOf(c CloseCode) string {
	for _, r := range Closes {
		if r.Code == c {
			return r.Reason
		}
	}
	return ""
}
