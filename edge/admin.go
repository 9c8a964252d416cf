package edge

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/person"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

// What the host does for a request of the owner, and gives back as the bytes
// after the dash.
const (
	wantBody byte = iota // reads the body of the request: it, at most maxAdminBytes and one more
	wantRows             // reads all rows of some tables of an actor: their number, then each
	wantTell             // tells an actor an event with the ticket ownersTicket: the chat.Status that answers it
	wantCall             // carries out a discord.Call: the event that answers it
)

// maxAdminBytes of a body are read.
const maxAdminBytes = 4 << 10

// ownersTicket is in what the owner's requests tell actors.
const ownersTicket chat.Ticket = "owner"

// errand is a request of the owner on its way. It holds nothing from one call to
// the next: each goes through it from its beginning, with all that the host has
// found out so far, and ends where it wants to know more.
type errand struct {
	known [][]byte
	wants [][]byte
	pause chat.Time
}

// all gives what came of some wants, in order; ok is false where the host must
// look first.
func (e *errand) all(wants ...[]byte) (found []*reader, ok bool) {
	if len(e.known) < len(wants) {
		e.wants = wants
		return nil, false
	}
	for range wants {
		found = append(found, &reader{b: e.known[0]})
		e.known = e.known[1:]
	}
	return found, true
}

// rows reads tables of actors, and gives those of each.
func (e *errand) rows(actors []chat.Address, tables ...records.Table) (found [][]chat.Row, ok bool) {
	var wants [][]byte
	for _, a := range actors {
		w := putUint(putString([]byte{wantRows, byte(a.Kind)}, a.Key), uint64(len(tables)))
		for _, t := range tables {
			w = append(w, byte(t))
		}
		wants = append(wants, w)
	}
	answers, ok := e.all(wants...)
	for _, r := range answers {
		var list []chat.Row
		for range r.count() {
			var row chat.Row
			r.readRecordsRow(&row)
			list = append(list, row)
		}
		found = append(found, list)
	}
	return found, ok
}

// end empties actors, and tells whether all of them took it.
func (e *errand) end(actors ...chat.Address) (taken, ok bool) {
	var tells []chat.Tell
	for _, a := range actors {
		tells = append(tells, chat.Tell{To: a, Event: chat.EndSession{Ticket: ownersTicket}})
	}
	return e.tell(tells...)
}

// tell tells actors something, and tells whether all of them took it.
func (e *errand) tell(tells ...chat.Tell) (taken, ok bool) {
	var wants [][]byte
	for _, t := range tells {
		wants = append(wants, AppendEffect([]byte{wantTell}, t))
	}
	answers, ok := e.all(wants...)
	taken = true
	for _, r := range answers {
		taken = taken && chat.Status(r.byte()) == chat.StatusTaken
	}
	return taken, ok
}

// admin reads a request for /admin/…: now, the path, the method, the headers
// Authorization and Content-Type, and what is known already as a list of bytes.
// The reply is a 1 and the answer, or a 0, how many milliseconds to wait, and
// what is wanted as a list of bytes: the host does all of it in order, and asks
// again with that at the end of what is known.
func (b *Border) admin(r *reader) []byte {
	now, path, method := chat.Time(r.int()), r.string(), r.string()
	authorization, contentType := r.string(), r.string()
	e := &errand{}
	for range r.count() {
		e.known = append(e.known, r.take())
	}
	if r.err != nil {
		return fail(r.err)
	}
	var no *answer
	done := true
	if b.m == nil {
		no = &answer{503, private, explain(chat.CodeUnavailable, "The chat is not set up completely: /health says why.", 0)}
	} else if no = b.door.admitOwner(path, method, authorization, contentType); no == nil {
		no, done = b.m.serveOwner(e, now, path)
	}
	if done {
		return b.reply(func(dst []byte) []byte { return no.append(putBool(dst, true)) })
	}
	return b.reply(func(dst []byte) []byte {
		dst = putUint(putUint(putBool(dst, false), uint64(e.pause)), uint64(len(e.wants)))
		for _, w := range e.wants {
			dst = putBytes(dst, w)
		}
		return dst
	})
}

const (
	pathExport = "/admin/export"
	pathForget = "/admin/forget"
)

// admitOwner checks all but the body, in the words of the native host.
func (d *door) admitOwner(path, method, authorization, contentType string) *answer {
	var no answer
	kind, _, _ := strings.Cut(contentType, ";")
	switch {
	case d.adminSecret == "":
		no = words(401, "unauthorized", "This needs ADMIN_SECRET, which is not set here.")
	case !bearerIs(authorization, d.adminSecret):
		no = words(401, "unauthorized", "This needs ADMIN_SECRET as a bearer token.", "WWW-Authenticate", "Bearer")
	case path != pathExport && path != pathForget:
		no = words(404, "not_found", "There are /admin/export and /admin/forget.")
	case method != "POST":
		no = words(405, "method", "Use POST.", "Allow", "POST")
	case !strings.EqualFold(strings.TrimSpace(kind), "application/json"): // a form of another website cannot send this type
		no = words(415, "bad_request", "Send application/json.")
	default:
		return nil
	}
	return &no
}

