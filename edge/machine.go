package edge

import (
	"errors"
	"sort"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/edge/relay"
)

// KindGateway is the kind of the actor that holds a bot's connection to
// Discord's Gateway; see package relay. There is one, at [GatewayAddress].
const KindGateway = chat.KindDesk + 1

// GatewayAddress is where the Gateway lives.
var GatewayAddress = chat.Address{Kind: KindGateway, Key: "main"}

// An instance keeps so many actors in memory, of no more weight than that together,
// in bytes of what they keep: an isolate has 128 MB for everything, of which Go's
// heap takes twice what lives in it. Of more, the ones that were quiet longest are
// dropped, and rebuilt when they are needed.
const (
	maxActors = 2000
	maxWeight = 16 << 20
	// maxOne is what one of them may weigh, which is more than it is ever built from.
	// Past it, it is rebuilt at its next step, and weighs what it keeps: else one that
	// lives long would push out all others.
	maxOne = maxWeight / 2
)

// Status is the first byte of a reply.
type Status byte

// The statuses of a reply.
const (
	// StatusOK: the rest are the effects, as [ReadEffects] reads them.
	StatusOK Status = iota
	// StatusRestore: the actor is not in memory; ask again with its records.
	StatusRestore
	// StatusError: the rest is a sentence. Nothing happened.
	StatusError
	// StatusBroken: the step broke an invariant. The actor is dropped and nothing
	// of the step may be carried out; the rest says what kind of panic it was.
	StatusBroken
)

// Incarnation names one life of an object: the host mints it in the object's
// constructor. A cached actor of another incarnation is never used, for its
// memory may be ahead of what that object's disk holds.
type Incarnation string

type entry struct {
	actor       chat.Actor
	incarnation Incarnation
	used        uint64
	// weight is of the rows that it was built from and of those that it has saved
	// since: no less than what it keeps. What it has forgotten meanwhile counts until
	// it is rebuilt. The desk and the Gateway, which keep little, weigh nothing.
	weight int
}

// Machine holds the actors of one instance. It is not safe for concurrent use:
// nor is a WASM instance.
type Machine struct {
	cfg     chat.Config
	egress  discord.Options
	gateway relay.Options
	// turnstileSecret checks visitors; "" checks nobody.
	turnstileSecret string
	// turnstileAction is what a token must have been made for; "" is anything.
	turnstileAction string
	// sites are those that conversations may be of, but for "".
	sites  []string
	actors map[chat.Address]*entry
	// weight is that of all actors.
	weight int
	clock  uint64
	buf    []byte
}

// NewMachine makes an instance's machine from settings; see [Configure].
func NewMachine(settings map[string]string) (*Machine, error) {
	m := &Machine{actors: map[chat.Address]*entry{}}
	if err := m.configure(settings); err != nil {
		return nil, err
	}
	return m, nil
}

// Step gives an event to an actor. restore is nil where the host hopes that the
// actor is in memory; the reply says when it is not. The reply is valid until
// the next call.
//
// A panic leaves the machine in an unknown state only for this actor, which is
// dropped before the panic goes on to the host.
func (m *Machine) Step(to chat.Address, life Incarnation, now chat.Time, event []byte, restore *chat.Restore) []byte {
	e := m.actors[to]
	if e != nil && (e.incarnation != life || restore != nil) {
		m.Drop(to)
		e = nil
	}
	if e == nil {
		if restore == nil {
			return []byte{byte(StatusRestore)}
		}
		a, err := m.build(to, *restore)
		if err != nil {
			return fail(err)
		}
		e = &entry{actor: a, incarnation: life, weight: weigh(to, restore.Rows)}
	}
	r := reader{b: event}
	ev := r.event()
	if r.err != nil {
		return fail(r.err)
	}
	m.Drop(to) // until the step is over
	effects := e.actor.Step(now, ev)
	m.clock++
	e.used = m.clock
	for _, f := range effects {
		if save, ok := f.(chat.Save); ok {
			e.weight += weigh(to, save.Rows)
		}
	}
	if !erases(effects) && e.weight <= maxOne {
		m.room(e.weight)
		m.actors[to], m.weight = e, m.weight+e.weight
	}
	m.buf = AppendEffects(append(m.buf[:0], byte(StatusOK)), effects)
	return m.buf
}

func erases(effects []chat.Effect) bool {
	for _, e := range effects {
		if _, ok := e.(chat.Erase); ok {
			return true
		}
	}
	return false
}

// Drop forgets an actor: its write failed, or an exception came out of its
// step.
func (m *Machine) Drop(a chat.Address) {
	if e := m.actors[a]; e != nil {
		m.weight -= e.weight
		delete(m.actors, a)
	}
}

// weigh gives what rows of an actor weigh in memory, roughly.
func weigh(a chat.Address, rows []chat.Row) (n int) {
	if a.Kind != chat.KindSession && a.Kind != chat.KindRegistry {
		return 0
	}
	for i := range rows {
		n += rowWeight
		for j := range rows[i].Values {
			n += len(rows[i].Values[j].Text)
		}
	}
	return n
}

// rowWeight is what a row weighs without its texts.
const rowWeight = 256

func (m *Machine) build(to chat.Address, r chat.Restore) (chat.Actor, error) {
	switch to.Kind {
	case chat.KindSession:
		return chat.NewSession(&m.cfg, chat.Route(to.Key), r), nil
	case chat.KindRegistry:
		return chat.NewRegistry(&m.cfg, to.Key, r), nil
	case chat.KindDesk:
		return discord.NewEgress(m.egress, r.Rows, r.Timer), nil
	case KindGateway:
		return relay.New(m.gateway, r.Rows), nil
	}
	return nil, errors.New("edge: there is no actor of this kind")
}

// Tails is what an actor is rebuilt from.
func Tails(to chat.Address) []chat.Tail {
	switch to.Kind {
	case chat.KindSession:
		return chat.SessionTails
	case chat.KindRegistry:
		return chat.RegistryTails(to.Key)
	case KindGateway:
		return relay.Tails
	default:
		return discord.EgressTails
	}
}

// room makes room for one more actor: where there are too many, or they weigh too
// much, the quietest are dropped until half of that is left. Which those are is
// decided by when they were used, not by the order of a map.
func (m *Machine) room(more int) {
	if len(m.actors) < maxActors && m.weight+more <= maxWeight {
		return
	}
	list := make([]chat.Address, 0, len(m.actors))
	for a := range m.actors {
		list = append(list, a)
	}
	sort.Slice(list, func(i, j int) bool { return m.actors[list[i]].used < m.actors[list[j]].used })
	for _, a := range list {
		if len(m.actors) <= maxActors/2 && m.weight+more <= maxWeight/2 {
			return
		}
		m.Drop(a)
	}
}

// AppendEffects appends a list of effects: their number, then each.
func AppendEffects(b []byte, effects []chat.Effect) []byte {
	b = putUint(b, uint64(len(effects)))
	for _, e := range effects {
		b = AppendEffect(b, e)
	}
	return b
}

// ReadEffects reads what [AppendEffects] wrote.
func ReadEffects(b []byte) ([]chat.Effect, error) {
	r := reader{b: b}
	var list []chat.Effect
	for range r.count() {
		list = append(list, r.effect())
		if r.err != nil {
			return nil, r.err
		}
	}
	return list, r.err
}

// ReadEvent reads what [AppendEvent] wrote.
func ReadEvent(b []byte) (chat.Event, error) {
	r := reader{b: b}
	e := r.event()
	return e, r.err
}
