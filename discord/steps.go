package discord

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

const (
	// seenMark is the reaction that says that the visitor has seen a post.
	seenMark = "✅"
	// pageSize is how many messages or threads one request reads: the most that Discord gives.
	pageSize = 100
	// plainName is a thread's name where Discord refused the visitor's.
	plainName = "Support conversation"
)

// firstStep gives the step that a call begins with.
func (e *Egress) firstStep(f *flight) step {
	if e.makesThread(&f.call) && !defectAnew {
		// The creation of such a thread cannot be repeated: whether an earlier attempt made it is looked up each time.
		f.looked = true
		return stepLookActive
	}
	return e.lookFirst(f)
}

// kind gives the kind of thread that the support channel takes.
func (e *Egress) kind() ThreadKind {
	switch {
	case e.place.kind == wire.ChannelForum || e.place.kind == wire.ChannelMedia:
		return ThreadsForum
	case e.opt.Threads == ThreadsPrivate:
		return ThreadsPrivate
	}
	return ThreadsPublic
}

// request builds the request of a flight's step.
func (e *Egress) request(f *flight) rest.Request {
	r := e.requestOf(f)
	switch f.call.Kind {
	case chat.CallMark, chat.CallRead, chat.CallClose, chat.CallTyping:
		r.Low = true
	}
	return r
}

func (e *Egress) requestOf(f *flight) rest.Request {
	call := &f.call
	thread := wire.Snowflake(call.Thread)
	switch f.step {
	case stepLook:
		if call.Kind == chat.CallAnnounce {
			thread = e.opt.Channel
		}
		return rest.MessagesAfter(thread, orZero(f.after), pageSize)
	case stepLookFirst:
		return rest.MessagesAfter(f.thread, orZero(f.after), pageSize)
	case stepFirst:
		return rest.CreateMessage(f.thread, e.announcement(call))
	case stepHistory:
		if f.asksFor == stepLookFirst {
			thread = f.thread
		} else if call.Kind == chat.CallAnnounce {
			thread = e.opt.Channel
		}
		return rest.GetMessage(thread, thread)
	case stepLookActive, stepSweepActive, stepRoomList:
		return rest.ActiveThreads(e.place.guild)
	case stepLookArchived:
		if e.kind() == ThreadsPrivate {
			return rest.ArchivedPrivateThreads(e.opt.Channel, f.before, pageSize)
		}
		return rest.ArchivedThreads(e.opt.Channel, f.before, pageSize)
	case stepThread, stepReopen:
		if call.Kind == chat.CallOpen {
			thread = wire.Snowflake(call.Message)
		}
		if f.step == stepThread {
			return rest.GetChannel(thread)
		}
		no := false
		return rest.SetThread(thread, rest.ThreadState{Archived: &no})
	case stepPlainName:
		return rest.ThreadFromMessage(e.opt.Channel, wire.Snowflake(call.Message), e.start(plainName))
	case stepMain:
		return e.mainRequest(f)
	}
	return e.jobRequest(f)
}

func (e *Egress) mainRequest(f *flight) rest.Request {
	call := &f.call
	thread, message := wire.Snowflake(call.Thread), wire.Snowflake(call.Message)
	switch call.Kind {
	case chat.CallAnnounce:
		switch e.kind() {
		case ThreadsForum:
			return e.teamPost(firstLine(call.Text), e.announcement(call))
		case ThreadsPrivate:
			start := e.start(firstLine(call.Text))
			start.Type = wire.ChannelPrivateThread
			return rest.CreateThread(e.opt.Channel, start)
		}
		return rest.CreateMessage(e.opt.Channel, e.announcement(call))
	case chat.CallOpen:
		if e.kind() == ThreadsPublic {
			return rest.ThreadFromMessage(e.opt.Channel, message, e.start(call.Text))
		}
		return rest.RenameThread(message, call.Text)
	case chat.CallPost:
		if call.Alert {
			return rest.CreateMessage(thread, e.alert(call))
		}
		return rest.CreateMessage(thread, rest.Post{Content: call.Text, Nonce: call.Key, Flags: wire.FlagSuppressEmbeds})
	case chat.CallMark:
		return rest.AddReaction(thread, message, seenMark)
	case chat.CallRead:
		return rest.MessagesAfter(thread, orZero(wire.Snowflake(call.After)), pageSize)
	case chat.CallClose:
		yes := true
		state := rest.ThreadState{Archived: &yes}
		if f.unlocked = e.now < e.noLocks; !f.unlocked {
			state.Locked = &yes
		}
		return rest.SetThread(thread, state)
	default:
		return rest.Type(thread)
	}
}

func orZero(id wire.Snowflake) wire.Snowflake {
	if id == "" {
		return "0"
	}
	return id
}

func (e *Egress) start(name string) rest.ThreadStart {
	return rest.ThreadStart{Name: name, AutoArchiveMinutes: e.opt.AutoArchiveMinutes}
}

