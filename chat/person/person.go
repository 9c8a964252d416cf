// Package person is what an owner can ask of somebody's data: to read all of it,
// and to delete it. A host reads the rows and tells the actors; what they mean is
// said here, once for every host.
package person

import (
	"errors"
	"strings"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/chat/records"
)

// Data is everything that is kept of somebody, by their e-mail address.
type Data struct {
	Email      string         `json:"email"`
	ExportedAt time.Time      `json:"exportedAt"`
	Sessions   []Conversation `json:"conversations"`
}

// Conversation is one conversation of a [Data].
type Conversation struct {
	Site     string `json:"site,omitempty"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Verified bool   `json:"verified"`
	Page     string `json:"page,omitempty"`
	Locale   string `json:"locale,omitempty"`
	// Attributes is a line of what the site told of them.
	Attributes string    `json:"attributes,omitempty"`
	Began      time.Time `json:"began"`
	Active     time.Time `json:"lastActive"`
	// Thread is the id of the thread in Discord, where a copy of the texts is.
	Thread   string   `json:"discordThread,omitempty"`
	Messages []Spoken `json:"messages"`

	// Route is where the conversation lives; it is told to nobody.
	Route chat.Route `json:"-"`
	// Threads are all in which a copy may stand.
	Threads []chat.ThreadID `json:"-"`
}

// Spoken is one message of a [Conversation].
type Spoken struct {
	At time.Time `json:"at"`
	// From is visitor or agent; "" is the chat itself.
	From    string `json:"from"`
	Author  string `json:"author,omitempty"`
	Text    string `json:"text"`
	Page    string `json:"page,omitempty"`
	Edited  bool   `json:"edited,omitempty"`
	Deleted bool   `json:"deleted,omitempty"`
}

// Forgotten says what was deleted.
type Forgotten struct {
	Sessions int `json:"conversations"`
	// Threads were deleted in Discord; KeptThreads could not be, or nobody asked.
	Threads     int      `json:"threadsDeleted"`
	KeptThreads []string `json:"threadsKept,omitempty"`
	// LogKept says that the log beside the database may still hold what was
	// deleted: somebody else reads the database. The chat empties it as soon as they
	// are done.
	LogKept bool `json:"logKept,omitempty"`
}

// ErrNoEmail says that no address was given.
var ErrNoEmail = errors.New("an e-mail address is missing")

// New begins what is kept of an address, as of a moment in Unix milliseconds.
func New(email string, now chat.Time) (Data, error) {
	d := Data{Email: strings.TrimSpace(email), ExportedAt: moment(int64(now - now%chat.Second)), Sessions: []Conversation{}}
	if d.Email == "" {
		return d, ErrNoEmail
	}
	return d, nil
}

// Add takes a conversation in where it is the person's: its row, and its message
// rows, newest first. It gives the conversation as it stands in d until the next
// is added, nil where it is another's.
func (d *Data) Add(route chat.Route, session chat.Row, messages []chat.Row) *Conversation {
	rec := records.SessionOf(session)
	if !strings.EqualFold(rec.Email, d.Email) {
		return nil
	}
	c := Conversation{Site: rec.Site, Name: rec.Name, Email: rec.Email, Verified: rec.Verified, Page: rec.Page, Locale: rec.Locale, Attributes: rec.Attributes,
		Began: moment(rec.CreatedAtMs), Active: moment(rec.ActiveAtMs), Thread: rec.ThreadID, Route: route, Messages: []Spoken{}}
	for _, id := range []string{rec.ThreadID, rec.OpeningID, rec.PreviousThreadID} {
		c.addThread(chat.ThreadID(id))
	}
	c.Say(messages)
	d.Sessions = append(d.Sessions, c)
	return &d.Sessions[len(d.Sessions)-1]
}

// Say takes in what was said: message rows, newest first.
func (c *Conversation) Say(messages []chat.Row) {
	for i := len(messages) - 1; i >= 0; i-- {
		c.Messages = append(c.Messages, spoken(records.MessageOf(messages[i])))
	}
}

func (c *Conversation) addThread(id chat.ThreadID) {
	if id == "" {
		return
	}
	for _, t := range c.Threads {
		if t == id {
			return
		}
	}
	c.Threads = append(c.Threads, id)
}

func spoken(m *records.Message) Spoken {
	s := Spoken{At: moment(m.AtMs), Author: m.Author, Text: m.Body, Page: m.Page, Edited: m.Edited, Deleted: m.Deleted}
	switch chat.Sender(m.Sender) {
	case chat.SenderVisitor:
		s.From = "visitor"
	case chat.SenderAgent:
		s.From = "agent"
	}
	return s
}

// Deleted says what a thread's deletion came to.
func (f *Forgotten) Deleted(id chat.ThreadID, gone bool) {
	if gone {
		f.Threads++
	} else {
		f.KeptThreads = append(f.KeptThreads, string(id))
	}
}

func moment(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// Ask is the body of POST /admin/export and /admin/forget.
type Ask struct {
	Email string
	// Threads asks to delete the person's threads in Discord, too.
	Threads bool
}

// ReadAsk reads the body; ok is false where no address is in it.
func ReadAsk(body []byte) (a Ask, ok bool) {
	r := jsontext.Read(body)
	r.Object(func(name string) {
		switch name {
		case "email":
			a.Email = strings.TrimSpace(r.Text())
		case "threads":
			a.Threads = r.Bool()
		default:
			r.Skip()
		}
	})
	return a, r.OK() && a.Email != ""
}
