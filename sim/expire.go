package sim

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

const (
	// retentionMs is how long a conversation is kept: longer than any schedule.
	retentionMs = 24 * hour
	// expireMs is until when all that leads to a conversation must be gone with it: their team hears a day before the end of what was never read, and what leads to
	// a conversation is asked for it a day after.
	expireMs = retentionMs + 6*24*hour
)

// expire lets everybody leave and time pass, and holds that every conversation is gone then, and all that led to it.
func (s *Sim) expire() {
	s.say("everybody leaves for good")
	s.left = true
	for _, v := range s.visitors {
		for _, t := range v.tabs {
			t.leave()
		}
	}
	if !s.runUntil(s.now + minute) {
		s.fail("the schedule does not end: %d steps", s.steps)
		return
	}
	// In so long a time a host learns of every connection that it is dead.
	for _, l := range s.allLinks() {
		l.tellHost(false)
	}
	s.steps = 0
	if !s.runUntil(s.now + expireMs) {
		s.fail("what is kept of people does not end: %d steps", s.steps)
		return
	}
	d := s.host.disk
	kept := func(route string) bool {
		return len(d.of(chat.SessionAt(chat.Route(route))).rowsOf(records.TableSession, 0, 0)) > 0
	}
	for _, a := range append([]chat.Address(nil), d.order...) {
		shelf := d.actors[a]
		for _, row := range shelf.rowsOf(records.TableSession, 0, 0) {
			o := records.SessionOf(row)
			s.fail("kept for too long: the conversation %s, in state %d", a.Key, o.State)
		}
		for _, row := range shelf.rowsOf(records.TableThreadOwner, 0, 0) {
			if o := records.ThreadOwnerOf(row); o.Route != "" && !kept(o.Route) {
				s.fail("kept for too long: who owns a range of %s", a.Key)
			}
		}
		for _, row := range shelf.rowsOf(records.TableEmailThread, 0, 0) {
			if !kept(records.EmailThreadOf(row).Route) {
				s.fail("kept for too long: the thread of %s", a.Key)
			}
		}
		for _, row := range shelf.rowsOf(records.TableEmailSession, 0, 0) {
			if !kept(records.EmailSessionOf(row).Route) {
				s.fail("kept for too long: a conversation of %s", a.Key)
			}
		}
	}
}
