package discord

import (
	"container/heap"

	"cloudflarechat/chat"
)

// Times of the ring.
const (
	// saveAfter is how long a conversation waits before a row says so: shorter waits cost no row, and a crash within them is healed by
	// the session, which announces itself again.
	saveAfter = 5 * chat.Second
	// forgetAfter is how long a conversation's row outlives its wait. Under load it waits again soon, and the row serves again.
	forgetAfter = 10 * chat.Second
	// tellAfter is how long a conversation waits before it is told that it waits.
	tellAfter = 10 * chat.Second
	// askFresh is how long an unanswered pull keeps others from being asked.
	askFresh = 2 * chat.Second
	// askAgain is how long an unanswered pull is waited for at all.
	askAgain = 30 * chat.Second
)

// convState is how far a conversation is on its way to a slot.
type convState uint8

const (
	// convIdle has nothing ready, as far as is known: it is kept for its row, or because of a hold.
	convIdle convState = iota
	// convWaiting stands in a queue for its turn.
	convWaiting
	// convBlocked may not be asked before its own time.
	convBlocked
	// convAsked was asked and has not answered.
	convAsked
	// convFlying has a call in flight.
	convFlying
)

// class says before whom a conversation has its turn.
type class uint8

const (
	// classPost is for posts in threads.
	classPost class = iota
	// classAnnounce and classOpen are for opening posts and new threads: all conversations share the support channel's limits of these.
	classAnnounce
	classOpen
	// classLow is for marks, reads and closes.
	classLow
	classes
)

// classOf gives the class of a call.
func classOf(k chat.CallKind) class {
	switch k {
	case chat.CallPost:
		return classPost
	case chat.CallAnnounce:
		return classAnnounce
	case chat.CallOpen:
		return classOpen
	}
	return classLow
}

// conv is what is known of one conversation. It holds no message.
type conv struct {
	_     unequal
	route chat.Route
	state convState
	class class
	// since is when it began to wait, for saving and telling.
	since chat.Time
	// notBefore is when a blocked one may be asked, and until when an idle one is held after a failure.
	notBefore chat.Time
	// why says why it is blocked; "" is that it is slow.
	why chat.Code
	// asked is when it was asked; stale that others need not wait for the answer any more.
	asked chat.Time
	stale bool
	// unsent is when the last thing was handed to this Egress, while that was surely not sent; else 0.
	unsent chat.Time
	// more is set when it said, while its call was in flight, that there is more.
	more bool
	// rowKey is its row's key, -1 for none; idleSince is when the row lost its use.
	rowKey    int64
	idleSince chat.Time
	// tellAt is when it is due to be told of its wait; told and toldUntil are what it was told last.
	tellAt    chat.Time
	told      chat.Code
	toldUntil chat.Time
	// bad is what speaks against its post, and shut how often it was not allowed to post in its thread; badAt is when the last of that came, while
	// others got through. refusedAt is when it was last refused for a permission.
	bad, shut        int
	badAt, refusedAt chat.Time

	prev, next *conv
	// due is when something of the above falls due; at is its place in the heap, -1 for none.
	due chat.Time
	at  int
}

// dueTime gives the earliest time at which something falls due; 0 is never.
func (c *conv) dueTime() chat.Time {
	due := chat.Time(0)
	least := func(t chat.Time) {
		if due == 0 || t < due {
			due = t
		}
	}
	switch c.state {
	case convIdle:
		if c.notBefore != 0 {
			least(c.notBefore)
		}
		if c.rowKey >= 0 {
			least(c.idleSince + forgetAfter)
		}
		return due
	case convFlying:
		return 0
	case convBlocked:
		least(c.notBefore)
	case convAsked:
		if c.stale {
			least(c.asked + askAgain)
		} else {
			least(c.asked + askFresh)
		}
	}
	if c.rowKey < 0 {
		least(c.since + saveAfter)
	}
	if c.tellAt != 0 {
		least(c.tellAt)
	}
	return due
}

// ring holds the conversations that have something ready. Each step costs the same, however many wait.
type ring struct {
	convs  map[chat.Route]*conv
	queues [classes]queue
	// gates are until when nobody of a class has a turn, because of a limit that its conversations share.
	gates [classes]chat.Time
	dues  dueHeap
	// asked is how many fresh pulls are out.
	asked int
	// turns counts picks, so that the low class gets its share.
	turns int
	// waits is how many are waiting, blocked or asked.
	waits int
}

func newRing() ring { return ring{convs: map[chat.Route]*conv{}} }

// of gives the conversation at a route, made if it is not known.
func (r *ring) of(route chat.Route) *conv {
	c := r.convs[route]
	if c == nil {
		c = &conv{route: route, rowKey: -1, at: -1}
		r.convs[route] = c
	}
	return c
}

// leave takes c out of whatever its state put it into.
func (r *ring) leave(c *conv) {
	switch c.state {
	case convWaiting:
		r.queues[c.class].remove(c)
		r.waits--
	case convBlocked:
		r.waits--
	case convAsked:
		if !c.stale {
			r.asked--
		}
		r.waits--
	}
}

// enter sets c's state and when it is due.
func (r *ring) enter(c *conv, s convState) {
	c.state = s
	switch s {
	case convWaiting, convBlocked:
		r.waits++
	case convAsked:
		c.stale = false
		r.asked++
		r.waits++
	}
	r.schedule(c)
}

