package gateway_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/wire"

	"pgregory.net/rapid"
)

// A world plays Discord, the network and a host that crashes, in virtual time. It judges what a machine may never do.
type world struct {
	t   *rapid.T
	rng *rand.Rand
	m   *gateway.Machine
	now int64

	queue []arrival
	timer int64
	saved gateway.State
	seen  map[string]bool // ids of messages that the host took
	gaps  []int64

	// Discord's side
	session    int
	log        []string // events of the session by sequence, the first is READY
	connOf     gateway.Conn
	up         bool // the connection is identified or resumed
	identifies []int64
	remaining  int
	messages   int
	made       map[string]int64 // message id → when

	open      map[gateway.Conn]bool
	helloed   map[gateway.Conn]bool
	sends     map[gateway.Conn][]int64
	faults    bool
	crashes   int
	dialTries int
}

type arrival struct {
	at int64
	ev any // a gateway.Event, or taking
}

func (w *world) later(ms int64, ev any) {
	w.queue = append(w.queue, arrival{w.now + ms, ev})
}

func (w *world) frame(conn gateway.Conn, text string) {
	if w.open[conn] {
		w.later(1+w.rng.Int64N(20), gateway.Frame{Conn: conn, Data: []byte(text)})
	}
}

func (w *world) chance(percent int) bool { return w.faults && w.rng.IntN(100) < percent }

func (w *world) cut(conn gateway.Conn, code int) {
	if w.open[conn] {
		delete(w.open, conn)
		w.later(1, gateway.Closed{Conn: conn, Code: code})
		if w.connOf == conn {
			w.up = false
		}
	}
}

func (w *world) step(ev gateway.Event) {
	if f, ok := ev.(gateway.Frame); ok && !w.open[f.Conn] {
		return // it was under way when the socket closed
	}
	for _, e := range w.m.Step(w.now, ev) {
		w.effect(e)
	}
}

func (w *world) effect(e gateway.Effect) {
	switch e := e.(type) {
	case gateway.FetchGatewayBot:
		if w.chance(20) {
			w.later(50, gateway.InfoFailed{Status: 503})
			return
		}
		w.later(50, gateway.Info{URL: "wss://base", Remaining: w.remaining, ResetAfterMs: 3_600_000, MaxConcurrency: 1})
	case gateway.Dial:
		if len(w.open) > 0 {
			w.t.Fatalf("a second socket while %v is open", w.open)
		}
		w.dialTries++
		if w.chance(25) {
			w.later(100, gateway.Closed{Conn: e.Conn, Status: 503})
			return
		}
		w.open[e.Conn] = true
		w.later(30, gateway.Connected{Conn: e.Conn})
		if w.chance(5) {
			return // no Hello
		}
		w.queue = append(w.queue, arrival{w.now + 60, gateway.Frame{Conn: e.Conn, Data: []byte(`{"op":10,"d":{"heartbeat_interval":5000}}`)}})
		w.helloed[e.Conn] = true
	case gateway.Close:
		if e.Code == 1000 || e.Code == 1001 {
			w.t.Fatalf("closed with %d, which ends the session", e.Code)
		}
		delete(w.open, e.Conn)
		if w.connOf == e.Conn {
			w.up = false
		}
	case gateway.Send:
		w.send(e)
	case gateway.SetTimer:
		w.timer = e.AtMs
	case gateway.SaveState:
		w.saved = e.State
	case gateway.GapSuspected:
		w.gaps = append(w.gaps, e.SinceMs)
		for id, at := range w.made { // the host reads up what came since
			if at >= e.SinceMs-60_000 {
				w.seen[id] = true
			}
		}
	case gateway.Dispatch:
		if m, ok := e.Event.(wire.MessageCreate); ok {
			id := string(m.ID)
			conn, seq := e.Conn, e.Seq
			// Taken some time later; a crash before that loses it from the host.
			w.later(1+w.rng.Int64N(400), taking{conn, seq, id})
			return
		}
		switch e.Event.(type) {
		case wire.Ready, wire.Resumed:
		default:
			w.later(1, gateway.Taken{Conn: e.Conn, Seq: e.Seq})
		}
	case gateway.Fatal:
		w.t.Fatalf("fatal: %+v", e)
	}
}

// taking is the moment at which the host has an event safe.
type taking struct {
	conn gateway.Conn
	seq  int64
	id   string
}

