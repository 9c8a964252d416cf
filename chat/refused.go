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
