package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// startJob sets a request of the Egress's own going.
func (e *Egress) startJob(s step, round int) *flight {
	f := &flight{step: s, round: round}
	e.launch(f)
	return f
}

func (e *Egress) launch(f *flight) {
	e.flights = append(e.flights, f)
	f.req = e.requestOf(f)
	if f.step == stepSweepActive || f.step == stepSweepArchived || f.step == stepSweepPrivate || f.step == stepSweepChannel {
		f.req.Low = e.now < e.sweep.since+lowPatience
	}
	e.tryLeave(f)
}

func (e *Egress) jobRequest(f *flight) rest.Request {
	switch f.step {
	case stepMe:
		return rest.Me()
	case stepChannel:
		return rest.GetChannel(e.opt.Channel)
	case stepSweepArchived:
		return rest.ArchivedThreads(e.opt.Channel, f.before, pageSize)
	case stepSweepPrivate:
		return rest.ArchivedPrivateThreads(e.opt.Channel, f.before, pageSize)
	case stepSweepChannel:
		return rest.MessagesAfter(e.opt.Channel, orZero(f.after), pageSize)
	case stepRoomArchive:
		yes := true
		return rest.SetThread(f.thread, rest.ThreadState{Archived: &yes})
	case stepHintLook, stepHintTell:
		return e.hint.request(e, f.step)
	case stepUnwell, stepWell:
		return e.unwellRequest(f)
	case stepPlan:
		return e.plan.request(e)
	default:
		return e.teamPost(roomTitle, rest.Post{Content: roomText, Nonce: roomNonce(e.now), Flags: wire.FlagSuppressEmbeds})
	}
}

// jobAnswered takes in the answer to a request of the Egress's own.
func (e *Egress) jobAnswered(f *flight, v *rest.Verdict, body []byte) {
	e.removeFlight(f)
	switch f.step {
	case stepMe, stepChannel:
		e.placeAnswered(f, v, body)
	case stepSweepActive, stepSweepArchived, stepSweepPrivate, stepSweepChannel:
		e.sweepAnswered(f, v, body)
	case stepHintLook, stepHintTell:
		e.hintAnswered(f, v, body)
	case stepUnwell, stepWell:
		e.unwellAnswered(f, v)
	case stepPlan:
		e.planAnswered(v)
	default:
		e.roomAnswered(f, v, body)
	}
}

// jobBack takes in that a request of the Egress's own could not leave for a while.
func (e *Egress) jobBack(f *flight, until chat.Time) {
	v := rest.Verdict{Class: rest.RetryLater, RetryAt: int64(max(until, e.now+shortWait))}
	switch f.step {
	case stepMe, stepChannel:
		e.placeAnswered(f, &v, nil)
	case stepSweepActive, stepSweepArchived, stepSweepPrivate, stepSweepChannel:
		e.sweepAnswered(f, &v, nil)
	case stepHintLook, stepHintTell:
		e.hintAnswered(f, &v, nil)
	case stepUnwell, stepWell:
		e.unwellAnswered(f, &v)
	case stepPlan:
		e.planAnswered(&v)
	default:
		e.roomAnswered(f, &v, nil)
	}
}

// jobWake says when a job that may go on at a time is looked at again: where all slots are taken, the answer that frees one brings it on.
func (e *Egress) jobWake(next chat.Time) chat.Time {
	if !e.place.known() || e.calls >= e.opt.MaxInFlight {
		return e.now + lostAfter
	}
	return max(next, chat.Time(e.sched.Gate(int64(e.now))), e.now+1)
}

// ownJobs moves the making of room, the sweep, the hint and what the team is told on.
func (e *Egress) ownJobs() {
	e.moveUnwell()
	e.movePlan()
	e.moveRoom()
	e.moveSweep()
	e.moveHint()
}
