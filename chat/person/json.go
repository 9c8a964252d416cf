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
		TextUnlessEmpty("page", c.Page).TextUnlessEmpty("locale", c.Locale).TextUnlessEmpty("attributes", c.Attributes).Text("began", written(c.Began)).Text("lastActive", written(c.Active)).
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
	return o.True("logKept", f.LogKept).End()
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

// written is a time as RFC 3339 has it, without the zeros at the end of its
// fraction. The formats of package time would be a hundredth of what the edge
// carries.
func written(t time.Time) string {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b := digits(nil, year, 4, '-')
	b = digits(digits(b, int(month), 2, '-'), day, 2, 'T')
	b = digits(digits(digits(b, hour, 2, ':'), minute, 2, ':'), second, 2, '.')
	b = digits(b, t.Nanosecond()/1e6, 3, '0')
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return string(append(b, 'Z'))
}

// digits appends n digits of v and a mark.
func digits(b []byte, v, n int, mark byte) []byte {
	for i := n - 1; i >= 0; i-- {
		d := v
		for range i {
			d /= 10
		}
		b = append(b, '0'+byte(d%10))
	}
	return append(b, mark)
}
