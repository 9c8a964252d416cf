package server

import (
	"context"
	"sync"
	"time"
)

// delivered is what became of one try to hand news over.
type delivered uint8

const (
	// handedOver: it is safe, or will never be wanted.
	handedOver delivered = iota
	// tryAgain: it must be handed over again.
	tryAgain
)

// parcel is something that must be handed over, in order with others of its
// lane.
type parcel struct {
	lane string
	// hand tries once.
	hand func(ctx context.Context) delivered
	// refused, where set, hears of the first try that failed.
	refused func()
	// done hears that it was handed over.
	done func()
}

// Bounds of handing over.
const (
	// maxParcels wait; then nothing more is read from the Gateway.
	maxParcels = 2000
	// maxHanding lanes hand over at once.
	maxHanding = 16
	firstPause = 250 * time.Millisecond
	lastPause  = 30 * time.Second
)

// lanes hands parcels over: in order within a lane, and no lane waits for
// another.
type lanes struct {
	clock Clock
	ctx   context.Context
	wg    sync.WaitGroup
	slots chan struct{}

	mu      sync.Mutex
	waiting map[string][]parcel
	count   int
	room    chan struct{} // closed and replaced when there is room again
}

func newLanes(ctx context.Context, clock Clock) *lanes {
	return &lanes{clock: clock, ctx: ctx, slots: make(chan struct{}, maxHanding),
		waiting: map[string][]parcel{}, room: make(chan struct{})}
}

// add puts a parcel at the end of its lane.
func (l *lanes) add(p parcel) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	queue, running := l.waiting[p.lane]
	l.waiting[p.lane] = append(queue, p)
	if !running {
		l.wg.Add(1)
		go l.run(p.lane)
	}
}

// run hands the parcels of a lane over, one after the other.
func (l *lanes) run(lane string) {
	defer l.wg.Done()
	for {
		l.mu.Lock()
		queue := l.waiting[lane]
		if len(queue) == 0 || l.ctx.Err() != nil {
			delete(l.waiting, lane)
			l.mu.Unlock()
			return
		}
		p := queue[0]
		l.mu.Unlock()
		if !l.hand(p) {
			continue // it ends
		}
		l.mu.Lock()
		l.waiting[lane] = l.waiting[lane][1:]
		if l.count--; l.count == maxParcels-1 {
			close(l.room)
			l.room = make(chan struct{})
		}
		l.mu.Unlock()
	}
}

// hand tries until it is done; false when everything ends.
func (l *lanes) hand(p parcel) bool {
	pause := firstPause
	for first := true; ; first = false {
		select {
		case l.slots <- struct{}{}:
		case <-l.ctx.Done():
			return false
		}
		outcome := p.hand(l.ctx)
		<-l.slots
		if l.ctx.Err() != nil && outcome == tryAgain {
			return false
		}
		if outcome == handedOver {
			if p.done != nil {
				p.done()
			}
			return true
		}
		if first && p.refused != nil {
			p.refused()
		}
		alarm, release := l.clock.After(pause)
		select {
		case <-alarm:
		case <-l.ctx.Done():
			release()
			return false
		}
		pause = min(2*pause, lastPause)
	}
}

// full gives a channel that is closed when there is room again; nil where there
// is.
func (l *lanes) full() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count < maxParcels {
		return nil
	}
	return l.room
}

// size is how many parcels wait.
func (l *lanes) size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}
