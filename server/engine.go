package server

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// backing is what the engine needs of a store.
type backing interface {
	Apply([]store.Writes) error
	Load(store.Actor, []store.Tail) (store.Snapshot, error)
	Range(a store.Actor, table records.Table, before int64, limit int) ([]records.Row, error)
	Find(store.Actor, records.Find) ([]records.Row, error)
	Due(nowMs int64, limit int) ([]store.Wake, error)
	NextDue(afterMs int64) (int64, error)
}

// link is the host's end of a connection. No method blocks.
type link interface {
	// send queues a text frame; close queues a close behind it.
	send(frame []byte)
	close(code chat.CloseCode)
	// heardAt is when the client was last heard of.
	heardAt() chat.Time
	// setPhase hears how far the connection has come.
	setPhase(chat.ConnPhase)
}

// engineConfig is what an engine works with.
type engineConfig struct {
	store backing
	clock Clock
	log   *slog.Logger
	// build makes an actor of what it is restored from, and tails says what that
	// is.
	build func(chat.Address, chat.Restore) chat.Actor
	tails func(chat.Address) []chat.Tail
	// outside carries out the effects that leave the process: they answer by
	// [engine.submit].
	outside func(from chat.Address, effect chat.Effect)
	// count takes metrics; observe what a batch cost.
	count   func(chat.Count)
	observe func(batchStats)
	// maxActors bounds the actors kept in memory.
	maxActors int
}

// batchStats is what a batch cost.
type batchStats struct {
	events, writes int
	took           time.Duration
	failed         bool
	panics, poison int
}

// Bounds of the engine.
const (
	// maxBatchEvents of each queue are stepped before a commit.
	maxBatchEvents = 256
	// maxSocketEvents of all connections wait for the engine; then their readers
	// wait.
	maxSocketEvents = 4096
	// maxTries of one event whose step panics, or whose rows cannot be saved.
	maxTries = 3
	// maxPutOff bounds the events that wait for the disk to work again; whoever
	// told them remembers.
	maxPutOff = 10_000
	// volatileWait: a shorter wait of the desk is kept in memory alone.
	volatileWait = 5 * chat.Second
	// firstHold and lastHold bound how long work rests after a failed save.
	firstHold = chat.Second / 4
	lastHold  = 5 * chat.Second
)

// item is one event on its way to an actor.
type item struct {
	to    chat.Address
	ev    chat.Event
	tries int
	// link comes with [chat.ConnOpened].
	link link
	// done, where set, hears once that the event is the engine's no more: taken is
	// false where it was let go of, and must be told again by whoever told it.
	done func(taken bool)
}

// engine is the one goroutine that steps all actors. Everything without a
// comment to the contrary belongs to it alone.
type engine struct {
	engineConfig

	// The inbox is everybody's, under mu.
	mu      sync.Mutex
	inbox   []item
	looks   []*look
	signal  chan struct{}
	sockets chan struct{}
	tickets ticketBook

	front []item // deferred events, to be stepped first and in order
	tells []item // what actors tell each other
	later []item // what waits until the disk works again

	actors   actorCache
	links    map[chat.ConnID]*attached
	byActor  map[chat.Address]map[chat.ConnID]struct{}
	timers   timers
	alone    int          // so many events are to be stepped one a batch
	last     chat.Time    // when it was looked last whether there is something to do
	held     chat.Time    // timers and later rest until then
	hold     chat.Time    // how long the next rest is
	poisoned int64        // the key of the newest poison row
	trouble  atomic.Value // of storeTrouble: why nothing can be saved; anybody reads it

	ctx    context.Context
	cancel context.CancelFunc
	ended  chan struct{}
}

// storeTrouble is why nothing can be saved; nil when all is well.
type storeTrouble struct{ err error }

