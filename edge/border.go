package edge

import (
	"cloudflarechat/chat"
)

// Op is what the host asks across the border.
type Op uint32

// The operations. Their numbers are part of the border.
const (
	// OpConfigure gives the settings: a count, then names and values. It is the
	// first call of an instance; see [setup] for the reply.
	OpConfigure Op = iota + 1
	// OpStep gives an event to an actor; see [Border.step].
	OpStep
	// OpDrop forgets an actor: its kind and key.
	OpDrop
	// OpSchema asks for the statements and tails, as JSON.
	OpSchema
	// OpUpgrade asks whether GET /ws is taken; see [Border.upgrade].
	OpUpgrade
	// OpUnable asks for the answer to a request that an object did not serve: now,
	// and the words of the exception.
	OpUnable
	// OpRelay reads a POST /relay; see [Border.relay].
	OpRelay
	// OpRelayAnswer asks for the answer to one: a chat.Status.
	OpRelayAnswer
	// OpHealth asks for the answer to GET /health; see [Border.health].
	OpHealth
	// OpTurnstileForm asks for the body of a check; OpTurnstileCode for what came
	// of it. See turnstile.go.
	OpTurnstileForm
	OpTurnstileCode
	// OpRefused asks what is told to whom an event is of whose step an object could
	// not carry out; see [Border.refused].
	OpRefused
	// OpRelayHealth asks for the answer to GET /health of the relay's Worker.
	OpRelayHealth
	// OpSetAside asks what to do with an event that broke its actor again and
	// again; see [setAside].
	OpSetAside
	// OpUnwell asks for the event that tells the desk how the relay stands; see
	// [Border.unwell].
	OpUnwell
	// OpSpent asks for the event that tells the desk what was spent of the plan; see
	// [Border.spent].
	OpSpent
	// OpAdmin takes a request of the owner a step further; see [Border.admin].
	OpAdmin
	// OpCrowded asks for the answer to an address that connected too often.
	OpCrowded
	// OpDeep asks whether a header Authorization opens the details of GET /health:
	// a 0, or a 1 with the answer that refuses.
	OpDeep
)

// Border is the one entry of a host: bytes in, bytes out.
type Border struct {
	m    *Machine
	door door
	// trouble is what is wrong with the settings; "" is nothing.
	trouble string
	// spentAt is when an object last said that the day's allowance is spent.
	spentAt chat.Time
	buf     []byte
}

// Call carries out one operation. The reply is valid until the next call; its
// first byte is a [Status].
func (b *Border) Call(op Op, in []byte) []byte {
	r := &reader{b: in}
	switch op {
	case OpConfigure:
		return b.configure(r)
	case OpSchema:
		return schema()
	case OpUnable:
		now := chat.Time(r.int())
		return b.reply(b.unable(now, r.string()).append)
	case OpHealth:
		return b.health(r)
	case OpRelayHealth:
		return b.relayHealth(r)
	case OpUnwell:
		return b.unwell(r)
	case OpSpent:
		return b.spent(r)
	case OpUpgrade:
		return b.upgrade(r)
	case OpRelay:
		return b.relay(r)
	case OpRelayAnswer:
		return b.reply(relayAnswer(chat.Status(r.byte())).append)
	case OpAdmin:
		return b.admin(r)
	case OpRefused:
		return b.refused(r)
	case OpCrowded:
		return b.reply(refusal(0, chat.CodeCapacity, "", crowdedRetry).append)
	case OpDeep:
		return b.mayDeep(r)
	}
	if b.m == nil {
		return failure(b.trouble)
	}
	switch op {
	case OpStep:
		return b.step(r)
	case OpDrop:
		b.m.Drop(readAddress(r))
		return []byte{byte(StatusOK)}
	case OpSetAside:
		to, now, reason := readAddress(r), chat.Time(r.int()), r.string()
		effects := setAside(to, now, reason, r)
		if r.err != nil {
			return fail(r.err)
		}
		return b.reply(func(dst []byte) []byte { return AppendEffects(dst, effects) })
	case OpTurnstileForm:
		return b.turnstileForm(r)
	case OpTurnstileCode:
		return b.turnstileCode(r)
	}
	return failure("edge: unknown operation")
}

// reply begins with StatusOK and goes on with what write appends.
func (b *Border) reply(write func([]byte) []byte) []byte {
	b.buf = write(append(b.buf[:0], byte(StatusOK)))
	return b.buf
}

func failure(words string) []byte { return append([]byte{byte(StatusError)}, words...) }

func fail(err error) []byte { return failure(err.Error()) }

func (b *Border) configure(r *reader) []byte {
	set := map[string]string{}
	for range r.count() {
		name := r.string()
		set[name] = r.string()
	}
	if r.err != nil {
		return fail(r.err)
	}
	var err error
	if b.m, err = NewMachine(set); err == nil {
		err = b.door.configure(set)
	}
	if err == nil {
		b.m.sites = b.door.origins.Entries()
	}
	if err != nil {
		b.m, b.trouble = nil, err.Error()
		return fail(err)
	}
	s := setupOf(set)
	s.notices = b.notices(set)
	return b.reply(s.append)
}

func readAddress(r *reader) chat.Address {
	kind := chat.ActorKind(r.byte())
	return chat.Address{Kind: kind, Key: r.string()}
}

// step carries out what [Step] asks.
func (b *Border) step(r *reader) (reply []byte) {
	s := readStep(r)
	if r.err != nil {
		return fail(r.err)
	}
	defer func() {
		if v := recover(); v != nil {
			reply = append([]byte{byte(StatusBroken)}, kindOfPanic(v)...)
		}
	}()
	return b.m.Step(s.To, s.Life, s.Now, r.b, s.Restore)
}

// kindOfPanic says what a panic was without what anybody wrote: its words may
// quote a visitor. The core's own begin with the name of a package.
func kindOfPanic(v any) string {
	switch v := v.(type) {
	case error:
		return v.Error() // of the runtime: an index, a nil pointer
	case string:
		if len(v) > 60 {
			v = v[:60]
		}
		for i := range len(v) {
			if v[i] == '"' {
				return v[:i]
			}
		}
		return v
	}
	return "a value of another kind"
}
