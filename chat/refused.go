package chat

// Refused gives what is told where the step of an event came to nothing: the
// host could not save, or the step broke its actor so often that the event was
// set aside. retry is when to try again; 0 is never. Where an answer to
// [FindMessages] was the event, the one that waited for it counts.
func Refused(ev Event, code Code, retry Time) (effects []Effect) {
	if found, ok := ev.(MessagesFound); ok {
		ev = found.Cause()
	}
	status := StatusLater
	if retry == 0 {
		status = StatusPoison
	}
	tell := func(c ConnID, id string) {
		effects = append(effects, Send{Conn: c, Data: ErrorFrame(code, id, retry)}, Count{Metric: MetricErrors, Label: string(code), Value: 1})
	}
	// Where a conversation was about to begin, it begins anew.
	again := func(c ConnID) { effects = append(effects, CloseConn{Conn: c, Code: CloseRestart}) }
	switch ev := ev.(type) {
	case FrameReceived:
		// A message stays in the visitor's outbox. Without its id it would be waited
		// for, and hold up the next.
		kind, id := FrameHead(ev.Data)
		tell(ev.Conn, id)
		if kind == "init" && retry != 0 {
			again(ev.Conn)
		}
	case ConnOpened:
		if retry != 0 {
			tell(ev.Conn, "")
		}
		again(ev.Conn)
	case TurnstileVerified:
		if retry != 0 {
			tell(ev.Conn, "")
			again(ev.Conn)
		}
	case ThreadNews:
		effects = append(effects, answer(ev.Ticket, status))
	case EndSession:
		effects = append(effects, Answer{Ticket: ev.Ticket, Status: status})
	}
	return effects
}

// Unbuilt gives what is told where an event was set aside because its actor
// cannot be rebuilt from its rows. Nothing that a visitor does helps, and to come
// back again and again would be in vain: the connection ends for good, and the
// visitor can begin anew.
func Unbuilt(ev Event) []Effect {
	if found, ok := ev.(MessagesFound); ok {
		ev = found.Cause()
	}
	var conn ConnID
	id := ""
	switch ev := ev.(type) {
	case ConnOpened:
		conn = ev.Conn
	case FrameReceived:
		conn = ev.Conn
		_, id = FrameHead(ev.Data)
	case TurnstileVerified:
		conn = ev.Conn
	default:
		return Refused(ev, CodeInternal, 0)
	}
	return []Effect{Send{Conn: conn, Data: ErrorFrame(CodeRoute, id, 0)}, Count{Metric: MetricErrors, Label: string(CodeRoute), Value: 1},
		CloseConn{Conn: conn, Code: CloseForgotten}}
}
