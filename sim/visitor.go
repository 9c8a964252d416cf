package sim

import (
	"fmt"

	"cloudflarechat/chat"
)

// visitor is one browser: its storage is shared by its tabs.
type visitor struct {
	s    *Sim
	n    int
	name string
	mail string
	base bool
	tabs []*tab

	// What the browser stores.
	session string
	route   chat.Route
	// routes says where each session was that the visitor ever had.
	routes map[string]chat.Route
	// ended are the sessions that the visitor ended.
	ended map[string]bool
	// shutOut is when the visitor was told to go for good; 0: never.
	shutOut int64
}

// itoa is short for a number's digits.
func itoa(n int) string { return fmt.Sprint(n) }

func (s *Sim) newVisitor(n int) *visitor {
	v := &visitor{s: s, n: n, name: "Visitor " + itoa(n), mail: "v" + itoa(n) + "@mail.example", ended: map[string]bool{}, routes: map[string]chat.Route{}}
	if s.plan.SharedEmails > 0 {
		v.mail = "shared" + itoa(n%s.plan.SharedEmails) + "@mail.example"
	}
	v.base = s.pick(100) < s.plan.BasePercent
	tabs := 1
	if s.chance(0.3) {
		tabs += 1 + s.pick(2)
	}
	for i := range tabs {
		v.tabs = append(v.tabs, &tab{s: s, v: v, n: i, memory: map[int64]shown{}, again: map[string]*written{}, retrying: map[int64]int{}})
	}
	return v
}

// ip is the address that the visitor connects from. A browser with IPv6 has a new one in its network now and then; one on the
// road is in another network.
func (v *visitor) ip() string {
	s, home := v.s, v.n
	switch {
	case s.chance(s.plan.Roams):
		home = 100 + s.pick(50)
	case s.plan.Household:
		home = 0
	}
	if home%2 == 1 {
		return fmt.Sprintf("2001:db8:0:%x::%x", home, 1+s.pick(1000))
	}
	return fmt.Sprintf("198.51.100.%d", home)
}

// live begins a visitor's day.
func (v *visitor) live() {
	s := v.s
	v.tabs[0].open()
	for _, t := range v.tabs[1:] {
		// Another tab is opened once the first one has begun the conversation.
		var try func()
		try = func() {
			switch {
			case v.session != "":
				t.open()
			case s.faulty():
				s.after(5*second, try)
			}
		}
		s.after(s.between(5*second, 10*minute), try)
	}
	if s.plan.Crowd {
		s.after(s.between(20*second, 5*minute), func() {
			for _, t := range v.tabs {
				if s.faulty() || len(t.outbox) == 0 {
					t.leave()
				}
			}
		})
		return
	}
	if s.chance(s.plan.Comebacks) {
		s.after(s.between(2*minute, max(s.plan.ActiveMs/3, 3*minute)), v.goAway)
	}
}

// goAway leaves every tab, and comes back after the grace, if there is time.
func (v *visitor) goAway() {
	s := v.s
	if !s.faulty() {
		return
	}
	s.say("v%d goes away", v.n)
	for _, t := range v.tabs {
		t.leave()
	}
	s.after(s.plan.GraceMs/2+s.between(0, s.plan.GraceMs), func() {
		s.say("v%d comes back", v.n)
		for _, t := range v.tabs {
			t.open()
		}
	})
}

// shut is the end of a visitor whom an agent blocked: every page says so, and none comes back. What was not acknowledged stays unsent.
func (v *visitor) shut() {
	if v.shutOut != 0 {
		return
	}
	v.shutOut = v.s.now
	v.s.say("v%d is shut out", v.n)
	for _, t := range v.tabs {
		t.leave()
		t.outbox = nil
	}
}

// quiet tells whether no tab has anything on its way.
func (v *visitor) quiet() bool {
	for _, t := range v.tabs {
		if len(t.outbox) > 0 || t.unsure > 0 {
			return false
		}
	}
	return true
}

// compose writes a message every now and then.
func (t *tab) compose() {
	s := t.s
	if !s.faulty() {
		return
	}
	t.composing = true
	wait := s.between(3*second, 2*minute)
	switch {
	case s.chance(0.3):
		wait = s.between(0, 3*second) // a burst
	case s.chance(0.1):
		wait = s.between(2*minute, 15*minute)
	}
	s.after(wait, func() {
		t.composing = false
		if !s.faulty() || !t.wanted {
			return
		}
		switch {
		case s.chance(s.plan.Reloads * 0.2):
			t.reload()
		case s.chance(s.plan.Ends*0.2) && t.canEnd():
			t.end()
		case s.plan.Stale > 0 && !t.v.base && t.ready && s.chance(s.plan.Stale):
			t.sendAgain()
		case s.plan.Unseen > 0 && s.chance(s.plan.Unseen):
			t.typeUnseen()
		default:
			t.type1()
		}
		if !t.composing {
			t.compose()
		}
	})
}

