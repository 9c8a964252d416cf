package edge

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// setAside keeps an event that breaks its actor where somebody can find it,
// without what anybody wrote, and gives what makes the queue go on: the rest of
// r is the event.
func setAside(to chat.Address, now chat.Time, reason string, r *reader) []chat.Effect {
	ev := r.event()
	if r.err != nil {
		return nil
	}
	key := int64(now/chat.Second) & (1<<records.KeyBits - 1)
	row := (&records.Poison{Key: key, Actor: kindName(to.Kind), Event: ev.EventName(), Reason: reason, AtMs: int64(now)}).Row()
	out := []chat.Effect{chat.Save{Rows: []chat.Row{row}}}
	out = append(out, chat.Refused(ev, chat.CodeInternal, 0)...)
	if _, ok := ev.(chat.TimerFired); ok {
		out = append(out, chat.SetTimer{At: now + chat.Hour}) // it would be due at once again
	}
	return out
}

func kindName(k chat.ActorKind) string {
	switch k {
	case chat.KindSession:
		return "session"
	case chat.KindRegistry:
		return "registry"
	case chat.KindDesk:
		return "desk"
	case KindGateway:
		return "gateway"
	}
	return "unknown"
}
