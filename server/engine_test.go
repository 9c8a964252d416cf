package server

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// stillClock is a clock that a test moves.
type stillClock struct{ now chat.Time }

func (c *stillClock) Now() chat.Time { return c.now }
func (c *stillClock) After(time.Duration) (<-chan time.Time, func()) {
	return make(chan time.Time), func() {}
}

// toy is an actor that remembers what it was told, in rows, and does what it is
// told to do.
type toy struct {
	at    chat.Address
	words []string
	do    func(t *toy, now chat.Time, ev chat.Event) []chat.Effect
}

func (t *toy) Step(now chat.Time, ev chat.Event) []chat.Effect { return t.do(t, now, ev) }

// say makes a word durable.
func (t *toy) say(word string) chat.Effect {
	t.words = append(t.words, word)
	return chat.Save{Rows: []records.Row{(&records.Message{Seq: int64(len(t.words)), Body: word}).Row()}}
}

// flakyStore fails when it is told to.
type flakyStore struct {
	*store.Store
	fail    func(writes []store.Writes) error
	commits [][]store.Writes
}

func (f *flakyStore) Apply(w []store.Writes) error {
	if f.fail != nil {
		if err := f.fail(w); err != nil {
			return err
		}
	}
	f.commits = append(f.commits, w)
	return f.Store.Apply(w)
}

// fakeLink keeps what it is sent.
type fakeLink struct {
	sent   []string
	closed chat.CloseCode
	heard  chat.Time
}

func (l *fakeLink) send(b []byte)           { l.sent = append(l.sent, string(b)) }
func (l *fakeLink) close(c chat.CloseCode)  { l.closed = c }
func (l *fakeLink) heardAt() chat.Time      { return l.heard }
func (l *fakeLink) setPhase(chat.ConnPhase) {}

type rig struct {
	*engine
	t      *testing.T
	store  *flakyStore
	clock  *stillClock
	built  map[chat.Address]int
	counts []chat.Count
	dir    string
}

func newRig(t *testing.T, do func(t *toy, now chat.Time, ev chat.Event) []chat.Effect) *rig {
	r := &rig{t: t, dir: t.TempDir()}
	r.boot(do)
	return r
}

// boot starts the engine on what is on disk.
func (r *rig) boot(do func(t *toy, now chat.Time, ev chat.Event) []chat.Effect) {
	s, err := store.Open(filepath.Join(r.dir, "chat.db"), store.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { s.Close() })
	if r.clock == nil {
		r.clock = &stillClock{now: 1_000_000}
	}
	r.store, r.built = &flakyStore{Store: s}, map[chat.Address]int{}
	r.engine = newEngine(engineConfig{
		store: r.store, clock: r.clock, log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		build: func(at chat.Address, restore chat.Restore) chat.Actor {
			r.built[at]++
			a := &toy{at: at, do: do}
			for i := len(restore.Rows) - 1; i >= 0; i-- {
				a.words = append(a.words, records.MessageOf(restore.Rows[i]).Body)
			}
			return a
		},
		tails: func(chat.Address) []chat.Tail { return []chat.Tail{{Table: records.TableMessage, Limit: 1000}} },
		count: func(c chat.Count) { r.counts = append(r.counts, c) },
	})
}

// settle runs batches until nothing is left to do.
func (r *rig) settle() (turns int) {
	for r.turn() {
		if turns++; turns > 1000 {
			r.t.Fatal("the engine does not come to rest")
		}
	}
	return turns
}

