package server

import (
	"context"
	"strconv"
	"sync"

	"cloudflarechat/chat"
)

// ticketBook knows who waits for an answer. It is safe for everybody.
type ticketBook struct {
	mu   sync.Mutex
	next uint64
	open map[chat.Ticket]chan chat.Status
}

// take gives a ticket and where its answer comes; release gives it back.
func (b *ticketBook) take() (t chat.Ticket, answer <-chan chat.Status, release func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[chat.Ticket]chan chat.Status{}
	}
	b.next++
	t = chat.Ticket(strconv.FormatUint(b.next, 10))
	ch := make(chan chat.Status, 1)
	b.open[t] = ch
	return t, ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.open, t)
	}
}

// answer tells whoever holds the ticket; nobody may hold it any more.
func (b *ticketBook) answer(t chat.Ticket, s chat.Status) {
	b.mu.Lock()
	ch := b.open[t]
	delete(b.open, t)
	b.mu.Unlock()
	if ch != nil {
		ch <- s
	}
}

// ask brings an event that carries a ticket to an actor and waits for the
// answer. Without one in time it is [chat.StatusLater].
func (e *engine) ask(ctx context.Context, to chat.Address, event func(chat.Ticket) chat.Event) chat.Status {
	t, answer, release := e.tickets.take()
	defer release()
	e.submit(item{to: to, ev: event(t)})
	select {
	case s := <-answer:
		return s
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
	return chat.StatusLater
}