func (w *world) send(e gateway.Send) {
	if !w.open[e.Conn] {
		w.t.Fatalf("sent to a socket that is not open: %s", e.Data)
	}
	if !w.helloed[e.Conn] {
		w.t.Fatalf("sent before Hello: %s", e.Data)
	}
	times := append(w.sends[e.Conn], w.now)
	w.sends[e.Conn] = times
	if len(times) > 120 && times[len(times)-121] > w.now-60_000 {
		w.t.Fatal("more than 120 payloads in a minute")
	}
	switch {
	case bytes.HasPrefix(e.Data, []byte(`{"op":1,`)):
		if !w.chance(4) {
			w.frame(e.Conn, `{"op":11}`)
		}
	case bytes.HasPrefix(e.Data, []byte(`{"op":2,`)):
		if n := len(w.identifies); n > 0 && w.now-w.identifies[n-1] < 4900 {
			w.t.Fatalf("two identifies within %d ms", w.now-w.identifies[n-1])
		}
		w.identifies = append(w.identifies, w.now)
		if w.remaining--; w.remaining < 0 {
			w.t.Fatal("identified with none left")
		}
		if w.chance(10) {
			w.frame(e.Conn, `{"op":9,"d":false}`)
			return
		}
		w.session++
		w.log, w.connOf, w.up = nil, e.Conn, true
		w.emit(fmt.Sprintf(`"t":"READY","d":{"session_id":"%d","resume_gateway_url":"wss://resume","user":{"id":"1"}}`, w.session))
		w.emit(`"t":"GUILD_CREATE","d":{"id":"7","threads":[],"channels":[]}`)
	case bytes.HasPrefix(e.Data, []byte(`{"op":6,`)):
		_, after, _ := bytes.Cut(e.Data, []byte(`"session_id":"`))
		id, _, _ := bytes.Cut(after, []byte(`"`))
		_, after, _ = bytes.Cut(e.Data, []byte(`"seq":`))
		seq, _ := strconv.Atoi(string(bytes.TrimRight(after, "}")))
		if string(id) != strconv.Itoa(w.session) || seq > len(w.log) || w.chance(15) {
			w.session++ // gone
			w.log = nil
			w.frame(e.Conn, `{"op":9,"d":false}`)
			return
		}
		w.connOf, w.up = e.Conn, true
		from := max(seq-w.rng.IntN(2), 1) // Discord may repeat
		for i := from; i < len(w.log); i++ {
			w.carry(e.Conn, w.log[i])
		}
		w.emit(`"t":"RESUMED","d":{}`)
	}
}

// emit makes an event of the session; it is sent where a connection is up, and kept for a resume.
func (w *world) emit(rest string) {
	frame := fmt.Sprintf(`{"op":0,"s":%d,%s}`, len(w.log)+1, rest)
	if w.faults && w.rng.IntN(200) == 0 {
		frame = frame[:len(frame)-5] // it is broken each time that it is sent
	}
	w.log = append(w.log, frame)
	if w.up && w.open[w.connOf] {
		w.carry(w.connOf, frame)
	}
}

// carry brings an event over the socket: not at all, now and then, or not whole.
func (w *world) carry(conn gateway.Conn, frame string) {
	ready := strings.Contains(frame, `"READY"`) // a lost one is waited for longer than this test plays
	if !ready && w.chance(1) {
		return
	}
	if !ready && w.chance(1) {
		frame = frame[:w.rng.IntN(len(frame))]
	}
	w.queue = append(w.queue, arrival{w.now + 5, gateway.Frame{Conn: conn, Data: []byte(frame)}})
}

func (w *world) start() {
	w.m = gateway.New(gateway.Options{Token: "x", Seed: w.rng.Uint64(), State: w.saved})
	w.step(gateway.Start{})
}

