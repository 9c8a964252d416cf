package wire

// ParseChannel reads a channel or thread object: the reply to GET and PATCH of a channel and to both creations of a thread.
// ErrBroken when it is none or has no id.
func ParseChannel(body []byte) (Channel, error) {
	s := scanner{b: body}
	c := s.channel(fullChannel)
	return whole(&s, c, c.ID)
}

// ParseChannels reads an array of channels, as GET /guilds/{id}/channels answers. ErrBroken when it is no whole array.
func ParseChannels(body []byte) ([]Channel, error) {
	s := scanner{b: body}
	return wholeList(&s, func() []Channel { return s.channels(fullChannel) })
}

// ParseThreadList reads the reply of the lists of active and archived threads. ErrBroken when it is no whole object.
func ParseThreadList(body []byte) (ThreadList, error) {
	var out ThreadList
	s := scanner{b: body}
	if s.peek() != '{' {
		return out, ErrBroken
	}
	s.i++
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "threads":
			out.Threads = s.channels(fullChannel)
		case "has_more":
			out.HasMore = s.boolean()
		default:
			s.skip()
		}
	}
	if s.bad {
		return ThreadList{}, ErrBroken
	}
	return out, nil
}

// ParseUser reads a user object, as GET /users/@me answers. ErrBroken when it is none or has no id.
func ParseUser(body []byte) (User, error) {
	s := scanner{b: body}
	u, _ := s.user()
	return whole(&s, u, u.ID)
}

// ParseMember reads a guild member. ErrBroken when it is none or has no user.
func ParseMember(body []byte) (Member, error) {
	s := scanner{b: body}
	m := s.member()
	return whole(&s, m, m.User.ID)
}

// ParseGuild reads a guild object. ErrBroken when it is none or has no id.
func ParseGuild(body []byte) (Guild, error) {
	s := scanner{b: body}
	g := s.guild()
	return whole(&s, g, g.ID)
}

// ParseGuilds reads an array of guilds, as GET /users/@me/guilds answers. ErrBroken when it is no whole array.
func ParseGuilds(body []byte) ([]Guild, error) {
	s := scanner{b: body}
	return wholeList(&s, func() (out []Guild) {
		if !s.array() {
			return nil
		}
		for s.item() {
			if g := s.guild(); g.ID != "" {
				out = append(out, g)
			}
		}
		return out
	})
}

// ParseRoles reads an array of roles, as GET /guilds/{id}/roles answers. ErrBroken when it is no whole array.
func ParseRoles(body []byte) ([]Role, error) {
	s := scanner{b: body}
	return wholeList(&s, s.roles)
}

// ParseApplication reads the reply of GET /applications/@me. ErrBroken when it is none or has no id.
func ParseApplication(body []byte) (Application, error) {
	var a Application
	s := scanner{b: body}
	if s.peek() != '{' {
		return a, ErrBroken
	}
	s.i++
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "id":
			a.ID = s.id()
		case "name":
			a.Name = s.text()
		case "flags":
			a.Flags = uint64(s.number())
		case "owner":
			owner, _ := s.user()
			a.OwnerID = owner.ID
		default:
			s.skip()
		}
	}
	return whole(&s, a, a.ID)
}

// ParseGatewayInfo reads the reply of GET /gateway/bot. ErrBroken when it is none or names no URL.
func ParseGatewayInfo(body []byte) (GatewayInfo, error) {
	g := GatewayInfo{Remaining: -1}
	s := scanner{b: body}
	if s.peek() != '{' {
		return g, ErrBroken
	}
	s.i++
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "url":
			g.URL = s.text()
		case "shards":
			g.Shards = int(s.number())
		case "session_start_limit":
			s.startLimit(&g)
		default:
			s.skip()
		}
	}
	if s.bad || g.URL == "" {
		return GatewayInfo{}, ErrBroken
	}
	return g, nil
}

func (s *scanner) startLimit(g *GatewayInfo) {
	if !s.object() {
		return
	}
	for {
		key, ok := s.key()
		if !ok {
			return
		}
		switch string(key) {
		case "total":
			g.Total = int(s.number())
		case "remaining":
			if c := s.peek(); c >= '0' && c <= '9' {
				g.Remaining = int(s.number())
			} else {
				s.other()
			}
		case "reset_after":
			g.ResetAfterMs = s.number()
		case "max_concurrency":
			g.MaxConcurrency = int(s.number())
		default:
			s.skip()
		}
	}
}

func whole[T any](s *scanner, v T, id Snowflake) (T, error) {
	if s.bad || id == "" {
		var none T
		return none, ErrBroken
	}
	return v, nil
}

func wholeList[T any](s *scanner, read func() []T) ([]T, error) {
	if s.peek() != '[' {
		return nil, ErrBroken
	}
	out := read()
	if s.bad {
		return nil, ErrBroken
	}
	return out, nil
}
