package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/gateway"
)

// RelayState says how the connection to Discord's Gateway stands. A relay tells it to the chat when it changes and every [RelayTells].
type RelayState struct {
	// Name is that of a [gateway.ConnState].
	Name string
	// Reason says why, where there is one.
	Reason string
	// Fatal is what the owner must mend; "" is nothing.
	Fatal string
	// NoContent: posts come without text, so the MESSAGE CONTENT intent is off.
	NoContent bool
	// Trouble is why the chat takes nothing from the relay; "" is nothing.
	Trouble string
	// Waiting is how many events wait to be handed over; 0 also where they are few.
	Waiting int
}

const (
	// RelayTells is how often a relay says how it stands though nothing changed.
	RelayTells = 5 * chat.Minute
	// relayQuiet is after which silence a relay counts as gone: two words of it may be late.
	relayQuiet = 12 * chat.Minute

	noContentWords = "answers of the team come without text: the MESSAGE CONTENT intent is off"
	notOpenWords   = "the connection to Discord's Gateway is not open"
)

func (s *RelayState) open() bool { return s.Name == gateway.Ready.String() }

// AnswersAmiss says why answers of the team do not arrive, or not as they should, on a host that holds the Gateway itself; none is that they do.
func (s *RelayState) AnswersAmiss() (reasons []string) {
	switch {
	case s.Fatal != "":
		reasons = append(reasons, "answers of the team do not arrive: "+s.Fatal)
	case !s.open():
		reasons = append(reasons, "answers of the team are late: "+notOpenWords)
	}
	if s.NoContent {
		reasons = append(reasons, noContentWords)
	}
	return reasons
}

// RelayAmiss says the same on a host whose Gateway is held by a relay: from when it was heard last, and what it said of itself then. Where heard
// is 0 no relay is waited for, and where said is nil it says nothing of itself.
func RelayAmiss(now, heard chat.Time, said *RelayState) []string {
	switch {
	case heard == 0:
		return nil
	case now-heard > relayQuiet:
		return []string{"answers of the team may not arrive: nothing was heard of the relay for a while"}
	case said == nil:
		return nil
	}
	return said.AnswersAmiss()
}

// Own is the relay's own health: why it is not well, and whether nothing at all works until the owner mends it.
func (s *RelayState) Own() (down bool, reasons []string) {
	switch {
	case s.Fatal != "":
		down, reasons = true, append(reasons, s.Fatal)
	case !s.open():
		reasons = append(reasons, notOpenWords)
	}
	if s.NoContent {
		reasons = append(reasons, noContentWords)
	}
	if s.Trouble != "" {
		reasons = append(reasons, s.Trouble)
	}
	return down, reasons
}
