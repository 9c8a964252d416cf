package chat

import (
	"slices"
	"sort"

	"cloudflarechat/chat/records"
)

func sortClaims(list []*records.ThreadClaim) {
	sort.Slice(list, func(i, j int) bool { return list[i].Key < list[j].Key })
}

func (r *Registry) addOwner(o *records.ThreadOwner) {
	i := sort.Search(len(r.owners), func(i int) bool { return MessageID(o.FromID).Before(MessageID(r.owners[i].FromID)) })
	r.owners = append(r.owners[:i], append([]*records.ThreadOwner{o}, r.owners[i:]...)...)
}

// ownerOf is the index of the owner of a message; -1 is nobody. "" is the
// newest.
func (r *Registry) ownerOf(id MessageID) int {
	if id == "" || defectRange {
		return len(r.owners) - 1
	}
	return sort.Search(len(r.owners), func(i int) bool { return id.Before(MessageID(r.owners[i].FromID)) }) - 1
}

// reserve notes that a session is about to post its divider: until it says
// where that stands, what comes after its predecessor's posts is nobody's.
func (r *Registry) reserve(e ReserveThread) {
	answer := ThreadReserved{Thread: ThreadID(r.id)}
	claim := r.claimOf(e.Route)
	switch {
	case claim != nil:
	case len(r.owners) == 0 || len(r.claims) >= maxClaims || r.takenFrom(e.From) || !defectLease && slices.ContainsFunc(r.claims, r.pending):
		// Whoever else was to take it over may do so yet: a lease ends by clocks,
		// and those can be set back.
		answer.Refused = true
	default:
		key := int64(0)
		for _, c := range r.claims {
			key = max(key, c.Key+1)
		}
		claim = &records.ThreadClaim{Key: key, Route: string(e.Route), Base: r.owners[len(r.owners)-1].Key, UntilMs: int64(e.Until)}
		r.claims = append(r.claims, claim)
		r.save(claim)
	}
	r.tell(SessionAt(e.Route), answer)
}

// takenFrom tells whether the thread has another owner than the one who gave it up: one
// of whom the address's registry has not heard yet, and who is not gone.
func (r *Registry) takenFrom(from Route) bool {
	newest := r.owners[len(r.owners)-1].Route
	return newest != "" && newest != string(from)
}

func (r *Registry) claimOf(route Route) *records.ThreadClaim {
	for _, c := range r.claims {
		if c.Route == string(route) {
			return c
		}
	}
	return nil
}

func (r *Registry) dropClaim(route Route) {
	for i, c := range r.claims {
		if c.Route == string(route) {
			r.claims = append(r.claims[:i:i], r.claims[i+1:]...)
			r.delete(records.TableThreadClaim, c.Key)
			return
		}
	}
}

// own notes from which message on the thread is a session's.
func (r *Registry) own(e OwnThread) {
	if c := r.claimOf(e.Route); c != nil && c.MissedAfter != "" {
		after := MessageID(c.MissedAfter)
		defer func() { r.missed(ThreadNews{News: News{Kind: NewsMissed, Thread: ThreadID(r.id), After: after}}) }()
	}
	r.dropClaim(e.Route)
	if e.Withdraw {
		r.tell(SessionAt(e.Route), ThreadOwned{Thread: ThreadID(r.id)})
		return
	}
	known := false
	key := int64(0)
	for _, o := range r.owners {
		key = max(key, o.Key+1)
		known = known || o.Route == string(e.Route) && o.FromID == string(e.From)
	}
	if !known {
		if len(r.owners) >= maxOwners {
			r.delete(records.TableThreadOwner, r.owners[0].Key)
			r.owners = r.owners[1:]
		}
		o := &records.ThreadOwner{Key: key, FromID: string(e.From), Route: string(e.Route)}
		r.addOwner(o)
		r.save(o)
	}
	last := r.owners[len(r.owners)-1]
	r.tell(SessionAt(e.Route), ThreadOwned{Thread: ThreadID(r.id), Last: last.Route == string(e.Route)})
}

// makingWithin is how long an order, or an answer to an opening post made so lately,
// waits for a thread that is no conversation's: it is there before its registry knows
// it, and for longer where the answer to the opening post was lost. What is written in
// the thread itself is read up.
const makingWithin = 10 * Minute

// news brings what happened to the session whose range it lies in.
func (r *Registry) news(e ThreadNews) {
	i := r.ownerOf(e.News.Message)
	if i < 0 || r.owners[i].Route == "" && e.News.Kind != NewsMissed {
		status := StatusUnknown
		if i < 0 && (e.News.isOrder() && r.now < e.News.At+makingWithin || e.News.Kind == NewsPosted && e.News.Aside && r.now < e.News.Born+makingWithin) {
			status = StatusLater
		}
		r.answer(e.Ticket, status)
		return
	}
	switch e.News.Kind {
	case NewsMissed:
		r.missed(e)
		return
	case NewsThreadGone:
		for _, c := range r.claims {
			r.tell(SessionAt(Route(c.Route)), ThreadNews{News: e.News})
		}
		r.tell(SessionAt(Route(r.owners[i].Route)), e)
		return
	}
	if r.contested(i) {
		r.answer(e.Ticket, StatusLater)
		return
	}
	r.tell(SessionAt(Route(r.owners[i].Route)), ThreadNews{News: r.bounded(e.News, i), Ticket: e.Ticket})
}

// contested tells whether a session may have posted a divider in this owner's
// range of which the registry has not heard.
func (r *Registry) contested(i int) bool {
	for _, c := range r.claims {
		if c.Base == r.owners[i].Key && r.pending(c) {
			return true
		}
	}
	return false
}

// pending tells whether a claim may still come to something. A session that was
// erased on the way takes nothing back any more.
func (r *Registry) pending(c *records.ThreadClaim) bool { return r.now < Time(c.UntilMs)+Day }

func (r *Registry) bounded(n News, i int) News {
	n.From = MessageID(r.owners[i].FromID)
	if i+1 < len(r.owners) {
		n.Until = MessageID(r.owners[i+1].FromID)
	}
	return n
}

// missed makes every owner whose range reaches past the gap read again. Where a
// claim leaves open how far a range reaches, its owner is told once that is
// settled. The ticket goes with the newest owner's.
func (r *Registry) missed(e ThreadNews) {
	last := len(r.owners) - 1
	for i, o := range r.owners {
		n := r.bounded(e.News, i)
		if n.Until != "" && n.Until.Before(e.News.After) {
			continue
		}
		if o.Route == "" { // of somebody who is gone
			if i == last {
				r.answer(e.Ticket, StatusTaken)
			}
			continue
		}
		if r.contested(i) {
			r.missLater(o, e.News.After)
			if i == last {
				r.answer(e.Ticket, StatusTaken)
			}
			continue
		}
		if n.After.Before(MessageID(o.FromID)) {
			n.After = MessageID(o.FromID) // what comes before is another's
		}
		t := ThreadNews{News: n}
		if i == last {
			t.Ticket = e.Ticket
		}
		r.tell(SessionAt(Route(o.Route)), t)
	}
}

// missLater notes in the claims on an owner's range that it has to be read.
func (r *Registry) missLater(o *records.ThreadOwner, after MessageID) {
	for _, c := range r.claims {
		if c.Base == o.Key && (c.MissedAfter == "" || after.Before(MessageID(c.MissedAfter))) {
			c.MissedAfter = string(after)
			r.save(c)
		}
	}
}
