package server

import (
	"log/slog"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"cloudflarechat/chat"
)

// Bounds of all connections.
const (
	// silentFor: a connection from which nothing was heard so long is closed.
	silentFor = chat.SilentAfter
	// initWithin: a connection that begins no conversation so long is closed.
	initWithin = 60 * chat.Second
	// sweepEvery is how often silent connections are looked for.
	sweepEvery = 5 * time.Second
)

// ipCount names the address that a connection is counted for.
type ipCount = netip.Prefix

// hub holds the open connections.
type hub struct {
	engine *engine
	clock  Clock
	log    *slog.Logger
	boot   string // makes ids of different starts differ
	max    int
	maxIP  int

	mu      sync.Mutex
	serial  uint64
	open    map[*socket]struct{}
	byIP    map[ipCount]int
	taken   int // connections, those that are being opened included
	closing bool
	running sync.WaitGroup
}

func newHub(e *engine, clock Clock, log *slog.Logger, boot string, limit, limitIP int) *hub {
	return &hub{engine: e, clock: clock, log: log, boot: boot, max: limit, maxIP: limitIP,
		open: map[*socket]struct{}{}, byIP: map[ipCount]int{}}
}

// room says whether one more connection of an address would be taken.
func (h *hub) room(ip ipCount) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.closing && h.taken < h.max && h.byIP[ip] < h.maxIP
}

// reserve takes the place of a connection and gives it its id.
func (h *hub) reserve(ip ipCount) (id chat.ConnID, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closing || h.taken >= h.max || h.byIP[ip] >= h.maxIP {
		return "", false
	}
	h.taken++
	h.byIP[ip]++
	h.serial++
	h.running.Add(1)
	return chat.ConnID(h.boot + strconv.FormatUint(h.serial, 36)), true
}

// release gives a place back.
func (h *hub) release(ip ipCount) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.taken--
	if h.byIP[ip]--; h.byIP[ip] == 0 {
		delete(h.byIP, ip)
	}
	h.running.Done()
}

// begin starts a connection whose place was reserved.
func (h *hub) begin(s *socket, opened chat.ConnOpened) {
	h.mu.Lock()
	h.open[s] = struct{}{}
	closing := h.closing
	h.mu.Unlock()
	h.engine.submitSocket(item{to: s.to, ev: opened, link: s})
	if closing {
		s.close(chat.CloseRestart)
	}
	go s.run()
}

// gone is called by a connection's goroutine at its end.
func (h *hub) gone(s *socket) {
	h.mu.Lock()
	delete(h.open, s)
	h.mu.Unlock()
	h.release(s.ip)
}

// count is how many connections there are.
func (h *hub) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.taken
}

// all lists the open connections.
func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make([]*socket, 0, len(h.open))
	for s := range h.open { // order does not matter: each is looked at by itself
		out = append(out, s)
	}
	return out
}

// sweep closes connections that were silent too long, until the engine ends.
func (h *hub) sweep() {
	for {
		alarm, release := h.clock.After(sweepEvery)
		select {
		case <-alarm:
			h.sweepOnce(h.clock.Now())
		case <-h.engine.ctx.Done():
			release()
			return
		}
	}
}

func (h *hub) sweepOnce(now chat.Time) {
	for _, s := range h.all() {
		s.keepTime(now)
		idle := chat.ConnPhase(s.phase.Load()) == chat.PhaseNew && now-s.opened >= initWithin
		if idle || now-s.heardAt() >= silentFor {
			s.close(chat.CloseSilent)
			continue
		}
	}
}

// shut closes every connection with a code and waits until they are gone, or
// until stop is closed.
func (h *hub) shut(code chat.CloseCode, stop <-chan struct{}) {
	h.mu.Lock()
	h.closing = true
	h.mu.Unlock()
	for _, s := range h.all() {
		s.close(code)
	}
	gone := make(chan struct{})
	go func() {
		h.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-stop:
		for _, s := range h.all() {
			_ = s.wire.Conn.Close() // there is no time left for more
		}
		<-gone
	}
}
