package wire

// ParseInteraction reads an interaction as Discord's POST to an interactions endpoint carries it; the Gateway's comes as an Event.
// ErrBroken when it is no whole object or has no id.
func ParseInteraction(body []byte) (Interaction, error) {
	s := scanner{b: body}
	in := s.interaction()
	if s.bad || in.ID == "" {
		return Interaction{}, ErrBroken
	}
	return in, nil
}

func (s *scanner) interaction() (in Interaction) {
	if !s.object() {
		return in
	}
	for {
		key, ok := s.key()
		if !ok {
			return in
		}
		switch string(key) {
		case "id":
			in.ID = s.id()
		case "application_id":
			in.ApplicationID = s.id()
		case "type":
			in.Type = InteractionType(s.number())
		case "token":
			in.Token = s.text()
		case "guild_id":
			in.GuildID = s.id()
		case "channel_id":
			in.ChannelID = s.id()
		case "channel":
			c := s.channel(briefChannel)
			in.ChannelType, in.ParentID = c.Type, c.ParentID
			if in.ChannelID == "" {
				in.ChannelID = c.ID
			}
		case "user":
			in.User, _ = s.user() // in a direct message; elsewhere the user is inside member
		case "member":
			s.interactionMember(&in)
		case "locale":
			in.Locale = s.text()
		case "message":
			in.MessageID = s.message().ID
		case "data":
			s.interactionData(&in)
		default:
			s.skip()
		}
	}
}

func (s *scanner) interactionMember(in *Interaction) {
	if !s.object() {
		return
	}
	for {
		key, ok := s.key()
		if !ok {
			return
		}
		switch string(key) {
		case "user":
			in.User, _ = s.user()
		case "nick":
			in.Nick = s.text()
		case "roles":
			in.Roles = s.idList()
		case "permissions":
			in.Permissions = s.bitset()
		default:
			s.skip()
		}
	}
}

func (s *scanner) interactionData(in *Interaction) {
	if !s.object() {
		return
	}
	for {
		key, ok := s.key()
		if !ok {
			return
		}
		switch string(key) {
		case "name":
			in.Name = s.text()
		case "options":
			in.Options = s.options(in.Options, 0)
		default:
			s.skip()
		}
	}
}

// maxOptionDepth is a subcommand group, a subcommand and its options: no deeper nesting exists.
// https://docs.discord.com/developers/interactions/application-commands#subcommands-and-subcommand-groups
const maxOptionDepth = 3

func (s *scanner) options(out []Option, depth int) []Option {
	if !s.array() {
		return out
	}
	for s.item() {
		if !s.object() {
			continue
		}
		at := len(out)
		out = append(out, Option{})
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			switch string(key) {
			case "name":
				out[at].Name = s.text()
			case "type":
				out[at].Type = int(s.number())
			case "value":
				out[at].Value = s.textOrNumber()
			case "options":
				if depth+1 >= maxOptionDepth {
					s.skip()
					continue
				}
				out = s.options(out, depth+1)
			default:
				s.skip()
			}
		}
	}
	return out
}
