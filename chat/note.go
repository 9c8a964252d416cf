package chat

// Note is a line for the log of whoever runs the host. It holds nothing that a
// visitor or an agent wrote, and no id that opens anything.
type Note struct {
	Grade NoteGrade
	// Component is the part that speaks: a word to filter by.
	Component string
	Text      string
	Facts     []Fact
}

// Fact is a named value of a [Note].
type Fact struct{ Name, Value string }

// NoteGrade says whom a [Note] concerns.
type NoteGrade uint8

// The grades.
const (
	// NoteDebug is for those who look for something.
	NoteDebug NoteGrade = iota
	// NoteInfo says what happened.
	NoteInfo
	// NoteWarn says that somebody should look.
	NoteWarn
)

// EffectName implements [Effect].
func (Note) EffectName() string { return "note" }

const componentSession = "session"

// shortRoute of a route tells conversations apart in a log.
const shortRoute = 8

// note writes down how a conversation goes.
func (s *Session) note(text string) {
	s.emit(Note{NoteInfo, componentSession, text, []Fact{{"conversation", ShortRoute(s.route)}}})
}

// ShortRoute tells conversations apart in a log: the beginning of a route, with
// which nobody can connect.
func ShortRoute(r Route) string { return string(r[:min(len(r), shortRoute)]) }

// ends are how a conversation's time can be over, for a while or for good.
var ends = map[SessionState]string{SessionArchived: "rested", SessionEnded: "ended", SessionBlocked: "blocked"}

// noteState writes down a change of a conversation's state, and how long it took.
func (s *Session) noteState(st SessionState) {
	if end := ends[st]; end != "" && s.state() == SessionOpen {
		s.count(MetricSessionTime, end, float64(Time(s.rec.ActiveAtMs)-Time(s.rec.CreatedAtMs))/float64(Second))
	}
	switch {
	case st == s.state():
	case st == SessionBinding:
		s.note("a conversation begins")
	case st == SessionArchived:
		s.note("a conversation rests: nothing was heard of its visitor for long")
	case st == SessionEnded:
		s.note("a conversation was ended by its visitor")
	case st == SessionBlocked:
		s.note("a visitor was blocked")
	}
}
