package chat

import "cloudflarechat/chat/jsontext"

const (
	maxAttributes      = 10
	maxAttributesBytes = 500
)

// readAttributes reads what the site tells of its visitor, names with values,
// into the one line that the team sees. A number, true and false stand as they
// are written; what is no single value, empty, or more than fits is left out. A
// value without a name is a line that was read before.
func readAttributes(r *jsontext.Reader) string {
	line, n := "", 0
	r.Object(func(name string) {
		value := ""
		switch raw := r.Raw(); {
		case len(raw) == 0, raw[0] == '{', raw[0] == '[', raw[0] == 'n':
			return
		case raw[0] == '"':
			value = cleanName(jsontext.Read(raw).Text())
		default:
			value = string(raw)
		}
		if value == "" || n == maxAttributes {
			return
		}
		if n++; n > 1 {
			line += " · "
		}
		if name = cleanName(name); name != "" {
			line += name + " = "
		}
		line += value
	})
	return cleanName(cut(line, maxAttributesBytes))
}

// describe takes over what the site tells of its visitor now; the team is told with
// the next post.
func (s *Session) describe(d initData) {
	if d.Attributes != "" && d.Attributes != s.rec.Attributes {
		s.rec.Attributes, s.saveRec = d.Attributes, true
	}
}
