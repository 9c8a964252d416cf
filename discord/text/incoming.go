package text

// PlainUnits is the longest text that [Plain] gives, in UTF-16 code units.
const PlainUnits = 8000

// Incoming is what an agent wrote in Discord, as far as a visitor may see it. Every field may be empty.
type Incoming struct {
	Content     string
	Mentions    []Mention // names for the ids that stand in Content; unknown ids get a general word
	Forwarded   []Incoming
	Attachments []Attachment
	Stickers    []string // their names
	Embeds      []Embed
	Poll        *Poll
}

// MentionKind says what a [Mention] names.
type MentionKind uint8

// The kinds of things that Discord's markup mentions by id.
const (
	MentionUser MentionKind = iota
	MentionRole
	MentionChannel
)

// Mention gives the name that is shown for an id.
type Mention struct {
	Kind MentionKind
	ID   string
	Name string
}

// Reply is the message that another one answers.
type Reply struct {
	Author  string
	Content string
}

// Attachment is a file. Its address is not among the fields: Discord's expire within a day, so a stored one would be
// a dead link.
type Attachment struct {
	Name        string
	ContentType string
	Bytes       int64
	Seconds     float64 // of a voice message; else 0
}

// Embed is a framed text below a message.
type Embed struct {
	Title, Description, URL string
}

// Poll is a question with answers to choose from.
type Poll struct {
	Question string
	Answers  []string
}
