package chat

// The frames of docs/api-reference.md.

type inFrame struct {
	Type string `json:"type"`
	Data []byte `json:"data"`
}

type initData struct {
	_              unequal
	Name           string `json:"name"`
	Email          string `json:"email"`
	Page           string `json:"page"`
	TurnstileToken string `json:"turnstileToken"`
	SessionID      string `json:"sessionId"`
	Since          *int64 `json:"since"`
	Locale         string `json:"locale"`
	Hash           string `json:"hash"`
	HashExpires    int64  `json:"hashExpires"`
	UserID         string `json:"userId"`
	// Attributes is the line that [readAttributes] makes.
	Attributes string `json:"-"`
}

type messageData struct {
	_       unequal
	Message string `json:"message"`
	ID      string `json:"id"`
	Page    string `json:"page"`
}

type seqData struct {
	Seq int64 `json:"seq"`
}

type historyData struct {
	Before int64 `json:"before"`
	Limit  int   `json:"limit"`
}

type reportData struct {
	_       unequal
	Code    string `json:"code"`
	Version string `json:"version"`
}

type teamOut struct {
	_     unequal
	Name  string `json:"name"`
	Reply string `json:"reply,omitempty"`
}

type readyOut struct {
	Message   string   `json:"message"`
	SessionID string   `json:"sessionId"`
	Route     Route    `json:"route"`
	Seq       int64    `json:"seq"`
	Restored  bool     `json:"restored"`
	Name      string   `json:"name"`
	Email     string   `json:"email"`
	Seen      int64    `json:"seen"`
	Delivered int64    `json:"delivered"`
	Failed    []int64  `json:"failed,omitempty"`
	More      bool     `json:"more,omitempty"`
	Gap       bool     `json:"gap,omitempty"`
	Team      *teamOut `json:"team,omitempty"`
}

type messageOut struct {
	_         unequal
	Message   string `json:"message"`
	Author    string `json:"author"`
	Timestamp Time   `json:"timestamp"`
	Seq       int64  `json:"seq"`
	From      string `json:"from"`
	ID        string `json:"id,omitempty"`
	Avatar    string `json:"avatar,omitempty"`
	Edited    bool   `json:"edited,omitempty"`
	Deleted   bool   `json:"deleted,omitempty"`
}

type ackOut struct {
	_         unequal
	ID        string `json:"id"`
	Seq       int64  `json:"seq"`
	Timestamp Time   `json:"timestamp"`
}

type receiptOut struct {
	_            unequal
	Seq          int64  `json:"seq"`
	State        string `json:"state"`
	Code         Code   `json:"code,omitempty"`
	RetryAfterMs Time   `json:"retryAfterMs,omitempty"`
}

type typingOut struct {
	_      unequal
	Author string `json:"author"`
	ForMs  Time   `json:"forMs"`
}

type editOut struct {
	_       unequal
	Seq     int64  `json:"seq"`
	Message string `json:"message"`
}

type historyOut struct {
	Messages []messageOut `json:"messages"`
	More     bool         `json:"more"`
}

type endedOut struct {
	By string `json:"by"`
}

type errorOut struct {
	_            unequal
	Message      string `json:"message"`
	Code         Code   `json:"code"`
	ID           string `json:"id,omitempty"`
	Field        string `json:"field,omitempty"`
	RetryAfterMs Time   `json:"retryAfterMs,omitempty"`
}

// pong is the answer to a ping. A host may give it without a step, for exactly
// [PingFrame].
const pong = `{"type":"pong"}`

// PingFrame is the exact ping that a host answers with [PongFrame] without
// waking the actor.
const (
	PingFrame = `{"type":"ping"}`
	PongFrame = pong
)

// ErrorFrame is an error frame of the protocol, for what a host must refuse
// before an actor is asked, or where an actor could not be. id is of the message
// that it is about, "" for none, which is not to be sent again where retryAfter
// is 0.
func ErrorFrame(code Code, id string, retryAfter Time) []byte {
	return errorFrame(code, id, retryAfter)
}

// FrameHead tells what a frame of a client is, and of a message its id: for a
// host that must refuse it. What cannot be read has neither.
func FrameHead(data []byte) (kind, id string) {
	if len(data) > MaxFrameBytes {
		return "", ""
	}
	f, ok := readFrame(data)
	if !ok {
		return "", ""
	}
	var d messageData
	if f.Type == "message" && readData(f.Data, &d) && checkID(d.ID) {
		id = d.ID
	}
	return f.Type, id
}

func errorFrame(code Code, id string, retryAfter Time) []byte {
	row := RowOf(code)
	return frame("error", errorOut{Message: row.Text, Code: code, ID: id, Field: row.Field, RetryAfterMs: retryAfter})
}
