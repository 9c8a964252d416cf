package discord

import (
	"strconv"
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
	// sweepAnswers waits until all that was told is taken.
	sweepAnswers
	// sweepActiveAgain lists the active threads once more: one that a post took out of the archive after the first list and before the
	// page of the archive stood in neither.
	sweepActiveAgain
	// sweepChannel reads the support channel itself, for what people answered to opening posts there.
	sweepChannel
)

// sweep looks up the threads in which something may have happened during a gap of the Gateway, and tells their registries.
// It has the lowest priority, and goes on after a crash.
type sweep struct {
	phase sweepPhase
	// after is the newest message known before the gap, and epoch that of the time after it.
	after wire.Snowflake
	epoch chat.MessageID
	// before is the page that comes next; of the support channel, the message after which it begins.
	before string
	// queue is what is to be told, or was told and is not known to be taken; tellAt is when some of it is to be told next, 0 is never.
	queue  []*missed
	tellAt chat.Time
	// tries is how often the support channel was read before in vain, for somebody could not take yet what stands there, and again when it may
	// be read the next time.
	tries int
	again chat.Time
	busy  bool
	next  chat.Time
	round int
	// told are the threads that were queued, at most maxTold: they need not be told twice.
	told map[chat.ThreadID]bool
	// since is when the page under way could first have been asked for.
	since chat.Time
	// safe is what a restart goes on from: a place before which all that was found is taken.
	safe sweepPlace
}

// missed is a thread of which posts after one may be missed, or an answer to its opening post, which no reading of the thread shows.
type missed struct {
	_      unequal
	thread chat.ThreadID
	after  chat.MessageID
	answer *chat.News
	// locked: it takes nothing more, which may have been missed too.
	locked bool
	// ticket is under which it is told, next when, and tries how often it was.
	ticket chat.Ticket
	next   chat.Time
	tries  int
}

// sweepPlace is a place in a sweep.
type sweepPlace struct {
	phase  sweepPhase
	before string
}

const (
	// tellsEachStep bounds what one step tells: at the edge each is a request to another object.
	tellsEachStep = 20
	tellPause     = chat.Second / 10
	// maxTold is twice what can be active in a server.
	maxTold = 2000
	// tellAgain is after how long what was told is told once more where nobody took it, each time later up to tellAtLast. What nobody took
	// mostTells times, which is two days, nobody will.
	tellAgain  = 15 * chat.Second
	tellAtLast = 10 * chat.Minute
	mostTells  = 300
	// mostOpen is with how many that are not taken yet the next page is asked for.
	mostOpen = 100
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
	name := "sweep"
	if s.tries > 0 {
		name += " " + strconv.Itoa(s.tries)
	}
	e.saveFact(keySweep, records.Egress{Name: name, Int: int64(s.safe.phase), AtMs: int64(s.again),
		Text: string(s.after) + "|" + s.safe.before + "|" + string(s.epoch)})
}

// load goes on where it is safe to.
func (s *sweep) load(f records.Egress) {
	word := strings.SplitN(f.Text, "|", 3)
	if len(word) != 3 || !wire.Snowflake(word[0]).Valid() || f.Int < int64(sweepActive) || f.Int > int64(sweepChannel) || f.Int == int64(sweepAnswers) {
		return
	}
	s.phase, s.after, s.before, s.epoch = sweepPhase(f.Int), wire.Snowflake(word[0]), word[1], chat.MessageID(word[2])
	s.safe = sweepPlace{phase: s.phase, before: s.before}
	if s.phase == sweepChannel { // it is read from its beginning
		_, tries, _ := strings.Cut(f.Name, " ")
		s.tries, _ = strconv.Atoi(tries)
		s.before, s.next, s.safe.before = "", chat.Time(f.AtMs), ""
	}
}

// wake is when the sweep moves on; 0 is never. While it waits for an answer the timer is what a crash leaves behind to go on with.
func (s *sweep) wake(e *Egress) chat.Time {
	if s.phase == sweepNone || e.health.TokenDead {
		return 0
	}
	at := s.tellAt
	switch {
	case s.busy || at == 0 && !e.place.known():
		at = e.now + lostAfter
		if s.tellAt != 0 {
			at = min(at, s.tellAt)
		}
	case s.asks():
		page := e.jobWake(s.next)
		if e.ring.waiting(classLow) {
			page = max(page, s.next+sweepPatience)
		}
		if at == 0 || page < at {
			at = page
		}
	}
	return max(at, e.now+1)
}

// asks says whether there is a page to be asked for. The support channel is read once all else is taken.
func (s *sweep) asks() bool {
	if s.phase == sweepChannel && s.before == "" {
		return len(s.queue) == 0
	}
	return s.phase != sweepAnswers && len(s.queue) < mostOpen
}

// found queues something to be told.
func (e *Egress) found(m *missed) {
	e.nextID++
	m.ticket = chat.Ticket(chat.DeskTicket + strconv.FormatUint(e.nextID, 36))
	e.sweep.queue, e.sweep.tellAt = append(e.sweep.queue, m), e.now
}

