package discord

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// sweepPhase is how far a sweep has come. Its numbers are on disk.
type sweepPhase int64

const (
	sweepNone sweepPhase = iota
	// sweepActive lists the active threads of the server: one request.
	sweepActive
	// sweepArchived lists archived threads page by page, until they were archived before the gap.
	sweepArchived
	// sweepPrivate does so for archived private threads, where the conversations' are.
	sweepPrivate
	// sweepLinger waits a little: what was told may have been lost with a host that died.
	sweepLinger
	// sweepActiveAgain lists the active threads once more: one that a post took out of the archive after the first list and before the
	// page of the archive stood in neither.
	sweepActiveAgain
)

// sweep looks up the threads in which something may have happened during a gap of the Gateway, and tells their registries.
// It has the lowest priority, and goes on after a crash.
type sweep struct {
	phase sweepPhase
	// after is the newest message known before the gap, and epoch that of the time after it.
	after wire.Snowflake
	epoch chat.MessageID
	// before is the page that comes next.
	before string
	// queue are the threads whose registries are to be told.
	queue []missed
	busy  bool
	next  chat.Time
	round int
	// told are the threads that were queued, at most maxTold: they need not be told twice.
	told map[chat.ThreadID]bool
	// since is when the page under way could first have been asked for.
	since chat.Time
	// safe is what a restart goes on from: a place up to which everything was told long enough ago. later is the candidate for the next.
	safe, later sweepPlace
}

// missed is a thread of which posts after one may be missed.
type missed struct {
	thread chat.ThreadID
	after  chat.MessageID
}

// sweepPlace is a place in a sweep, and when everything before it had been told.
type sweepPlace struct {
	phase  sweepPhase
	before string
	at     chat.Time
}

const (
	// tellsEachStep bounds what one step tells: at the edge each is a request to another object.
	tellsEachStep = 20
	tellPause     = chat.Second / 10
	// maxTold is twice what can be active in a server.
	maxTold = 2000
	// toldSafely is after how long what was told is taken for heard.
	toldSafely = 60 * chat.Second
	// gapMargin widens a gap: clocks differ, and events are late.
	gapMargin = chat.Minute
	// editMargin is how much further back the posts of live threads are read again: an edit moves nothing that a list of threads shows.
	editMargin = chat.Hour
	// sweepPatience is how long a sweep lets those go first who wait for a slot.
	sweepPatience = 5 * chat.Second
)

// gap begins a sweep, or widens the one under way.
func (e *Egress) gap(ev GatewayGap) {
	s := &e.sweep
	after := wire.Snowflake(ev.After)
	if !after.Valid() {
		at := ev.At
		if at == 0 {
			at = e.now
		}
		after = wire.SnowflakeAt(int64(at - gapMargin))
	}
	if s.phase != sweepNone && s.after.Compare(after) < 0 {
		after = s.after
	}
	*s = sweep{phase: sweepActive, after: after, epoch: ev.Epoch, round: s.round + 1, next: e.now}
	s.safe = sweepPlace{phase: sweepActive}
	e.saveSweep()
}

func (e *Egress) saveSweep() {
	s := &e.sweep
	if s.phase == sweepNone {
		e.saveFact(keySweep, records.Egress{})
		return
	}
	e.saveFact(keySweep, records.Egress{Name: "sweep", Int: int64(s.safe.phase), Text: string(s.after) + "|" + s.safe.before + "|" + string(s.epoch)})
}

// load goes on where it is safe to.
func (s *sweep) load(f records.Egress) {
	word := strings.SplitN(f.Text, "|", 3)
	if len(word) != 3 || !wire.Snowflake(word[0]).Valid() || f.Int < int64(sweepActive) || f.Int > int64(sweepActiveAgain) || f.Int == int64(sweepLinger) {
		return
	}
	s.phase, s.after, s.before, s.epoch = sweepPhase(f.Int), wire.Snowflake(word[0]), word[1], chat.MessageID(word[2])
	s.safe = sweepPlace{phase: s.phase, before: s.before}
}

// wake is when the sweep moves on; 0 is never. While it waits for an answer the timer is what a crash leaves behind to go on with.
func (s *sweep) wake(e *Egress) chat.Time {
	if s.phase == sweepNone || e.health.TokenDead {
		return 0
	}
	if s.busy || len(s.queue) == 0 && s.phase != sweepLinger && !e.place.known() {
		return e.now + lostAfter
	}
	at := max(s.next, e.now+1)
	if len(s.queue) == 0 && s.phase != sweepLinger {
		at = max(at, chat.Time(e.sched.Gate(int64(e.now))))
		if e.ring.waiting(classLow) {
			at = max(at, s.next+sweepPatience)
		}
	}
	return at
}

