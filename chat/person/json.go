package person

import (
	"time"

	"cloudflarechat/chat/jsontext"
)

// AppendJSON appends d as encoding/json would write it, which the edge has not.
func (d *Data) AppendJSON(dst []byte) []byte {
	o := jsontext.Begin(dst).Text("email", d.Email).Text("exportedAt", written(d.ExportedAt))
	return o.Inside("conversations", func(dst []byte) []byte {
		return list(dst, len(d.Sessions), func(dst []byte, i int) []byte { return d.Sessions[i].append(dst) })
	}).End()
}

func (c *Conversation) append(dst []byte) []byte {
	o := jsontext.Begin(dst).TextUnlessEmpty("site", c.Site).Text("name", c.Name).Text("email", c.Email).Bool("verified", c.Verified).
		TextUnlessEmpty("page", c.Page).TextUnlessEmpty("locale", c.Locale).Text("began", written(c.Began)).Text("lastActive", written(c.Active)).
		TextUnlessEmpty("discordThread", c.Thread)
	return o.Inside("messages", func(dst []byte) []byte {
		return list(dst, len(c.Messages), func(dst []byte, i int) []byte { return c.Messages[i].append(dst) })
	}).End()
}

func (s *Spoken) append(dst []byte) []byte {
	return jsontext.Begin(dst).Text("at", written(s.At)).Text("from", s.From).TextUnlessEmpty("author", s.Author).Text("text", s.Text).
		TextUnlessEmpty("page", s.Page).True("edited", s.Edited).True("deleted", s.Deleted).End()
}

// AppendJSON appends f as encoding/json would write it.
func (f *Forgotten) AppendJSON(dst []byte) []byte {
	o := jsontext.Begin(dst).Int("conversations", int64(f.Sessions)).Int("threadsDeleted", int64(f.Threads))
	if len(f.KeptThreads) > 0 {
		o.Inside("threadsKept", func(dst []byte) []byte {
			return list(dst, len(f.KeptThreads), func(dst []byte, i int) []byte { return jsontext.AppendString(dst, f.KeptThreads[i]) })
		})
	}
	return o.End()
}

func list(dst []byte, n int, item func(dst []byte, i int) []byte) []byte {
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = item(dst, i)
	}
	return append(dst, ']')
}

func written(t time.Time) string { return t.Format(time.RFC3339Nano) }
