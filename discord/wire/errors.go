package wire

// ErrorBody is Discord's answer to a request that it refused. https://docs.discord.com/developers/reference#error-messages
type ErrorBody struct {
	IsJSON       bool // the body was a whole JSON object; HTML and cut bodies are not
	Code         int  // 0: none given
	HasCode      bool
	Message      string // Discord's words; may quote what was sent, so not for logs
	RetryAfterMs int64  // of a 429, rounded up
	HasRetry     bool   // retry_after was there and a number
	Global       bool   // of a 429: the bot's whole budget
	Fields       string // of 50035: the path of the first field in error, e.g. "name" or "embeds.0.title"
	FieldCode    string // of 50035: that field's code, e.g. BASE_TYPE_MAX_LENGTH
}

// ParseError reads the body of a reply that was no success. It takes anything: a body that is no JSON object gives the zero value.
func ParseError(body []byte) ErrorBody {
	var e ErrorBody
	s := scanner{b: body}
	if s.peek() != '{' {
		return e
	}
	s.i++
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "code":
			e.Code = int(s.number())
			e.HasCode = true
		case "message":
			e.Message = s.text()
		case "retry_after":
			e.RetryAfterMs, e.HasRetry = s.seconds()
		case "global":
			e.Global = s.boolean()
		case "errors":
			e.Fields, e.FieldCode = s.fieldError()
		default:
			s.skip()
		}
	}
	if s.bad {
		return ErrorBody{}
	}
	e.IsJSON = true
	return e
}

// fieldError walks errors.<field>.<index>._errors[0].code down the first branch and steps over the others.
func (s *scanner) fieldError() (path, code string) {
	const deepest = 8
	start := s.i
	s.skip()
	end := s.i
	in := scanner{b: s.b[:end], i: start}
	for range deepest {
		if !in.object() {
			return path, code
		}
		key, ok := in.key()
		if !ok {
			return path, code
		}
		if string(key) == "_errors" {
			if in.array() && in.item() && in.object() {
				for {
					key, ok := in.key()
					if !ok {
						return path, code
					}
					if string(key) == "code" {
						code = in.text()
					} else {
						in.skip()
					}
				}
			}
			return path, code
		}
		if path != "" {
			path += "."
		}
		path += decodeText(key, false)
	}
	return path, code
}