func (e *Egress) moveSweep() {
	s := &e.sweep
	if s.phase == sweepNone || s.busy || s.next > e.now {
		return
	}
	if s.later.at != 0 && s.later.at+toldSafely <= e.now && s.phase != sweepLinger {
		s.safe, s.later = s.later, sweepPlace{}
		e.saveSweep()
	}
	if len(s.queue) > 0 {
		n := min(len(s.queue), tellsEachStep)
		for _, m := range s.queue[:n] {
			e.emit(chat.Tell{To: chat.ThreadKey(m.thread), Event: chat.ThreadNews{News: chat.News{Kind: chat.NewsMissed, Thread: m.thread,
				After: m.after, Epoch: s.epoch}}})
		}
		s.queue = s.queue[n:]
		s.next = e.now + tellPause
		if len(s.queue) == 0 {
			if s.later.at == 0 {
				s.later = sweepPlace{phase: s.phase, before: s.before, at: e.now}
			}
			if s.phase == sweepLinger {
				s.next = e.now + toldSafely
			}
		}
		return
	}
	if s.phase == sweepLinger {
		*s = sweep{round: s.round}
		e.saveSweep()
		return
	}
	if s.since == 0 {
		s.since = e.now
	}
	if !e.open() || e.ring.waiting(classLow) && e.now < s.next+sweepPatience {
		return
	}
	f := &flight{round: s.round, before: s.before}
	switch s.phase {
	case sweepActive, sweepActiveAgain:
		f.step = stepSweepActive
	case sweepArchived:
		f.step = stepSweepArchived
	case sweepPrivate:
		f.step = stepSweepPrivate
	}
	s.busy = true
	e.launch(f)
}

func (e *Egress) sweepAnswered(f *flight, v *rest.Verdict, body []byte) {
	s := &e.sweep
	if f.round != s.round {
		return
	}
	s.busy, s.next = false, e.now
	if v.Class == rest.OK {
		s.since = 0
	}
	if v.Class != rest.OK {
		switch {
		case v.Class == rest.TokenDead:
			e.tokenDead()
		case v.Class == rest.Misconfigured && f.step == stepSweepPrivate:
			// Without MANAGE_THREADS nobody can list them; the owner hears of it.
			e.health.SweepIncomplete = true
			e.endPhase()
		default:
			s.next = max(chat.Time(v.RetryAt), e.now+shortWait)
		}
		return
	}
	list, err := wire.ParseThreadList(body)
	if err != nil {
		s.next = e.now + shortWait
		return
	}
	begun := s.after.TimeMs() - int64(gapMargin)
	after := s.after
	if f.step == stepSweepActive {
		after = wire.SnowflakeAt(s.after.TimeMs() - int64(editMargin))
	}
	over := !list.HasMore || len(list.Threads) == 0
	for i := range list.Threads {
		t := &list.Threads[i]
		if f.step != stepSweepActive {
			if s.before = t.ArchiveTimestamp; t.ArchiveMs != 0 && t.ArchiveMs < begun {
				over = true
				break
			}
		}
		if wire.Snowflake(s.epoch).Valid() && wire.Snowflake(s.epoch).Compare(t.ID) < 0 {
			continue // it was opened after the gap
		}
		if t.ParentID != e.opt.Channel || after.Compare(t.LastMessageID) > 0 {
			continue
		}
		m := missed{thread: chat.ThreadID(t.ID), after: chat.MessageID(after)}
		if s.told[m.thread] {
			continue
		}
		if s.told == nil {
			s.told = map[chat.ThreadID]bool{}
		}
		if len(s.told) < maxTold {
			s.told[m.thread] = true
		}
		if after.Compare(t.ID) < 0 {
			m.after = chat.MessageID(t.ID) // there is nothing before the thread
		}
		s.queue = append(s.queue, m)
	}
	if over || f.step == stepSweepActive {
		e.endPhase()
	}
}

// endPhase goes on to the next phase.
func (e *Egress) endPhase() {
	s := &e.sweep
	s.before = ""
	switch {
	case s.phase == sweepActive && !defectArchived:
		s.phase = sweepArchived
	case s.phase == sweepArchived && e.kind() == ThreadsPrivate:
		s.phase = sweepPrivate
	case s.phase == sweepArchived || s.phase == sweepPrivate:
		s.phase = sweepActiveAgain
	default:
		s.phase = sweepLinger
		if len(s.queue) == 0 {
			s.next = e.now + toldSafely
		}
	}
}
