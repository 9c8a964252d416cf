package sim

import (
	"encoding/json"

	"cloudflarechat/chat"
)

// heardFrame is any frame of the host, as a client of its own making reads it.
type heardFrame struct {
	Type string `json:"type"`
	Data struct {
		Message      string      `json:"message"`
		SessionID    string      `json:"sessionId"`
		Route        chat.Route  `json:"route"`
		Restored     bool        `json:"restored"`
		Seq          int64       `json:"seq"`
		Gap          bool        `json:"gap"`
		Author       string      `json:"author"`
		From         string      `json:"from"`
		ID           string      `json:"id"`
		Deleted      bool        `json:"deleted"`
		Code         chat.Code   `json:"code"`
		By           string      `json:"by"`
		State        string      `json:"state"`
		RetryAfterMs int64       `json:"retryAfterMs"`
		Messages     []heardPart `json:"messages"`
		Failed       []int64     `json:"failed"`
	} `json:"data"`
}

type heardPart struct {
	Seq     int64  `json:"seq"`
	Message string `json:"message"`
	From    string `json:"from"`
}

// frame implements browserEnd.
func (t *tab) frame(l *link, data []byte) {
	if t.link != l {
		return
	}
	t.heard = t.s.now
	if string(data) == chat.PongFrame {
		return
	}
	var f heardFrame
	if err := json.Unmarshal(data, &f); err != nil {
		t.s.fail("%s got a frame that does not read: %s", t.who(), data)
		return
	}
	if !t.ready && f.Type != "ready" && f.Type != "error" {
		t.s.fail("%s got %s before ready", t.who(), f.Type)
		return
	}
	switch f.Type {
	case "ready":
		t.gotReady(&f)
	case "message":
		t.gotMessage(&f)
	case "ack":
		t.gotAck(&f)
	case "edit", "delete":
		t.gotChange(&f)
	case "error":
		t.gotError(&f)
	case "receipt":
		if f.Data.State == "failed" && t.s.plan.Refuses == 0 {
			t.s.fail("%s: message %d failed with %s", t.who(), f.Data.Seq, f.Data.Code)
		} else if f.Data.State == "failed" {
			t.retry(f.Data.Seq)
		}
	case "typing", "history", "ended":
	default:
		t.s.fail("%s got a frame of the unknown type %s", t.who(), f.Type)
	}
}

func (t *tab) gotReady(f *heardFrame) {
	s, v := t.s, t.v
	if t.ready {
		s.fail("%s got ready twice on one connection", t.who())
		return
	}
	if t.session != "" && !f.Data.Restored && !v.ended[t.session] && !s.host.disk.of(chat.SessionAt(v.routes[t.session])).silent {
		s.fail("%s: the conversation was not restored", t.who())
		return
	}
	if t.session != "" && f.Data.Restored && f.Data.SessionID != t.session {
		s.fail("%s: another conversation was restored", t.who())
		return
	}
	if !f.Data.Restored {
		t.forgetShown()
		s.log.name(string(f.Data.Route), "<route of "+t.who()+">")
	}
	if f.Data.Gap {
		t.forgetShown()
	}
	t.session, t.route = f.Data.SessionID, f.Data.Route
	v.session, v.route = t.session, t.route
	v.routes[t.session] = t.route
	s.owners[f.Data.Route] = v
	t.ready, t.tries = true, 0
	// With since 0 only the newest messages come.
	if t.last == 0 && !v.base {
		t.last = -1
	}
	for _, seq := range f.Data.Failed {
		t.retry(seq)
	}
	if m := t.stale; m != nil && m.route == t.route {
		t.repeat(m)
	}
	t.stale = nil
	t.flush()
}

// retry asks for a message that failed to be tried again, after a while.
func (t *tab) retry(seq int64) {
	if life, soon := t.retrying[seq]; soon && life == t.life {
		return
	}
	life := t.life
	t.retrying[seq] = life
	t.s.after(t.s.between(20*second, 2*minute), func() {
		if t.retrying[seq] == life {
			delete(t.retrying, seq)
		}
		if t.life == life && t.ready {
			t.write("retry", map[string]any{"seq": seq})
		}
	})
}

func (t *tab) forgetShown() {
	t.last, t.seen, t.memory = 0, 0, map[int64]shown{}
}

