package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/wire"
)

// lookFirst gives stepMain, or stepLook where the post may be there from an attempt that Discord no longer knows by its nonce. It is asked
// again whenever the post is about to leave, because the time for that may have come meanwhile.
func (e *Egress) lookFirst(f *flight) step {
	call := &f.call
	switch {
	case f.looked, call.Kind != chat.CallPost && call.Kind != chat.CallAnnounce:
		return stepMain
	case !e.checks(call) && !f.over():
		return stepMain
	}
	e.lookFrom(f)
	return stepLook
}

// lookFrom notes from which message on an earlier attempt is looked for.
func (e *Egress) lookFrom(f *flight) {
	call := &f.call
	f.looked, f.after = true, wire.Snowflake(call.After)
	if call.Kind == chat.CallAnnounce && f.after == "" {
		f.after = wire.SnowflakeAt(int64(call.Since - lookBack))
	}
}

// checks says whether an earlier attempt may have had its effect long ago.
func (e *Egress) checks(call *chat.DeskCall) bool {
	return !defectBlind && !(defectOnce && e.makesThread(call)) && (call.Check || call.CheckFrom != 0 && (e.now >= call.CheckFrom || tooLate(call, e.now)))
}

// page takes in a page of messages, newest first. ok is false where it cannot be read, or not be believed yet; then the flight goes on by itself.
func (e *Egress) page(f *flight, body []byte) (list []wire.Message, ok bool) {
	list, err := wire.ParseMessages(body)
	if err != nil {
		e.giveBack(f, e.now+shortWait, "")
		return nil, false
	}
	return list, !e.isBlank(f, list)
}

// looked takes in a page of messages that was read to find an earlier attempt.
func (e *Egress) looked(f *flight, body []byte) {
	list, ok := e.page(f, body)
	if !ok {
		return
	}
	for i := range list {
		m := &list[i]
		if e.says(m, &f.call) {
			if f.step == stepLookFirst {
				e.doneThread(f)
			} else {
				e.doneMessage(f, m.ID)
			}
			return
		}
		if f.after == "" || f.after.Compare(m.ID) < 0 {
			f.after = m.ID
		}
	}
	switch {
	case len(list) >= pageSize:
		e.proceed(f, f.step)
	case f.step == stepLookFirst:
		e.proceed(f, stepFirst)
	case f.over():
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeRefused})
	default:
		e.proceed(f, stepMain)
	}
}

// isBlank asks whether a page may be read at all, where it is empty: Discord gives empty pages to who may not.
// https://docs.discord.com/developers/resources/message#get-channel-messages
func (e *Egress) isBlank(f *flight, list []wire.Message) bool {
	switch {
	case len(list) > 0 || f.read || e.now < e.history:
		return false
	case e.now < e.noHistory:
		e.giveBack(f, e.noHistory, chat.CodeDeskMisset)
		return true
	}
	f.asksFor = f.step
	e.proceed(f, stepHistory)
	return true
}

// historyFor is how long it is believed that the bot may read: what changes it is told by the Gateway.
const historyFor = chat.Minute

// mayRead goes on with the empty page: there is nothing indeed.
func (e *Egress) mayRead(f *flight) {
	e.history = e.now + historyFor
	f.step, f.read = f.asksFor, true
	e.succeeded(f, []byte("[]"))
}

// lookedForThread takes in a page of threads that was read to find an earlier attempt at a private or forum thread: it is the bot's own, still
// has the name of the opening post, and is newer than the earlier conversation that the post names. It may be locked already: what people said in it
// is read all the same, and the next call finds out.
func (e *Egress) lookedForThread(f *flight, body []byte) {
	list, err := wire.ParseThreadList(body)
	if err != nil {
		e.giveBack(f, e.now+shortWait, "")
		return
	}
	name, previous := firstLine(f.call.Text), previousOf(f.call.Text)
	oldest := int64(0)
	for i := range list.Threads {
		t := &list.Threads[i]
		if t.ParentID == e.opt.Channel && t.OwnerID == e.place.bot && t.Name == name && t.ID.TimeMs() >= int64(f.call.Since-lookBack) &&
			(previous == "" || previous.Compare(t.ID) < 0) {
			e.madeThread(f, t.ID, true)
			return
		}
		oldest, f.before = t.ArchiveMs, t.ArchiveTimestamp
	}
	switch {
	case f.step == stepLookActive && !f.turned && (f.call.Doubt || e.checks(&f.call)):
		f.before = ""
		e.proceed(f, stepLookArchived)
	case f.step == stepLookArchived && list.HasMore && len(list.Threads) > 0 && oldest > int64(f.call.Since-lookBack):
		e.proceed(f, stepLookArchived)
	case f.step == stepLookArchived:
		f.turned = true // somebody's post may have brought it back among the active ones meanwhile
		e.proceed(f, stepLookActive)
	default:
		e.proceed(f, stepMain)
	}
}