// words gives what an actor made durable.
func (r *rig) words(at chat.Address) (out []string) {
	rows, err := r.store.Range(storeActor(at), records.TableMessage, 0, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := len(rows) - 1; i >= 0; i-- {
		out = append(out, records.MessageOf(rows[i]).Body)
	}
	return out
}

func (r *rig) hear(to chat.Address, word string) {
	r.submit(item{to: to, ev: chat.FrameReceived{Conn: chat.ConnID("c-" + to.Key), Data: []byte(word)}})
}

func (r *rig) open(to chat.Address) *fakeLink {
	l := &fakeLink{heard: r.clock.now}
	r.submit(item{to: to, ev: chat.ConnOpened{Conn: chat.ConnID("c-" + to.Key)}, link: l})
	return l
}

func at(key string) chat.Address { return chat.SessionAt(chat.Route(key)) }

// echo saves each frame and answers it.
func echo(t *toy, _ chat.Time, ev chat.Event) []chat.Effect {
	switch ev := ev.(type) {
	case chat.FrameReceived:
		return []chat.Effect{t.say(string(ev.Data)), chat.Send{Conn: ev.Conn, Data: []byte("ack " + string(ev.Data))}}
	case chat.ConnOpened:
		return []chat.Effect{chat.Attach{Conn: ev.Conn, State: chat.ConnState{Conn: ev.Conn}}}
	}
	return nil
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func TestManyStepsAreOneCommitInOrder(t *testing.T) {
	r := newRig(t, echo)
	a, b := r.open(at("a")), r.open(at("b"))
	for i := range 20 {
		r.hear(at("a"), fmt.Sprint("a", i))
		r.hear(at("b"), fmt.Sprint("b", i))
	}
	r.settle()
	if len(r.store.commits) != 1 {
		t.Errorf("%d commits for one batch", len(r.store.commits))
	}
	for name, l := range map[string]*fakeLink{"a": a, "b": b} {
		words := r.words(at(name))
		if len(words) != 20 || len(l.sent) != 20 {
			t.Fatalf("%s: %d words, %d sent", name, len(words), len(l.sent))
		}
		for i := range words {
			if want := fmt.Sprint(name, i); words[i] != want || l.sent[i] != "ack "+want {
				t.Errorf("%d: word %q, sent %q", i, words[i], l.sent[i])
			}
		}
	}
}

func TestNothingIsSaidBeforeItIsDurable(t *testing.T) {
	r := newRig(t, echo)
	l := r.open(at("a"))
	r.store.fail = func([]store.Writes) error {
		if len(l.sent) > 0 {
			t.Error("an ack left before its commit")
		}
		return nil
	}
	r.hear(at("a"), "x")
	r.settle()
	equal(t, "sent", l.sent, []string{"ack x"})
}

func TestAFullDiskRefusesAndLosesNothing(t *testing.T) {
	r := newRig(t, echo)
	l := r.open(at("a"))
	r.hear(at("a"), "before")
	r.settle()
	r.store.fail = func([]store.Writes) error { return fmt.Errorf("store: saving: %w", store.ErrFull) }
	r.hear(at("a"), `{"type":"message","data":{"message":"during","id":"m7"}}`)
	r.settle()
	if r.troubled() == nil {
		t.Error("health does not know")
	}
	if last := l.sent[len(l.sent)-1]; !strings.Contains(last, `"code":"unavailable"`) || !strings.Contains(last, `"id":"m7"`) {
		t.Errorf("the visitor was told %q", last)
	}
	if l.closed != 0 {
		t.Error("the connection was closed")
	}
	r.store.fail = nil
	r.hear(at("a"), "after")
	r.settle()
	equal(t, "words", r.words(at("a")), []string{"before", "after"})
	equal(t, "times built", r.built[at("a")], 2)
	if r.troubled() != nil {
		t.Error("health does not know that it is over")
	}
}

func TestSavingIsTriedAgainByItself(t *testing.T) {
	r := newRig(t, echo)
	r.open(at("a"))
	r.store.fail = func([]store.Writes) error { return store.ErrIO }
	r.hear(at("a"), "x")
	r.settle()
	r.store.fail = nil
	if next := r.nextTime(); next == 0 || next > r.clock.now+lastHold {
		t.Fatalf("nothing is planned: %d", next)
	}
	r.clock.now += lastHold
	r.settle()
	if r.troubled() != nil {
		t.Error("still troubled")
	}
}

func TestTellsArePutOffWhileTheDiskIsFull(t *testing.T) {
	r := newRig(t, func(t *toy, _ chat.Time, ev chat.Event) []chat.Effect {
		switch ev := ev.(type) {
		case chat.FrameReceived:
			return []chat.Effect{t.say("asked"), chat.Tell{To: at("b"), Event: chat.ThreadNoted{Thread: chat.ThreadID(ev.Data)}}}
		case chat.ThreadNoted:
			return []chat.Effect{t.say(string(ev.Thread))}
		}
		return nil
	})
	n := 0
	r.store.fail = func(w []store.Writes) error {
		if n++; n > 1 && n < 4 {
			return store.ErrFull
		}
		return nil
	}
	for i := range 5 {
		r.hear(at("a"), fmt.Sprint(i))
	}
	for range 20 {
		r.settle()
		r.clock.now += chat.Second
	}
	equal(t, "words", r.words(at("b")), []string{"0", "1", "2", "3", "4"})
}

func TestOneBadStepDoesNotHoldUpOthers(t *testing.T) {
	r := newRig(t, echo)
	b := r.open(at("b"))
	r.store.fail = func(w []store.Writes) error {
		for i := range w {
			if w[i].Actor.Key == "a" {
				return errors.New("this row is not to my taste")
			}
		}
		return nil
	}
	r.hear(at("a"), "bad")
	r.hear(at("b"), "good1")
	r.hear(at("b"), "good2")
	r.settle()
	equal(t, "words", r.words(at("b")), []string{"good1", "good2"})
	equal(t, "sent", b.sent, []string{"ack good1", "ack good2"})
	if rows, err := r.store.Range(hostActor, records.TablePoison, 0, 10); err != nil || len(rows) != 1 {
		t.Errorf("poison: %v %v", rows, err)
	}
	if r.troubled() != nil {
		t.Error("health blames the disk")
	}
}

func TestAPanicIsTriedThreeTimesAndThenSetAside(t *testing.T) {
	tries := 0
	r := newRig(t, func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		if f, ok := ev.(chat.FrameReceived); ok && strings.Contains(string(f.Data), "secret-poison") {
			tries++
			t.words = append(t.words, "half a step")
			panic("broken by " + string(f.Data))
		}
		if n, ok := ev.(chat.ThreadNews); ok {
			panic(n)
		}
		return echo(t, now, ev)
	})
	l := r.open(at("a"))
	for _, w := range []string{"1", "2", `{"type":"message","data":{"message":"secret-poison","id":"m-1"}}`, "3", "4"} {
		r.hear(at("a"), w)
	}
	r.hear(at("b"), "other")
	r.settle()
	equal(t, "tries", tries, maxTries)
	equal(t, "words", r.words(at("a")), []string{"1", "2", "3", "4"})
	equal(t, "other", r.words(at("b")), []string{"other"})
	// With its id and no time: whoever sent it shall not wait for it, nor send it again.
	if len(l.sent) != 5 || !strings.Contains(l.sent[2], `"code":"internal","id":"m-1"}`) {
		t.Errorf("sent %q", l.sent)
	}
	rows, err := r.store.Range(hostActor, records.TablePoison, 0, 10)
	if err != nil || len(rows) != 1 || strings.Contains(fmt.Sprint(rows), "secret") {
		t.Errorf("poison: %v %v", rows, err)
	}

	ticket, answer, release := r.tickets.take()
	defer release()
	r.submit(item{to: at("a"), ev: chat.ThreadNews{Ticket: ticket}})
	r.settle()
	select {
	case s := <-answer:
		equal(t, "status", s, chat.StatusPoison)
	default:
		t.Error("the ticket was not answered")
	}
}

func TestTimersAreDurableAndFireOnce(t *testing.T) {
	var fired []string
	do := func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		switch ev := ev.(type) {
		case chat.FrameReceived:
			return []chat.Effect{chat.SetTimer{At: now + 10*chat.Second}}
		case chat.TimerFired:
			fired = append(fired, fmt.Sprint(t.at.Key, " heard ", len(ev.Heard)))
		}
		return nil
	}
	r := newRig(t, do)
	r.open(at("a"))
	r.hear(at("a"), "x")
	r.hear(at("b"), "x")
	r.settle()
	equal(t, "next", r.nextTime(), r.clock.now+10*chat.Second)
	r.clock.now += 9 * chat.Second
	r.settle()
	equal(t, "too early", fired, []string(nil))
	r.store.Close()
	r.clock.now += 5 * chat.Second
	r.boot(do)
	r.settle()
	equal(t, "after a restart", fired, []string{"a heard 0", "b heard 0"})
	r.clock.now += chat.Hour
	r.settle()
	equal(t, "fired", len(fired), 2)
	equal(t, "next", r.nextTime(), chat.Time(0))
}

