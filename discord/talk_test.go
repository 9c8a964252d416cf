package discord_test

import (
	"fmt"

	"cloudflarechat/chat"
)

// talk is a toy conversation: it announces itself, opens its thread, and posts its texts one after the other, by the rules that a session
// must keep towards the desk.
type talk struct {
	r     *rig
	route chat.Route

	calls []*chat.DeskCall // to be done, in order; durable
	done  []chat.DeskResult
	keys  int

	// announce is the opening post as it was handed over last.
	announce *chat.DeskCall

	opening chat.MessageID
	thread  chat.ThreadID
	last    chat.MessageID // newest own message in the thread

	announced bool
	handed    string
	firstTry  chat.Time
	doubt     bool

	// heard are told, in turn, that a post arrived.
	heard []func()

	// ended counts the DeskDone of each key that were heard while it was handed.
	ended map[string]int
}

// nonceLife is how long a toy trusts Discord to know a nonce.
const nonceLife = 60 * chat.Second

// visitor makes a toy whose thread is yet to be opened.
func (r *rig) visitor(route string) *talk {
	s := &talk{r: r, route: chat.Route(route), ended: map[string]int{}}
	r.talks[s.route] = s
	r.order = append(r.order, s)
	s.add(&chat.DeskCall{Kind: chat.CallAnnounce, Text: "New conversation · " + route, Alert: true})
	s.add(&chat.DeskCall{Kind: chat.CallOpen, Text: "Support: " + route + " - " + route + "@example.com"})
	s.watch()
	return s
}

// watch is the toy's own timer: what is not answered for long is announced again.
func (s *talk) watch() {
	s.r.at(s.r.now+60*chat.Second, func() {
		if len(s.calls) > 0 {
			s.r.toDesk(chat.DeskReady{From: s.route})
		}
		s.watch()
	})
}

func (s *talk) add(c *chat.DeskCall) {
	s.keys++
	c.Key = fmt.Sprintf("%s-%d", s.route, s.keys)
	c.Since = s.r.now
	s.calls = append(s.calls, c)
}

// say adds a post and announces it.
func (s *talk) say(text string) {
	s.add(&chat.DeskCall{Kind: chat.CallPost, Text: text})
	s.kick()
}

func (s *talk) kick() {
	if !s.announced && len(s.calls) > 0 {
		s.hand()
	}
}

// hand gives the desk the first thing.
func (s *talk) hand() {
	c := *s.calls[0]
	c.More = len(s.calls) > 1
	switch c.Kind {
	case chat.CallOpen:
		c.Message = s.opening
	case chat.CallAnnounce:
	default:
		c.Thread = s.thread
		if c.Kind == chat.CallPost {
			c.After = s.last
			if c.After == "" {
				c.After = chat.MessageID(s.thread)
			}
		}
	}
	if s.doubt {
		c.Doubt, c.CheckFrom = true, s.firstTry+nonceLife
	} else {
		s.firstTry = s.r.now
	}
	s.announced, s.handed = true, c.Key
	c.HandedAt = s.r.now
	if c.Kind == chat.CallAnnounce {
		s.announce = &c
	}
	s.r.toDesk(chat.DeskReady{From: s.route, Call: &c})
}

// toDesk brings an event to the Egress, a moment later.
func (r *rig) toDesk(ev chat.Event) {
	life := r.life
	r.at(r.now+r.hop, func() {
		if life == r.life {
			r.step(ev)
		}
	})
}

func (s *talk) hear(ev chat.Event) {
	switch ev := ev.(type) {
	case chat.DeskPull:
		if ev.Unsent == 0 && s.handed != "" {
			s.doubt = true
		}
		s.announced = false
		if len(s.calls) == 0 {
			s.r.toDesk(chat.DeskIdle{From: s.route})
			return
		}
		s.hand()
	case chat.DeskDone:
		if ev.Key != s.handed || len(s.calls) == 0 || s.calls[0].Key != ev.Key {
			return
		}
		s.ended[ev.Key]++
		s.announced, s.handed = false, ""
		s.take(ev.Result)
		switch {
		case len(s.calls) == 0:
		case ev.Slot:
			s.hand()
		default:
			s.announced = true
			s.r.toDesk(chat.DeskReady{From: s.route})
		}
	}
}

func (s *talk) take(result chat.DeskResult) {
	c := s.calls[0]
	if result.Outcome == chat.OutcomeDoubt {
		s.doubt = true
		return
	}
	s.calls = s.calls[1:]
	s.done = append(s.done, result)
	s.doubt = false
	if result.Outcome != chat.OutcomeDone {
		if c.Kind == chat.CallOpen {
			s.calls = nil // a toy opens no second thread
		}
		return
	}
	switch c.Kind {
	case chat.CallAnnounce:
		s.opening = result.Message
		s.r.name(string(result.Message), "thread-of-"+string(s.route)+"-")
	case chat.CallOpen:
		s.thread = result.Thread
	case chat.CallPost:
		s.last = result.Message
		if len(s.heard) > 0 {
			s.heard[0]()
			s.heard = s.heard[1:]
		}
	}
}
