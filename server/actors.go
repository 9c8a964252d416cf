package server

import (
	"container/list"
	"slices"

	"cloudflarechat/chat"
	"cloudflarechat/store"
)

// actor gives the actor at an address, rebuilt where it is not in memory.
func (e *engine) actor(at chat.Address) (chat.Actor, error) {
	if a := e.actors.get(at); a != nil {
		return a, nil
	}
	asked := e.tails(at)
	tails := make([]store.Tail, len(asked))
	for i, t := range asked {
		tails[i] = store.Tail{Table: t.Table, Limit: t.Limit}
	}
	snap, err := e.store.Load(storeActor(at), tails)
	if err != nil {
		return nil, err
	}
	restore := chat.Restore{Rows: snap.Rows, Timer: chat.Time(snap.WakeAtMs)}
	for _, id := range e.connsOf(at) {
		if l := e.links[id]; l.known {
			restore.Conns = append(restore.Conns, l.state)
		}
	}
	a := e.build(at, restore)
	e.actors.put(at, a)
	return a, nil
}

// connsOf lists the open connections of an actor, in a fixed order.
func (e *engine) connsOf(at chat.Address) []chat.ConnID {
	ids := make([]chat.ConnID, 0, len(e.byActor[at]))
	for id := range e.byActor[at] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// actorCache keeps the actors that were used last. Dropping one is always safe
// between batches.
type actorCache struct {
	max   int
	order *list.List // of *cached, the newest first
	at    map[chat.Address]*list.Element
}

type cached struct {
	at    chat.Address
	actor chat.Actor
}

func newActorCache(limit int) actorCache {
	return actorCache{max: limit, order: list.New(), at: map[chat.Address]*list.Element{}}
}

func (c *actorCache) get(at chat.Address) chat.Actor {
	el := c.at[at]
	if el == nil {
		return nil
	}
	c.order.MoveToFront(el)
	return el.Value.(*cached).actor
}

func (c *actorCache) put(at chat.Address, a chat.Actor) {
	c.at[at] = c.order.PushFront(&cached{at, a})
}

func (c *actorCache) drop(at chat.Address) {
	if el := c.at[at]; el != nil {
		c.order.Remove(el)
		delete(c.at, at)
	}
}

// trim drops what was not used for longest. It must be called between batches
// alone: an actor of the batch under way is ahead of the disk.
func (c *actorCache) trim() {
	for el := c.order.Back(); len(c.at) > c.max && el != nil; el = c.order.Back() {
		c.drop(el.Value.(*cached).at)
	}
}
