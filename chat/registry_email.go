package chat

import (
	"slices"
	"sort"

	"cloudflarechat/chat/records"
)

func sortPersons(list []*records.EmailSession) {
	sort.Slice(list, func(i, j int) bool { return list[i].Key < list[j].Key })
}

// person notes that a session is this address's, so that a person's data can be
// found.
func (r *Registry) person(route Route) {
	oldest := (*records.EmailSession)(nil)
	for _, p := range r.persons {
		if p.Route == string(route) {
			return
		}
		if oldest == nil || p.AtMs < oldest.AtMs {
			oldest = p
		}
	}
	p := &records.EmailSession{Key: r.freePerson()}
	if len(r.persons) >= maxEmailSessions {
		p = oldest
	} else {
		r.persons = append(r.persons, p)
	}
	p.Route, p.AtMs = string(route), int64(r.now)
	r.save(p)
}

// freePerson is the lowest key that no row has.
func (r *Registry) freePerson() (key int64) {
	for ; slices.ContainsFunc(r.persons, func(p *records.EmailSession) bool { return p.Key == key }); key++ {
	}
	return key
}

// claimThread answers which thread a session may write to. A thread that
// belongs to another session is given only after that session gave it up, and
// to one claimant at a time.
func (r *Registry) claimThread(e ClaimThread) {
	r.person(e.Route)
	t := &r.email
	fresh := ThreadClaimed{Previous: ThreadID(t.ThreadID)}
	switch {
	case t.ThreadID == "" || t.ThreadID == string(e.Not) || t.Route == string(e.Route) ||
		r.now-Time(t.OpenedAtMs) >= r.cfg.ReuseThread:
		r.tell(SessionAt(e.Route), fresh)
	case t.LeaseRoute != "" && t.LeaseRoute != string(e.Route) && r.now < Time(t.LeaseUntilMs):
		r.tell(SessionAt(e.Route), fresh)
	default:
		// Asked again, the claimant keeps the lease that it has.
		if t.LeaseRoute != string(e.Route) || r.now >= Time(t.LeaseUntilMs)-leaseTime/2 {
			t.LeaseRoute, t.LeaseUntilMs = string(e.Route), int64(r.now+leaseTime)
			r.save(t)
		}
		r.tell(SessionAt(Route(t.Route)), AskYield{Email: r.id, Thread: ThreadID(t.ThreadID), To: e.Route})
	}
}

// yielded passes the owner's answer on to the claimant.
func (r *Registry) yielded(e Yielded) {
	t := &r.email
	if t.LeaseRoute != string(e.To) || t.ThreadID != string(e.Thread) || t.Route != string(e.From) {
		return // the claimant asks again, and hears how things are then
	}
	if e.Kept || r.now >= Time(t.LeaseUntilMs)-2*leaseMargin {
		t.LeaseRoute, t.LeaseUntilMs = "", 0
		r.save(t)
		r.tell(SessionAt(e.To), ThreadClaimed{Previous: e.Thread})
		return
	}
	r.tell(SessionAt(e.To), ThreadClaimed{Thread: e.Thread, Previous: e.Thread, Until: Time(t.LeaseUntilMs), From: e.From})
}

// threadOpened notes the thread that the address has now.
func (r *Registry) threadOpened(e ThreadOpened) {
	t := &r.email
	if t.Route != string(e.Route) || t.ThreadID != string(e.Thread) {
		t.ThreadID, t.Route, t.OpenedAtMs = string(e.Thread), string(e.Route), int64(r.now)
		t.LeaseRoute, t.LeaseUntilMs = "", 0
		r.save(t)
	}
	r.tell(SessionAt(e.Route), ThreadNoted{e.Thread})
}
