package server

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

// hostActor owns the rows of the host itself.
var hostActor = store.Actor{Kind: 0, Key: "host"}

// maxPoison events are kept, the newest; each stands for a bug to be mended.
const maxPoison = 1000

// setAside keeps an event that breaks its actor where somebody can find it,
// without what anybody wrote, and lets the queue go on.
func (e *engine) setAside(b *batch, it *item, reason string) {
	b.stats.poison++
	if e.poisoned == 0 {
		e.poisoned = e.newestPoison()
	}
	e.poisoned++
	w := store.Writes{Actor: hostActor, Rows: []records.Row{(&records.Poison{Key: e.poisoned, Actor: kindName(it.to.Kind),
		Event: it.ev.EventName(), Reason: reason, AtMs: int64(b.now)}).Row()}}
	if e.poisoned > maxPoison {
		w.Rows = append(w.Rows, records.Row{Table: records.TablePoison, Key: e.poisoned - maxPoison, Delete: true})
	}
	b.writes = append(b.writes, w)
	e.log.Error("an event was set aside", "kind", kindName(it.to.Kind), "event", it.ev.EventName(), "reason", reason)
	e.tellRefused(it, b.now, chat.CodeInternal, 0)
	if _, ok := it.ev.(chat.TimerFired); ok {
		// It would be due at once again.
		b.writes = append(b.writes, store.Writes{Actor: storeActor(it.to), SetTimer: true, WakeAtMs: int64(b.now + chat.Hour)})
		b.wakes = append(b.wakes, wake{it.to, b.now + chat.Hour, false})
	}
	e.finish(it)
}

// newestPoison is the key of the newest poison row.
func (e *engine) newestPoison() int64 {
	rows, err := e.store.Range(hostActor, records.TablePoison, 0, 1)
	if err != nil || len(rows) == 0 {
		return 0
	}
	return rows[0].Key
}
