package chat

import (
	"sort"
	"strconv"

	"cloudflarechat/chat/records"
)

// AddressKey is where the new conversations of an internet address are counted
// on the day of at: one address of IPv4, a /64 of IPv6, which is what one
// household or machine has. The key is a hash that is salted anew each day, so
// that an address cannot be followed from day to day. "" is no address.
func AddressKey(secret []byte, ip string, at Time) (a Address, ok bool) {
	prefix, ok := AddressPrefix(ip)
	if !ok {
		return a, false
	}
	return Address{KindRegistry, "address:" + encode(keyed(secret, "address", strconv.FormatInt(int64(at/Day), 10), prefix)[:18])}, true
}

func sortBegun(list []*records.AddressSession) {
	sort.Slice(list, func(i, j int) bool { return list[i].AtMs < list[j].AtMs })
}

// admit counts a conversation that begins, once, or says why it may not.
func (r *Registry) admit(e AdmitSession) {
	answer := SessionAdmitted{}
	r.forgetBegun()
	if e.Next != "" && r.now >= r.blocked {
		on := AdmitSession{Route: e.Route, Strict: e.Strict, Earlier: len(r.begun)}
		if len(r.begun) > 0 {
			on.FirstAt = Time(r.begun[0].AtMs)
		}
		r.tell(Address{KindRegistry, e.Next}, on)
		return
	}
	limit := r.cfg.SessionsPerIPHour
	if e.Strict {
		limit = 1
	}
	switch {
	case r.now < r.blocked:
		answer = SessionAdmitted{CodeBlocked, r.blocked}
	case limit > maxAddressSessions || r.counted(e.Route):
	case e.Earlier > 0 && e.Earlier+len(r.begun) >= limit:
		answer = SessionAdmitted{CodeTooManySessions, e.FirstAt + Hour}
	case len(r.begun) >= limit:
		answer = SessionAdmitted{CodeTooManySessions, Time(r.begun[len(r.begun)-limit].AtMs) + Hour}
	default:
		b := &records.AddressSession{Key: r.freeBegun(), Route: string(e.Route), AtMs: int64(r.now)}
		r.begun = append(r.begun, b)
		r.save(b)
	}
	r.tell(SessionAt(e.Route), answer)
}

func (r *Registry) counted(route Route) bool {
	for _, b := range r.begun {
		if b.Route == string(route) {
			return true
		}
	}
	return false
}

// freeBegun is a key that no row has.
func (r *Registry) freeBegun() int64 {
	used := make([]bool, len(r.begun)+1)
	for _, b := range r.begun {
		if b.Key < int64(len(used)) {
			used[b.Key] = true
		}
	}
	for i, u := range used {
		if !u {
			return int64(i)
		}
	}
	panic("chat: more rows than there are")
}

// forgetBegun forgets what began more than an hour ago. A clock that was set
// back makes a row look later than now: it is forgotten too, for it would count
// too long.
func (r *Registry) forgetBegun() {
	var kept []*records.AddressSession
	for _, b := range r.begun {
		if age := r.now - Time(b.AtMs); age >= Hour || age < -Minute {
			r.delete(records.TableAddressSession, b.Key)
			continue
		}
		kept = append(kept, b)
	}
	r.begun = kept
}

// block keeps everybody at the address from beginning for a while.
func (r *Registry) block(e BlockAddress) {
	if e.Until <= r.blocked || e.Until <= r.now {
		return
	}
	r.blocked = e.Until
	r.save(&records.AddressBlock{UntilMs: int64(e.Until)})
}

// wakeAt sets the timer where none is set: rest looks what is left then.
func (r *Registry) wakeAt(at Time) {
	if r.timer == 0 {
		r.timer = at
		r.out = append(r.out, SetTimer{at})
	}
}

// restAt is when nothing of the address counts any more.
func (r *Registry) restAt() Time {
	at := max(r.blocked, r.now)
	if len(r.begun) > 0 {
		at = max(at, Time(r.begun[len(r.begun)-1].AtMs)+Hour)
	}
	return at
}

// rest forgets the address when nothing of it counts any more.
func (r *Registry) rest() []Effect {
	r.forgetBegun()
	if len(r.begun) == 0 && r.now >= r.blocked {
		r.timer = 0
		return []Effect{Erase{}}
	}
	r.timer = r.restAt()
	effects := []Effect{SetTimer{r.timer}}
	if len(r.rows) > 0 {
		effects = append([]Effect{Save{r.rows}}, effects...)
	}
	return effects
}
