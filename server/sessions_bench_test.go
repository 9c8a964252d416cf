package server

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// promptDesk takes every call at once, and numbers what it posts.
type promptDesk struct{ last int64 }

func (d *promptDesk) Step(_ chat.Time, ev chat.Event) []chat.Effect {
	ready, ok := ev.(chat.DeskReady)
	switch {
	case !ok:
		return nil
	case ready.Call == nil:
		return []chat.Effect{chat.Tell{To: chat.SessionAt(ready.From), Event: chat.DeskPull{}}}
	}
	id := string(d.next())
	if ready.Call.Kind == chat.CallOpen {
		id = string(ready.Call.Message)
	}
	done := chat.DeskDone{Key: ready.Call.Key, Slot: true,
		Result: chat.DeskResult{Outcome: chat.OutcomeDone, Message: chat.MessageID(id), Thread: chat.ThreadID(id)}}
	return []chat.Effect{chat.Tell{To: chat.SessionAt(ready.From), Event: done}}
}

func (d *promptDesk) next() chat.MessageID {
	d.last++
	return chat.MessageID(strconv.FormatInt(d.last, 10))
}

// crowd is an engine with the real actors and the real disk, on which so many conversations are, all of them evicted from memory.
type crowd struct {
	*engine
	b    *testing.B
	desk *promptDesk
	all  []chat.Address
	said int
}

// exchanges are how many messages each side of a conversation of a crowd has written.
const exchanges = 5

