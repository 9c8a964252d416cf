package wire

// Opcode is a Gateway opcode. https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-opcodes
type Opcode int

// The opcodes that a bot without voice sends or gets.
const (
	OpDispatch       Opcode = 0
	OpHeartbeat      Opcode = 1
	OpIdentify       Opcode = 2
	OpPresence       Opcode = 3
	OpResume         Opcode = 6
	OpReconnect      Opcode = 7
	OpInvalidSession Opcode = 9
	OpHello          Opcode = 10
	OpHeartbeatAck   Opcode = 11
)

// Frame is one payload of the Gateway, decoded as far as this project needs it.
type Frame struct {
	Op     Opcode
	HasOp  bool
	Seq    int64  // 0: none
	Type   string // of a dispatch
	Event  Event  // of a dispatch of a type that is read here and that has the ids it is about; else nil
	Known  bool   // Type is one that is read here
	Odd    int    // values of an unexpected type, read as zero
	Millis int64  // heartbeat interval, of OpHello
	Resume bool   // of OpInvalidSession: the session may be resumed
}

// ParseFrame reads one payload of the Gateway in one walk. ErrBroken when it is no whole JSON object; the frame then holds
// what was read before the break and no event. An unknown op or event type is no error.
func ParseFrame(payload []byte) (Frame, error) {
	var f Frame
	s := scanner{b: payload}
	if s.peek() != '{' {
		return f, ErrBroken
	}
	s.i++
	dataAt := -1 // where d began, when it came before op and t
	for {
		key, ok := s.key()
		if !ok {
			break
		}
		switch string(key) {
		case "op":
			f.HasOp = s.peek() >= '0' && s.peek() <= '9'
			f.Op = Opcode(s.number())
		case "s":
			f.Seq = s.number()
		case "t":
			f.Type = eventName(s.word())
		case "d":
			// Discord sends t, s, op, d in this order, so d is nearly always decoded where it stands.
			if f.HasOp && (f.Op != OpDispatch || f.Type != "") {
				f.data(&s)
				continue
			}
			s.peek()
			dataAt = s.i
			s.skip()
		default:
			s.skip()
		}
	}
	if !s.bad && dataAt >= 0 {
		later := scanner{b: s.b, i: dataAt}
		f.data(&later)
		s.bad = later.bad
		s.odd += later.odd
	}
	f.Odd = s.odd
	if s.bad {
		f.Event = nil
		return f, ErrBroken
	}
	return f, nil
}

// data reads d, whose shape depends on op and t.
func (f *Frame) data(s *scanner) {
	switch f.Op {
	case OpDispatch:
		f.Event, f.Known = s.dispatch(f.Type)
		if f.Event != nil && !identified(f.Event) {
			f.Event = nil
			s.odd++
		}
	case OpHello:
		if !s.object() {
			return
		}
		for {
			key, ok := s.key()
			if !ok {
				return
			}
			if string(key) == "heartbeat_interval" {
				f.Millis = s.number()
			} else {
				s.skip()
			}
		}
	case OpInvalidSession:
		f.Resume = s.boolean()
	default:
		s.skip()
	}
}

// ParseEvent reads the d of a dispatch of the given type. A nil event without an error means that the type is not read here, or that the ids it is about are missing.
func ParseEvent(eventType string, data []byte) (Event, error) {
	s := scanner{b: data}
	ev, _ := s.dispatch(eventType)
	if s.bad {
		return nil, ErrBroken
	}
	if ev != nil && !identified(ev) {
		return nil, nil
	}
	return ev, nil
}

// identified says whether an event has the ids without which nobody can act on it.
func identified(ev Event) bool {
	switch ev := ev.(type) {
	case MessageCreate:
		return ev.ID != "" && ev.ChannelID != ""
	case MessageUpdate:
		return ev.ID != "" && ev.ChannelID != ""
	case MessageDelete:
		return len(ev.IDs) > 0 && ev.ChannelID != ""
	case Typing:
		return ev.ChannelID != "" && ev.UserID != ""
	case Reaction:
		return ev.ChannelID != "" && ev.MessageID != ""
	case ThreadCreate:
		return ev.ID != ""
	case ThreadUpdate:
		return ev.ID != ""
	case ThreadDelete:
		return ev.ID != ""
	case GuildCreate:
		return ev.ID != ""
	case GuildUpdate:
		return ev.ID != ""
	case GuildDelete:
		return ev.ID != ""
	case RoleChange:
		return ev.GuildID != "" && ev.Role.ID != ""
	case ChannelUpdate:
		return ev.ID != ""
	case ChannelDelete:
		return ev.ID != ""
	case Interaction:
		return ev.ID != "" && ev.Token != ""
	}
	return true
}
