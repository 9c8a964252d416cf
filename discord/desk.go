package discord

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// Desk says how the core's words look in Discord. The zero value is ready.
type Desk struct{}

var _ chat.Desk = Desk{}

// mergeUnits leaves room for the longest usual header and for escapes, so that several waiting messages make one post of one part.
// Texts of nothing but markup characters take two.
const mergeUnits = 1500

// announcementHead begins the first line of every opening post.
const announcementHead = "New conversation · "

// Announcement implements [chat.Desk]. The tag and the id are the only things in it that change; an id that is no number is left out, so
// that no other character can ever stand in a text that may mention a role.
func (Desk) Announcement(tag string, previous chat.ThreadID) string {
	return announcementHead + tag + earlier(previous)
}

// earlierHead begins a line that no visitor can write: what they type has its brackets escaped.
const earlierHead = "\nEarlier conversation: <#"

func earlier(previous chat.ThreadID) string {
	if !wire.Snowflake(previous).Valid() {
		return ""
	}
	return earlierHead + string(previous) + ">"
}

// previousOf gives the earlier conversation that an opening post names; "" is none.
func previousOf(announcement string) wire.Snowflake {
	_, id, _ := strings.Cut(announcement, earlierHead)
	if s := wire.Snowflake(strings.TrimSuffix(id, ">")); s.Valid() {
		return s
	}
	return ""
}

// What a divider begins with.
const (
	dividerHead         = "— New, unverified visitor from here · "
	verifiedDividerHead = "— New visitor from here, whose identity the site confirms · "
)

// isDivider tells whether a text of the bot's is one by which a conversation takes a thread over.
func isDivider(s string) bool {
	return (strings.HasPrefix(s, dividerHead) || strings.HasPrefix(s, verifiedDividerHead)) && strings.Contains(s, earlierHead)
}

// ThreadName implements [chat.Desk]: "Support: name - email", at most 100 units.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
func (Desk) ThreadName(h chat.Header) string { return text.ThreadName("Support", h.Name, h.Email) }

// verifiedLine stands in the head of a post whose visitor the site vouches for.
const verifiedLine = "Identity: confirmed by the site\n"

// markLine stands in the head of a post that the filter marked.
func markLine(m chat.Mark) string {
	switch m {
	case chat.MarkNone:
		return ""
	case chat.MarkWord:
		return "⚠ Filter: it holds a word of your list\n"
	case chat.MarkLinks:
		return "⚠ Filter: it holds many links\n"
	case chat.MarkRepeats:
		return "⚠ Filter: the same text again and again\n"
	}
	return "⚠ Filter\n"
}

// Parts implements [chat.Desk]. Each part is at most 2,000 UTF-16 units, escaped so that it reads as it was typed.
func (Desk) Parts(head *chat.Header, texts []string) []string {
	header := ""
	if head != nil {
		header = text.Header(head.Name, head.Email, head.Page, head.Attributes)
		if body, ok := strings.CutSuffix(header, "---\n"); ok {
			if head.Verified {
				body += verifiedLine
			}
			header = body + markLine(head.Mark) + "---\n"
		}
	}
	return text.Parts(header, texts, text.PostUnits)
}

// Blank implements [chat.Desk].
func (Desk) Blank(s string) bool { return text.Blank(s) }

// Notice implements [chat.Desk]. A kind that is not known gives "".
func (Desk) Notice(kind chat.NoticeKind, tag string, previous chat.ThreadID) string {
	switch kind {
	case chat.NoticeDivider:
		return dividerHead + tag + ". Whoever wrote above is not known to be the same person. —" + earlier(previous)
	case chat.NoticeVerified:
		return verifiedDividerHead + tag + ". Whoever wrote above is not known to be the same person. —" + earlier(previous)
	case chat.NoticeAway:
		return "The visitor has left; they will get this on return."
	case chat.NoticeUnread:
		return "The visitor never came back to read the last answer."
	case chat.NoticeEnded:
		return "The visitor ended the conversation."
	case chat.NoticeBack:
		return "The visitor is back."
	case chat.NoticeUnanswered:
		return "The visitor still waits for an answer."
	}
	return ""
}

// MergeUnits implements [chat.Desk].
func (Desk) MergeUnits() int { return mergeUnits }
