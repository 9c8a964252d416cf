package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/discord/wire"
)

// Four kinds of a relay's body concern no thread: "missed" without one says that the whole stream had a gap, "recheck" that the bot's
// permissions or its channel may have changed, "stray" that somebody wrote into the support channel itself, and "state" how the relay
// stands.
const (
	relayMissed  = "missed"
	relayRecheck = "recheck"
	relayStray   = "stray"
	relayState   = "state"
)

// Relayed is what a body of POST /relay says: one of the five.
type Relayed struct {
	// News concern a thread. They count where nothing else is set.
	News chat.News
	// Gap is not nil where events may have been lost.
	Gap *GatewayGap
	// Stray is not nil where somebody wrote into the support channel itself.
	Stray *Stray
	// State is not nil where the relay tells how it stands.
	State *RelayState
	// Recheck: the bot's permissions or its channel may have changed.
	Recheck bool
}

// ReadRelay reads the body of POST /relay. Errors wrap [ErrRelay] and are fit to be sent back.
func ReadRelay(body []byte) (Relayed, error) {
	if h, ok := readRelayHead(body); ok && h.thread == "" {
		switch h.kind {
		case relayRecheck:
			return Relayed{Recheck: true}, nil
		case relayStray:
			if !wire.Snowflake(h.message).Valid() {
				return Relayed{}, relayError("messageId", "is not a Discord id")
			}
			return Relayed{Stray: &Stray{Message: h.message}}, nil
		case relayState:
			return Relayed{State: &h.state}, nil
		case relayMissed:
			if err := checkGap(&h.gap); err != nil {
				return Relayed{}, err
			}
			return Relayed{Gap: &h.gap}, nil
		}
	}
	n, err := NewsOfRelay(body)
	return Relayed{News: n}, err
}

func checkGap(g *GatewayGap) error {
	switch {
	case g.After != "" && !wire.Snowflake(g.After).Valid():
		return relayError("after", "is not a Discord id")
	case g.Epoch != "" && !wire.Snowflake(g.Epoch).Valid():
		return relayError("epoch", "is not a Discord id")
	case g.At <= 0 && g.After == "":
		return relayError("timestamp", "in Unix milliseconds, or after, is needed for a gap")
	}
	return nil
}

// Body is the body of POST /relay that carries the gap.
func (g GatewayGap) Body() []byte {
	return jsontext.Begin(nil).Text("type", relayMissed).IntUnlessZero("timestamp", int64(g.At)).
		TextUnlessEmpty("epoch", string(g.Epoch)).TextUnlessEmpty("after", string(g.After)).End()
}

// Body is the body of POST /relay that carries it.
func (s Stray) Body() []byte {
	return jsontext.Begin(nil).Text("type", relayStray).Text("messageId", string(s.Message)).End()
}

// Body is the body of POST /relay that carries it.
func (Recheck) Body() []byte { return jsontext.Begin(nil).Text("type", relayRecheck).End() }

// Body is the body of POST /relay by which a relay tells how it stands.
func (s RelayState) Body() []byte {
	return jsontext.Begin(nil).Text("type", relayState).Text("state", s.Name).TextUnlessEmpty("reason", s.Reason).
		TextUnlessEmpty("fatal", s.Fatal).TextUnlessEmpty("trouble", s.Trouble).True("noContent", s.NoContent).
		IntUnlessZero("waiting", int64(s.Waiting)).End()
}

// RelayLane is the lane in which a body of POST /relay is handed over: news of one thread keep their order, and no thread waits for another.
// It is false for what cannot be read.
func RelayLane(body []byte) (lane string, ok bool) {
	h, ok := readRelayHead(body)
	if h.thread == "" {
		return "gap", ok
	}
	return "thread " + h.thread, ok
}

// relayHead are the fields of the kinds that concern no thread.
type relayHead struct {
	_            unequal
	kind, thread string
	gap          GatewayGap
	message      chat.MessageID
	state        RelayState
}

func readRelayHead(body []byte) (h relayHead, ok bool) {
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
