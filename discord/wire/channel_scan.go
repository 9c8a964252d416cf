package wire

import "strconv"

// How much of a channel is read: GUILD_CREATE has hundreds, of which only the outline is of use.
const (
	briefChannel = false
	fullChannel  = true
)

func (s *scanner) channel(full bool) (c Channel) {
	if !s.object() {
		return c
	}
	for {
		key, ok := s.key()
		if !ok {
			return c
		}
		switch string(key) {
		case "id":
			c.ID = s.id()
		case "guild_id":
			c.GuildID = s.id()
		case "parent_id":
			c.ParentID = s.id()
		case "type":
			c.Type = ChannelType(s.number())
		case "name":
			c.Name = s.text()
		case "last_message_id":
			c.LastMessageID = s.id()
		case "flags":
			c.Flags = uint64(s.number())
		case "owner_id":
			c.OwnerID = s.id()
		case "thread_metadata":
			s.threadMetadata(&c)
		case "available_tags":
			if !full {
				s.skip()
				continue
			}
			c.Tags = s.tags()
		case "permission_overwrites":
			if !full {
				s.skip()
				continue
			}
			c.Overwrites = s.overwrites()
		default:
			s.skip()
		}
	}
}

func (s *scanner) threadMetadata(c *Channel) {
	if !s.object() {
		return
	}
	for {
		key, ok := s.key()
		if !ok {
			return
		}
		switch string(key) {
		case "archived":
			c.Archived = s.boolean()
		case "locked":
			c.Locked = s.boolean()
		case "auto_archive_duration":
			c.AutoArchiveMinutes = s.number()
		case "archive_timestamp":
			c.ArchiveMs, c.ArchiveTimestamp = s.timestamp()
		default:
			s.skip()
		}
	}
}

func (s *scanner) tags() (out []Tag) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		var t Tag
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			switch string(key) {
			case "id":
				t.ID = s.id()
			case "name":
				t.Name = s.text()
			case "moderated":
				t.Moderated = s.boolean()
			default:
				s.skip()
			}
		}
		out = append(out, t)
	}
	return out
}

func (s *scanner) overwrites() (out []Overwrite) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if !s.object() {
			continue
		}
		var o Overwrite
		for {
			key, ok := s.key()
			if !ok {
				break
			}
			switch string(key) {
			case "id":
				o.ID = s.id()
			case "type":
				o.Member = s.number() == 1
			case "allow":
				o.Allow = s.bitset()
			case "deny":
				o.Deny = s.bitset()
			default:
				s.skip()
			}
		}
		out = append(out, o)
	}
	return out
}

// bitset reads permissions, which are a decimal string: they pass 2^53.
func (s *scanner) bitset() uint64 {
	raw := s.textOrNumber()
	if raw == "" {
		return 0
	}
	n, err := strconv.ParseUint(raw, 10, 64)
	if err != nil {
		s.odd++
		return 0
	}
	return n
}

// mostChannels is how many channels, and how many active threads but one, a guild has at most, about.
const mostChannels = 1000

// channels reads an array of channels; those without an id are left out.
func (s *scanner) channels(full bool) (out []Channel) {
	if !s.array() {
		return nil
	}
	if s.ids == nil {
		s.ids = new([64]Snowflake)
	}
	for s.item() {
		start := s.i
		c := s.channel(full)
		if c.ID == "" {
			continue
		}
		if out == nil {
			// As many may follow as have room in what is left.
			out = make([]Channel, 0, min(mostChannels, 1+(len(s.b)-s.i)/(s.i-start)))
		}
		out = append(out, c)
	}
	return out
}

func (s *scanner) role() (r Role) {
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
			r.ID = s.id()
		case "name":
			r.Name = s.text()
		case "permissions":
			r.Permissions = s.bitset()
		case "mentionable":
			r.Mentionable = s.boolean()
		case "managed":
			r.Managed = s.boolean()
		default:
			s.skip()
		}
	}
}

func (s *scanner) roles() (out []Role) {
	if !s.array() {
		return nil
	}
	for s.item() {
		if r := s.role(); r.ID != "" {
			out = append(out, r)
		}
	}
	return out
}

// guildField reads one field that all forms of a guild share. False: the field is another, and not consumed.
func (s *scanner) guildField(key []byte, g *Guild) bool {
	switch string(key) {
	case "id":
		g.ID = s.id()
	case "name":
		g.Name = s.text()
	case "owner_id":
		g.OwnerID = s.id()
	case "permissions":
		g.Permissions = s.bitset()
	case "roles":
		g.Roles = s.roles()
	default:
		return false
	}
	return true
}

func (s *scanner) guild() (g Guild) {
	if !s.object() {
		return g
	}
	for {
		key, ok := s.key()
		if !ok {
			return g
		}
		if !s.guildField(key, &g) {
			s.skip()
		}
	}
}
