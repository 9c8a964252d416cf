package sim

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/edge"
)

// Core is an instance of the core behind its border: [edge.Border], or a WASM module that holds one. A reply is valid until
// the next call.
type Core interface {
	Call(op edge.Op, in []byte) (reply []byte)
}

// instance is the core as Workers hold it: several objects share one, behind the border of package edge. Each object has an
// incarnation, minted when it is made; the instance may still hold the memory of an earlier one.
type instance struct {
	core  Core
	lives map[chat.Address]int
	buf   []byte
}

// newInstance makes the instance that the objects share.
func (h *host) newInstance() *instance {
	set := map[string]string{
		"DISCORD_SUPPORT_CHANNEL_ID": h.s.channel.String(),
		"DATA_SECRET":                string(h.cfg.DataSecret),
		"SESSION_GRACE":              strconv.FormatInt(int64(h.cfg.Grace/chat.Minute), 10) + "m",
	}
	set["RETENTION"] = strconv.FormatInt(retentionMs/hour, 10) + "h"
	if h.s.plan.Private {
		set["THREADS"] = "private"
	}
	if n := h.s.plan.PerAddress; n > 0 {
		set["NEW_SESSIONS_PER_IP_HOUR"] = strconv.Itoa(n)
	}
	if ms := h.s.plan.BlockMs; ms > 0 {
		set["BLOCK_ADDRESS_FOR"] = strconv.FormatInt(ms/minute, 10) + "m"
	}
	core := h.s.newCore()
	if reply := core.Call(edge.OpConfigure, edge.AppendSettings(nil, set)); edge.Status(reply[0]) != edge.StatusOK {
		h.s.fail("the edge refuses its settings: %s", reply[1:])
	}
	return &instance{core: core, lives: map[chat.Address]int{}}
}

// step gives an event to an object: encoded, and its effects decoded.
func (h *host) edgeStep(it item) []chat.Effect {
	if ev, ok := it.ev.(chat.BearerFound); ok && defectBorder.on() {
		ev.Route = ""
		it.ev = ev
	}
	status, reply := h.edgeCall(it, nil)
	if status == edge.StatusRestore {
		r := h.restore(it.to, edge.Tails(it.to))
		status, reply = h.edgeCall(it, &r)
	}
	if status != edge.StatusOK {
		h.s.fail("a step at the edge is refused: %s", reply)
		return nil
	}
	effects, err := edge.ReadEffects(reply)
	if err != nil {
		h.s.fail("the effects of a step do not read: %v", err)
	}
	return effects
}

func (h *host) edgeCall(it item, r *chat.Restore) (edge.Status, []byte) {
	e := h.edge
	step := edge.Step{To: it.to, Life: edge.Incarnation(strconv.Itoa(e.lives[it.to])), Now: h.clock(), Restore: r, Event: it.ev}
	e.buf = step.Append(e.buf[:0])
	reply := e.core.Call(edge.OpStep, e.buf)
	return edge.Status(reply[0]), reply[1:]
}

// restore gives what an actor is rebuilt from.
func (h *host) restore(a chat.Address, tails []chat.Tail) chat.Restore {
	sh := h.disk.of(a)
	r := chat.Restore{Rows: sh.tails(tails), Timer: sh.timer}
	for _, l := range h.byTo[a] {
		if l.known {
			r.Conns = append(r.Conns, l.state)
		}
	}
	return r
}

// lose forgets an actor's memory. At the edge the object may be made anew while the instance still holds what it was.
func (h *host) lose(a chat.Address) {
	delete(h.actors, a)
	if h.edge == nil {
		return
	}
	if h.s.chance(0.5) {
		h.edge.core.Call(edge.OpDrop, edge.AppendDrop(nil, a))
		return
	}
	h.edge.lives[a]++
}