// announcement gives the opening post.
func (e *Egress) announcement(call *chat.DeskCall) rest.Post {
	return calling(e.opt.Role, call)
}

// alert gives the post that calls the team to a visitor who waits.
func (e *Egress) alert(call *chat.DeskCall) rest.Post {
	return calling(e.opt.alertRole(), call)
}

// calling gives a post that calls a role where the call says so. No other post does, and none with a character that a visitor made.
func calling(role wire.Snowflake, call *chat.DeskCall) rest.Post {
	p := rest.Post{Content: call.Text, Nonce: call.Key, Flags: wire.FlagSuppressEmbeds}
	if call.Alert && role.Valid() {
		p.Content = "<@&" + string(role) + "> " + call.Text
		p.MentionRole = role
	}
	return p
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return text.ThreadName(s, "", "")
}

// says tells whether a message is the one that a call would make. The role that an opening post calls may have been changed since.
func (e *Egress) says(m *wire.Message, call *chat.DeskCall) bool {
	if m.Author.ID != e.place.bot {
		return false
	}
	if m.Content == call.Text {
		return true
	}
	mention, rest, ok := strings.Cut(m.Content, "> ")
	return ok && call.Alert && rest == call.Text && strings.HasPrefix(mention, "<@&")
}

// succeeded takes in that a flight's request was carried out.
func (e *Egress) succeeded(f *flight, body []byte) {
	switch f.step {
	case stepLook, stepLookFirst:
		e.looked(f, body)
	case stepHistory:
		e.mayRead(f)
	case stepLookActive, stepLookArchived:
		e.lookedForThread(f, body)
	case stepThread:
		if lockedThread(body) {
			if f.call.Kind == chat.CallOpen {
				e.finish(f, chat.DeskResult{Outcome: chat.OutcomeGone})
				return
			}
			e.finishClosed(f)
			return
		}
		f.reopened = true
		e.proceed(f, stepReopen)
	case stepReopen:
		e.proceed(f, stepMain)
	case stepFirst:
		e.doneThread(f)
	case stepPlainName:
		e.opened(f, body)
	default:
		switch f.call.Kind {
		case chat.CallAnnounce:
			if e.kind() != ThreadsPublic {
				c, err := wire.ParseChannel(body)
				if err != nil {
					e.unreadable(f)
					return
				}
				e.garbled = 0
				e.madeThread(f, c.ID, false)
				return
			}
			e.posted(f, body)
		case chat.CallPost:
			e.posted(f, body)
		case chat.CallOpen:
			if e.kind() == ThreadsPublic {
				e.opened(f, body)
				return
			}
			// Whoever locked it did so before anybody but Discord knew that it was there.
			if lockedThread(body) {
				e.finish(f, chat.DeskResult{Outcome: chat.OutcomeGone})
				return
			}
			e.already(f, false)
		case chat.CallRead:
			e.read(f, body)
		default:
			e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDone})
		}
	}
}

// The pause after an answer that says 200 and is not Discord's grows while no other comes: whatever answers so, a proxy perhaps, does it to every repeat.
const (
	leastGarbled = chat.Second
	mostGarbled  = 5 * chat.Minute
)

// unreadable takes in that a call was carried out, as it seems, and that nobody can say how.
func (e *Egress) unreadable(f *flight) {
	e.against(f, 1)
	f.conv.notBefore = e.now + min(leastGarbled<<min(max(e.garbled, f.conv.bad/2), 16), mostGarbled)
	e.garbled++
	e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDoubt})
}

// posted takes in the message that was made, or that Discord knew by its nonce.
func (e *Egress) posted(f *flight, body []byte) {
	m, err := wire.ParseMessage(body)
	if err != nil {
		// It is there, but nobody can say where: the session reads it up.
		e.unreadable(f)
		return
	}
	e.garbled = 0
	e.doneMessage(f, m.ID)
}

func (e *Egress) doneMessage(f *flight, id wire.Snowflake) {
	e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDone, Message: chat.MessageID(id)})
}

// doneThread ends a call whose opening post stands in a thread that is there with it.
func (e *Egress) doneThread(f *flight) {
	e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDone, Message: chat.MessageID(f.thread), Thread: chat.ThreadID(f.thread)})
}

// opened takes in the thread that was made on the opening post. It must have the post's id: all that the registry was told rests on it.
// https://docs.discord.com/developers/resources/channel#start-thread-from-message
func (e *Egress) opened(f *flight, body []byte) {
	c, err := wire.ParseChannel(body)
	if err != nil || c.ID != wire.Snowflake(f.call.Message) {
		e.unreadable(f) // a repeat answers 160004, which settles it
		return
	}
	e.garbled = 0
	e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDone, Thread: chat.ThreadID(c.ID)})
}

// already takes in that what was asked for is so already. made says that the thread was there: more may stand in it than what the bot wrote.
func (e *Egress) already(f *flight, made bool) {
	result := chat.DeskResult{Outcome: chat.OutcomeDone, More: made}
	if f.call.Kind == chat.CallOpen {
		result.Thread = chat.ThreadID(f.call.Message)
	}
	e.finish(f, result)
}