func newCrowd(b *testing.B, size int) *crowd {
	b.Helper()
	opt := Options{DataDir: b.TempDir(), MessagesPerMinute: 1 << 30, Log: slog.New(slog.DiscardHandler)}
	opt.fill()
	opt.DataSecret = make([]byte, minSecretBytes)
	built, err := newBuilder(&opt)
	if err != nil {
		b.Fatal(err)
	}
	s, err := store.Open(filepath.Join(opt.DataDir, databaseFile), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	c := &crowd{b: b, desk: &promptDesk{last: 1_000_000_000_000_000_000}}
	build := func(at chat.Address, r chat.Restore) chat.Actor {
		if at.Kind == chat.KindDesk {
			return c.desk
		}
		return built.build(at, r)
	}
	c.engine = newEngine(engineConfig{store: s, clock: systemClock{}, log: opt.Log, build: build, tails: built.tails})
	first := begin(b, c.engine, opt.DataSecret, 0)
	c.settle()
	for range exchanges {
		c.exchange([]chat.Address{first}, []chat.ConnID{chat.ConnID(first.Key)})
	}
	c.submit(item{to: first, ev: chat.ConnClosed{Conn: chat.ConnID(first.Key)}})
	c.settle()
	c.copyOut(s, first, size)
	return c
}

func (c *crowd) settle() {
	for c.turn() {
	}
}

// sessionOf reads a session's row.
func (c *crowd) sessionOf(at chat.Address) *records.Session {
	snap, err := c.store.Load(storeActor(at), []store.Tail{{Table: records.TableSession, Limit: 1}})
	if err != nil || len(snap.Rows) == 0 {
		c.b.Fatal("no session", err)
	}
	return records.SessionOf(snap.Rows[0])
}

// copyOut writes a conversation to the disk again and again, each under keys of its own, with its registries.
func (c *crowd) copyOut(s *store.Store, first chat.Address, size int) {
	load := func(at chat.Address, tails []chat.Tail) store.Snapshot {
		list := make([]store.Tail, len(tails))
		for i, t := range tails {
			list[i] = store.Tail{Table: t.Table, Limit: t.Limit}
		}
		snap, err := s.Load(storeActor(at), list)
		if err != nil {
			c.b.Fatal(err)
		}
		return snap
	}
	own := load(first, chat.SessionTails)
	origin := c.sessionOf(first)
	c.all = []chat.Address{first}
	var writes []store.Writes
	for i := 1; i < size; i++ {
		at := chat.SessionAt(chat.Route(fmt.Sprintf("%012d%s", i, first.Key[12:])))
		thread := c.desk.next()
		rec := *origin
		rec.ThreadID, rec.ThreadFrom, rec.OpeningID = string(thread), string(thread), string(thread)
		rec.Email, rec.BearerHash = fmt.Sprintf("a%d@example.com", i), fmt.Sprintf("%012d%s", i, origin.BearerHash[12:])
		rows := []records.Row{rec.Row()}
		for _, r := range own.Rows {
			if r.Table != records.TableSession {
				rows = append(rows, r)
			}
		}
		registry := func(a chat.Address, r records.Record) {
			writes = append(writes, store.Writes{Actor: storeActor(a), Rows: []records.Row{r.Row()}})
		}
		writes = append(writes, store.Writes{Actor: storeActor(at), Rows: rows, SetTimer: true, WakeAtMs: int64(c.clock.Now() + chat.Hour)})
		registry(chat.ThreadKey(chat.ThreadID(thread)), &records.ThreadOwner{FromID: string(thread), Route: at.Key})
		registry(chat.BearerKey(rec.BearerHash), &records.Bearer{Route: at.Key})
		registry(chat.EmailKey(rec.BearerHash), &records.EmailThread{ThreadID: string(thread), Route: at.Key, OpenedAtMs: rec.CreatedAtMs})
		c.all = append(c.all, at)
		if len(writes) > 4000 || i == size-1 {
			if err := s.Apply(writes); err != nil {
				c.b.Fatal(err)
			}
			writes = writes[:0]
		}
	}
}

// exchange lets a visitor of each of some conversations write, the desk take that, and an agent answer.
func (c *crowd) exchange(at []chat.Address, conns []chat.ConnID) {
	for i, a := range at {
		c.said++
		c.submit(item{to: a, ev: chat.FrameReceived{Conn: conns[i],
			Data: fmt.Appendf(nil, `{"type":"message","data":{"message":"Hello, where is my order?","id":"m%d"}}`, c.said)}})
	}
	c.settle()
	for _, a := range at {
		n := chat.News{Kind: chat.NewsPosted, Thread: chat.ThreadID(c.sessionOf(a).ThreadID), Message: c.desk.next(), Author: "Ada", Text: "On its way.",
			At: c.clock.Now()}
		c.submit(item{to: chat.ThreadKey(n.Thread), ev: chat.ThreadNews{News: n}})
	}
	c.settle()
}

// visit lets some visitors who were away come back, write, read the answer and go. Nothing of them is in memory before.
func (c *crowd) visit(who []chat.Address) (took time.Duration) {
	c.actors = newActorCache(c.maxActors)
	conns := make([]chat.ConnID, len(who))
	for i, a := range who {
		conns[i] = chat.ConnID(fmt.Sprint("c", i))
		c.attach(a, conns[i], dropLink{})
		// What the upgrade and the init frame would leave behind.
		l := c.links[conns[i]]
		l.state, l.known = chat.ConnState{Conn: conns[i], Phase: chat.PhaseReady, Base: true, SentSeq: 2 * exchanges, SettledSeq: 2 * exchanges}, true
	}
	began := time.Now()
	c.exchange(who, conns)
	took = time.Since(began)
	for i, a := range who {
		c.submit(item{to: a, ev: chat.ConnClosed{Conn: conns[i]}})
	}
	c.settle()
	return took
}

// BenchmarkSessions compares what a message and its answer cost where a hundred conversations are on disk and where a hundred thousand
// are: through the engine and the store, with each actor rebuilt from disk, in turns. The ratio must stay near 1.
func BenchmarkSessions(b *testing.B) {
	const few, many, together = 100, 100_000, 10
	crowds := []*crowd{newCrowd(b, few), newCrowd(b, many)}
	var took [2]time.Duration
	r := rand.New(rand.NewPCG(1, 1))
	round := func() {
		for i, c := range crowds {
			var who []chat.Address
			for _, k := range r.Perm(len(c.all))[:together] {
				who = append(who, c.all[k])
			}
			took[i] += c.visit(who)
		}
	}
	for range 10 {
		round() // what was just written is on its way to its place on disk
	}
	took = [2]time.Duration{}
	rounds := 0
	for b.Loop() {
		rounds++
		round()
	}
	for i, c := range crowds {
		for _, a := range c.all[:3] {
			if rec := c.sessionOf(a); rec.ThreadState != int64(chat.ThreadOpen) {
				b.Fatalf("a conversation of crowd %d is in state %d", i, rec.ThreadState)
			}
		}
		b.ReportMetric(float64(took[i].Microseconds())/float64(rounds*together), fmt.Sprintf("us/exchange@%d", len(c.all)))
	}
	b.ReportMetric(float64(took[1])/float64(took[0]), "ratio")
	b.ReportMetric(0, "ns/op")
}
