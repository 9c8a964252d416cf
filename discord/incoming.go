package discord

import (
	"strings"

	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// incoming gives what a visitor may see of a message.
func incoming(m *wire.Message) text.Incoming {
	in := text.Incoming{Content: m.Content, Mentions: mentions(m.Mentions), Stickers: m.Stickers, Attachments: attachments(m.Attachments, m.Flags), Embeds: embeds(m.Embeds)}
	if m.Poll != nil {
		in.Poll = &text.Poll{Question: m.Poll.Question, Answers: m.Poll.Answers}
	}
	for i := range m.Snapshots {
		s := &m.Snapshots[i]
		in.Forwarded = append(in.Forwarded, text.Incoming{Content: s.Content, Mentions: mentions(s.Mentions), Stickers: s.Stickers,
			Attachments: attachments(s.Attachments, s.Flags), Embeds: embeds(s.Embeds)})
	}
	return in
}

// maxQuoteUnits is well above what the first words of a post and a name take. Only a row of mentions takes more, and is not quoted.
const maxQuoteUnits = 1000

// quoted gives the words that a reply quotes, and whose post they are of. What the bot posted are the visitor's own words under a head
// that they never saw.
func quoted(m *wire.Message) (quote string, of wire.Snowflake) {
	ref := m.Reference
	if ref == nil || ref.Kind != wire.ReferenceReply || !ref.Found || !ref.MessageID.Valid() || ref.ChannelID != "" && ref.ChannelID != m.ChannelID {
		return "", ""
	}
	to := text.Reply{Content: ref.Content}
	if ref.Author.Bot {
		if strings.HasPrefix(ref.Content, announcementHead) || strings.HasPrefix(ref.Content, "<@&") {
			return "", "" // an opening post: the system's words, for the team
		}
		if strings.HasPrefix(ref.Content, "[") {
			if _, body, ok := strings.Cut(ref.Content, "\n---\n"); ok {
				to.Content = body
			}
		}
	} else {
		to.Author = ref.Author.DisplayName()
	}
	if quote = text.Quote(to, mentions(m.Mentions)); quote == "" || text.Units(quote) > maxQuoteUnits {
		return "", ""
	}
	return quote, ref.MessageID
}

func mentions(list []wire.Mention) (out []text.Mention) {
	for _, u := range list {
		out = append(out, text.Mention{Kind: text.MentionUser, ID: string(u.ID), Name: u.Name})
	}
	return out
}

// attachments takes the length of a sound for a voice message's only under the flag: a sound file is known by its name.
// https://docs.discord.com/developers/resources/message#message-object-message-flags
func attachments(list []wire.Attachment, flags uint64) (out []text.Attachment) {
	for _, a := range list {
		f := text.Attachment{Name: a.Filename, ContentType: a.ContentType, Bytes: a.Size}
		if flags&wire.FlagVoiceMessage != 0 {
			f.Seconds = float64(a.DurationMs) / 1000
		}
		out = append(out, f)
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
