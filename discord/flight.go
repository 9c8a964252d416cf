package discord

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// step says how far a flight is; a call takes one request, or looks before and mends after it.
type step uint8

const (
	// stepMain makes the request that the call is about.
	stepMain step = iota
	// stepLook reads messages, to see whether an earlier attempt had its effect.
	stepLook
	// stepLookActive and stepLookArchived look for the thread of an earlier attempt among the active and the archived ones.
	stepLookActive
	stepLookArchived
	// stepThread asks whether a thread that was put away is locked too, before it is brought back for a name or a mark.
	stepThread
	// stepReopen unarchives the thread before the main request.
	stepReopen
	// stepLookFirst and stepFirst look for, and post, the first message of a private thread that was just made or found.
	stepLookFirst
	stepFirst
	// stepHistory asks for one message, where a page was empty: without the permission to read a thread's history Discord gives empty pages.
	stepHistory
	// stepPlainName opens the thread under a name without a visitor's words, which Discord refused.
	stepPlainName

	// The steps of the Egress's own jobs.
	stepMe
	stepChannel
	stepSweepActive
	stepSweepArchived
	stepSweepPrivate
	stepSweepChannel
	stepRoomList
	stepRoomArchive
	stepRoomTell
	stepHintLook
	stepHintTell
	stepUnwell
	stepWell
	stepPlan
)

// flight is one call on its way, or one request of the Egress's own.
type flight struct {
	// id is that of the open Call; 0 while the flight waits for a permit.
	id     uint64
	permit rest.Permit
	// sched gave the permit: a dead token's scheduler is replaced while its calls are still open.
	sched *rest.Scheduler
	// conv and call are of a conversation; conv is nil for an own job.
	conv *conv
	call chat.DeskCall
	step step
	req  rest.Request
	// begun is when the open Call was emitted; retryAt is when a waiting flight asks for a permit again.
	begun, retryAt chat.Time
	// after and before are the places to which a look has come.
	after  wire.Snowflake
	before string
	// thread is the thread that was made or found.
	thread wire.Snowflake
	// held is set while it waits at the ramp: nothing of it has left.
	held bool
	// looked is set once an earlier attempt was looked for.
	looked bool
	// turned is set once the active threads are looked at for the second time.
	turned bool
	// unlocked: its thread is put away and not locked, since the bot may not do that.
	unlocked bool
	// asked is set once it was asked whether a thread that does not open is locked.
	asked bool
	// reopened is set once, so that a thread that archives itself at once is not reopened for ever.
	reopened bool
	// asksFor is the step whose page was empty; read is set once it is known that it may be.
	asksFor step
	read    bool
	// round is that of the sweep that a page belongs to.
	round int
}

// ownFlights is how many requests of the Egress's own may be open beside those of conversations.
const ownFlights = 4

// shortWait is how long a call that is half done holds its slot for its next permit. After it the call goes back to its conversation.
const shortWait = 5 * chat.Second

func (e *Egress) flightOf(c *conv) *flight {
	for _, f := range e.flights {
		if f.conv == c {
			return f
		}
	}
	return nil
}

func (e *Egress) removeFlight(f *flight) {
	for i := range e.flights {
		if e.flights[i] == f {
			switch {
			case f.held:
				e.held--
			case f.conv != nil:
				e.calls--
			}
			e.flights = append(e.flights[:i], e.flights[i+1:]...)
			return
		}
	}
}

// lowPatience is how long a mark or a read leaves the last of the budget to posts. After it, it counts like one: under a load that never ends it would
// wait for ever.
const lowPatience = 30 * chat.Second

// lookBack is how much earlier than its oldest message an opening post is looked for: clocks differ, and are set.
const lookBack = 3 * chat.Hour

// leave sends a flight's request.
func (e *Egress) leave(f *flight, p rest.Permit) {
	e.nextID++
	f.id, f.permit, f.sched, f.begun, f.retryAt = e.nextID, p, e.sched, e.now, 0
	e.emit(Call{ID: f.id, Request: f.req})
}

// proceed sets a flight's next request going, or lets it wait a moment for its permit, or gives it back.
func (e *Egress) proceed(f *flight, s step) {
	f.step, f.id = s, 0
	if s == stepMain && f.conv != nil {
		f.step = e.lookFirst(f)
	}
	if f.conv != nil && posts(f) && tooLate(&f.call, e.now) {
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		return
	}
	f.req = e.request(f)
	e.tryLeave(f)
}

// posts says whether a flight's request is one that must not be made too late.
func posts(f *flight) bool {
	return f.step == stepMain || f.step == stepFirst || f.step == stepReopen
}

func (e *Egress) tryLeave(f *flight) {
	d := e.sched.Reserve(int64(e.now), &f.req)
	switch {
	case d.Go:
		e.leave(f, d.Permit)
	case d.Reason == rest.DeadToken:
		e.tokenDead()
		e.giveBack(f, 0, "")
	case d.At-int64(e.now) > int64(shortWait):
		until := chat.Time(0)
		if !d.All {
			until = chat.Time(d.At)
		}
		e.giveBack(f, until, "")
	default:
		f.retryAt = chat.Time(d.At)
	}
}

