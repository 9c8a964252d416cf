package sim

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// errand is one piece of news on its way to the host.
type errand struct {
	news  chat.News
	since int64
	// row: it is on the relay's disk.
	row   bool
	busy  bool
	tries int
	taken func()
}

// errands are the news of one thread: one at a time, in order.
type errands struct{ list []*errand }

// rowAfterMs is after which time news that the host does not take become a row.
const rowAfterMs = 30 * second

func (r *relay) enqueue(e *errand) {
	q := r.queues[e.news.Thread]
	if q == nil {
		q = &errands{}
		r.queues[e.news.Thread] = q
	}
	q.list = append(q.list, e)
	r.next(q)
}

// next sends the first errand of a thread.
func (r *relay) next(q *errands) {
	if len(q.list) == 0 || q.list[0].busy {
		return
	}
	e := q.list[0]
	e.busy = true
	s := r.s
	e.tries++
	wait := s.between(1, 50)
	if e.tries > 1 {
		wait = min(200<<min(e.tries, 6), 5*second)
	}
	s.after(wait, r.alive(func() { r.send(q, e) }))
}

func (r *relay) send(q *errands, e *errand) {
	s := r.s
	news := e.news
	if s.plan.Edge {
		// The relay at the edge speaks JSON over HTTP.
		n, err := discord.NewsOfRelay(discord.RelayOf(news))
		if err != nil {
			s.fail("the relay's own body is refused: %v", err)
			return
		}
		n.Until = news.Until
		news = n
	}
	answered, life := false, r.life
	answer := func(st chat.Status) {
		s.after(s.between(1, 50), func() {
			// Who asked may have died since, and the queue with it.
			if !answered && r.up && r.life == life {
				answered = true
				r.answered(q, e, st)
			}
		})
	}
	s.after(10*second, func() { answer(0) }) // no answer
	if !s.host.up {
		answer(chat.StatusLater)
		return
	}
	s.say("relay: %s", brieflyNews(news))
	s.host.deliver(item{to: chat.ThreadKey(news.Thread), ev: chat.ThreadNews{News: news, Ticket: s.host.ask(answer)}})
}

// answered goes on with the thread, or tries again.
func (r *relay) answered(q *errands, e *errand, st chat.Status) {
	e.busy = false
	s := r.s
	if st == chat.StatusTaken || st == chat.StatusUnknown || st == chat.StatusPoison || isTyping(e.news.Kind) {
		q.list = q.list[1:]
		if e.row {
			r.dropRow(e)
		} else {
			e.taken()
		}
		r.next(q)
		return
	}
	if !e.row && s.now-e.since >= rowAfterMs {
		// Behind rows of the thread, so that the order stays.
		e.row = true
		r.rows = append(r.rows, e)
		e.taken()
	}
	r.next(q)
}

func (r *relay) dropRow(e *errand) {
	for i, o := range r.rows {
		if o == e {
			r.rows = append(r.rows[:i:i], r.rows[i+1:]...)
			return
		}
	}
}