// wait puts c into the queue of its class: at the end, or in front where it had its turn already.
func (r *ring) wait(c *conv, now chat.Time, front bool) {
	r.leave(c)
	c.start(now)
	c.notBefore, c.why = 0, ""
	if front {
		r.queues[c.class].pushEarly(c)
	} else {
		r.queues[c.class].pushBack(c)
	}
	r.enter(c, convWaiting)
}

// block keeps c aside until a time, because of why ("": its own limit).
func (r *ring) block(c *conv, now, until chat.Time, why chat.Code) {
	r.leave(c)
	c.start(now)
	c.notBefore, c.why = until, why
	if until > now+tellAfter && (c.told == "" || why != "" && why != c.told) {
		c.tellAt = now
	}
	r.enter(c, convBlocked)
}

// start notes when the wait began.
func (c *conv) start(now chat.Time) {
	if c.since == 0 {
		c.since = now
		c.tellAt = now + tellAfter
	}
}

// ask notes that c was asked.
func (r *ring) ask(c *conv, now chat.Time) {
	r.leave(c)
	c.start(now)
	c.asked = now
	r.enter(c, convAsked)
}

// fly notes that c's call is in flight.
func (r *ring) fly(c *conv) {
	r.leave(c)
	r.enter(c, convFlying)
}

// rest takes c out of the ring: nothing is ready.
func (r *ring) rest(c *conv, now chat.Time) {
	r.leave(c)
	c.reset()
	c.idleSince, c.notBefore = now, 0
	r.enter(c, convIdle)
	if c.rowKey < 0 {
		r.forget(c)
	}
}

// hold takes c out of the ring until a time, before which it is not to be asked again. If it is back by then, its wait goes on.
func (r *ring) hold(c *conv, now, until chat.Time) {
	r.leave(c)
	c.more, c.class = false, classPost
	c.idleSince, c.notBefore = now, until
	r.enter(c, convIdle)
}

// reset ends c's wait.
func (c *conv) reset() {
	c.since, c.tellAt, c.told, c.toldUntil = 0, 0, "", 0
	c.more, c.class, c.why = false, classPost, ""
}

// forget drops what is known of an idle conversation.
func (r *ring) forget(c *conv) {
	if c.at >= 0 {
		heap.Remove(&r.dues, c.at)
	}
	delete(r.convs, c.route)
}

// schedule puts c where its due time belongs.
func (r *ring) schedule(c *conv) {
	c.due = c.dueTime()
	switch {
	case c.due == 0 && c.at >= 0:
		heap.Remove(&r.dues, c.at)
	case c.due == 0:
	case c.at >= 0:
		heap.Fix(&r.dues, c.at)
	default:
		heap.Push(&r.dues, c)
	}
}

// lowShare is how many turns it takes until one of the low class comes before the others.
const lowShare = 5

// pick gives whose turn it is, nil where nobody waits: the one that has waited longest. One of the low class has none before lowFrom, unless it
// has waited for long.
func (r *ring) pick(now, lowFrom chat.Time) *conv {
	c, low := r.pressing(now), r.queues[classLow].head
	if low != nil && r.lowTurn(lowFrom) <= now && (c == nil || r.turns%lowShare == lowShare-1) {
		c = low
	}
	if c != nil {
		r.turns++
	}
	return c
}

// pressing gives the one that has waited longest for what a person waits for; nil where nobody could have a turn now.
func (r *ring) pressing(now chat.Time) (c *conv) {
	for cl := classPost; cl < classLow; cl++ {
		if h := r.queues[cl].head; h != nil && r.gates[cl] <= now && (c == nil || h.since < c.since) {
			c = h
		}
	}
	return c
}

// lowTurn is when one of the low class may have its turn, where one waits.
func (r *ring) lowTurn(lowFrom chat.Time) chat.Time {
	return min(lowFrom, r.queues[classLow].head.since+lowPatience)
}

// waiting says whether anybody stands in a queue that comes before, or is, that of class cl.
func (r *ring) waiting(cl class) bool {
	if cl != classLow {
		return r.queues[classPost].head != nil || r.queues[cl].head != nil
	}
	for i := range r.queues {
		if r.queues[i].head != nil {
			return true
		}
	}
	return false
}

// queue is a list of waiting conversations.
type queue struct{ head, tail *conv }

func (q *queue) pushBack(c *conv) {
	c.prev, c.next = q.tail, nil
	if q.tail != nil {
		q.tail.next = c
	} else {
		q.head = c
	}
	q.tail = c
}

// pushEarly puts c in front, behind the few that came back before it and have waited as long.
func (q *queue) pushEarly(c *conv) {
	at := q.head
	for n := 0; n < rampMost && at != nil && at.since <= c.since; n++ {
		at = at.next
	}
	if at == nil {
		q.pushBack(c)
		return
	}
	c.prev, c.next = at.prev, at
	if at.prev != nil {
		at.prev.next = c
	} else {
		q.head = c
	}
	at.prev = c
}

func (q *queue) remove(c *conv) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.head = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		q.tail = c.prev
	}
	c.prev, c.next = nil, nil
}

// dueHeap orders conversations by when something falls due, then by how long they wait; the route keeps the order the same in every run.
type dueHeap []*conv

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	if h[i].due != h[j].due {
		return h[i].due < h[j].due
	}
	if h[i].since != h[j].since {
		return h[i].since < h[j].since
	}
	return h[i].route < h[j].route
}
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].at, h[j].at = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	c := x.(*conv)
	c.at = len(*h)
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	c := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	c.at = -1
	return c
}