// madeThread goes on once a private or forum thread is there. A forum's has its first message.
func (e *Egress) madeThread(f *flight, thread wire.Snowflake, found bool) {
	f.thread, f.after = thread, ""
	switch {
	case e.kind() == ThreadsForum:
		e.doneThread(f)
	case found && !defectRecall:
		e.proceed(f, stepLookFirst)
	default:
		e.proceed(f, stepFirst)
	}
}

// read takes in a page of a thread. Discord gives the messages closest after the bound, newest first.
func (e *Egress) read(f *flight, body []byte) {
	list, ok := e.page(f, body)
	if !ok {
		return
	}
	e.unread = unread{}
	result := chat.DeskResult{Outcome: chat.OutcomeDone, Last: f.call.After, More: len(list) >= pageSize}
	for i := len(list) - 1; i >= 0; i-- {
		m := &list[i]
		result.Seen = append(result.Seen, chat.MessageID(m.ID))
		if result.Last.Before(chat.MessageID(m.ID)) {
			result.Last = chat.MessageID(m.ID)
		}
		if result.Divider == "" && m.Author.ID == e.place.bot && isDivider(m.Content) {
			result.Divider = chat.MessageID(m.ID)
		}
		n, alert, ok := newsOfMessage(m, f.call.Thread, chat.NewsPosted)
		if alert == AlertNoContent {
			e.health.NoContent = true
		}
		if m.EditedMs != 0 {
			if n.Kind = chat.NewsEdited; !ok {
				n, _, ok = newsOfMessage(m, f.call.Thread, chat.NewsEdited) // it may have been made a note
			}
		}
		if ok {
			result.News = append(result.News, n)
		}
	}
	e.finish(f, result)
}

// markAgain is after which time a thread is brought back once more for a mark. What the visitor says meanwhile waits no longer for it.
const markAgain = 5 * chat.Second

// failed takes in an answer that settles a call for good, but for the ones that can be mended.
func (e *Egress) failed(f *flight, v *rest.Verdict, until chat.Time) {
	gone := chat.DeskResult{Outcome: chat.OutcomeGone}
	refused := chat.DeskResult{Outcome: chat.OutcomeRefused}
	done := chat.DeskResult{Outcome: chat.OutcomeDone}
	kind := f.call.Kind
	onChannel := kind == chat.CallAnnounce && f.step != stepFirst && f.step != stepLookFirst
	switch v.Class {
	case rest.ThreadGone:
		if onChannel || kind == chat.CallOpen && e.kind() == ThreadsPublic {
			// The support channel itself is not there.
			e.misset(f, v, until)
			return
		}
		e.finish(f, gone)
	case rest.ItemGone:
		if f.step == stepHistory {
			e.mayRead(f)
			return
		}
		switch kind {
		case chat.CallPost, chat.CallMark, chat.CallTyping, chat.CallClose:
			// Of a repeated post: it arrived and was deleted. Of a mark: there is nothing left to mark.
			e.finish(f, done)
		default:
			e.finish(f, gone)
		}
	case rest.ThreadArchived:
		// Who reads on return what was answered hours ago does so in a thread that Discord has put away meanwhile.
		if (kind == chat.CallOpen || kind == chat.CallMark) && !f.reopened {
			e.proceed(f, stepThread)
			return
		}
		if (kind == chat.CallPost || kind == chat.CallClose) && !f.reopened {
			f.reopened = true
			e.proceed(f, stepReopen)
			return
		}
		if kind == chat.CallMark {
			e.giveBack(f, e.now+markAgain, "") // somebody put it away again meanwhile
			return
		}
		e.finishClosed(f)
	case rest.ThreadLocked:
		e.finishClosed(f)
	case rest.Refused:
		if kind == chat.CallOpen && f.step == stepMain {
			if e.kind() == ThreadsPublic {
				e.proceed(f, stepPlainName)
				return
			}
			e.already(f, false) // it keeps the name that it was made with
			return
		}
		if kind == chat.CallRead {
			e.unread = unread{e.now, "a thread cannot be read: " + reasonOf(v)}
		}
		e.finish(f, refused)
	default:
		e.finish(f, refused)
	}
}

// finishClosed ends a call that met a thread which takes no more.
func (e *Egress) finishClosed(f *flight) {
	if f.call.Kind == chat.CallPost && f.call.Doubt && !f.looked && !defectBlind {
		// An earlier attempt may stand there: said to be gone it would be posted in another thread too.
		e.lookFrom(f)
		e.proceed(f, stepLook)
		return
	}
	switch f.call.Kind {
	case chat.CallClose:
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeDone})
	case chat.CallOpen:
		e.already(f, false) // it was put away once more: it keeps the name that it was made with
	case chat.CallMark, chat.CallTyping:
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeRefused})
	default:
		e.finish(f, chat.DeskResult{Outcome: chat.OutcomeGone})
	}
}
