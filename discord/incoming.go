package discord

import (
	"strings"

	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// incoming gives what a visitor may see of a message.
func incoming(m *wire.Message) text.Incoming {
	in := text.Incoming{Content: m.Content, Stickers: m.Stickers, Attachments: attachments(m.Attachments), Embeds: embeds(m.Embeds)}
	for _, u := range m.Mentions {
		in.Mentions = append(in.Mentions, text.Mention{Kind: text.MentionUser, ID: string(u.ID), Name: u.Name})
	}
	if ref := m.Reference; ref != nil && ref.Kind == wire.ReferenceReply && ref.Found {
		in.ReplyTo = replyTo(ref)
	}
	if m.Poll != nil {
		in.Poll = &text.Poll{Question: m.Poll.Question, Answers: m.Poll.Answers}
	}
	for i := range m.Snapshots {
		s := &m.Snapshots[i]
		in.Forwarded = append(in.Forwarded, text.Incoming{Content: s.Content, Stickers: s.Stickers,
			Attachments: attachments(s.Attachments), Embeds: embeds(s.Embeds)})
	}
	return in
}

// replyTo gives the words that a reply quotes. What the bot posted are the visitor's own words under a head that they never saw.
func replyTo(ref *wire.Reference) *text.Reply {
	if !ref.Author.Bot {
		return &text.Reply{Author: ref.Author.DisplayName(), Content: ref.Content}
	}
	if strings.HasPrefix(ref.Content, announcementHead) || strings.HasPrefix(ref.Content, "<@&") {
		return nil // an opening post: the system's words, for the team
	}
	content := ref.Content
	if strings.HasPrefix(content, "[") {
		if _, body, ok := strings.Cut(content, "\n---\n"); ok {
			content = body
		}
	}
	return &text.Reply{Content: content}
}

func attachments(list []wire.Attachment) (out []text.Attachment) {
	for _, a := range list {
		out = append(out, text.Attachment{Name: a.Filename, ContentType: a.ContentType, Bytes: a.Size})
	}
	return out
}

// embeds leaves out the previews of links: the links stand in the text.
func embeds(list []wire.Embed) (out []text.Embed) {
	for _, e := range list {
		if e.Type == "rich" {
			out = append(out, text.Embed{Title: e.Title, Description: e.Description, URL: e.URL})
		}
	}
	return out
}