// tellMissed tells what is due.
func (e *Egress) tellMissed() {
	s := &e.sweep
	s.tellAt = 0
	told := 0
	for i := 0; i < len(s.queue); i++ {
		m := s.queue[i]
		if m.next <= e.now && told < tellsEachStep {
			if m.answer != nil && m.tries > 0 {
				e.readAgain()
				return
			}
			if m.tries >= mostTells {
				s.queue = append(s.queue[:i], s.queue[i+1:]...)
				i--
				continue
			}
			told++
			n, tries := m.answer, s.tries-1
			if n == nil {
				n, tries = &chat.News{Kind: chat.NewsMissed, Thread: m.thread, After: m.after, Epoch: s.epoch}, m.tries
			}
			e.emit(chat.Tell{To: chat.ThreadKey(m.thread), Event: chat.ThreadNews{News: *n, Ticket: m.ticket}})
			if m.locked {
				e.emit(chat.Tell{To: chat.ThreadKey(m.thread), Event: chat.ThreadNews{News: chat.News{Kind: chat.NewsThreadGone, Thread: m.thread}}})
			}
			m.next = e.now + tellWait(tries)
			m.tries++
		}
		if at := max(m.next, e.now+tellPause); s.tellAt == 0 || at < s.tellAt {
			s.tellAt = at
		}
	}
}

func tellWait(tries int) chat.Time { return min(tellAgain<<min(tries, 6), tellAtLast) }

// readAgain reads the support channel once more: what was told may have been edited or deleted since.
func (e *Egress) readAgain() {
	s := &e.sweep
	*s = sweep{phase: sweepChannel, after: s.after, epoch: s.epoch, round: s.round + 1, tries: s.tries, again: s.again, safe: s.safe, next: e.now}
}

// taken takes in that somebody took what was told, or will not.
func (e *Egress) taken(ev chat.NewsAnswered) {
	s := &e.sweep
	for i, m := range s.queue {
		if m.ticket == ev.Ticket && ev.Status != chat.StatusLater {
			s.queue = append(s.queue[:i], s.queue[i+1:]...)
			e.allTaken()
			return
		}
	}
}

// allTaken notes how far a sweep has come once all that was found is taken.
func (e *Egress) allTaken() {
	s := &e.sweep
	if s.phase == sweepNone || len(s.queue) > 0 {
		return
	}
	s.tellAt = 0
	if s.phase == sweepAnswers {
		*s = sweep{round: s.round}
	} else if s.phase != sweepChannel {
		s.safe = sweepPlace{s.phase, s.before}
	}
	e.saveSweep()
}

func (e *Egress) moveSweep() {
	s := &e.sweep
	if s.phase == sweepNone {
		return
	}
	if s.tellAt != 0 && s.tellAt <= e.now {
		e.tellMissed()
		e.allTaken()
	}
	if s.busy || s.next > e.now || s.phase == sweepNone || !s.asks() {
		return
	}
	if s.tries >= mostTells {
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
	case sweepChannel:
		f.step = stepSweepChannel
		if f.after = wire.Snowflake(s.before); f.after == "" {
			// Whoever told of the gap may have a clock that is ahead; what was taken already is known.
			at := s.after.TimeMs()
			if epoch := wire.Snowflake(s.epoch); epoch.Valid() {
				at = min(at, epoch.TimeMs())
			}
			f.after = wire.SnowflakeAt(at - int64(editMargin))
		}
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
	if f.step == stepSweepChannel {
		e.sweptChannel(body)
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
		if t.ParentID != e.opt.Channel || !t.Locked && after.Compare(t.LastMessageID) > 0 {
			continue
		}
		m := &missed{thread: chat.ThreadID(t.ID), after: chat.MessageID(after), locked: t.Locked}
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
		e.found(m)
	}
	if over || f.step == stepSweepActive {
		e.endPhase()
	}
	e.allTaken()
}

// sweptChannel takes in a page of the support channel.
func (e *Egress) sweptChannel(body []byte) {
	s := &e.sweep
	list, err := wire.ParseMessages(body)
	if err != nil || !e.place.known() { // whose posts count is just asked anew
		s.next = e.now + shortWait
		return
	}
	if s.before == "" {
		s.again = e.now + tellWait(s.tries)
		s.tries++
		s.safe = sweepPlace{phase: sweepChannel}
		e.saveSweep()
	}
	place := Place{Channel: e.opt.Channel, Bot: e.place.bot, Epoch: s.epoch}
	over := len(list) < pageSize
	for i := len(list) - 1; i >= 0; i-- {
		m := &list[i]
		if wire.Snowflake(s.epoch).Valid() && wire.Snowflake(s.epoch).Compare(m.ID) < 0 {
			over = true // it was written after the gap, and so was all that follows
			break
		}
		s.before = string(m.ID)
		m.GuildID = e.place.guild
		news := place.posted(m, chat.NewsPosted).News
		if m.EditedMs != 0 { // it may have been taken as it was before
			news = append(news, place.posted(m, chat.NewsEdited).News...)
		}
		for _, n := range news {
			e.found(&missed{thread: n.Thread, answer: &n})
		}
	}
	if over {
		e.endPhase()
	}
	e.allTaken()
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
	case s.phase == sweepActiveAgain && e.kind() == ThreadsPublic:
		s.phase, s.next = sweepChannel, e.now+sweepPatience // who reads a thread takes nothing else
	default:
		s.phase = sweepAnswers
	}
}