// canEnd tells whether ending now leaves nothing in doubt: what is on its way while a conversation ends may count for the next.
func (t *tab) canEnd() bool {
	if !t.ready || !t.v.quiet() {
		return false
	}
	for _, o := range t.v.tabs {
		if o != t && o.wanted {
			return false
		}
	}
	return true
}

func (t *tab) end() {
	t.s.say("v%d ends the conversation", t.v.n)
	t.v.ended[t.v.session] = true
	t.write("end", nil)
	t.v.session, t.v.route = "", ""
	l := t.link
	t.s.after(3*second, func() {
		if t.link == l {
			t.dropLink() // the host may be slow to close
			t.later(second)
		}
	})
}

// type1 writes one message.
func (t *tab) type1() {
	s := t.s
	s.visitorMessages++
	m := &written{tab: t, n: s.visitorMessages, id: fmt.Sprintf("m%d", s.visitorMessages)}
	m.words = []string{fmt.Sprintf("v%dt%dm%dx", t.v.n, t.n, m.n)}
	m.text = m.words[0]
	switch {
	case s.chance(s.plan.Long):
		for i := range 1 + s.pick(4) {
			w := fmt.Sprintf("v%dt%dm%dp%dx", t.v.n, t.n, m.n, i)
			m.words = append(m.words, w)
			m.text += "\n" + filler[:100+s.pick(350)] + " " + w
		}
	case s.chance(0.1):
		m.text += " *hi* @everyone <@&1> `x` https://a.example/_b_"
	}
	s.written = append(s.written, m)
	t.outbox = append(t.outbox, m)
	t.flush()
}

// sendAgain sends once more what this page had acknowledged, in the same conversation.
func (t *tab) sendAgain() {
	var list []*written
	for _, m := range t.s.written {
		if m.tab == t && m.acked && m.route == t.route {
			list = append(list, m)
		}
	}
	if len(list) > 0 {
		m := list[t.s.pick(len(list))]
		if m.seq+chat.TailMessages/4 > t.last {
			t.repeat(m)
			return
		}
		// Whoever was shown what came behind it does not say it again.
		t.s.say("%s forgets what it was shown, but for %s", t.who(), m.id)
		t.stale = m
		t.link.leave()
		t.dropLink()
		t.forgetShown()
		t.later(t.s.between(50, 2000))
	}
}

// repeat sends a message again that was acknowledged.
func (t *tab) repeat(m *written) {
	t.again[m.id] = m
	t.write("message", map[string]any{"message": m.text, "id": m.id})
}

// unseenTexts are texts of which nothing can be seen, though they are not empty.
var unseenTexts = []string{"\u200b", "\u2060 \u200d", "\u3164", "\U000E0041\U000E0042", "\u0001", "\u202e\n\u00ad"}

// typeUnseen writes a message of which nothing can be seen. It is refused, and that is all.
func (t *tab) typeUnseen() {
	s := t.s
	s.visitorMessages++
	m := &written{tab: t, n: s.visitorMessages, id: fmt.Sprintf("m%d", s.visitorMessages), text: unseenTexts[s.pick(len(unseenTexts))], unseen: true}
	t.outbox = append(t.outbox, m)
	t.flush()
}

// written is a message that a visitor wrote.
type written struct {
	tab *tab
	n   int
	id  string
	// words are in the text, in order, and in no other.
	words []string
	text  string
	// sent: it left the browser at least once. Lost: a client of the base protocol forgot it.
	sent, lost bool
	// unseen: nothing of it can be seen.
	unseen bool
	// to is the conversation that it was last sent to. Moved: its page went on in another one before it heard what became of it, so that it may stand in both.
	to    chat.Route
	moved bool
	// acked, and where.
	acked bool
	route chat.Route
	seq   int64
}

const filler = "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore magna aliqua. " +
	"Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo consequat. " +
	"Duis aute irure dolor in reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla pariatur. " +
	"Excepteur sint occaecat cupidatat non proident, sunt in culpa qui officia deserunt mollit anim id est laborum. " +
	"Sed ut perspiciatis unde omnis iste natus error sit voluptatem accusantium doloremque laudantium, totam rem aperiam."
