package discord

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// component is the name under which notes of the desk stand in a log.
const component = "discord"

// noteAfter is how long what the host says of itself must last to be noted: at each start the Gateway is not open yet.
const noteAfter = 30 * chat.Second

// noteAnswer writes down a request that did not do what it should, without anything of what was sent or answered.
func (e *Egress) noteAnswer(f *flight, ev *CallDone, v *rest.Verdict) {
	n := chat.Note{Grade: chat.NoteInfo, Component: component, Text: "a request to Discord failed"}
	switch {
	case v.Class == rest.OK, v.Class == rest.AlreadyDone:
		return
	case ev.Status == 429:
		n.Grade, n.Text = chat.NoteDebug, "Discord asked to wait" // that is its pace, and counted
	case v.Class == rest.Refused, v.Class == rest.Misconfigured, v.Class == rest.TokenDead:
		n.Grade, n.Text = chat.NoteWarn, "Discord refused a request"
	}
	fact := func(name, value string) { n.Facts = append(n.Facts, chat.Fact{Name: name, Value: value}) }
	fact("request", f.req.Method+" "+f.req.Route)
	switch ev.Failure {
	case Answered:
		fact("status", strconv.Itoa(ev.Status))
	case FailureUnsent:
		fact("status", "unsent")
	default:
		fact("status", "lost")
	}
	if v.Code != 0 {
		fact("code", strconv.Itoa(v.Code))
	}
	if v.Field != "" {
		fact("field", v.Field)
	}
	if f.conv != nil {
		fact("conversation", chat.ShortRoute(f.conv.route))
	}
	e.emit(n)
}

// noteWrong writes down when what is wrong changes.
func (e *Egress) noteWrong() {
	wrong, host := e.wrong(), false
	if u := &e.unwell; wrong == "" && u.reason != "" && (u.since == 0 || e.now >= u.since+noteAfter || e.noted == u.reason) {
		wrong, host = u.reason, true
	}
	if wrong == e.noted || wrong == "" && !e.notedHost && !e.place.known() {
		return // whether Discord takes what is sent is not known again yet
	}
	e.noted, e.notedHost = wrong, host
	n := chat.Note{Grade: chat.NoteWarn, Component: component, Text: "the team and the visitors do not reach each other as they should"}
	if wrong == "" {
		n.Grade, n.Text = chat.NoteInfo, "the team and the visitors reach each other again"
	} else {
		n.Facts = []chat.Fact{{Name: "reason", Value: wrong}}
	}
	e.emit(n)
}
