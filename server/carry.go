package server

import (
	"fmt"
	"log/slog"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// carry carries out one effect, whose batch is durable.
func (e *engine) carry(now chat.Time, out outgoing) {
	switch f := out.effect.(type) {
	case chat.Send:
		if a := e.linkOf(out.from, f.Conn); a != nil {
			a.link.send(f.Data)
		}
	case chat.CloseConn:
		if a := e.linkOf(out.from, f.Conn); a != nil {
			a.link.close(f.Code)
		}
	case chat.Attach:
		if a := e.linkOf(out.from, f.Conn); a != nil {
			a.state, a.known = f.State, true
			a.link.setPhase(f.State.Phase)
		}
	case chat.Tell:
		e.tells = append(e.tells, item{to: f.To, ev: f.Event})
	case chat.LoadHistory:
		e.loadHistory(now, out.from, f)
	case chat.FindMessages:
		e.findMessages(now, out.from, f)
	case chat.HearConns:
		e.tells = append(e.tells, item{to: out.from, ev: chat.ConnsHeard{Heard: e.heard(out.from)}})
	case chat.Answer:
		e.tickets.answer(f.Ticket, f.Status)
	case chat.Count:
		e.count(f)
	case chat.Note:
		e.write(f)
	default:
		e.outside(out.from, out.effect)
	}
}

// write writes what an actor notes into the log.
func (e *engine) write(n chat.Note) {
	level := slog.LevelDebug
	switch n.Grade {
	case chat.NoteInfo:
		level = slog.LevelInfo
	case chat.NoteWarn:
		level = slog.LevelWarn
	}
	facts := []slog.Attr{slog.String("component", n.Component)}
	for _, f := range n.Facts {
		facts = append(facts, slog.String(f.Name, f.Value))
	}
	e.log.LogAttrs(e.ctx, level, n.Text, facts...)
}

// loadHistory reads a page of messages for whoever asked.
func (e *engine) loadHistory(now chat.Time, from chat.Address, f chat.LoadHistory) {
	rows, err := e.store.Range(storeActor(from), records.TableMessage, f.Before, f.Limit)
	if err != nil {
		e.log.Error("history could not be read", "err", err)
		e.suffer(err)
		if a := e.linkOf(from, f.Conn); a != nil {
			e.complain(a.link, chat.CodeUnavailable, "", lastHold)
		}
		return
	}
	e.tells = append(e.tells, item{to: from, ev: chat.HistoryLoaded{Conn: f.Conn, Before: f.Before, Limit: f.Limit, Rows: rows}})
}

// findMessages looks messages up for whoever asked.
func (e *engine) findMessages(now chat.Time, from chat.Address, f chat.FindMessages) {
	found := chat.MessagesFound{Find: f.Find, News: f.News, Conn: f.Conn, Frame: f.Frame}
	rows, err := e.store.Find(storeActor(from), f.Find)
	if err != nil {
		e.log.Error("messages could not be looked up", "err", err)
		e.suffer(err)
		e.refuse(&item{to: from, ev: found}, now)
		return
	}
	found.Rows = rows
	e.tells = append(e.tells, item{to: from, ev: found})
}

// attached is an open connection, and what its session remembers of it.
type attached struct {
	to    chat.Address
	link  link
	state chat.ConnState
	known bool
}

func (e *engine) attach(to chat.Address, id chat.ConnID, l link) {
	if e.links[id] != nil {
		panic(fmt.Sprintf("server: connection %s came twice", id))
	}
	e.links[id] = &attached{to: to, link: l}
	if e.byActor[to] == nil {
		e.byActor[to] = map[chat.ConnID]struct{}{}
	}
	e.byActor[to][id] = struct{}{}
}

func (e *engine) detach(id chat.ConnID) {
	a := e.links[id]
	if a == nil {
		return
	}
	delete(e.links, id)
	delete(e.byActor[a.to], id)
	if len(e.byActor[a.to]) == 0 {
		delete(e.byActor, a.to)
	}
}

// linkOf gives a connection, if it is open and belongs to the actor.
func (e *engine) linkOf(owner chat.Address, id chat.ConnID) *attached {
	if a := e.links[id]; a != nil && a.to == owner {
		return a
	}
	return nil
}

// heard says when each open connection of an actor was last heard of.
func (e *engine) heard(to chat.Address) []chat.Heard {
	var out []chat.Heard
	for _, id := range e.connsOf(to) {
		out = append(out, chat.Heard{Conn: id, At: e.links[id].link.heardAt()})
	}
	return out
}