// resume tries the flights that wait for a permit.
func (e *Egress) resume() {
	for _, f := range e.flightsWhere(func(f *flight) bool { return f.id == 0 && f.retryAt <= e.now }) {
		switch {
		case f.held:
			e.depart(f)
		case f.conv != nil && posts(f) && tooLate(&f.call, e.now):
			e.finish(f, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		case f.conv != nil && f.step == stepMain:
			e.proceed(f, stepMain) // which may have to look first by now
		default:
			e.tryLeave(f)
		}
	}
}

// flightsWhere gives the flights of which a condition holds, in the order of their beginning. Mostly there is none.
func (e *Egress) flightsWhere(is func(*flight) bool) (list []*flight) {
	for _, f := range e.flights {
		if is(f) {
			list = append(list, f)
		}
	}
	return list
}

// giveBack drops a flight whose next request will not leave soon: nothing of it has happened that a repeat would double.
// Until (0: no time of its own) its conversation is not asked again, because of why.
func (e *Egress) giveBack(f *flight, until chat.Time, why chat.Code) {
	e.removeFlight(f)
	if f.conv == nil {
		e.jobBack(f, until)
		return
	}
	c := f.conv
	e.halts[scopeOf(f.call.Kind)].ended(f)
	if f.call.Kind == chat.CallTyping {
		e.settle(c, &f.call, chat.DeskResult{Outcome: chat.OutcomeTooLate})
		return
	}
	c.unsent, c.more = e.unsent(&f.call), false
	if f.thread != "" {
		c.unsent = 0 // a thread was made, and somebody may put it away meanwhile: it is looked for among those too
	}
	c.class = classOf(f.call.Kind)
	if until > e.now {
		e.ring.block(c, e.now, until, why)
		return
	}
	e.ring.wait(c, e.now, true)
}

// finish ends a conversation's call.
func (e *Egress) finish(f *flight, result chat.DeskResult) {
	e.removeFlight(f)
	e.halts[scopeOf(f.call.Kind)].ended(f)
	if result.Outcome == chat.OutcomeDone {
		e.health.LastSuccess = e.now
		if f.call.Kind == chat.CallPost {
			e.postedAt = e.now
		}
	}
	if result.Outcome != chat.OutcomeDoubt {
		f.conv.bad, f.conv.shut, f.conv.badAt = 0, 0, 0
	}
	if result.Outcome == chat.OutcomeRefused && result.Code == "" {
		result.Code = chat.CodeRefused
	}
	result.Looked = f.looked
	e.settle(f.conv, &f.call, result)
}

// loseOld takes answers that did not come for lost.
func (e *Egress) loseOld() {
	for _, f := range e.flightsWhere(func(f *flight) bool { return f.id != 0 && f.begun+lostAfter <= e.now }) {
		e.lose(f)
	}
}

func (e *Egress) lose(f *flight) {
	e.answered(f, &CallDone{ID: f.id, Failure: FailureLost})
}

// done takes in what became of a request.
func (e *Egress) done(ev CallDone) {
	for _, f := range e.flights {
		if f.id != 0 && f.id == ev.ID {
			e.answered(f, &ev)
			return
		}
	}
}

// nameless says that the name of a thread which is there already would keep its visitor waiting: two changes of it are allowed in ten minutes. It goes on with
// the name that it was made with.
func (e *Egress) nameless(f *flight, until chat.Time) bool {
	return f.call.Kind == chat.CallOpen && e.kind() != ThreadsPublic && f.step == stepMain && until > e.now+leastMisset &&
		chat.Time(e.sched.Gate(int64(e.now))) <= e.now
}

// answered takes in the answer to a flight's open request.
func (e *Egress) answered(f *flight, ev *CallDone) {
	v := f.sched.Done(int64(e.now), f.permit, rest.Outcome{Failure: ev.Failure, Status: ev.Status, Header: ev.Header, Body: ev.Body})
	e.rows.unsaved = e.rows.unsaved || v.Save
	f.id = 0
	e.note(ev, &v)
	e.noteAnswer(f, ev, &v)
	e.countAnswer(f, ev)
	if f.conv == nil {
		e.jobAnswered(f, &v, ev.Body)
		return
	}
	until := chat.Time(0)
	if v.RetryAt > int64(e.now) {
		until = chat.Time(v.RetryAt)
	}
	if v.Counts {
		until = e.heavy(f, until)
	}
	switch v.Class {
	case rest.OK:
		e.halts[scopeOf(f.call.Kind)].passed(e.now)
		e.succeeded(f, ev.Body)
	case rest.AlreadyDone:
		e.halts[scopeOf(f.call.Kind)].passed(e.now)
		e.already(f, true)
	case rest.RetryLater:
		if e.nameless(f, until) {
			e.already(f, false)
			return
		}
		e.giveBack(f, until, "")
	case rest.InDoubt:
		if !posts(f) && f.step != stepPlainName {
			e.giveBack(f, until, "") // it only looked: nothing is in doubt that was not before
			return
		}
		f.conv.notBefore = until
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDoubt})
	case rest.Misconfigured:
		if f.step == stepLookArchived && e.kind() == ThreadsPrivate {
			// Without MANAGE_THREADS nobody can list them: what can be seen is among the active ones, and the owner hears of it.
			e.health.SweepIncomplete, f.turned = true, true
			e.proceed(f, stepLookActive)
			return
		}
		if f.step == stepHistory {
			e.unread = unread{e.now, "a thread cannot be read: the bot may not read the message history (" + strconv.Itoa(v.Code) + ")"}
			e.noHistory, e.history = e.now+leastMisset, 0
			e.giveBack(f, max(until, e.noHistory), chat.CodeDeskMisset)
			return
		}
		if f.call.Kind == chat.CallOpen && e.kind() != ThreadsPublic {
			e.already(f, false) // a name is worth no halt: what is posted next will tell
			return
		}
		if (v.Code == missingPermission || v.Code == twoFactorNeeded) && e.doesWithout(f) {
			return
		}
		e.misset(f, &v, until)
	case rest.TokenDead:
		e.tokenDead()
		e.giveBack(f, 0, "")
	case rest.ThreadsFull:
		e.full(f, until)
	default:
		e.failed(f, &v, until)
	}
}
