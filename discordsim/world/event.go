package world

import (
	"encoding/json"
	"strconv"
)

// ConnID names a Gateway connection; the host chooses it and never uses it twice.
type ConnID uint64

// OutputKind says what an Output asks for.
type OutputKind int

const (
	// SendFrame asks the host to send Frame, uncompressed JSON, to Conn.
	SendFrame OutputKind = iota
	// CloseConn asks the host to close Conn with Code and Reason. Code 0: cut the socket without a close frame.
	CloseConn
	// Observed tells a console what happened: Event is the event's name, Frame its data. Only where Config.Observe is set.
	Observed
)

// Output is something that the world wants done.
type Output struct {
	Kind   OutputKind
	Conn   ConnID
	Frame  []byte
	Code   int
	Reason string
	Event  string
}

// Intents of a Gateway session.
type Intents uint64

// The intents that decide what this world sends.
// https://discord.com/developers/docs/events/gateway#list-of-intents
const (
	IntentGuilds         Intents = 1 << 0
	IntentGuildMembers   Intents = 1 << 1
	IntentGuildWebhooks  Intents = 1 << 5
	IntentPresences      Intents = 1 << 8
	IntentGuildMessages  Intents = 1 << 9
	IntentReactions      Intents = 1 << 10
	IntentTyping         Intents = 1 << 11
	IntentMessageContent Intents = 1 << 15

	// Bits 17 to 19, 22 and 23 were never given out; what is above 25 is unknown.
	knownIntents Intents = 1<<26 - 1&^(7<<17|3<<22)
)

// event is something that happened, before it is known who hears of it.
type event struct {
	name    string
	intent  Intents  // 0: everyone
	channel *Channel // nil: the guild as a whole
	user    UserID   // 0: every session that may; else sessions of this user only
	data    any
	// dataFor writes the data for one session, where they differ.
	dataFor func(s *session) any
	// variant tells sessions apart whose data is the same: equal variants share one encoding.
	variant func(s *session) int
}

// dispatch sends an event to every session that may hear it, and to the console.
func (w *World) dispatch(ev event) {
	var encoded [4]json.RawMessage
	for _, s := range w.order {
		if ev.intent != 0 && s.intents&ev.intent == 0 || ev.user != 0 && ev.user != s.bot.user.ID {
			continue
		}
		member := w.members[s.bot.user.ID]
		if member == nil || ev.channel != nil && !w.canSee(member, ev.channel) {
			continue
		}
		var data json.RawMessage
		switch {
		case ev.dataFor == nil:
			if encoded[0] == nil {
				encoded[0] = encode(ev.data)
			}
			data = encoded[0]
		case ev.variant == nil:
			data = encode(ev.dataFor(s))
		default:
			v := ev.variant(s)
			if encoded[v] == nil {
				encoded[v] = encode(ev.dataFor(s))
			}
			data = encoded[v]
		}
		w.disturb(s, ev.name, data)
	}
	if w.cfg.Observe {
		data := ev.data
		if ev.dataFor != nil {
			data = ev.dataFor(nil)
		}
		w.out = append(w.out, Output{Kind: Observed, Event: ev.name, Frame: encode(data)})
	}
}

// dispatchFrame is the payload of op 0.
func dispatchFrame(name string, seq int64, data []byte) []byte {
	b := make([]byte, 0, len(data)+len(name)+40)
	b = append(b, `{"t":"`...)
	b = append(b, name...)
	b = append(b, `","s":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, `,"op":0,"d":`...)
	b = append(b, data...)
	return append(b, '}')
}

// messageEvent sends MESSAGE_CREATE or MESSAGE_UPDATE. Without MESSAGE_CONTENT a session gets no content but in its own
// messages and those that mention it. Ephemeral messages go to nobody but the console.
func (w *World) messageEvent(name string, c *Channel, m *Message, author *Member) {
	if m.Flags&FlagEphemeral != 0 {
		return
	}
	w.dispatch(event{
		name: name, intent: IntentGuildMessages, channel: c,
		variant: func(s *session) int {
			if w.readsContent(s, m) {
				return 1
			}
			return 0
		},
		dataFor: func(s *session) any {
			v := w.view(c, m, 0, s == nil || w.readsContent(s, m))
			v.GuildID, v.ChannelType = w.guild.ID, &c.Type
			v.Reactions = nil
			if name == "MESSAGE_CREATE" {
				v.Nonce = m.Nonce
			}
			if m.WebhookID == 0 {
				v.Member = memberOf(author, false)
			}
			for i := range v.Mentions {
				v.Mentions[i].Member = memberOf(w.members[v.Mentions[i].User.ID], false)
			}
			return v
		},
	})
}

func (w *World) readsContent(s *session, m *Message) bool {
	return s.intents&IntentMessageContent != 0 || m.Author.ID == s.bot.user.ID || listed(m.Mentions, s.bot.user.ID)
}