// gotMessage shows a message. With sequence numbers each comes once a connection, in order, without a gap.
func (t *tab) gotMessage(f *heardFrame) {
	s, d := t.s, &f.Data
	if d.Seq <= 0 {
		s.fail("%s got a message without a sequence number", t.who())
		return
	}
	if !t.v.base {
		switch {
		case t.last == -1: // the first after since 0
		case d.Seq <= t.last:
			s.fail("%s got message %d again, after %d: doubled", t.who(), d.Seq, t.last)
			return
		case d.Seq != t.last+1:
			s.fail("%s got message %d after %d: lost", t.who(), d.Seq, t.last)
			return
		}
		t.last = d.Seq
	}
	t.memory[d.Seq] = shown{d.From, d.Message, d.Deleted}
	s.check.shown(t, d.From, d.Seq, d.Message)
	if !t.v.base && d.From == "agent" && s.chance(0.7) {
		seq, life := d.Seq, t.life
		s.after(s.between(200, 20*second), func() {
			if t.life == life && t.ready && seq > t.seen {
				t.seen = seq
				t.write("seen", map[string]any{"seq": seq})
			}
		})
	}
}

func (t *tab) gotAck(f *heardFrame) {
	s, d := t.s, &f.Data
	if t.v.base {
		s.fail("%s knows no ack and got one", t.who())
		return
	}
	if m := t.again[d.ID]; m != nil && (t.waiting == nil || t.waiting.id != d.ID) {
		if m.seq != d.Seq || m.route != t.route {
			s.fail("%s: %s came again and was acked as %d, after %d: doubled", t.who(), m.id, d.Seq, m.seq)
		}
		return
	}
	m := t.waiting
	if m == nil || m.id != d.ID {
		s.fail("%s got an ack for %s, which it did not wait for", t.who(), d.ID)
		return
	}
	if m.acked && (m.seq != d.Seq || m.route != t.route) {
		s.fail("%s: %s was acked as %d and then as %d", t.who(), m.id, m.seq, d.Seq)
		return
	}
	if m.unseen {
		s.fail("%s: %s is taken, and nothing of it can be seen", t.who(), m.id)
		return
	}
	m.acked, m.seq, m.route = true, d.Seq, t.route
	switch {
	case t.last == -1 || d.Seq == t.last+1:
		t.last = d.Seq
	case d.Seq > t.last+1:
		s.fail("%s got the ack of message %d after message %d: lost", t.who(), d.Seq, t.last)
		return
	}
	t.memory[d.Seq] = shown{from: "visitor", text: m.text}
	t.waiting = nil
	t.outbox = t.outbox[1:]
	t.flush()
}

func (t *tab) gotChange(f *heardFrame) {
	if t.v.base {
		t.s.fail("%s knows no %s and got one", t.who(), f.Type)
		return
	}
	m, ok := t.memory[f.Data.Seq]
	if !ok {
		return // not shown here: it lies before what since 0 brings
	}
	m.text, m.deleted = f.Data.Message, f.Type == "delete"
	t.memory[f.Data.Seq] = m
	if f.Type == "edit" {
		t.s.check.shown(t, m.from, f.Data.Seq, f.Data.Message)
	}
}

func (t *tab) gotError(f *heardFrame) {
	s := t.s
	switch f.Data.Code {
	case chat.CodeTooMany, chat.CodeQueueFull, chat.CodeUnavailable, chat.CodeTooManySessions:
		if m := t.waiting; m != nil && m.id == f.Data.ID {
			t.waiting, t.full = nil, f.Data.Code == chat.CodeTooManySessions
			life := t.life
			s.after(max(f.Data.RetryAfterMs, 100)+s.between(0, 200), func() {
				if t.life == life {
					t.flush()
				}
			})
		}
	case chat.CodeMessageEmpty:
		switch m := t.waiting; {
		case t.v.base && s.plan.Unseen > 0:
		case m == nil || m.id != f.Data.ID || !m.unseen:
			s.fail("%s: the message %s is refused as empty", t.who(), f.Data.ID)
		default:
			t.waiting, t.outbox = nil, t.outbox[1:]
			t.flush()
		}
	case chat.CodeNothingToRetry:
		if s.plan.Refuses == 0 {
			s.fail("%s retried nothing", t.who())
		}
	case chat.CodeEnded:
	case chat.CodeTooManyTabs:
	case chat.CodeBlocked:
		if len(s.blocked) == 0 {
			s.fail("%s is blocked, and nobody blocked anybody", t.who())
		}
	default:
		s.fail("%s got the error %s", t.who(), f.Data.Code)
	}
}
