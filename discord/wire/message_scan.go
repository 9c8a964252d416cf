package wire

// ParseMessage reads one message object, as POST and GET of a message answer. ErrBroken when it is none or has no id.
func ParseMessage(body []byte) (Message, error) {
	s := scanner{b: body}
	m := s.message()
	if s.bad || m.ID == "" {
		return Message{}, ErrBroken
	}
	return m, nil
}

// ParseMessages reads the array that GET /channels/{id}/messages answers, in Discord's order: newest first, also with `after`.
// Entries without an id are left out. ErrBroken when it is no whole array.
func ParseMessages(body []byte) ([]Message, error) {
	s := scanner{b: body}
	if s.peek() != '[' {
		return nil, ErrBroken
	}
	s.i++
	var out []Message
	for s.item() {
		if m := s.message(); m.ID != "" {
			out = append(out, m)
		}
	}
	if s.bad {
		return nil, ErrBroken
	}
	return out, nil
}

func (s *scanner) message() (m Message) {
	if !s.object() {
		return m
	}
	var referenced Reference
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "id":
			m.ID = s.id()
		case "channel_id":
			m.ChannelID = s.id()
		case "guild_id":
			m.GuildID = s.id()
		case "type":
			m.Type = MessageType(s.number())
		case "author":
			m.Author, _ = s.user()
		case "member":
			member := s.member()
			m.Nick, m.Avatar, m.Roles = member.Nick, member.User.Avatar, member.Roles
		case "webhook_id":
			m.WebhookID = s.id()
		case "application_id":
			m.ApplicationID = s.id()
		case "content":
			m.HasContent = s.peek() == '"'
			m.Content = s.text()
		case "timestamp":
			m.TimestampMs, _ = s.timestamp()
		case "edited_timestamp":
			m.EditedMs, _ = s.timestamp()
		case "flags":
			m.Flags = uint64(s.number())
		case "nonce":
			m.Nonce = s.textOrNumber()
		case "mentions":
			m.Mentions = s.mentions()
		case "attachments":
			m.Attachments = s.attachments()
		case "sticker_items", "stickers":
			if names := s.names(); names != nil {
				m.Stickers = names
			}
		case "embeds":
			m.Embeds = s.embeds()
		case "components":
			m.HasParts = s.present()
		case "poll":
			m.Poll = s.poll()
		case "message_reference":
			m.Reference = s.reference()
		case "referenced_message":
			referenced = s.referenced()
		case "message_snapshots":
			m.Snapshots = s.snapshots()
		case "thread":
			m.ThreadID = s.channel(briefChannel).ID
		default:
			s.skip()
		}
	}
	if m.Reference != nil && referenced.Found {
		m.Reference.Author, m.Reference.Content, m.Reference.Found = referenced.Author, referenced.Content, true
	}
	return m
}

// user reads a user, and the nick of the member that Discord hangs inside users of a mention list.
func (s *scanner) user() (u User, nick string) {
	if !s.object() {
		return u, ""
	}
	for {
		key, ok := s.key()
		if !ok {
			return u, nick
		}
		switch string(key) {
		case "id":
			u.ID = s.id()
		case "username":
			u.Username = s.text()
		case "global_name":
			u.GlobalName = s.text()
		case "avatar":
			u.Avatar = s.text()
		case "bot":
			u.Bot = s.boolean()
		case "system":
			u.System = s.boolean()
		case "member":
			nick = s.nick()
		default:
			s.skip()
		}
	}
}

// nick reads only the nick of a member. It does not follow a user inside, so that nothing nests without end.
func (s *scanner) nick() (nick string) {
	if !s.object() {
		return ""
	}
	for {
		key, ok := s.key()
		if !ok {
			return nick
		}
		if string(key) == "nick" {
			nick = s.text()
		} else {
			s.skip()
		}
	}
}