func (w *world) run(ms int64) {
	for end := w.now + ms; w.now < end; w.now += 5 {
		for i := 0; i < len(w.queue); i++ {
			if a := w.queue[i]; a.at <= w.now {
				w.queue = append(w.queue[:i:i], w.queue[i+1:]...)
				i--
				if tk, ok := a.ev.(taking); ok {
					w.seen[tk.id] = true
					w.step(gateway.Taken{Conn: tk.conn, Seq: tk.seq, Relevant: true})
					continue
				}
				w.step(a.ev.(gateway.Event))
			}
		}
		if w.timer != 0 && w.now >= w.timer {
			w.timer = 0
			w.step(gateway.Timer{})
		}
		if w.rng.IntN(100) == 0 && w.session > 0 && w.log != nil {
			w.messages++
			id := strconv.Itoa(1000 + w.messages)
			w.made[id] = w.now
			w.emit(`"t":"MESSAGE_CREATE","d":{"id":"` + id + `","channel_id":"2","content":"x"}`)
		} else if w.log == nil && w.session > 0 && w.rng.IntN(100) == 0 {
			w.messages++ // while no session exists: only a gap can tell
			w.made[strconv.Itoa(1000+w.messages)] = w.now
		}
		if !w.faults {
			continue
		}
		switch w.rng.IntN(1000) {
		case 0:
			w.cut(w.connOf, 0)
		case 1:
			w.cut(w.connOf, []int{1001, 4000, 4007, 4008, 4009}[w.rng.IntN(5)])
		case 2:
			w.frame(w.connOf, `{"op":7,"d":null}`)
		case 3:
			w.frame(w.connOf, `{"op":9,"d":`+strconv.FormatBool(w.rng.IntN(2) == 0)+`}`)
		case 4:
			w.frame(w.connOf, `{"op":1}`)
		case 5: // the host crashes: what it did not take is gone with it
			w.crashes++
			w.queue, w.timer, w.up = nil, 0, false
			clear(w.open)
			clear(w.helloed)
			clear(w.sends)
			w.start()
		}
	}
}

// Under all faults and crashes: one socket at a time, nothing before Hello, no identify too many; and when the faults end the session comes back and every message
// was taken, or lies in a gap that was told.
func TestWorld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		w := &world{
			t: t, rng: rand.New(rand.NewPCG(seed, 3)), now: base, remaining: 1000, seen: map[string]bool{}, made: map[string]int64{},
			open: map[gateway.Conn]bool{}, helloed: map[gateway.Conn]bool{}, sends: map[gateway.Conn][]int64{}, faults: true,
		}
		w.start()
		w.run(120_000)
		w.faults = false
		w.run(200_000)
		if w.m.State() != gateway.Ready {
			t.Fatalf("state %d, 200 s after the faults ended", w.m.State())
		}
		t.Logf("%d messages, %d crashes, %d dials, %d identifies, %d gaps", w.messages, w.crashes, w.dialTries, len(w.identifies), len(w.gaps))
		lost := 0
		for id, at := range w.made {
			if !w.seen[id] && at < w.now-2000 {
				lost++
			}
		}
		if lost > 0 {
			t.Fatalf("%d of %d messages were neither taken nor in a gap; %d crashes, gaps %v", lost, w.messages, w.crashes, w.gaps)
		}
	})
}

// FuzzFrames: whatever comes over the socket, nothing panics, and the machine still reaches Ready.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{hello, `{"op":7}`, `{"op":9,"d":true}`, `{"op":1}`, `{"op":11}`, `{"op":0,"s":5,"t":"MESSAGE_CREATE","d":{"id":"1","channel_id":"2"}}`,
		`{"op":0,"t":"READY","s":-1,"d":{}}`, `{"op":10,"d":{"heartbeat_interval":-1}}`, `{"op":10,"d":{"heartbeat_interval":1e300}}`, "{", ""} {
		f.Add([]byte(seed), []byte(`{"op":0,"s":9223372036854775807,"t":"RESUMED"}`))
	}
	f.Fuzz(func(t *testing.T, one, two []byte) {
		p := newPlayer(gateway.Options{})
		p.connect(t)
		for range 3 {
			p.step(gateway.Frame{Conn: p.conn, Data: one})
			p.step(gateway.Frame{Conn: p.conn, Data: two})
			p.now += 6000
			p.step(gateway.Timer{})
		}
		p.step(gateway.Stop{})
		p.step(gateway.Start{})
		for range 12 {
			p.now = max(p.now+61_000, p.timer)
			p.step(gateway.Timer{})
			p.step(gateway.Info{URL: "wss://g", Remaining: 10, ResetAfterMs: 1000})
			p.step(gateway.Connected{Conn: p.conn})
			p.step(gateway.Frame{Conn: p.conn, Data: []byte(hello)})
			p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":0,"s":1,"t":"READY","d":{"session_id":"S2"}}`)})
			if p.m.State() == gateway.Ready {
				return
			}
			p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":9,"d":false}`)})
		}
		t.Fatalf("state %d", p.m.State())
	})
}
