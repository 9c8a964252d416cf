package world

import (
	"encoding/json"
	"regexp"
)

// linkPattern finds addresses that Discord would preview: not those in <angle brackets>.
var linkPattern = regexp.MustCompile(`(^|[^<])(https?://[^\s<>]+)`)

// previewMs is how long after a post its link previews come. Discord's time varies; what matters is that they come later,
// as a MESSAGE_UPDATE without edited_timestamp, which is no edit.
const previewMs = 700

// previewLinks adds the previews of links to a message, where its author may embed links and did not suppress it.
func (w *World) previewLinks(c *Channel, m *Message, author *Member) {
	if w.cfg.NoLinkPreviews || author == nil || m.Flags&FlagSuppressEmbeds != 0 || !w.permissions(author, c).Has(EmbedLinks) {
		return
	}
	hits := linkPattern.FindAllStringSubmatch(m.Content, 5)
	if hits == nil {
		return
	}
	content := m.Content
	w.at(w.now+previewMs, func(w *World) {
		if c.message(m.ID) != m || m.Content != content || m.Flags&FlagSuppressEmbeds != 0 || w.channels[c.ID] != c {
			return
		}
		for _, hit := range hits {
			m.Embeds = append(m.Embeds[:len(m.Embeds):len(m.Embeds)], json.RawMessage(encode(map[string]any{"type": "link", "url": hit[2], "title": hit[2]})))
		}
		w.messageEvent("MESSAGE_UPDATE", c, m, w.members[m.Author.ID])
	})
}
