package edge

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
	"cloudflarechat/discord"
	"cloudflarechat/edge/relay"
)

// mayDeep reads the header Authorization. The host asks before it asks an object:
// whoever has no secret wakes none.
func (b *Border) mayDeep(r *reader) []byte {
	authorization := r.string()
	if r.err != nil {
		return fail(r.err)
	}
	if b.door.adminSecret != "" && bearerIs(authorization, b.door.adminSecret) {
		return b.reply(func(dst []byte) []byte { return putBool(dst, false) })
	}
	no := words(401, "unauthorized", "The details need ADMIN_SECRET as a bearer token.", "WWW-Authenticate", "Bearer")
	return b.reply(func(dst []byte) []byte { return no.append(putBool(dst, true)) })
}

// readRelay reads when the relay was heard last, or else since when the desk waits
// for it, 0 for never, and a 0, or a 1 with what it said of itself.
func readRelay(r *reader) (heard chat.Time, said *discord.RelayState) {
	heard = chat.Time(r.int())
	if r.bool() {
		var s relay.State
		r.readRelayState(&s)
		said = (*discord.RelayState)(&s)
	}
	return heard, said
}

// health reads: now, the version, whether details are asked for, which the host
// knows that it may, why the objects fail ("" is nothing), the host's counters as
// names and numbers, and the relay; see [readRelay]. The reply is the answer to GET
// /health. The desk's part is there where this instance holds it.
func (b *Border) health(r *reader) []byte {
	now, version, deep, failing := chat.Time(r.int()), r.string(), r.bool(), r.string()
	var counters []counter
	for range r.count() {
		counters = append(counters, counter{r.string(), r.int()})
	}
	heard, said := readRelay(r)
	if r.err != nil {
		return fail(r.err)
	}
	h := healthy{status: "ok"}
	if b.m == nil {
		h.worsen("down", b.trouble)
	}
	if failing != "" {
		h.worsen("down", failing)
	}
	desk := b.deskHealth(now, &h)
	if b.m != nil && len(b.door.relaySecrets) == 0 {
		h.worsen("degraded", "answers of the team do not arrive: BOT_RELAY_SECRET is missing")
	} else if b.m != nil {
		h.worsen("degraded", discord.RelayAmiss(now, heard, said)...)
	}
	o := h.begin(version)
	if deep {
		o.Inside("deep", func(dst []byte) []byte { return b.deep(dst, heard, said, desk, counters) })
	}
	return b.reply(h.answer(o).append)
}

// relayHealth reads the version, and a 0, or a 1 with the state of the
// connection. The reply is the answer to GET /health of the relay's own Worker.
func (b *Border) relayHealth(r *reader) []byte {
	version, h := r.string(), healthy{status: "ok"}
	var g relay.State
	if known := r.bool(); known {
		r.readRelayState(&g)
	}
	if r.err != nil {
		return fail(r.err)
	}
	if b.m == nil {
		h.worsen("down", b.trouble)
	} else if down, reasons := (*discord.RelayState)(&g).Own(); len(reasons) > 0 {
		h.worsen(map[bool]string{true: "down", false: "degraded"}[down], reasons...)
	}
	o := h.begin(version).TextUnlessEmpty("gateway", g.Name).TextUnlessEmpty("reason", g.Reason).IntUnlessZero("waiting", int64(g.Waiting))
	return b.reply(h.answer(o).append)
}

// counter is something that the host counts since its instance began.
type counter struct {
	name  string
	value int64
}

// healthy is how all is.
type healthy struct {
	status  string
	reasons []string
}

func (h *healthy) worsen(status string, reasons ...string) {
	if h.status != "down" && len(reasons) > 0 {
		h.status = status
	}
	h.reasons = append(h.reasons, reasons...)
}

func (h *healthy) begin(version string) *jsontext.Object {
	o := jsontext.Begin(nil).Text("status", h.status).Text("version", version)
	if len(h.reasons) > 0 {
		o.Inside("reasons", h.appendReasons)
	}
	return o
}

func (h *healthy) answer(o *jsontext.Object) answer {
	status := 200
	if h.status == "down" {
		status = 503
	}
	return answer{status, readable, append(o.End(), '\n')}
}

func (h *healthy) appendReasons(dst []byte) []byte {
	dst = append(dst, '[')
	for i, r := range h.reasons {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = jsontext.AppendString(dst, r)
	}
	return append(dst, ']')
}

func (b *Border) deskHealth(now chat.Time, h *healthy) *discord.Health {
	if b.m == nil {
		return nil
	}
	if b.m.gateway.Token == "" {
		h.worsen("degraded", "no bot is set up: DISCORD_BOT_TOKEN is missing, and messages wait")
	}
	e := b.m.actors[chat.DeskAddress]
	if e == nil {
		return nil
	}
	egress, ok := e.actor.(*discord.Egress)
	if !ok {
		return nil
	}
	desk := egress.Health(now)
	switch {
	case desk.TokenDead:
		h.worsen("degraded", "Discord does not take the bot's token: messages wait")
	case desk.Wrong != "":
		h.worsen("degraded", "the team cannot be reached: "+desk.Wrong)
	}
	if desk.ThreadsFull {
		h.worsen("degraded", "the Discord server has no room for more threads")
	}
	return &desk
}

// unwell reads now and the relay; see [readRelay]. The reply is the event that
// tells the desk whether answers of the team arrive.
func (b *Border) unwell(r *reader) []byte {
	now := chat.Time(r.int())
	heard, said := readRelay(r)
	if r.err != nil {
		return fail(r.err)
	}
	ev := discord.Unwell{Reason: strings.Join(discord.RelayAmiss(now, heard, said), "; ")}
	return b.reply(func(dst []byte) []byte { return AppendEvent(dst, ev) })
}

func (b *Border) deep(dst []byte, heard chat.Time, g *discord.RelayState, desk *discord.Health, counters []counter) []byte {
	o := jsontext.Begin(dst)
	if b.m != nil {
		o.Int("actors", int64(len(b.m.actors)))
	}
	o.Inside("counters", func(dst []byte) []byte {
		c := jsontext.Begin(dst)
		for i := range counters {
			c.Int(counters[i].name, counters[i].value)
		}
		return c.End()
	})
	if g != nil {
		o.Int("gatewayHeardMs", int64(heard)).Text("gateway", g.Name).TextUnlessEmpty("gatewayReason", g.Reason)
	}
	if desk != nil {
		o.Inside("desk", func(dst []byte) []byte {
			return jsontext.Begin(dst).Int("LastSuccess", int64(desk.LastSuccess)).Int("LastFailure", int64(desk.LastFailure)).
				Int("LastCode", int64(desk.LastCode)).Int("Ready", int64(desk.Ready)).Int("OldestSince", int64(desk.OldestSince)).
				Int("InFlight", int64(desk.InFlight)).Int("PausedUntil", int64(desk.PausedUntil)).Bool("TokenDead", desk.TokenDead).
				Int("BudgetLeft", int64(desk.BudgetLeft)).Int("InvalidLeft", int64(desk.InvalidLeft)).
				Text("Wrong", desk.Wrong).Bool("Sweeping", desk.Sweeping).Int("Refused", int64(desk.Refused)).End()
		})
	}
	return o.End()
}
