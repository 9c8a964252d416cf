package wire

// poll reads the words of a poll: question.text and answers[].poll_media.text.
// https://docs.discord.com/developers/resources/poll#poll-object
func (s *scanner) poll() *Poll {
	if !s.object() {
		return nil
	}
	var p Poll
	for {
		key, ok := s.key()
		if !ok {
			return &p
		}
		switch string(key) {
		case "question":
			p.Question = s.pollMedia()
		case "answers":
			if !s.array() {
				continue
			}
			for s.item() {
				p.Answers = append(p.Answers, s.pollAnswer())
			}
		default:
			s.skip()
		}
	}
}

func (s *scanner) pollAnswer() (text string) {
	if !s.object() {
		return ""
	}
	for {
		key, ok := s.key()
		if !ok {
			return text
		}
		if string(key) == "poll_media" {
			text = s.pollMedia()
		} else {
			s.skip()
		}
	}
}

// pollMedia gives the text, or the emoji's name where an answer is only an emoji.
func (s *scanner) pollMedia() (text string) {
	if !s.object() {
		return ""
	}
	emoji := ""
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "text":
			text = s.text()
		case "emoji":
			_, emoji = s.emoji()
		default:
			s.skip()
		}
	}
	if text == "" {
		return emoji
	}
	return text
}

// emoji reads a partial emoji: an id for a custom one, and the name or the Unicode emoji itself.
func (s *scanner) emoji() (id Snowflake, name string) {
	if !s.object() {
		return "", ""
	}
	for {
		key, ok := s.key()
		if !ok {
			return id, name
		}
		switch string(key) {
		case "id":
			id = s.id()
		case "name":
			name = s.text()
		default:
			s.skip()
		}
	}
}
