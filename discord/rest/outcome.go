package rest

// unequal, as a struct's first field, keeps == from comparing it. Nobody does, and the code for it would be in the module all the same: what is
// behind an interface may be compared.
type unequal [0]func()

// Header is what the Scheduler needs of a reply's header, as text. An absent field is "". PickHeader fills it.
type Header struct {
	_          unequal
	Limit      string // X-RateLimit-Limit
	Remaining  string // X-RateLimit-Remaining
	Reset      string // X-RateLimit-Reset: Unix seconds with a fraction, by Discord's clock
	ResetAfter string // X-RateLimit-Reset-After: seconds with a fraction
	Bucket     string // X-RateLimit-Bucket
	Global     string // X-RateLimit-Global
	Scope      string // X-RateLimit-Scope
	RetryAfter string // Retry-After: whole seconds
	Date       string // Date
}

// HeaderNames are the header fields that PickHeader asks for, so that a host carries no more than these.
var HeaderNames = [...]string{
	"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Reset-After", "X-RateLimit-Bucket",
	"X-RateLimit-Global", "X-RateLimit-Scope", "Retry-After", "Date",
}

// PickHeader fills a Header from get, which gives a field's value by its name, as http.Header.Get does.
func PickHeader(get func(name string) string) Header {
	var v [len(HeaderNames)]string
	for i, name := range HeaderNames {
		v[i] = get(name)
	}
	return Header{
		Limit: v[0], Remaining: v[1], Reset: v[2], ResetAfter: v[3], Bucket: v[4],
		Global: v[5], Scope: v[6], RetryAfter: v[7], Date: v[8],
	}
}

// Failure says how a request failed without an answer.
type Failure int

// The failures.
const (
	Answered     Failure = iota // it did not fail: Status holds Discord's answer
	NotSent                     // surely nothing arrived: no connection
	DoubtfulSent                // it may have arrived: a time-out or a broken connection after sending began
)

// Outcome is what became of a request.
type Outcome struct {
	Failure Failure
	Status  int    // HTTP status; 0 unless Answered
	Header  Header // of the answer
	Body    []byte // of the answer; only read when Status is no success
}

// Class is what an outcome means for the one who asked.
type Class int

// The classes. The text after each says what the asker does.
const (
	OK             Class = iota // done; read the body
	RetryLater                  // the same bytes again at RetryAt: nothing happened, or a repeat does no harm
	InDoubt                     // it may have happened: repeat at RetryAt within Request.RepeatForMs of the first try if Idempotent, else look first
	AlreadyDone                 // 160004 the thread exists, 40060 the interaction was answered: as good as OK
	ItemGone                    // the message is not there. For a repeated post: it was delivered, then deleted
	ThreadGone                  // the channel or thread is not there: make a new thread
	ThreadArchived              // 50083: reopen with SetThread, then again
	ThreadLocked                // 160005: the thread takes no more: make a new one
	ThreadsFull                 // 160006: too many active threads in the server: archive the oldest idle one, then again
	Refused                     // Discord takes no such content, ever: give the item up and say so
	Expired                     // 10062: the interaction's time is over
	Misconfigured               // a setting or permission is wrong: tell the owner, keep the item, try at RetryAt
	TokenDead                   // 401: nothing leaves any more; the owner must set a new token
)

// Verdict is the answer to Done.
type Verdict struct {
	Class   Class
	Code    int    // Discord's error code; 0 for none
	Text    string // Discord's words, of an error. May quote what was sent: not for logs
	Field   string // of code 50035: the first field in error, with its own code
	RetryAt int64  // Unix milliseconds; 0 where Class asks for no repeat
	Save    bool   // what Snapshot gives has changed in a way that must outlive the process

	// Counts says that the answer may speak against the item itself: a 500, a page that is no answer of the API, a block. Where others get through
	// meanwhile it does. Rate limits and what Discord says of itself do not.
	Counts bool
}
