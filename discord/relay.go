package discord

import (
	"errors"
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// relayBody is the body of POST /relay.
type relayBody struct {
	ThreadID  string `json:"threadId"`
	Message   string `json:"message,omitempty"`
	Author    string `json:"author,omitempty"`
	MessageID string `json:"messageId,omitempty"`
	Type      string `json:"type,omitempty"`
	Avatar    string `json:"avatar,omitempty"`
	// Quote are the lines that quote the post QuotedID, which this one answers.
	Quote    string `json:"quote,omitempty"`
	QuotedID string `json:"quotedId,omitempty"`
	// Timestamp is in Unix milliseconds.
	Timestamp int64  `json:"timestamp,omitempty"`
	Epoch     string `json:"epoch,omitempty"`
	After     string `json:"after,omitempty"`
	// Aside: the post answers the opening post, in the support channel.
	Aside bool `json:"aside,omitempty"`
}

// relayTypes are the words for the kinds of news, in the order of their numbers from 1.
var relayTypes = [...]string{"posted", "edited", "deleted", "typing", "reacted", "thread_gone", "close", "block", "missed"}

// ErrRelay is what [NewsOfRelay] says of a body that it cannot take; the words after it say which field and why.
var ErrRelay = errors.New("relay")

// ErrNote is what [NewsOfRelay] says, besides ErrRelay, of a note for the team: nothing is wrong with it, and nothing is to be done.
var ErrNote = errors.New("message is a note for the team: it begins with //")

// Bounds of a relay's body; what is longer was made by nothing of ours.
const (
	maxRelayTextUnits = text.PlainUnits
	maxRelayWordBytes = 512
)

// RelayOf gives the body of POST /relay that carries n.
func RelayOf(n chat.News) []byte {
	if n.Kind == 0 || int(n.Kind) > len(relayTypes) {
		panic("discord: news of kind " + strconv.Itoa(int(n.Kind)) + " has no name")
	}
	return jsontext.Begin(nil).Text("threadId", string(n.Thread)).TextUnlessEmpty("message", n.Text).
		TextUnlessEmpty("author", n.Author).TextUnlessEmpty("messageId", string(n.Message)).Text("type", relayTypes[n.Kind-1]).
		TextUnlessEmpty("avatar", n.Avatar).TextUnlessEmpty("quote", n.Quote).TextUnlessEmpty("quotedId", string(n.Quoted)).IntUnlessZero("timestamp", int64(n.At)).
		TextUnlessEmpty("epoch", string(n.Epoch)).TextUnlessEmpty("after", string(n.After)).True("aside", n.Aside).End()
}

// NewsOfRelay reads the body of POST /relay. Errors wrap [ErrRelay] and are fit to be sent back.
//
// A body of threadId, message and author alone is a new post. Its message is then what was written in Discord and is made plain here; where type is
// given, message is in the small markup already. Without messageId the news has no Message: it cannot be told from a repeat,
// and [MintMessage] gives it one.
func NewsOfRelay(body []byte) (chat.News, error) {
	b, err := readRelayBody(body)
	if err != nil {
		return chat.News{}, err
	}
	kind, ok := relayKind(b.Type)
	n := chat.News{Kind: kind, Thread: chat.ThreadID(b.ThreadID), Message: chat.MessageID(b.MessageID),
		Avatar: b.Avatar, Text: b.Message, At: chat.Time(b.Timestamp), Epoch: chat.MessageID(b.Epoch), After: chat.MessageID(b.After), Aside: b.Aside,
		Quote: b.Quote, Quoted: chat.MessageID(b.QuotedID), Born: chat.Time(wire.Snowflake(b.ThreadID).TimeMs())}
	n.Author = text.CleanName(b.Author, maxAuthorGraphemes)
	switch {
	case !ok:
		return chat.News{}, relayError("type", "is none of posted, edited, deleted, typing, reacted, thread_gone, close, block, missed")
	case b.ThreadID == "":
		return chat.News{}, relayError("threadId", "is missing")
	case !wire.Snowflake(b.ThreadID).Valid():
		return chat.News{}, relayError("threadId", "is not a Discord id")
	case b.MessageID != "" && !wire.Snowflake(b.MessageID).Valid():
		return chat.News{}, relayError("messageId", "is not a Discord id")
	case b.After != "" && !wire.Snowflake(b.After).Valid():
		return chat.News{}, relayError("after", "is not a Discord id")
	case b.MessageID == "" && (kind == chat.NewsEdited || kind == chat.NewsDeleted || kind == chat.NewsReacted):
		return chat.News{}, relayError("messageId", "is missing")
	case b.QuotedID != "" && !wire.Snowflake(b.QuotedID).Valid():
		return chat.News{}, relayError("quotedId", "is not a Discord id")
	case text.Units(b.Quote) > maxQuoteUnits:
		return chat.News{}, relayError("quote", "is longer than "+strconv.Itoa(maxQuoteUnits)+" characters")
	case b.Timestamp < 0:
		return chat.News{}, relayError("timestamp", "is not in Unix milliseconds")
	case b.Epoch != "" && !wire.Snowflake(b.Epoch).Valid():
		return chat.News{}, relayError("epoch", "is not a Discord id")
	case b.Avatar != "" && !httpsAddress(b.Avatar):
		return chat.News{}, relayError("avatar", "is not an https address")
	}
	if kind != chat.NewsPosted && kind != chat.NewsEdited {
		return n, nil
	}
	if b.Type == "" {
		if text.ForTeam(b.Message) {
			return chat.News{}, relayFault{ErrNote.Error(), true}
		}
		n.Text = text.Plain(text.Incoming{Content: b.Message})
	}
	switch {
	case n.Text == "":
		return chat.News{}, relayError("message", "is empty")
	case text.Units(n.Text) > maxRelayTextUnits:
		return chat.News{}, relayError("message", "is longer than "+strconv.Itoa(maxRelayTextUnits)+" characters")
	}
	return n, nil
}

// MintMessage gives news without a Message one made of the time at which it came, so that it takes its place among the posts of the thread. Where the
// sender gave a timestamp a repeat gets the same id; else each arrival counts as a post of its own, for losing one is worse than showing
// one twice.
func MintMessage(n chat.News, now chat.Time) chat.News {
	if n.Message != "" || n.Kind != chat.NewsPosted {
		return n
	}
	if n.At == 0 {
		n.At = now
	}
	// The lower 22 bits of an id tell those of one millisecond apart: here by FNV-1a of what was said.
	hash := uint32(2166136261)
	for _, word := range [...]string{string(n.Thread), "\x00", n.Author, "\x00", n.Text} {
		for i := 0; i < len(word); i++ {
			hash = (hash ^ uint32(word[i])) * 16777619
		}
	}
	base, err := strconv.ParseUint(string(wire.SnowflakeAt(int64(n.At))), 10, 64)
	if err != nil {
		panic("discord: an id made of a time is no number: " + err.Error())
	}
	n.Message = chat.MessageID(strconv.FormatUint(base|uint64(hash&(1<<22-1)), 10))
	return n
}

func relayError(field, words string) error { return relayFault{field + " " + words, false} }

// relayFault is an [ErrRelay] with words.
type relayFault struct {
	words string
	note  bool
}

// Error implements error.
func (f relayFault) Error() string { return ErrRelay.Error() + ": " + f.words }

// Is makes it the sentinels that it stands for.
func (f relayFault) Is(target error) bool { return target == ErrRelay || f.note && target == ErrNote }

// readRelayBody reads the fields.
func readRelayBody(body []byte) (b relayBody, err error) {
	r := jsontext.Read(body)
	last := ""
	isObject := false
	r.Object(func(name string) {
		last, isObject = name, true
		switch name {
		case "threadId":
			b.ThreadID = r.Text()
		case "message":
			b.Message = r.Text()
		case "author":
			b.Author = r.Text()
		case "messageId":
			b.MessageID = r.Text()
		case "type":
			b.Type = r.Text()
		case "avatar":
			b.Avatar = r.Text()
		case "quote":
			b.Quote = r.Text()
		case "quotedId":
			b.QuotedID = r.Text()
		case "timestamp":
			b.Timestamp = r.Int()
		case "epoch":
			b.Epoch = r.Text()
		case "after":
			b.After = r.Text()
		case "aside":
			b.Aside = r.Bool()
		default:
			r.Skip()
		}
	})
	if r.OK() {
		return b, nil
	}
	whole := jsontext.Read(body)
	if whole.Skip(); isObject && whole.OK() {
		return b, relayError(last, "has the wrong type")
	}
	return b, relayFault{"the body is not a JSON object", false}
}

func relayKind(word string) (chat.NewsKind, bool) {
	if word == "" {
		return chat.NewsPosted, true
	}
	for i, w := range relayTypes {
		if w == word {
			return chat.NewsKind(i + 1), true
		}
	}
	return 0, false
}

func httpsAddress(s string) bool {
	if len(s) > maxRelayWordBytes || len(s) <= len("https://") || s[:len("https://")] != "https://" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '<' || c == '>' || c == '\\' {
			return false
		}
	}
	return true
}