func TestATimerHeardDuringTroubleFiresAgain(t *testing.T) {
	r := newRig(t, func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		switch ev.(type) {
		case chat.FrameReceived:
			return []chat.Effect{chat.SetTimer{At: now + chat.Second}}
		case chat.TimerFired:
			return []chat.Effect{t.say("fired")}
		}
		return nil
	})
	r.hear(at("a"), "x")
	r.settle()
	r.store.fail = func([]store.Writes) error { return store.ErrFull }
	r.clock.now += chat.Second
	r.settle()
	r.store.fail = nil
	r.clock.now += lastHold
	r.settle()
	equal(t, "words", r.words(at("a")), []string{"fired"})
}

func TestShortWaitsOfTheDeskAreNotWritten(t *testing.T) {
	fired := 0
	r := newRig(t, func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		if _, ok := ev.(chat.TimerFired); ok {
			if fired++; fired > 3 {
				return nil
			}
		}
		return []chat.Effect{chat.SetTimer{At: now + 100}}
	})
	r.submit(item{to: chat.DeskAddress, ev: chat.DeskIdle{}})
	for range 10 {
		r.settle()
		r.clock.now += 100
	}
	equal(t, "fired", fired, 4)
	if due, err := r.store.NextDue(0); err != nil || due != 0 {
		t.Errorf("on disk: %d %v", due, err)
	}
}