func newEngine(cfg engineConfig) *engine {
	if cfg.maxActors == 0 {
		cfg.maxActors = 10_000
	}
	if cfg.count == nil {
		cfg.count = func(chat.Count) {}
	}
	if cfg.observe == nil {
		cfg.observe = func(batchStats) {}
	}
	if cfg.outside == nil {
		cfg.outside = func(chat.Address, chat.Effect) {}
	}
	e := &engine{
		engineConfig: cfg,
		signal:       make(chan struct{}, 1),
		sockets:      make(chan struct{}, maxSocketEvents),
		actors:       newActorCache(cfg.maxActors),
		links:        map[chat.ConnID]*attached{},
		byActor:      map[chat.Address]map[chat.ConnID]struct{}{},
		timers:       newTimers(),
		ended:        make(chan struct{}),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e
}

// run is the engine's goroutine: batch after batch, until stop.
func (e *engine) run() {
	defer close(e.ended)
	for e.ctx.Err() == nil {
		if e.turn() {
			continue
		}
		e.rest()
	}
}

// stop ends the engine behind its batch and waits for that.
func (e *engine) stop() {
	e.cancel()
	<-e.ended
}

// drain waits until nothing is left to be stepped.
func (e *engine) drain(ctx context.Context) {
	for left := 1; left > 0; {
		if !e.look(ctx, func() {
			e.mu.Lock()
			defer e.mu.Unlock()
			left = len(e.inbox) + len(e.tells) + len(e.front)
		}) {
			return
		}
	}
}

// rest waits until there is something to do.
func (e *engine) rest() {
	var alarm <-chan time.Time
	if at := e.nextTime(); at != 0 {
		wait := time.Duration(max(at-e.clock.Now(), 0)) * time.Millisecond
		ch, release := e.clock.After(min(wait, time.Hour))
		defer release()
		alarm = ch
	}
	select {
	case <-e.signal:
	case <-alarm:
	case <-e.ctx.Done():
	}
}

// submit puts an event into the inbox. It never blocks; whoever calls it bounds
// how many are under way.
func (e *engine) submit(it item) {
	e.mu.Lock()
	e.inbox = append(e.inbox, it)
	e.mu.Unlock()
	select {
	case e.signal <- struct{}{}:
	default:
	}
}

// submitSocket is submit for what a socket says: it blocks while too much waits,
// so that a flood fills the sender's buffers and not this memory. It is false
// when the engine has ended.
func (e *engine) submitSocket(it item) bool {
	select {
	case e.sockets <- struct{}{}:
	case <-e.ctx.Done():
		return false
	}
	done := it.done
	it.done = func(taken bool) {
		<-e.sockets
		if done != nil {
			done(taken)
		}
	}
	e.submit(it)
	return true
}

// gather takes the next batch of events.
func (e *engine) gather(now chat.Time) []item {
	var batch []item
	take := func(from *[]item, limit int) {
		n := min(len(*from), limit)
		batch = append(batch, (*from)[:n]...)
		clear((*from)[:n])
		if *from = (*from)[n:]; len(*from) == 0 {
			*from = nil
		}
	}
	if e.alone > 0 && len(e.front) > 0 {
		e.alone--
		take(&e.front, 1)
		return batch
	}
	// What was deferred or put off comes before what was said after it.
	if take(&e.front, maxBatchEvents); len(e.front) > 0 {
		return batch
	}
	if now >= e.held {
		batch = e.dueTimers(batch, now)
		take(&e.later, maxBatchEvents)
	}
	if len(e.later) == 0 {
		take(&e.tells, maxBatchEvents)
	}
	e.mu.Lock()
	take(&e.inbox, maxBatchEvents)
	e.mu.Unlock()
	return batch
}

// turn steps one batch; it is false when there was nothing to do.
func (e *engine) turn() bool {
	e.lookAround()
	now := e.clock.Now()
	if by := e.last - now; by > clockBack {
		e.setBack(by, now)
	}
	e.last = now
	items := e.gather(now)
	if len(items) == 0 {
		return e.probe(now)
	}
	b := &batch{now: now, items: items, touched: map[chat.Address]bool{}, blocked: map[chat.Address]bool{}}
	for i := range items {
		e.step(b, &items[i])
	}
	e.commit(b)
	e.front = append(b.deferred, e.front...)
	e.actors.trim()
	return true
}

// nextTime is when there is something to do that nobody will signal; 0 is never.
func (e *engine) nextTime() chat.Time {
	at := e.timers.next()
	if e.troubled() != nil || len(e.later) > 0 {
		if at == 0 || e.held < at {
			at = e.held
		}
	}
	if at != 0 && at < e.held {
		at = e.held
	}
	return at
}

// troubled says why nothing can be saved; nil when all is well. Anybody may ask.
func (e *engine) troubled() error {
	t, _ := e.trouble.Load().(storeTrouble)
	return t.err
}
