package world

import (
	"fmt"
	"sort"
	"strings"
)

// FaultKind says what goes wrong.
type FaultKind string

// Faults of REST. They touch bots only, unless Fault.Humans is set.
const (
	// FaultError answers Status (zero: 500) as JSON, without any effect.
	FaultError FaultKind = "error"
	// FaultErrorAfter answers Status (zero: 502) as Cloudflare's HTML, after the effect: the request was carried out.
	FaultErrorAfter FaultKind = "error-after"
	// FaultLostBefore never reaches Discord: no effect, no answer.
	FaultLostBefore FaultKind = "lost-before"
	// FaultLostAfter is carried out, and the answer is lost.
	FaultLostAfter FaultKind = "lost-after"
	// FaultHTML answers Cloudflare's HTML error page with Status (zero: 502), without any effect.
	FaultHTML FaultKind = "html"
	// FaultBlocked answers 429 as Cloudflare does for a blocked address: HTML, no via, no rate-limit headers.
	FaultBlocked FaultKind = "blocked"
	// FaultLimitUser, FaultLimitGlobal and FaultLimitShared answer 429 of that scope, RetryAfterMs (zero: 1000).
	FaultLimitUser   FaultKind = "limit-user"
	FaultLimitGlobal FaultKind = "limit-global"
	FaultLimitShared FaultKind = "limit-shared"
	// FaultThreadCooldown answers 429 of scope shared to whoever creates a thread.
	FaultThreadCooldown FaultKind = "thread-cooldown"
	// FaultLatency delays answers by DelayMs and a drawn part of JitterMs. World only says so (Response.DelayMs).
	FaultLatency FaultKind = "latency"
	// FaultSkew shifts the clock that stands in Date and X-RateLimit-Reset by SkewMs.
	FaultSkew FaultKind = "skew"
	// FaultGarbledLimits answers rightly with rate-limit headers that do not parse.
	FaultGarbledLimits FaultKind = "garbled-limits"
)

// Faults of both sides.
const (
	// FaultOutage answers 503 to everything and cuts new Gateway sockets. Those that are open stay open: see Cut.
	FaultOutage FaultKind = "outage"
)

// Faults of the Gateway. Route names an event such as MESSAGE_CREATE; empty: any.
const (
	FaultEventMissed    FaultKind = "event-missed"
	FaultEventRepeated  FaultKind = "event-repeated"
	FaultEventReordered FaultKind = "event-reordered" // held until the next event, or DelayMs (zero: 1000)
	FaultSocketCut      FaultKind = "socket-cut"      // after an event the socket is closed with Status (zero: cut)
	FaultNoAck          FaultKind = "no-ack"          // heartbeats are not acknowledged
	FaultInvalidSession FaultKind = "invalid-session" // the next RESUME (or IDENTIFY, as Route) is answered with op 9 false
	FaultReconnect      FaultKind = "reconnect"       // op 7 in place of Hello
)

var faultKinds = []FaultKind{
	FaultError, FaultErrorAfter, FaultLostBefore, FaultLostAfter, FaultHTML, FaultBlocked, FaultLimitUser, FaultLimitGlobal,
	FaultLimitShared, FaultThreadCooldown, FaultLatency, FaultSkew, FaultGarbledLimits, FaultOutage, FaultEventMissed,
	FaultEventRepeated, FaultEventReordered, FaultSocketCut, FaultNoAck, FaultInvalidSession, FaultReconnect,
}

// FaultKinds lists every kind, for consoles.
func FaultKinds() []FaultKind { return append([]FaultKind(nil), faultKinds...) }

// Fault is one switch. It strikes what it matches: the next Count times, or always while it lasts, each time with
// Probability.
type Fault struct {
	// ID is given by Inject.
	ID   int       `json:"id"`
	Kind FaultKind `json:"kind"`
	// Route narrows it: "POST /channels/{channel.id}/messages" names one route, the same with an id in it one request, a word
	// without a space is looked for in the route's name (and in the path), an event's name is that event. Empty: everything.
	Route string `json:"route,omitempty"`
	// Count of times; zero: without end.
	Count int `json:"count,omitempty"`
	// Probability from 0 to 1, drawn from the world's seed; zero: always.
	Probability float64 `json:"probability,omitempty"`
	// FromMs and UntilMs: Unix milliseconds between which it strikes; zero: since ever, for ever.
	FromMs  int64 `json:"fromMs,omitempty"`
	UntilMs int64 `json:"untilMs,omitempty"`
	// Skip lets the first matches pass.
	Skip int `json:"skip,omitempty"`

	Status       int   `json:"status,omitempty"`
	RetryAfterMs int64 `json:"retryAfterMs,omitempty"`
	DelayMs      int64 `json:"delayMs,omitempty"`
	JitterMs     int64 `json:"jitterMs,omitempty"`
	SkewMs       int64 `json:"skewMs,omitempty"`
	// Humans lets it strike requests of people too.
	Humans bool `json:"humans,omitempty"`
	// Struck counts how often it did.
	Struck int `json:"struck"`
}