// member reads a guild member. Its avatar in the server is put into User.Avatar when it has no user inside.
func (s *scanner) member() (m Member) {
	if !s.object() {
		return m
	}
	var avatar string
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "user":
			m.User, _ = s.user()
		case "nick":
			m.Nick = s.text()
		case "avatar":
			avatar = s.text()
		case "roles":
			m.Roles = s.idList()
		default:
			s.skip()
		}
	}
	if m.User.ID == "" {
		m.User.Avatar = avatar
	}
	return m
}

func (s *scanner) mentions() (out []Mention) {
	if !s.array() {
		return nil
	}
	for s.item() {
		u, nick := s.user()
		if nick == "" {
			nick = u.DisplayName()
		}
		if u.ID != "" {
			out = append(out, Mention{ID: u.ID, Name: nick})
		}
	}
	return out
}

func (s *scanner) attachments() (out []Attachment) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		var a Attachment
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			switch string(key) {
			case "filename":
				a.Filename = s.text()
			case "content_type":
				a.ContentType = s.text()
			case "size":
				a.Size = s.number()
			case "duration_secs":
				a.DurationMs, _ = s.seconds()
			default:
				s.skip()
			}
		}
		out = append(out, a)
	}
	return out
}

// names reads the field "name" of each object of an array.
func (s *scanner) names() (out []string) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		name := ""
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			if string(key) == "name" {
				name = s.text()
			} else {
				s.skip()
			}
		}
		out = append(out, name)
	}
	return out
}

func (s *scanner) embeds() (out []Embed) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		var e Embed
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			switch string(key) {
			case "type":
				e.Type = s.text()
			case "title":
				e.Title = s.text()
			case "description":
				e.Description = s.text()
			case "url":
				e.URL = s.text()
			default:
				s.skip()
			}
		}
		out = append(out, e)
	}
	return out
}

func (s *scanner) reference() *Reference {
	if !s.object() {
		return nil
	}
	var r Reference
	for {
		key, ok := s.key()
		if !ok {
			return &r
		}
		switch string(key) {
		case "type":
			r.Kind = ReferenceKind(s.number())
		case "message_id":
			r.MessageID = s.id()
		case "channel_id":
			r.ChannelID = s.id()
		case "guild_id":
			r.GuildID = s.id()
		default:
			s.skip()
		}
	}
}

// referenced reads author and text of the message that was answered; it does not follow further references.
func (s *scanner) referenced() (r Reference) {
	if !s.object() {
		return r
	}
	for {
		key, ok := s.key()
		if !ok {
			return r
		}
		switch string(key) {
		case "id":
			r.Found = s.id() != ""
		case "author":
			r.Author, _ = s.user()
		case "content":
			r.Content = s.text()
		default:
			s.skip()
		}
	}
}

func (s *scanner) snapshots() (out []Snapshot) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			if string(key) == "message" {
				out = append(out, s.snapshot())
			} else {
				s.skip()
			}
		}
	}
	return out
}

func (s *scanner) snapshot() (sn Snapshot) {
	if !s.object() {
		return sn
	}
	for {
		key, ok := s.key()
		if !ok {
			return sn
		}
		switch string(key) {
		case "content":
			sn.Content = s.text()
		case "flags":
			sn.Flags = uint64(s.number())
		case "mentions":
			sn.Mentions = s.mentions()
		case "attachments":
			sn.Attachments = s.attachments()
		case "sticker_items":
			sn.Stickers = s.names()
		case "embeds":
			sn.Embeds = s.embeds()
		default:
			s.skip()
		}
	}
}

// timestamp reads ISO 8601 as Unix milliseconds; null and what is no time give 0.
func (s *scanner) timestamp() (ms int64, text string) {
	if s.peek() != '"' {
		s.other()
		return 0, ""
	}
	text = s.text()
	if text == "" {
		return 0, ""
	}
	ms, ok := timestampMs(text)
	if !ok {
		s.odd++
		return 0, text
	}
	return ms, text
}
