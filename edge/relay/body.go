package relay

import (
	"errors"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

// The body of POST /relay is that of [discord.RelayOf]. Four kinds concern no
// thread: "missed" without one says that the whole stream had a gap, "recheck"
// that the bot's permissions or its channel may have changed, "stray" that
// somebody wrote into the support channel itself, and "state" how the connection
// stands.
const (
	kindMissed  = "missed"
	kindRecheck = "recheck"
	kindStray   = "stray"
	kindState   = "state"
)

// Body is what a body of POST /relay says: one of the five.
type Body struct {
	News    chat.News
	Gap     *discord.GatewayGap
	Recheck bool
	Stray   *discord.Stray
	State   *State
}

// head are the fields of the kinds that concern no thread.
type head struct {
	kind, thread string
	gap          discord.GatewayGap
	message      chat.MessageID
	state        State
}

func readHead(body []byte) (h head, ok bool) {
	r := jsontext.Read(body)
	r.Object(func(name string) {
		switch name {
		case "type":
			h.kind = r.Text()
		case "threadId":
			h.thread = r.Text()
		case "timestamp":
			h.gap.At = chat.Time(r.Int())
		case "after":
			h.gap.After = chat.MessageID(r.Text())
		case "messageId":
			h.message = chat.MessageID(r.Text())
		case "epoch":
			h.gap.Epoch = chat.MessageID(r.Text())
		case "state":
			h.state.Name = r.Text()
		case "reason":
			h.state.Reason = r.Text()
		case "fatal":
			h.state.Fatal = r.Text()
		case "trouble":
			h.state.Trouble = r.Text()
		case "noContent":
			h.state.NoContent = r.Bool()
		case "waiting":
			h.state.Waiting = int(r.Int())
		default:
			r.Skip()
		}
	})
	return h, r.OK()
}

// ReadBody reads the body of POST /relay; an error is fit to be sent back.
func ReadBody(body []byte) (Body, error) {
	if h, ok := readHead(body); ok && h.thread == "" {
		switch h.kind {
		case kindRecheck:
			return Body{Recheck: true}, nil
		case kindStray:
			if !wire.Snowflake(h.message).Valid() {
				return Body{}, errors.New("relay: messageId is not a Discord id")
			}
			return Body{Stray: &discord.Stray{Message: h.message}}, nil
		case kindState:
			return Body{State: &h.state}, nil
		case kindMissed:
			return Body{Gap: &h.gap}, checkGap(&h.gap)
		}
	}
	n, err := discord.NewsOfRelay(body)
	return Body{News: n}, err
}

func checkGap(g *discord.GatewayGap) error {
	switch {
	case g.After != "" && !wire.Snowflake(g.After).Valid():
		return errors.New("relay: after is not a Discord id")
	case g.Epoch != "" && !wire.Snowflake(g.Epoch).Valid():
		return errors.New("relay: epoch is not a Discord id")
	case g.At <= 0 && g.After == "":
		return errors.New("relay: a gap needs timestamp, in Unix milliseconds, or after")
	}
	return nil
}

// gapBody carries a gap.
func gapBody(g discord.GatewayGap) []byte {
	return jsontext.Begin(nil).Text("type", kindMissed).IntUnlessZero("timestamp", int64(g.At)).
		TextUnlessEmpty("epoch", string(g.Epoch)).TextUnlessEmpty("after", string(g.After)).End()
}

// strayBody carries that somebody wrote into the support channel itself.
func strayBody(s discord.Stray) []byte {
	return jsontext.Begin(nil).Text("type", kindStray).Text("messageId", string(s.Message)).End()
}

var recheckBody = []byte(`{"type":"` + kindRecheck + `"}`)

// Body is how the state is told to the main Worker.
func (s *State) Body() []byte { return s.append(jsontext.Begin(nil).Text("type", kindState)).End() }

func (s *State) append(o *jsontext.Object) *jsontext.Object {
	return o.Text("state", s.Name).TextUnlessEmpty("reason", s.Reason).TextUnlessEmpty("fatal", s.Fatal).
		TextUnlessEmpty("trouble", s.Trouble).True("noContent", s.NoContent).IntUnlessZero("waiting", int64(s.Waiting))
}

// laneOf is the lane in which a body is handed over: news of one thread keep
// their order, and no thread waits for another.
func laneOf(body []byte) (lane string, ok bool) {
	h, ok := readHead(body)
	if h.thread == "" {
		return "gap", ok
	}
	return "thread " + h.thread, ok
}