// serveOwner goes as far as it can with what is known; done is false where more
// is wanted.
func (m *Machine) serveOwner(e *errand, now chat.Time, path string) (a *answer, done bool) {
	body, ok := e.all([]byte{wantBody})
	if !ok {
		return nil, false
	}
	ask, ok := person.ReadAsk(body[0].b)
	data, err := person.New(ask.Email, now)
	if !ok || err != nil || len(body[0].b) > maxAdminBytes {
		no := words(400, "bad_request", `Send {"email": "…"}.`)
		return &no, true
	}
	if path == pathExport {
		if _, _, ok := m.find(e, &data, true); !ok {
			return nil, false
		}
		return &answer{200, private, append(data.AppendJSON(nil), '\n')}, true
	}
	return m.forget(e, now, &data, ask.Threads)
}

// emailed is an entry that leads from an address to its conversations.
type emailed struct {
	at     chat.Address
	thread chat.ThreadID
}

// find looks up a person's conversations: at each site that is allowed, the
// address leads to them by its keyed hash. others are those that are another's by
// now, each as what tells their own address of them.
func (m *Machine) find(e *errand, data *person.Data, whole bool) (entries []emailed, others []chat.Tell, ok bool) {
	var keys, sessions []chat.Address
	for _, site := range append([]string{""}, m.sites...) {
		keys = append(keys, chat.EmailKey(chat.HashEmail(m.cfg.DataSecret, site, data.Email)))
	}
	found, ok := e.rows(keys, records.TableEmailThread, records.TableEmailSession)
	if !ok {
		return nil, nil, false
	}
	known := map[chat.Address]bool{}
	for i, rows := range found {
		at := emailed{at: keys[i]}
		for _, row := range rows {
			route := ""
			if row.Table == records.TableEmailThread {
				thread := records.EmailThreadOf(row)
				route, at.thread = thread.Route, chat.ThreadID(thread.ThreadID)
			} else {
				route = records.EmailSessionOf(row).Route
			}
			if s := chat.SessionAt(chat.Route(route)); route != "" && !known[s] {
				known[s] = true
				sessions = append(sessions, s)
			}
		}
		if len(rows) > 0 {
			entries = append(entries, at)
		}
	}
	tables := []records.Table{records.TableSession}
	if whole {
		tables = append(tables, records.TableMessage)
	}
	if found, ok = e.rows(sessions, tables...); !ok {
		return nil, nil, false
	}
	for i, rows := range found {
		if len(rows) == 0 || rows[0].Table != records.TableSession {
			continue
		}
		route := chat.Route(sessions[i].Key)
		if data.Add(route, rows[0], rows[1:]) == nil {
			of := records.SessionOf(rows[0])
			own := chat.EmailKey(chat.HashEmail(m.cfg.DataSecret, of.Site, of.Email))
			others = append(others, chat.Tell{To: own, Event: chat.NoteEmail{Route: route, Ticket: ownersTicket}})
		}
	}
	return entries, others, true
}

// forget deletes a person's conversations, what leads to their threads, on
// request the threads, and last what leads to the conversations: whoever asks
// again after a failure still finds what is left.
func (m *Machine) forget(e *errand, now chat.Time, data *person.Data, delete bool) (a *answer, done bool) {
	entries, others, ok := m.find(e, data, false)
	if !ok {
		return nil, false
	}
	var sessions, keys, last []chat.Address
	var threads []chat.ThreadID
	known := map[chat.ThreadID]bool{"": true}
	thread := func(id chat.ThreadID) {
		if !known[id] {
			known[id] = true
			threads, keys = append(threads, id), append(keys, chat.ThreadKey(id))
		}
	}
	for _, c := range data.Sessions {
		sessions = append(sessions, chat.SessionAt(c.Route))
		for _, id := range c.Threads {
			thread(id)
		}
	}
	for _, entry := range entries {
		thread(entry.thread)
		last = append(last, entry.at)
	}
	f := person.Forgotten{Sessions: len(data.Sessions)}
	// A conversation closes its connections and lets go of the ways into it.
	for _, actors := range [][]chat.Address{sessions, keys} {
		if taken, ok := e.end(actors...); !ok || !taken {
			return notForgotten(ok)
		}
	}
	for _, id := range threads {
		gone, ok := delete, true
		if delete {
			gone, ok = e.remove(now, wire.Snowflake(m.egress.Channel), wire.Snowflake(id))
		}
		if !ok {
			return nil, false
		}
		f.Deleted(id, gone)
	}
	// A verified visitor may have another address now: they stay to be found.
	if taken, ok := e.tell(others...); !ok || !taken {
		return notForgotten(ok)
	}
	if taken, ok := e.end(last...); !ok || !taken {
		return notForgotten(ok)
	}
	return &answer{200, private, append(f.AppendJSON(nil), '\n')}, true
}

// notForgotten is what is said where an actor did not take its end; known is
// false where that is not known yet.
func notForgotten(known bool) (a *answer, done bool) {
	no := words(500, "internal", "The data could not be deleted; try again.")
	return &no, known
}

// remove deletes a thread in Discord.
func (e *errand) remove(now chat.Time, channel, thread wire.Snowflake) (gone, ok bool) {
	removal := discord.NewRemoval(now, channel, thread)
	for {
		request, pause, more := removal.Next()
		if !more {
			return removal.Gone(), true
		}
		answers, ok := e.all(AppendEffect([]byte{wantCall}, discord.Call{Request: request}))
		if !ok {
			e.pause = pause
			return false, false
		}
		done, known := answers[0].event().(discord.CallDone)
		if !known {
			done = discord.CallDone{Failure: discord.FailureLost}
		}
		removal.Answered(&done)
	}
}
