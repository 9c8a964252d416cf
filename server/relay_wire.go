package server

import (
	"encoding/json"
	"errors"
	"fmt"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

// The body of POST /relay is that of [discord.RelayOf]. Four kinds concern no
// thread: "missed" without one says that the whole stream had a gap, "recheck"
// that the bot's permissions or its channel may have changed, "stray" that
// somebody wrote into the support channel itself, and "state" how the relay
// stands.
type relayKindBody struct {
	Type      string `json:"type"`
	ThreadID  string `json:"threadId,omitempty"`
	Timestamp int64  `json:"timestamp,omitempty"`
	Epoch     string `json:"epoch,omitempty"`
	After     string `json:"after,omitempty"`
	MessageID string `json:"messageId,omitempty"`
	relayState
}

const (
	relayMissed    = "missed"
	relayRecheck   = "recheck"
	relayStray     = "stray"
	relayStateKind = "state"
)

// gapBody carries a gap to another host.
func gapBody(g discord.GatewayGap) []byte {
	return mustJSON(relayKindBody{Type: relayMissed, Timestamp: int64(g.At), Epoch: string(g.Epoch), After: string(g.After)})
}

// relayed is what a body of POST /relay says: one of the five.
type relayed struct {
	news    chat.News
	gap     *discord.GatewayGap
	stray   *discord.Stray
	recheck bool
	state   *relayState
}

// readRelay reads the body of POST /relay; an error is fit to be sent back.
func readRelay(body []byte) (relayed, error) {
	var head relayKindBody
	if err := json.Unmarshal(body, &head); err == nil && head.ThreadID == "" {
		switch head.Type {
		case relayRecheck:
			return relayed{recheck: true}, nil
		case relayStray:
			if !wire.Snowflake(head.MessageID).Valid() {
				return relayed{}, errStray
			}
			return relayed{stray: &discord.Stray{Message: chat.MessageID(head.MessageID)}}, nil
		case relayStateKind:
			return relayed{state: &head.relayState}, nil
		case relayMissed:
			g := &discord.GatewayGap{At: chat.Time(head.Timestamp), Epoch: chat.MessageID(head.Epoch), After: chat.MessageID(head.After)}
			return relayed{gap: g}, checkGap(g)
		}
	}
	n, err := discord.NewsOfRelay(body)
	return relayed{news: n}, err
}

var errGap = errors.New("relay: a gap needs timestamp, in Unix milliseconds, or after")

var errStray = errors.New("relay: messageId is not a Discord id")

func checkGap(g *discord.GatewayGap) error {
	for name, id := range map[string]chat.MessageID{"after": g.After, "epoch": g.Epoch} { // order does not matter: either is reason enough
		if id != "" && !wire.Snowflake(id).Valid() {
			return fmt.Errorf("relay: %s is not a Discord id", name)
		}
	}
	if g.At <= 0 && g.After == "" {
		return errGap
	}
	return nil
}

// mustJSON encodes plain data, which always has a JSON form.
func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("server: " + err.Error())
	}
	return b
}
