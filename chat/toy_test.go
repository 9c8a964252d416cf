package chat_test

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// toyDesk is the plainest desk: texts as they are.
type toyDesk struct{}

func (toyDesk) Announcement(tag string, previous chat.ThreadID) string {
	if previous != "" {
		return "new conversation, after thread " + string(previous)
	}
	return "new conversation"
}
func (toyDesk) ThreadName(h chat.Header) string { return "Support: " + h.Name + " - " + h.Email }
func (toyDesk) Parts(h *chat.Header, texts []string) []string {
	s := strings.Join(texts, "\n")
	if h != nil {
		s = fmt.Sprintf("[%s] (%s) Page: %s --- %s", h.Name, h.Email, h.Page, s)
		if h.Attributes != "" {
			s = "(" + h.Attributes + ") " + s
		}
		if h.Verified {
			s = "(verified) " + s
		}
		if h.Mark != "" {
			s = "(" + string(h.Mark) + ") " + s
		}
	}
	var parts []string
	for len(s) > 200 {
		parts, s = append(parts, s[:200]), s[200:]
	}
	return append(parts, s)
}
func (toyDesk) Notice(k chat.NoticeKind, _ string, _ chat.ThreadID) string {
	return []string{"", "-- new visitor --", "has left; will get this on return", "never read", "ended", "back", "-- new verified visitor --", "waits for an answer"}[k]
}
func (toyDesk) Blank(text string) bool { return strings.Trim(text, " \n\u200b") == "" }
func (toyDesk) MergeUnits() int        { return 1000 }

// toyHost carries out effects in memory, one at a time, and writes down what
// can be seen from outside.
type toyHost struct {
	cfg    chat.Config
	now    chat.Time
	actors map[chat.Address]chat.Actor
	rows   map[chat.Address]map[string]chat.Row
	timers map[chat.Address]chat.Time
	conns  map[chat.ConnID]chat.Address
	states map[chat.ConnID]chat.ConnState
	steps  int // carried out so far
	queue  []func()
	log    []string
	desk   []chat.DeskReady
	random byte
	quiet  bool
	counts []chat.Count
	// held is the name of events that wait in heldBack.
	held     string
	heldBack []chat.Tell
	// dumb are connections that died without a word, and when.
	dumb map[chat.ConnID]chat.Time
	// lost are timers that will not fire: setting one to the same time changes nothing.
	lost map[chat.Address]chat.Time
}

func newToyHost() *toyHost {
	h := &toyHost{now: 1_800_000_000_000, actors: map[chat.Address]chat.Actor{}, rows: map[chat.Address]map[string]chat.Row{},
		timers: map[chat.Address]chat.Time{}, conns: map[chat.ConnID]chat.Address{}, states: map[chat.ConnID]chat.ConnState{},
		dumb: map[chat.ConnID]chat.Time{}}
	h.cfg = chat.Config{DataSecret: []byte("a secret of the tests"), Desk: toyDesk{}, AlertAfter: -1}
	h.cfg.Fill()
	return h
}