// Inject puts a fault to work and gives its id; an error where the kind is unknown.
func (w *World) Inject(nowMs int64, f Fault) (int, error) {
	if !listed(faultKinds, f.Kind) {
		return 0, fmt.Errorf("world: unknown fault kind %q", f.Kind)
	}
	w.advance(nowMs)
	w.faultSeq++
	f.ID = w.faultSeq
	f.Struck = 0
	w.faults = append(w.faults, &f)
	return f.ID, nil
}

// Heal ends a fault; id 0 ends them all.
func (w *World) Heal(nowMs int64, id int) {
	w.advance(nowMs)
	kept := w.faults[:0]
	for _, f := range w.faults {
		if id != 0 && f.ID != id {
			kept = append(kept, f)
		}
	}
	w.faults = kept
}

// Faults gives the faults at work, oldest first.
func (w *World) Faults() []Fault {
	list := make([]Fault, 0, len(w.faults))
	for _, f := range w.faults {
		list = append(list, *f)
	}
	return list
}

// hit finds a fault of that kind which strikes now, and counts it.
func (w *World) hit(kind FaultKind, subject string) *Fault {
	return w.strike(kind, subject, "", false)
}

func (w *World) strike(kind FaultKind, subject, path string, human bool) *Fault {
	for i, f := range w.faults {
		if f.Kind != kind || human && !f.Humans || w.now < f.FromMs || f.UntilMs != 0 && w.now >= f.UntilMs || !f.matches(subject, path) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Probability > 0 && w.random() >= f.Probability {
			continue
		}
		f.Struck++
		if f.Count > 0 {
			f.Count--
			if f.Count == 0 {
				w.faults = append(w.faults[:i:i], w.faults[i+1:]...)
			}
		}
		return f
	}
	return nil
}

func (f *Fault) matches(subject, path string) bool {
	switch {
	case f.Route == "":
		// RESUME is what an invalid session means where nothing else is said.
		return f.Kind != FaultInvalidSession || subject == "RESUME"
	case strings.Contains(f.Route, " "):
		method, of, _ := strings.Cut(f.Route, " ")
		return f.Route == subject || path == of && strings.HasPrefix(subject, method+" ")
	case strings.ToUpper(f.Route) == f.Route && strings.ContainsRune(f.Route, '_'):
		return f.Route == subject
	default:
		return strings.Contains(subject, f.Route) || path != "" && strings.Contains(path, f.Route)
	}
}

// sortedConns gives the open sockets in the order in which they came.
func (w *World) sortedConns() []*conn {
	list := make([]*conn, 0, len(w.conns))
	for _, c := range w.conns {
		list = append(list, c)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	return list
}

// Cut closes every Gateway socket with a close code; 0 cuts them without a close frame.
func (w *World) Cut(nowMs int64, code int) {
	w.advance(nowMs)
	for _, c := range w.sortedConns() {
		w.closeConn(c, code, "")
	}
}

// AskReconnect sends op 7 to every Gateway socket.
func (w *World) AskReconnect(nowMs int64) {
	w.advance(nowMs)
	for _, c := range w.sortedConns() {
		w.send(c.id, []byte(`{"t":null,"s":null,"op":7,"d":null}`))
	}
}

// AskHeartbeat sends op 1 to every Gateway socket: the client must answer at once.
func (w *World) AskHeartbeat(nowMs int64) {
	w.advance(nowMs)
	for _, c := range w.sortedConns() {
		w.send(c.id, []byte(`{"t":null,"s":null,"op":1,"d":null}`))
	}
}

// InvalidateSessions sends op 9 to every Gateway socket; where not resumable, its session is gone.
func (w *World) InvalidateSessions(nowMs int64, resumable bool) {
	w.advance(nowMs)
	for _, c := range w.sortedConns() {
		if c.session != nil && !resumable {
			w.forget(c.session)
		}
		c.started = false
		w.invalid(c, resumable)
	}
}

// RevokeToken makes a token worthless: 401, and 4004 on the Gateway.
func (w *World) RevokeToken(nowMs int64, token string) {
	w.advance(nowMs)
	w.revoked[token] = true
	for _, c := range w.sortedConns() {
		if c.session != nil && c.session.token == token {
			w.closeConn(c, 4004, "Authentication failed.")
		}
	}
}
