package edge

import (
	"encoding/json"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

// Op is what the host asks across the border.
type Op uint32

// The operations. Their numbers are part of the border.
const (
	// OpConfigure gives the settings: a count, then names and values. It is the
	// first call of an instance.
	OpConfigure Op = iota + 1
	// OpStep gives an event to an actor; see [Border.step].
	OpStep
	// OpDrop forgets an actor: its kind and key.
	OpDrop
	// OpSchema asks for the statements and tails, as JSON.
	OpSchema
	// OpMintRoute makes a route of 16 random bytes.
	OpMintRoute
	// OpCheckRoute tells with StatusOK whether a route is one of this
	// deployment.
	OpCheckRoute
)

// Border is the one entry of a host: bytes in, bytes out.
type Border struct {
	m *Machine
}

// Call carries out one operation. The reply is valid until the next call; its
// first byte is a [Status].
func (b *Border) Call(op Op, in []byte) []byte {
	r := &reader{b: in}
	if op == OpConfigure {
		return b.configure(r)
	}
	if op == OpSchema {
		return schema()
	}
	if b.m == nil {
		return append([]byte{byte(StatusError)}, "edge: not configured"...)
	}
	switch op {
	case OpStep:
		return b.step(r)
	case OpDrop:
		b.m.Drop(readAddress(r))
		return []byte{byte(StatusOK)}
	case OpMintRoute:
		var random [16]byte
		r.fill(random[:])
		if r.err != nil {
			return fail(r.err)
		}
		return append([]byte{byte(StatusOK)}, chat.MintRoute(b.m.cfg.DataSecret, random)...)
	case OpCheckRoute:
		if chat.CheckRoute(b.m.cfg.DataSecret, chat.Route(r.string())) {
			return []byte{byte(StatusOK)}
		}
		return append([]byte{byte(StatusError)}, chat.CodeRoute...)
	}
	return append([]byte{byte(StatusError)}, "edge: unknown operation"...)
}

func (b *Border) configure(r *reader) []byte {
	set := map[string]string{}
	for range r.count() {
		name := r.string()
		set[name] = r.string()
	}
	if r.err != nil {
		return fail(r.err)
	}
	m, err := NewMachine(set)
	if err != nil {
		return fail(err)
	}
	b.m = m
	return []byte{byte(StatusOK)}
}

func readAddress(r *reader) chat.Address {
	kind := chat.ActorKind(r.byte())
	return chat.Address{Kind: kind, Key: r.string()}
}

// step reads: kind, key, incarnation, now, then a 0, or a 1 with the timer, the
// rows and the states of the connections; the rest is the event.
func (b *Border) step(r *reader) []byte {
	to := readAddress(r)
	life := Incarnation(r.string())
	now := chat.Time(r.int())
	var restore *chat.Restore
	if r.bool() {
		restore = &chat.Restore{Timer: chat.Time(r.int())}
		for range r.count() {
			var row chat.Row
			r.readRecordsRow(&row)
			restore.Rows = append(restore.Rows, row)
		}
		for range r.count() {
			var c chat.ConnState
			in := r.inner()
			in.readChatConnState(&c)
			r.join(in)
			restore.Conns = append(restore.Conns, c)
		}
	}
	if r.err != nil {
		return fail(r.err)
	}
	return b.m.Step(to, life, now, r.b, restore)
}

// schema tells a host all that it must know of the records.
func schema() []byte {
	type table struct {
		Name   string `json:"name"`
		Kinds  string `json:"kinds"` // i or t, a letter a column
		Create string `json:"create"`
		Put    string `json:"put"`
		Delete string `json:"delete"`
		Range  string `json:"range"`
	}
	type tail struct {
		Table records.Table `json:"table"`
		Limit int           `json:"limit"`
	}
	var out struct {
		Version int               `json:"version"`
		Tables  []table           `json:"tables"`
		Tails   map[string][]tail `json:"tails"`
	}
	out.Version = records.SchemaVersion
	for i := range records.Tables {
		s := &records.Tables[i]
		t := table{Name: s.Name, Create: s.CreateSQL(), Put: s.PutSQL(), Delete: s.DeleteSQL(), Range: s.RangeSQL()}
		for _, c := range s.Columns {
			if c.Kind == records.Text {
				t.Kinds += "t"
			} else {
				t.Kinds += "i"
			}
		}
		out.Tables = append(out.Tables, t)
	}
	tails := func(a chat.Address) (list []tail) {
		for _, t := range Tails(a) {
			list = append(list, tail{t.Table, t.Limit})
		}
		return list
	}
	out.Tails = map[string][]tail{
		"session": tails(chat.SessionAt("")),
		"thread":  tails(chat.ThreadKey("")),
		"email":   tails(chat.EmailKey("")),
		"bearer":  tails(chat.BearerKey("")),
		"desk":    tails(chat.DeskAddress),
	}
	b, err := json.Marshal(out)
	if err != nil {
		return fail(err)
	}
	return append([]byte{byte(StatusOK)}, b...)
}