func (h *toyHost) actor(a chat.Address) chat.Actor {
	if x := h.actors[a]; x != nil {
		return x
	}
	var keys []string
	for k := range h.rows[a] {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	r := chat.Restore{Timer: h.timers[a]}
	tails := chat.SessionTails
	if a.Kind == chat.KindRegistry {
		tails = chat.RegistryTails(a.Key)
	}
	for _, t := range tails {
		var rows []chat.Row
		for _, k := range keys {
			if h.rows[a][k].Table == t.Table {
				rows = append(rows, h.rows[a][k])
			}
		}
		sort.Slice(rows, func(i, j int) bool { return rows[i].Key > rows[j].Key })
		if len(rows) > t.Limit {
			rows = rows[:t.Limit]
		}
		r.Rows = append(r.Rows, rows...)
	}
	var x chat.Actor
	if a.Kind == chat.KindSession {
		var ids []string
		for c, at := range h.conns {
			if at == a {
				ids = append(ids, string(c))
			}
		}
		sort.Strings(ids)
		for _, c := range ids {
			r.Conns = append(r.Conns, h.states[chat.ConnID(c)])
		}
		x = chat.NewSession(&h.cfg, chat.Route(a.Key), r)
	} else {
		x = chat.NewRegistry(&h.cfg, a.Key, r)
	}
	h.actors[a] = x
	return x
}

func (h *toyHost) say(format string, args ...any) {
	if !h.quiet {
		h.log = append(h.log, fmt.Sprintf(format, args...))
	}
}

// crash forgets every actor; the rows stay.
func (h *toyHost) crash() { h.actors = map[chat.Address]chat.Actor{} }

func (h *toyHost) step(a chat.Address, e chat.Event) {
	h.enqueue(a, e)
	h.run()
}

func (h *toyHost) enqueue(a chat.Address, e chat.Event) {
	h.queue = append(h.queue, func() { h.steps++; h.carryOut(a, h.actor(a).Step(h.now, e)) })
}

func (h *toyHost) run() {
	for len(h.queue) > 0 {
		f := h.queue[0]
		h.queue = h.queue[1:]
		f()
	}
}

func (h *toyHost) carryOut(a chat.Address, effects []chat.Effect) {
	saved := false
	for i, e := range effects {
		switch e := e.(type) {
		case chat.Save:
			if i != 0 || saved {
				panic("a save is not the first effect")
			}
			saved = true
			if h.rows[a] == nil {
				h.rows[a] = map[string]chat.Row{}
			}
			for _, r := range e.Rows {
				k := fmt.Sprintf("%02d/%012d", r.Table, r.Key)
				if r.Delete {
					delete(h.rows[a], k)
				} else {
					h.rows[a][k] = r
				}
			}
		case chat.Erase:
			delete(h.rows, a)
			delete(h.timers, a)
			delete(h.actors, a)
		case chat.SetTimer:
			h.timers[a] = e.At
		case chat.Send:
			if readyHook != nil {
				readyHook(e.Conn, e.Data)
			}
			h.say("%s < %s", e.Conn, hide(string(e.Data)))
		case chat.CloseConn:
			h.say("%s closed %d", e.Conn, e.Code)
			delete(h.conns, e.Conn)
			delete(h.states, e.Conn)
			h.enqueue(a, chat.ConnClosed{Conn: e.Conn})
		case chat.Attach:
			h.states[e.Conn] = e.State
		case chat.Tell:
			if e.To.Kind == chat.KindDesk {
				switch d := e.Event.(type) {
				case chat.DeskReady:
					h.desk = append(h.desk, d)
					h.say("desk < %s", describe(d))
				case chat.DeskIdle:
					h.say("desk < idle")
				}
				continue
			}
			if e.Event.EventName() == h.held {
				h.heldBack = append(h.heldBack, e)
				continue
			}
			h.enqueue(e.To, e.Event)
		case chat.LoadHistory:
			var rows []chat.Row
			for _, r := range h.rows[a] {
				if r.Table == records.TableMessage && r.Key < e.Before {
					rows = append(rows, r)
				}
			}
			sort.Slice(rows, func(i, j int) bool { return rows[i].Key > rows[j].Key })
			if len(rows) > e.Limit {
				rows = rows[:e.Limit]
			}
			h.enqueue(a, chat.HistoryLoaded{Conn: e.Conn, Before: e.Before, Limit: e.Limit, Rows: rows})
		case chat.FindMessages:
			f := e.Find
			var rows []chat.Row
			for _, r := range h.rows[a] {
				if r.Table != records.TableMessage || f.Before > 0 && r.Key >= f.Before {
					continue
				}
				if f.Fits(records.MessageOf(r)) {
					rows = append(rows, r)
				}
			}
			sort.Slice(rows, func(i, j int) bool { return rows[i].Key > rows[j].Key })
			rows = rows[:min(len(rows), f.Limit)]
			found := chat.MessagesFound{Find: f, Rows: rows, News: e.News, Conn: e.Conn, Frame: e.Frame}
			if found.EventName() == h.held {
				h.heldBack = append(h.heldBack, chat.Tell{To: a, Event: found})
				continue
			}
			h.enqueue(a, found)
		case chat.HearConns:
			h.enqueue(a, chat.ConnsHeard{Heard: h.heard(a)})
		case chat.VerifyTurnstile:
			h.say("turnstile? %s", e.Token)
			code := chat.Code("")
			if e.Token != "good" {
				code = chat.CodeTurnstile
			}
			if e.Token == "down" {
				code = chat.CodeTurnstileDown
			}
			verified := chat.TurnstileVerified{Conn: e.Conn, Code: code}
			if h.held == verified.EventName() {
				h.heldBack = append(h.heldBack, chat.Tell{To: a, Event: verified})
				continue
			}
			h.enqueue(a, verified)
		case chat.Answer:
			h.say("answer %s %d", e.Ticket, e.Status)
		case chat.Count:
			h.counts = append(h.counts, e)
		case chat.Note:
		default:
			panic(fmt.Sprintf("unknown effect %T", e))
		}
	}
}

// heard says when each connection of an actor was last heard of: all but the dumb ones ping.
func (h *toyHost) heard(a chat.Address) (list []chat.Heard) {
	for c, to := range h.conns {
		if to == a {
			at := h.now
			if dumb := h.dumb[c]; dumb != 0 {
				at = dumb
			}
			list = append(list, chat.Heard{Conn: c, At: at})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Conn < list[j].Conn })
	return list
}

func describe(d chat.DeskReady) string {
	c := d.Call
	if c == nil {
		return "something is ready"
	}
	kind := []string{"", "announce", "open", "post", "mark", "read", "close", "typing"}[c.Kind]
	s := kind
	if c.Thread != "" {
		s += " in " + string(c.Thread)
	}
	if c.Message != "" {
		s += " of " + string(c.Message)
	}
	if c.Text != "" {
		s += fmt.Sprintf(" %q", c.Text)
	}
	if c.Alert {
		s += " alert"
	}
	if c.Check {
		s += " check"
	}
	if c.After != "" {
		s += " after " + string(c.After)
	}
	return s
}

// hide replaces what is random or secret in a frame by words.
func hide(s string) string {
	var f struct {
		Type string         `json:"type"`
		Data map[string]any `json:"data"`
	}
	if json.Unmarshal([]byte(s), &f) != nil || f.Type != "ready" {
		return s
	}
	for _, k := range []string{"sessionId", "route"} {
		if v, ok := f.Data[k].(string); ok {
			s = strings.ReplaceAll(s, `"`+k+`":"`+v+`"`, `"`+k+`":"…"`)
		}
	}
	return s
}
