package sim

import (
	"encoding/json"
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
)

// carryAll carries the first n effects of a batch out, in order.
func (h *host) carryAll(b *batch, n int) {
	for _, out := range b.effects[:n] {
		h.carry(out.from, out.effect)
	}
}

func (h *host) carry(from chat.Address, effect chat.Effect) {
	s := h.s
	switch f := effect.(type) {
	case chat.Send:
		if l := h.linkOf(from, f.Conn); l != nil {
			by := from
			if l.known && l.state.Phase == chat.PhaseFronting {
				by = chat.SessionAt(l.state.Target) // who speaks through the one that holds the socket
			}
			s.check.sent(by, f.Data)
			l.send(f.Data)
		}
	case chat.CloseConn:
		if l := h.linkOf(from, f.Conn); l != nil {
			s.say("%s: closed by the host with %d", l.id, f.Code)
			l.closeFromHost(f.Code)
		}
	case chat.Attach:
		if l := h.linkOf(from, f.Conn); l != nil {
			l.state, l.known = f.State, true
		}
	case chat.Tell:
		h.tell(from, f)
	case chat.LoadHistory:
		rows := h.disk.of(from).rowsOf(records.TableMessage, f.Limit, f.Before)
		h.deliver(item{to: from, ev: chat.HistoryLoaded{Conn: f.Conn, Before: f.Before, Limit: f.Limit, Rows: rows}})
	case chat.FindMessages:
		h.deliver(item{to: from, ev: chat.MessagesFound{Find: f.Find, Rows: h.disk.of(from).find(f.Find), News: f.News, Conn: f.Conn, Frame: f.Frame}})
	case chat.HearConns:
		h.deliver(item{to: from, ev: chat.ConnsHeard{Heard: h.heard(from)}})
	case chat.Answer:
		h.answer(f.Ticket, f.Status)
	case discord.Call:
		s.courier.carry(f)
	case chat.Count, chat.Note:
	default:
		s.fail("no host knows the effect %T", effect)
	}
}

// tell brings an event to another actor: late, perhaps twice, in order between two actors and in no order else.
func (h *host) tell(from chat.Address, t chat.Tell) {
	s := h.s
	if ready, ok := t.Event.(chat.DeskReady); ok && ready.Call != nil {
		h.asked[ready.Call.Key] = ready.From
		if ready.Call.Kind == chat.CallAnnounce {
			h.asked[ready.Call.Text] = ready.From // a forum's post keeps no nonce
		}
	}
	delay := int64(0)
	if s.plan.Edge {
		delay = s.between(1, 20)
	}
	if s.faulty() && s.plan.TellMs > 0 {
		delay += s.between(0, s.plan.TellMs)
	}
	pair := [2]chat.Address{from, t.To}
	at := max(h.told[pair], s.now+delay)
	h.told[pair] = at
	again := int64(-1)
	switch t.Event.(type) {
	case chat.FrontFrame, chat.FrontSend: // frames of a connection are never repeated
	default:
		switch {
		case !s.faulty():
		case s.chance(s.plan.TellTwice):
			again = at
		case s.plan.Edge && at < s.now+minute && s.chance(s.plan.TellLate): // what follows waits for it; within one process nothing is told late
			again = at + s.between(minute, 12*minute)
			h.told[pair] = again
		}
	}
	life := h.s.lives
	it := item{to: t.To, ev: t.Event}
	if s.plan.Edge {
		it.caller = h.lane(from)
		it.callerLife = it.caller.life
	}
	arrive := func() {
		if s.plan.Edge || s.lives == life {
			h.deliver(it)
		}
	}
	s.at(at, arrive)
	if again >= 0 {
		s.at(again, func() {
			// Whoever told it is who repeats it.
			if it.caller == nil || it.caller.life == it.callerLife {
				arrive()
			}
		})
	}
}

// mostTries is how often an object tells another one that dies.
const mostTries = 4

// tellAgain tells what an object was told when it died, if the one that told it lives. Frames of a connection are not repeated.
func (h *host) tellAgain(it item) {
	switch it.ev.(type) {
	case chat.FrontFrame:
		return
	case chat.FrontSend:
		return
	}
	if it.caller == nil || it.caller.life != it.callerLife || it.tries+1 >= mostTries {
		return
	}
	it.tries++
	h.s.after(50<<it.tries, func() {
		if it.caller.life == it.callerLife {
			h.deliver(it)
		}
	})
}

func (h *host) answer(t chat.Ticket, st chat.Status) {
	if f := h.tickets[t]; f != nil {
		delete(h.tickets, t)
		f(st)
	}
}

// ask makes a ticket; the function hears the answer, unless the host dies.
func (h *host) ask(f func(chat.Status)) chat.Ticket {
	h.ticket++
	t := chat.Ticket(strconv.Itoa(h.ticket))
	h.tickets[t] = f
	return t
}

// refuseFrame answers a frame that could not be made durable.
func (h *host) refuseFrame(ev chat.FrameReceived) {
	l := h.links[ev.Conn]
	if l == nil {
		return
	}
	var f struct {
		Type string `json:"type"`
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	_ = json.Unmarshal(ev.Data, &f) // what cannot be read has no id
	if f.Type != "message" || h.s.plan.Edge {
		l.closeFromHost(chat.CloseRestart)
		return
	}
	data, err := json.Marshal(map[string]any{"type": "error", "data": map[string]any{
		"code": chat.CodeUnavailable, "message": "", "id": f.Data.ID, "retryAfterMs": 5000}})
	if err != nil {
		panic("sim: " + err.Error())
	}
	l.send(data)
}
