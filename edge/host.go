package edge

import (
	"maps"
	"slices"

	"cloudflarechat/chat"
)

// AppendSettings appends what [OpConfigure] reads.
func AppendSettings(b []byte, set map[string]string) []byte {
	b = putUint(b, uint64(len(set)))
	for _, name := range slices.Sorted(maps.Keys(set)) {
		b = putString(putString(b, name), set[name])
	}
	return b
}

// Step is what [OpStep] asks: that an actor takes an event.
type Step struct {
	To   chat.Address
	Life Incarnation
	Now  chat.Time
	// Restore is nil where the host hopes that the actor is in memory.
	Restore *chat.Restore
	Event   chat.Event
}

// Append appends it: kind, key, incarnation, now, then a 0, or a 1 with the timer,
// the rows and the states of the connections; the rest is the event.
func (s *Step) Append(b []byte) []byte {
	w := &writer{AppendDrop(b, s.To)}
	w.string(string(s.Life))
	w.int(int64(s.Now))
	w.bool(s.Restore != nil)
	if s.Restore != nil {
		w.int(int64(s.Restore.Timer))
		w.uint(uint64(len(s.Restore.Rows)))
		for i := range s.Restore.Rows {
			w.putRecordsRow(&s.Restore.Rows[i])
		}
		w.uint(uint64(len(s.Restore.Conns)))
		for i := range s.Restore.Conns {
			at := w.prefix()
			w.putChatConnState(&s.Restore.Conns[i])
			w.measure(at)
		}
	}
	w.event(s.Event)
	return w.b
}

// readStep reads all but the event, which is left.
func readStep(r *reader) (s Step) {
	s.To = readAddress(r)
	s.Life = Incarnation(r.string())
	s.Now = chat.Time(r.int())
	if !r.bool() {
		return s
	}
	s.Restore = &chat.Restore{Timer: chat.Time(r.int())}
	for range r.count() {
		var row chat.Row
		r.readRecordsRow(&row)
		s.Restore.Rows = append(s.Restore.Rows, row)
	}
	for range r.count() {
		var c chat.ConnState
		in := r.inner()
		in.readChatConnState(&c)
		r.join(in)
		s.Restore.Conns = append(s.Restore.Conns, c)
	}
	return s
}

// ReadStep reads what [Step.Append] wrote.
func ReadStep(b []byte) (Step, error) {
	r := &reader{b: b}
	s := readStep(r)
	s.Event = r.event()
	return s, r.err
}

// AppendDrop appends what [OpDrop] reads.
func AppendDrop(b []byte, a chat.Address) []byte { return putString(append(b, byte(a.Kind)), a.Key) }
