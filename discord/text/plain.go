package text

import (
	"strconv"
	"strings"
)

// Bounds of what is read and shown besides the text itself.
const (
	maxContentUnits = 4 * PlainUnits // of markup that is read at all; Discord's own bound is 4,000
	maxQuotedUnits  = 120            // of the first line of an answered message
	maxForwarded    = 5
	maxExtras       = 25 // of each kind: attachments (Discord: 10), stickers (3), embeds (10), answers (10)
)

// Plain gives an agent's message in the small markup that the package comment describes, in at most [PlainUnits] units.
// It is empty when there is nothing to show. Whether the visitor may see it at all is [ForTeam]'s question.
func Plain(in Incoming) string {
	p := parser{names: in.Mentions}
	p.r.limit = PlainUnits
	p.message(in)
	return p.r.end()
}

// Quote gives the first line of what a message answers as a quote, in the markup of [Plain]; "" is none. It stands apart because not
// everybody who may see an answer may see what it answers. A note to the team is answered without being shown.
func Quote(to Reply, names []Mention) string {
	p := parser{names: names}
	p.r.limit = PlainUnits
	p.reply(to)
	return p.r.end()
}

// reply quotes the first line of what is answered.
func (p *parser) reply(to Reply) {
	if ForTeam(to.Content) {
		return
	}
	content := strings.TrimFunc(withoutHeader(Clean(to.Content)), isSpace)
	line, _, _ := strings.Cut(content, "\n")
	if line = ellipsis(line, maxQuotedUnits); line == "" {
		return
	}
	p.inQuote(func() {
		if author := CleanName(to.Author, maxShownGraphemes); author != "" {
			p.r.text(0, author+": ")
		}
		p.run(strings.TrimPrefix(line, "> "), 0, 1, false)
	})
}

// mostHeaderLines before the rule: name, page, attributes, whether the site confirms them, why the filter marked the post.
const mostHeaderLines = 5

// withoutHeader takes the lines of [Header], and what the desk adds to them, off a post: the visitor knows who they are.
func withoutHeader(post string) string {
	if !strings.HasPrefix(post, "[") {
		return post
	}
	head, body, found := strings.Cut(post, "\n---\n")
	if !found || strings.Count(head, "\n") >= mostHeaderLines {
		return post
	}
	return body
}

// message writes a message with everything that hangs on it.
func (p *parser) message(in Incoming) {
	content := strings.TrimRightFunc(cut(Clean(in.Content), maxContentUnits), isSpace)
	p.run(strings.TrimLeft(content, "\n"), 0, 0, true)
	for _, f := range in.Forwarded[:min(len(in.Forwarded), maxForwarded)] {
		p.forwarded(f)
	}
	for _, a := range in.Attachments[:min(len(in.Attachments), maxExtras)] {
		p.say(a.words())
	}
	for _, name := range in.Stickers[:min(len(in.Stickers), maxExtras)] {
		p.say("Sticker: " + CleanName(name, maxShownGraphemes))
	}
	for _, e := range in.Embeds[:min(len(in.Embeds), maxExtras)] {
		p.embed(e, in.Content)
	}
	if in.Poll != nil {
		p.poll(in.Poll)
	}
}

// say writes a line of the system's own words.
func (p *parser) say(s string) {
	p.r.line()
	p.r.text(0, s)
}

// forwarded quotes a message from elsewhere. A note to the team stays one when it is forwarded.
func (p *parser) forwarded(in Incoming) {
	if ForTeam(in.Content) {
		return
	}
	p.say("Forwarded:")
	p.r.line()
	in.Forwarded = nil // Discord nests no deeper (docs: resources/message, message snapshots)
	names := p.names
	if len(in.Mentions) > 0 {
		p.names = in.Mentions
	}
	p.inQuote(func() { p.message(in) })
	p.names = names
}

// embed quotes a framed text. One that Discord made of a link in the message says nothing new, and would come and go
// as an edit, for Discord adds it later.
func (p *parser) embed(e Embed, content string) {
	if e.URL != "" && strings.Contains(content, e.URL) || blank(e.Title) && blank(e.Description) {
		return
	}
	p.r.line()
	p.inQuote(func() {
		p.run(CleanLine(e.Title), bold, 1, false)
		p.r.line()
		p.run(strings.TrimFunc(cut(Clean(e.Description), maxContentUnits), isSpace), 0, 1, true)
		if url, ok := wholeLink(e.URL); ok {
			p.r.line()
			p.r.link(url)
		}
	})
}

func (p *parser) poll(poll *Poll) {
	p.say("Poll: " + CleanLine(poll.Question))
	for i, answer := range poll.Answers[:min(len(poll.Answers), maxExtras)] {
		p.say(strconv.Itoa(i+1) + ". " + CleanLine(answer))
	}
}

// words names a file and its size.
func (a Attachment) words() string {
	if a.Seconds > 0 {
		return "Voice message (" + strconv.Itoa(max(int(min(a.Seconds, 1e6)+0.5), 1)) + " s)"
	}
	kind := "File: "
	switch major, _, _ := strings.Cut(a.ContentType, "/"); major {
	case "image":
		kind = "Image: "
	case "video":
		kind = "Video: "
	case "audio":
		kind = "Audio: "
	}
	name := CleanName(strings.TrimPrefix(a.Name, "SPOILER_"), maxShownGraphemes)
	if name == "" {
		name = "file"
	}
	if a.Bytes <= 0 {
		return kind + name
	}
	return kind + name + " (" + size(a.Bytes) + ")"
}

// size gives a number of bytes in the words that Discord uses: steps of 1,024.
func size(n int64) string {
	switch {
	case n < 1<<10:
		return strconv.FormatInt(n, 10) + " bytes"
	case n < 1<<20:
		return strconv.FormatInt((n+1<<9)>>10, 10) + " KB"
	}
	tenths := (n/(1<<10)*10 + 1<<9) >> 10
	s := strconv.FormatInt(tenths/10, 10)
	if tenths%10 != 0 {
		s += "." + strconv.FormatInt(tenths%10, 10)
	}
	return s + " MB"
}
