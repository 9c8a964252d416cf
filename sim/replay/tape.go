package replay

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"cloudflarechat/chat"
	"cloudflarechat/edge"
	"cloudflarechat/sim"
)

// Call is one call over the border, and what came back.
type Call struct {
	Op        edge.Op
	In, Reply []byte
}

// opNew stands on a tape where an instance was made anew; it is no operation of the border.
const opNew edge.Op = 0

// Tape is all that went over the border in one schedule.
type Tape struct {
	Seed  uint64
	Calls []Call
	// Result is what became of the schedule.
	Result sim.Result
}

// plan is a seed's schedule, at the edge whatever the seed says of that.
func plan(seed uint64) sim.Schedule {
	p := sim.Draw(seed)
	p.Edge = true
	return p
}

// Record plays a schedule natively.
func Record(seed uint64) *Tape {
	t := &Tape{Seed: seed}
	t.Result = sim.RunBehind(seed, plan(seed), func() sim.Core {
		t.Calls = append(t.Calls, Call{Op: opNew})
		return &recorder{t, new(edge.Border)}
	})
	return t
}

type recorder struct {
	tape   *Tape
	border *edge.Border
}

// Call implements [sim.Core].
func (r *recorder) Call(op edge.Op, in []byte) []byte {
	reply := r.border.Call(op, in)
	r.tape.Calls = append(r.tape.Calls, Call{op, bytes.Clone(in), bytes.Clone(reply)})
	return reply
}

// Bytes is the tape as another runtime is given it: of each call the operation and the length of its input, four bytes each,
// then the input.
func (t *Tape) Bytes() []byte {
	var b []byte
	for _, c := range t.Calls {
		b = binary.LittleEndian.AppendUint32(b, uint32(c.Op))
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(c.In))), c.In...)
	}
	return b
}

// Check compares what another runtime replied to [Tape.Bytes], each reply with its length before it.
func (t *Tape) Check(replies []byte) error {
	for i, c := range t.Calls {
		if c.Op == opNew {
			continue
		}
		if len(replies) < 4 {
			return fmt.Errorf("seed %d: the replies end before call %d of %d", t.Seed, i, len(t.Calls))
		}
		n := int(binary.LittleEndian.Uint32(replies))
		if replies = replies[4:]; n > len(replies) {
			return fmt.Errorf("seed %d: the reply to call %d is cut off", t.Seed, i)
		}
		if err := t.compare(i, replies[:n]); err != nil {
			return err
		}
		replies = replies[n:]
	}
	if len(replies) > 0 {
		return fmt.Errorf("seed %d: %d bytes more than the tape has replies", t.Seed, len(replies))
	}
	return nil
}

// compare says what differs between a reply and that of the tape.
func (t *Tape) compare(i int, reply []byte) error {
	c := t.Calls[i]
	if bytes.Equal(reply, c.Reply) {
		return nil
	}
	return fmt.Errorf("seed %d, call %d of %d: %s\nnative: %s\nWASM:   %s\nagain by: ./scripts/simulate.sh replay 1 %d",
		t.Seed, i, len(t.Calls), describe(c), effects(c.Reply), effects(reply), t.Seed)
}

// describe says what a call asked.
func describe(c Call) string {
	if c.Op != edge.OpStep {
		return fmt.Sprintf("operation %d", c.Op)
	}
	s, err := edge.ReadStep(c.In)
	if err != nil {
		return err.Error()
	}
	how := ""
	if s.Restore != nil {
		how = fmt.Sprintf(", rebuilt from %d rows", len(s.Restore.Rows))
	}
	return fmt.Sprintf("actor %d %q at %d%s: %s %+v", s.To.Kind, s.To.Key, s.Now, how, s.Event.EventName(), s.Event)
}

// effects says what a reply holds.
func effects(reply []byte) string {
	if len(reply) == 0 {
		return "nothing"
	}
	status := edge.Status(reply[0])
	if status != edge.StatusOK {
		return fmt.Sprintf("status %d %q", status, reply[1:])
	}
	list, err := edge.ReadEffects(reply[1:])
	if err != nil {
		return err.Error()
	}
	return sentence(list)
}

func sentence(list []chat.Effect) string {
	var b bytes.Buffer
	for _, f := range list {
		fmt.Fprintf(&b, "\n    %s %+v", f.EffectName(), f)
	}
	return b.String()
}

// Closer is an instance that is closed when it is used no more.
type Closer interface {
	sim.Core
	Close() error
}

// Play plays the schedule again with its actors in other instances, and compares every reply and the transcript's hash.
func (t *Tape) Play(instance func() (Closer, error)) error {
	p := &player{tape: t}
	r := sim.RunBehind(t.Seed, plan(t.Seed), func() sim.Core {
		p.close()
		core, err := instance()
		if err != nil {
			panic(err)
		}
		p.core = core
		p.check(Call{Op: opNew}, nil)
		return p
	})
	p.close()
	switch {
	case p.err != nil:
		return p.err
	case p.at != len(t.Calls):
		return fmt.Errorf("seed %d: %d calls, natively %d", t.Seed, p.at, len(t.Calls))
	case r.Sum != t.Result.Sum || r.Failure != t.Result.Failure:
		return fmt.Errorf("seed %d: the transcript's hash is %x, natively %x; %s", t.Seed, r.Sum, t.Result.Sum, r.Failure)
	}
	return nil
}

// player goes along a tape.
type player struct {
	tape *Tape
	core Closer
	at   int
	err  error // the first
}

func (p *player) close() {
	if p.core == nil {
		return
	}
	if err := p.core.Close(); err != nil && p.err == nil {
		p.err = err
	}
}

// Call implements [sim.Core].
func (p *player) Call(op edge.Op, in []byte) []byte {
	reply := p.core.Call(op, in)
	p.check(Call{Op: op, In: in}, reply)
	return reply
}

func (p *player) check(c Call, reply []byte) {
	switch {
	case p.err != nil: // what follows another reply is another schedule
	case p.at >= len(p.tape.Calls) || p.tape.Calls[p.at].Op != c.Op || !bytes.Equal(p.tape.Calls[p.at].In, c.In):
		p.err = fmt.Errorf("seed %d, call %d: the simulation asks what it did not ask natively: %s", p.tape.Seed, p.at, describe(c))
	default:
		p.err = p.tape.compare(p.at, reply)
	}
	p.at++
}
