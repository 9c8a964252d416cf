package sim

import (
	"encoding/json"

	"cloudflarechat/chat"
)

// tab is one page with the chat open: a client of the extended protocol, or of the base.
type tab struct {
	s *Sim
	v *visitor
	n int

	link      *link
	wanted    bool // the page is open
	ready     bool
	composing bool
	tries     int
	life      int // of the connection, for timers
	heard     int64

	// session is the one that this page's memory is of; last is the newest message in it without a gap.
	session string
	route   chat.Route
	last    int64
	memory  map[int64]shown
	seen    int64

	outbox  []*written
	waiting *written // sent, not acknowledged
	// retrying are the messages that failed and are tried again soon, by the life of the connection.
	retrying map[int64]int
	// again are those that were sent once more after they were acknowledged.
	again map[string]*written
	// stale is one that comes again from a page that forgot what it was shown.
	stale *written
	// full: the last message that was refused was so because the address is full.
	full bool
	// unsure counts messages of a base client that left and may or may not have arrived.
	unsure int
}

// shown is a message that a page shows.
type shown struct {
	from, text string
	deleted    bool
}

func (t *tab) who() string { return "v" + itoa(t.v.n) + "t" + itoa(t.n) }

// open opens the page.
func (t *tab) open() {
	if t.wanted || t.v.shutOut != 0 || t.s.left {
		return
	}
	t.wanted = true
	t.connect()
	if !t.composing {
		t.compose()
	}
}

// leave closes the page; what the page remembers is gone, what the browser stores is not.
func (t *tab) leave() {
	if !t.wanted {
		return
	}
	t.wanted = false
	if t.link != nil {
		t.link.leave()
		t.dropLink()
	}
	t.forget()
}

func (t *tab) reload() {
	t.s.say("%s reloads", t.who())
	t.leave()
	t.s.after(t.s.between(50, 2000), t.open)
}

// forget empties the page's memory.
func (t *tab) forget() {
	t.last, t.seen, t.memory = 0, 0, map[int64]shown{}
	if t.v.base {
		for _, m := range t.outbox {
			m.lost = true // nobody stored it
		}
		t.outbox = nil
	}
}

func (t *tab) dropLink() {
	if t.link != nil {
		t.link.browserKnows = true
	}
	t.link, t.ready, t.waiting, t.unsure = nil, false, nil, 0
	t.life++
}

// later connects again after a while.
func (t *tab) later(ms int64) {
	life := t.life
	t.s.after(ms, func() {
		if t.life == life && t.wanted && t.link == nil {
			t.connect()
		}
	})
}

func (t *tab) connect() {
	s, v := t.s, t.v
	to := v.route
	if to == "" || v.base {
		var random [16]byte
		for i := range random {
			random[i] = byte(s.rng.Uint32())
		}
		to = chat.MintRoute(s.host.cfg.DataSecret, random)
	}
	t.life++
	t.tries++
	t.heard = s.now
	t.link = s.dial(chat.SessionAt(to), v.ip(), t)
	s.say("%s connects as %s to %s", t.who(), t.link.id, s.short(to))
	data := map[string]any{"name": v.name, "email": v.mail, "page": "/p" + itoa(s.pick(2)), "turnstileToken": ""}
	if v.session != "" {
		data["sessionId"] = v.session
	}
	if v.session != t.session {
		t.forget() // another conversation than the one in memory
		t.session = v.session
	}
	if !v.base {
		data["since"] = max(t.last, 0)
	}
	t.write("init", data)
	t.ping()
}

// ping keeps the connection alive, and gives it up when nothing is heard.
func (t *tab) ping() {
	life := t.life
	t.s.after(t.s.between(25*second, 35*second), func() {
		if t.life != life || t.link == nil {
			return
		}
		if t.s.now-t.heard > 75*second {
			t.s.say("%s hears nothing and gives %s up", t.who(), t.link.id)
			t.dropLink()
			t.later(t.s.between(100, 2000))
			return
		}
		t.link.write([]byte(chat.PingFrame))
		t.ping()
	})
}

func (t *tab) write(kind string, data any) {
	frame := map[string]any{"type": kind}
	if data != nil {
		frame["data"] = data
	}
	b, err := json.Marshal(frame)
	if err != nil {
		panic("sim: " + err.Error())
	}
	t.link.write(b)
}

// flush sends what waits: one at a time with ids, all at once without.
func (t *tab) flush() {
	if !t.ready || t.link == nil {
		return
	}
	if t.v.base {
		for _, m := range t.outbox {
			m.sent = true
			t.unsure++
			t.write("message", map[string]any{"message": m.text})
		}
		if len(t.outbox) > 0 {
			n, life := len(t.outbox), t.life
			t.s.after(20*second, func() {
				if t.life == life {
					t.unsure -= n
				}
			})
		}
		t.outbox = nil
		return
	}
	if t.waiting != nil || len(t.outbox) == 0 {
		return
	}
	t.waiting = t.outbox[0]
	t.waiting.moved = t.waiting.moved || t.waiting.sent && t.waiting.to != t.route
	t.waiting.sent, t.waiting.to = true, t.route
	t.write("message", map[string]any{"message": t.waiting.text, "id": t.waiting.id, "page": "/p" + itoa(t.waiting.n%3)})
	life, m := t.life, t.waiting
	t.s.after(20*second, func() {
		if t.life == life && t.waiting == m {
			t.s.say("%s waits too long for the ack of %s", t.who(), m.id)
			t.dropLink()
			t.later(t.s.between(100, 2000))
		}
	})
}

// closed implements browserEnd.
func (t *tab) closed(l *link, code chat.CloseCode) {
	if t.link != l {
		return
	}
	t.dropLink()
	if !t.wanted {
		return
	}
	if code == chat.CloseBlocked && len(t.s.blocked) > 0 {
		t.v.shut()
		return
	}
	if code >= 4500 && code != chat.CloseEnded {
		t.s.fail("%s was closed with %d and must not come back", t.who(), code)
		return
	}
	if code == chat.CloseEnded && !t.v.ended[t.session] {
		t.s.fail("%s: the conversation ended, and nobody ended it", t.who())
	}
	if code == chat.CloseEnded && t.v.session == t.session {
		t.v.session, t.v.route = "", ""
	}
	t.later(min(500<<min(t.tries, 6), 30*second) + t.s.between(0, 500))
}
