package rest

import (
	"strconv"

	"cloudflarechat/discord/wire"
)

const jsonType = "application/json"

// object builds a JSON object in the order of the calls, so that the same post has the same bytes at each try.
type object struct{ b []byte }

func (o *object) key(name string) {
	if len(o.b) == 0 {
		o.b = append(o.b, '{')
	} else {
		o.b = append(o.b, ',')
	}
	o.b = append(o.b, '"')
	o.b = append(o.b, name...)
	o.b = append(o.b, '"', ':')
}

func (o *object) text(name, value string) {
	o.key(name)
	o.b = wire.AppendString(o.b, value)
}

func (o *object) number(name string, value int64) {
	o.key(name)
	o.b = strconv.AppendInt(o.b, value, 10)
}

func (o *object) truth(name string, value bool) {
	o.key(name)
	o.b = strconv.AppendBool(o.b, value)
}

func (o *object) raw(name string, value []byte) {
	o.key(name)
	o.b = append(o.b, value...)
}

func (o *object) ids(name string, ids []wire.Snowflake) {
	o.key(name)
	o.b = append(o.b, '[')
	for i, id := range ids {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		o.b = wire.AppendString(o.b, string(id))
	}
	o.b = append(o.b, ']')
}

func (o *object) bytes() []byte {
	if len(o.b) == 0 {
		return []byte("{}")
	}
	return append(o.b, '}')
}

// body is the object of a created message. allowed_mentions is always there: without it Discord parses every mention in the text.
// https://docs.discord.com/developers/resources/message#allowed-mentions-object
func (p *Post) body() []byte {
	o := object{b: make([]byte, 0, len(p.Content)+len(p.Content)/8+160)}
	o.text("content", p.Content)
	if p.Nonce != "" {
		o.text("nonce", p.Nonce)
		o.truth("enforce_nonce", true)
	}
	o.raw("allowed_mentions", allowedMentions(p.MentionRole))
	if p.Flags != 0 {
		o.number("flags", int64(p.Flags))
	}
	if p.ReplyTo.Valid() {
		var ref object
		ref.text("message_id", string(p.ReplyTo))
		ref.truth("fail_if_not_exists", false)
		o.raw("message_reference", ref.bytes())
	}
	return o.bytes()
}

func allowedMentions(role wire.Snowflake) []byte {
	if !role.Valid() {
		return []byte(`{"parse":[]}`)
	}
	return []byte(`{"parse":[],"roles":["` + string(role) + `"]}`)
}

// escape makes one segment of a path out of text: everything but unreserved characters is percent-encoded, so that no id, emoji or token can
// reach another route.
func escape(text string) string {
	const hex = "0123456789ABCDEF"
	clean := true
	for i := 0; i < len(text) && clean; i++ {
		clean = unreserved(text[i])
	}
	if clean && text != "" && text != "." && text != ".." {
		return text
	}
	out := make([]byte, 0, 3*len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if unreserved(c) && c != '.' {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	if len(out) == 0 {
		return "%00" // an empty segment would name the collection above it; this names nothing
	}
	return string(out)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}
