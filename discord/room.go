package discord

import (
	"sort"
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// room makes room when the server has as many active threads as Discord allows (error 160006, 1,000 of all channels together): it
// archives those of the support channel that were silent longest. They reopen by themselves when somebody writes.
type room struct {
	// wanted is set while a thread could not be opened for want of room.
	wanted bool
	busy   bool
	next   chat.Time
	// victims are the threads to archive, the longest silent first.
	victims []wire.Snowflake
	// made is set once one was archived. others is until when only the bot's own threads are: it may not archive what is somebody else's.
	made    bool
	others  chat.Time
	toldDay int64
	tell    bool
}

const (
	// roomWait is how long a conversation waits for room before it tries again.
	roomWait = 5 * chat.Second
	// roomEach is how many threads are archived at a time.
	roomEach = 10
	// roomIdle is how long a thread must have been silent: somebody who is new waits for room, and whoever was silent for so long loses only a place in a list.
	roomIdle = 5 * chat.Minute
	// roomPause is after how long a search that found nothing is repeated.
	roomPause = chat.Minute

	roomTitle = "Conversations were archived"
	roomText  = "This server has as many active threads as Discord allows (1,000). The conversations that were silent longest were archived " +
		"to make room for new ones; they reopen when somebody writes in them."
)

// roomNonce lets the team hear of it once a day.
func roomNonce(now chat.Time) string { return "room-" + strconv.FormatInt(int64(now/chat.Day), 10) }

// full takes in that there was no room, and gives when to try again: there is no use in that before another search where the last one found nothing.
func (r *room) full(e *Egress) chat.Time {
	r.wanted = true
	e.health.ThreadsFull = true
	return max(e.now, r.next) + roomWait
}

// full takes in that a call met a server without room. Until there is some no other thread is opened, either.
func (e *Egress) full(f *flight, until chat.Time) {
	until = max(until, e.room.full(e))
	if cl := classOf(f.call.Kind); cl != classPost {
		e.ring.gates[cl] = until
		until = 0
	}
	e.giveBack(f, until, "")
}

func (r *room) wake(e *Egress) chat.Time {
	if !r.wanted && !r.tell || r.busy || e.health.TokenDead {
		return 0
	}
	return e.jobWake(r.next)
}

func (e *Egress) moveRoom() {
	r := &e.room
	if !r.wanted && !r.tell || r.busy || r.next > e.now || !e.open() {
		return
	}
	r.busy = true
	switch {
	case len(r.victims) > 0:
		e.launch(&flight{step: stepRoomArchive, thread: r.victims[0]})
	case r.tell:
		e.launch(&flight{step: stepRoomTell})
	default:
		e.launch(&flight{step: stepRoomList})
	}
}

func (e *Egress) roomAnswered(f *flight, v *rest.Verdict, body []byte) {
	r := &e.room
	r.busy, r.next = false, e.now
	switch v.Class {
	case rest.TokenDead:
		e.tokenDead()
		return
	case rest.RetryLater, rest.InDoubt:
		r.next = max(chat.Time(v.RetryAt), e.now+shortWait)
		return
	}
	switch f.step {
	case stepRoomList:
		list, err := wire.ParseThreadList(body)
		if v.Class != rest.OK || err != nil {
			r.next = e.now + roomPause
			return
		}
		r.choose(e, list.Threads)
	case stepRoomArchive:
		// Whatever the answer, this thread had its turn. Each refusal counts towards a ban of the address.
		r.victims = r.victims[1:]
		switch {
		case v.Class == rest.OK || v.Class == rest.ThreadArchived || v.Class == rest.ThreadGone:
			r.made = true
		case v.Class == rest.Misconfigured:
			r.victims, r.others = nil, e.now+mostMisset
		}
		if len(r.victims) > 0 {
			return
		}
		if !r.made {
			r.next = e.now + roomPause
			return
		}
		r.wanted, r.made, e.health.ThreadsFull = false, false, false
		e.ring.gates = [classes]chat.Time{}
		r.tell = r.toldDay != int64(e.now/chat.Day)
	case stepRoomTell:
		r.tell, r.toldDay = false, int64(e.now/chat.Day)
	}
}

// choose picks the threads to archive.
func (r *room) choose(e *Egress, threads []wire.Channel) {
	type candidate struct {
		id, last wire.Snowflake
		own      bool
	}
	var idle []candidate
	for i := range threads {
		t := &threads[i]
		last := t.ID
		if last.Compare(t.LastMessageID) < 0 {
			last = t.LastMessageID
		}
		own := t.OwnerID == e.place.bot
		if t.ParentID == e.opt.Channel && last.TimeMs() <= int64(e.now-roomIdle) && t.Flags&wire.FlagPinned == 0 && (own || e.now >= r.others) {
			idle = append(idle, candidate{t.ID, last, own})
		}
	}
	sort.Slice(idle, func(i, j int) bool {
		if idle[i].own != idle[j].own {
			return idle[i].own
		}
		return idle[i].last.Compare(idle[j].last) < 0
	})
	for _, c := range idle[:min(len(idle), roomEach)] {
		r.victims = append(r.victims, c.id)
	}
	if len(r.victims) == 0 {
		r.next = e.now + roomPause // the threads are somebody else's, or all are in use
	}
}
