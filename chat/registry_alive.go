package chat

import (
	"slices"

	"cloudflarechat/chat/records"
)

// What a registry keeps goes with the conversations that it leads to. It does
// not hear of their end, so it asks, when the first of them can have ended.
const (
	// maxAsked at once: each is another object at the edge.
	maxAsked = 16
	// askAliveAgain is when those are asked again who did not answer, and the next
	// where there are more.
	askAliveAgain = 2 * Day
)

// routes are the sessions that an e-mail address or a thread leads to.
func (r *Registry) routes() (list []Route) {
	add := func(route string) {
		if route != "" && !slices.Contains(list, Route(route)) {
			list = append(list, Route(route))
		}
	}
	for _, o := range r.owners {
		add(o.Route)
	}
	for _, p := range r.persons {
		add(p.Route)
	}
	add(r.email.Route)
	return list
}

// wakeToAsk sets the timer where there is none and something is kept.
func (r *Registry) wakeToAsk(late bool) {
	if r.timer != 0 || len(r.routes()) == 0 {
		return
	}
	at := r.now + r.cfg.Retention
	if late {
		at = r.now + Minute // one that is long past is lost
	}
	r.wakeAt(at)
}

// askAlive asks who of them is kept.
func (r *Registry) askAlive() {
	for _, c := range slices.Clone(r.claims) {
		if r.now >= Time(c.UntilMs)+Day {
			r.dropClaim(Route(c.Route))
		}
	}
	r.timer = 0
	list := r.routes()
	if len(list) == 0 {
		r.eraseIfEmpty()
		if !r.erased {
			r.wakeAt(r.now + askAliveAgain) // a claim is still open
		}
		return
	}
	r.unheard, r.keptUntil = nil, 0
	first := int(int64(r.now/askAliveAgain) % int64(len(list)))
	for i := range min(len(list), maxAsked) {
		to := list[(first+i)%len(list)]
		r.unheard = append(r.unheard, to)
		r.tell(SessionAt(to), AskAlive{r.key})
	}
	r.wakeAt(r.now + askAliveAgain)
}

// alive takes in whether a session is kept.
func (r *Registry) alive(e Alive) {
	i := slices.Index(r.unheard, e.Route)
	if i >= 0 {
		r.unheard = slices.Delete(r.unheard, i, i+1)
	}
	if e.Until == 0 {
		r.forgetRoute(string(e.Route))
		r.eraseIfEmpty()
	} else if r.keptUntil == 0 || e.Until < r.keptUntil {
		r.keptUntil = e.Until
	}
	if i >= 0 && len(r.unheard) == 0 && !r.erased && r.keptUntil != 0 && len(r.routes()) <= maxAsked {
		r.timer = 0
		r.wakeAt(max(r.keptUntil, r.now+Day))
	}
}

// forgetRoute forgets a session that is gone. A range of a thread that others had
// after it stays nobody's until they are gone too, or its posts would be taken
// for those of whoever came before.
func (r *Registry) forgetRoute(route string) {
	for _, o := range r.owners {
		if o.Route == route {
			o.Route = ""
			r.save(o)
		}
	}
	for len(r.owners) > 0 && r.owners[0].Route == "" {
		r.delete(records.TableThreadOwner, r.owners[0].Key)
		r.owners = r.owners[1:]
	}
	r.persons = slices.DeleteFunc(r.persons, func(p *records.EmailSession) bool {
		if p.Route == route {
			r.delete(records.TableEmailSession, p.Key)
		}
		return p.Route == route
	})
	if r.email.Route == route && (r.email.LeaseRoute == "" || r.now >= Time(r.email.LeaseUntilMs)) {
		r.email = records.EmailThread{}
		r.delete(records.TableEmailThread, 0)
	}
}

// eraseIfEmpty ends an actor that leads to nobody any more.
func (r *Registry) eraseIfEmpty() {
	if len(r.owners) == 0 && len(r.claims) == 0 && len(r.persons) == 0 && r.email.ThreadID == "" && r.email.LeaseRoute == "" {
		r.erased = true
	}
}

// tellAlive answers a registry until when this session is kept.
func (s *Session) tellAlive(e AskAlive) {
	answer := Alive{Route: s.route}
	if s.exists() {
		answer.Until = max(s.expiry(), s.now) + Day
	}
	s.tell(Address{KindRegistry, e.Registry}, answer)
}
