package edge

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
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
	if found, ok := ev.(chat.MessagesFound); ok {
		ev = found.Cause()
	}
	switch ev := ev.(type) {
	case chat.ConnOpened:
		out = append(out, chat.CloseConn{Conn: ev.Conn, Code: chat.CloseRestart})
	case chat.FrameReceived:
		_, id := chat.FrameHead(ev.Data) // without it the message would be waited for, and hold up the next
		out = append(out, chat.Send{Conn: ev.Conn, Data: chat.ErrorFrame(chat.CodeInternal, id, 0)})
	case chat.ThreadNews:
		out = append(out, chat.Answer{Ticket: ev.Ticket, Status: chat.StatusPoison})
	case chat.EndSession:
		out = append(out, chat.Answer{Ticket: ev.Ticket, Status: chat.StatusPoison})
	case chat.TimerFired:
		out = append(out, chat.SetTimer{At: now + chat.Hour}) // it would be due at once again
	case discord.CallDone: // the Egress takes the call for lost after a while
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