func TestARebuiltActorKnowsItsConnections(t *testing.T) {
	r := newRig(t, func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		if f, ok := ev.(chat.FrameReceived); ok {
			return []chat.Effect{t.say(string(f.Data)), chat.Send{Conn: f.Conn, Data: []byte(strings.Join(t.words, ","))}}
		}
		return echo(t, now, ev)
	})
	r.actors.max = 1
	l := r.open(at("a"))
	r.hear(at("a"), "1")
	r.settle()
	for i := range 5 {
		r.hear(at(fmt.Sprint("other", i)), "x")
		r.settle()
	}
	r.hear(at("a"), "2")
	r.settle()
	equal(t, "sent", l.sent, []string{"1", "1,2"})
	equal(t, "times built", r.built[at("a")], 2)
	if len(r.actors.at) > 1 {
		t.Errorf("%d actors in memory", len(r.actors.at))
	}
	r.submit(item{to: at("a"), ev: chat.ConnClosed{Conn: "c-a"}})
	r.settle()
	if len(r.links) != 0 || len(r.byActor) != 0 {
		t.Errorf("%d links, %d actors with links", len(r.links), len(r.byActor))
	}
}

func TestAfterAnEraseTheActorIsNew(t *testing.T) {
	r := newRig(t, func(t *toy, now chat.Time, ev chat.Event) []chat.Effect {
		if f, ok := ev.(chat.FrameReceived); ok && string(f.Data) == "erase" {
			return []chat.Effect{chat.Erase{}, chat.Count{Metric: "erased"}}
		}
		return echo(t, now, ev)
	})
	for _, w := range []string{"1", "2", "erase", "3"} {
		r.hear(at("a"), w)
	}
	r.settle()
	equal(t, "words", r.words(at("a")), []string{"3"})
	equal(t, "counted", r.counts, []chat.Count{{Metric: "erased"}})
}

func TestSocketsAreHeldBackWhileTooMuchWaits(t *testing.T) {
	r := newRig(t, echo)
	done := 0
	for range maxSocketEvents {
		if !r.submitSocket(item{to: at("a"), ev: chat.FrameReceived{}, done: func(bool) { done++ }}) {
			t.Fatal("refused")
		}
	}
	more := make(chan bool, 1)
	go func() { more <- r.submitSocket(item{to: at("a"), ev: chat.FrameReceived{}}) }()
	select {
	case <-more:
		t.Fatal("one more was taken")
	default:
	}
	r.settle()
	if !<-more {
		t.Error("refused")
	}
	r.settle()
	equal(t, "done", done, maxSocketEvents)
}
