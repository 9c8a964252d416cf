package gateway_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/discord/gateway"

	"pgregory.net/rapid"
)

func count(effects []gateway.Effect, like gateway.Effect) (n int) {
	for _, e := range effects {
		if reflect.TypeOf(e) == reflect.TypeOf(like) {
			n++
		}
	}
	return n
}

const hello = `{"op":10,"d":{"heartbeat_interval":41250}}`

// connect brings a player to Ready.
func (p *player) connect(t *testing.T) {
	t.Helper()
	for _, line := range []string{"start", "info wss://gateway.example 1000 14400000", "connected", "recv " + hello,
		`recv {"t":"READY","s":1,"op":0,"d":{"session_id":"S","resume_gateway_url":"wss://resume.example","user":{"id":"1"}}}`} {
		if err := p.play(line); err != nil {
			t.Fatal(err)
		}
	}
	if p.m.State() != gateway.Ready {
		t.Fatalf("not ready:\n%s", p.told())
	}
	p.effects = nil
}

// Each close code does what Discord's table says, and so do codes that it does not list.
func TestCloseCodes(t *testing.T) {
	fatal := map[int]bool{4004: true, 4010: true, 4011: true, 4012: true, 4013: true, 4014: true}
	anew := map[int]bool{4003: true, 4005: true, 4007: true, 4009: true}
	for code := range 5000 {
		if code > 0 && code < 1000 || code > 1020 && code < 3990 || code > 4030 {
			continue
		}
		p := newPlayer(gateway.Options{})
		p.connect(t)
		p.step(gateway.Closed{Conn: p.conn, Code: code})
		told := p.told()
		switch {
		case fatal[code]:
			if p.m.State() != gateway.Failed || !strings.Contains(told, fmt.Sprintf("fatal %d ", code)) {
				t.Errorf("%d:\n%s", code, told)
			}
			rule := gateway.RuleOf(code)
			if rule.Hint == "" || rule.Text == "" {
				t.Errorf("%d tells the owner nothing", code)
			}
			p.now += 86_400_000
			p.step(gateway.Timer{})
			if p.m.State() != gateway.Failed {
				t.Errorf("%d: came back by itself", code)
			}
		case anew[code]:
			if !strings.Contains(told, `save session=""`) {
				t.Errorf("%d keeps the session:\n%s", code, told)
			}
		default:
			if p.m.State() != gateway.Waiting || strings.Contains(told, "save") {
				t.Errorf("%d:\n%s", code, told)
			}
			if p.timer = 0; code == 4008 {
				p.now += 59_000
				p.step(gateway.Timer{})
				if p.m.State() != gateway.Waiting {
					t.Errorf("4008: back within a minute")
				}
			}
			p.now += 2000
			p.step(gateway.Timer{})
			if told := p.told(); !strings.Contains(told, "dial 2 wss://resume.example") {
				t.Errorf("%d does not resume:\n%s", code, told)
			}
		}
	}
}

// However often Discord asks for beats and the host pushes, 120 payloads in 60 s are never passed, and a payload is never too long.
func TestSendLimit(t *testing.T) {
	p := newPlayer(gateway.Options{})
	p.connect(t)
	begin, sends := p.now, 1 // Identify
	for range 400 {
		p.now += 100
		p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":1,"d":null}`)})
		p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":11}`)})
		p.step(gateway.Push{Payload: []byte(`{"op":3,"d":{}}`)})
	}
	for _, e := range p.effects {
		if s, ok := e.(gateway.Send); ok {
			sends++
			if len(s.Data) > gateway.MaxPayloadBytes {
				t.Error("too long")
			}
		}
	}
	if sends > 120 || sends < 110 {
		t.Errorf("%d payloads in %d ms", sends, p.now-begin)
	}
	p.effects = nil
	p.step(gateway.Push{Payload: make([]byte, gateway.MaxPayloadBytes+1)})
	if count(p.effects, gateway.Send{}) != 0 || count(p.effects, gateway.Count{}) != 1 {
		t.Errorf("a payload too long:\n%s", p.told())
	}
	// The one that waited leaves when the window has passed.
	p.effects = nil
	p.now = begin + 61_000
	p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":11}`)})
	p.step(gateway.Timer{})
	if told := p.told(); strings.Count(told, `send 1 {"op":3,"d":{}}`) != 1 {
		t.Errorf("after the window:\n%s", told)
	}
	long := newPlayer(gateway.Options{})
	long.m = gateway.New(gateway.Options{Token: strings.Repeat("x", 5000)})
	for _, line := range []string{"start", "info wss://g 5 1000", "connected", "recv " + hello} {
		if err := long.play(line); err != nil {
			t.Fatal(err)
		}
	}
	if long.m.State() != gateway.Failed || count(long.effects, gateway.Send{}) != 0 {
		t.Errorf("an absurd token:\n%s", long.told())
	}
}

// A sequence is never saved before everything up to it was taken, in whatever order that happens.
func TestSavedSequenceNeverPassesTaken(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlayer(gateway.Options{})
		for _, line := range []string{"start", "info wss://gateway.example 1000 14400000", "connected", "recv " + hello,
			`recv {"t":"READY","s":1,"op":0,"d":{"session_id":"S","resume_gateway_url":"wss://resume.example","user":{"id":"1"}}}`} {
			_ = p.play(line)
		}
		open := map[int64]gateway.Conn{}
		seq, saved := int64(1), int64(1)
		check := func() {
			for _, e := range p.effects {
				switch e := e.(type) {
				case gateway.Dispatch:
					if e.Type != "RESUMED" {
						open[e.Seq] = e.Conn
					}
				case gateway.SaveState:
					if e.State.Seq < saved {
						t.Fatalf("saved %d after %d", e.State.Seq, saved)
					}
					saved = e.State.Seq
					for s := range open {
						if s <= saved {
							t.Fatalf("%d was saved and %d is not taken", saved, s)
						}
					}
				}
			}
			p.effects = nil
		}
		p.effects = nil
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			switch rapid.IntRange(0, 6).Draw(t, "do") {
			case 0, 1:
				seq++
				p.step(gateway.Frame{Conn: p.conn, Data: fmt.Appendf(nil, `{"op":0,"s":%d,"t":"MESSAGE_CREATE","d":{"id":"5","channel_id":"6"}}`, seq)})
			case 2:
				seq++
				p.step(gateway.Frame{Conn: p.conn, Data: fmt.Appendf(nil, `{"op":0,"s":%d,"t":"OTHER","d":{}}`, seq)})
			case 3, 4:
				which := rapid.Int64Range(1, seq).Draw(t, "taken")
				if conn, ok := open[which]; ok {
					delete(open, which)
					p.step(gateway.Taken{Conn: conn, Seq: which, Relevant: rapid.Bool().Draw(t, "relevant")})
				}
			case 5:
				p.now += rapid.Int64Range(0, 31_000).Draw(t, "pass")
				p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":11}`)})
				p.step(gateway.Timer{})
			case 6:
				p.step(gateway.Closed{Conn: p.conn})
				for p.m.State() != gateway.Connecting {
					p.now += 1000
					p.step(gateway.Timer{})
				}
				p.step(gateway.Frame{Conn: p.conn, Data: []byte(hello)})
				seq++
				p.step(gateway.Frame{Conn: p.conn, Data: fmt.Appendf(nil, `{"op":0,"s":%d,"t":"RESUMED","d":{}}`, seq)})
			}
			check()
		}
		for s := range open {
			p.step(gateway.Taken{Conn: open[s], Seq: s})
			delete(open, s)
		}
		p.now += 40_000
		p.step(gateway.Frame{Conn: p.conn, Data: []byte(`{"op":11}`)})
		p.step(gateway.Timer{})
		check()
		if saved != seq {
			t.Fatalf("all is taken up to %d and %d is saved", seq, saved)
		}
	})
}

// A host that takes nothing is not drowned: the connection is given up and resumed from what was taken.
func TestHostThatDoesNotKeepUp(t *testing.T) {
	p := newPlayer(gateway.Options{})
	p.connect(t)
	for seq := 2; seq < 20_000 && p.m.State() == gateway.Ready; seq++ {
		p.step(gateway.Frame{Conn: p.conn, Data: fmt.Appendf(nil, `{"op":0,"s":%d,"t":"MESSAGE_CREATE","d":{"id":"5","channel_id":"6"}}`, seq)})
	}
	if n := count(p.effects, gateway.Dispatch{}); p.m.State() != gateway.Waiting || n > 9000 {
		t.Fatalf("%d dispatches, none taken", n)
	}
	p.effects = nil
	for _, line := range []string{"timer", "connected", "recv " + hello} {
		p.now += 2000
		if err := p.play(line); err != nil {
			t.Fatal(err)
		}
	}
	if told := p.told(); !strings.Contains(told, `"seq":1}`) {
		t.Errorf("does not go back to what was taken:\n%s", told)
	}
}

// Events of sockets that were given up change nothing.
func TestOldSocketsAreIgnored(t *testing.T) {
	p := newPlayer(gateway.Options{})
	p.connect(t)
	old := p.conn
	for _, line := range []string{`recv {"op":7,"d":null}`, "timer", "connected", "recv " + hello, `recv {"op":0,"t":"RESUMED","s":2,"d":{}}`} {
		if err := p.play(line); err != nil {
			t.Fatal(err)
		}
	}
	p.effects = nil
	p.step(gateway.Frame{Conn: old, Data: []byte(`{"op":0,"s":3,"t":"MESSAGE_CREATE","d":{"id":"5","channel_id":"6"}}`)})
	p.step(gateway.Frame{Conn: old, Data: []byte(`{"op":9,"d":false}`)})
	p.step(gateway.Closed{Conn: old, Code: 4004})
	p.step(gateway.Connected{Conn: old})
	p.step(gateway.Info{URL: "wss://other"})
	if p.m.State() != gateway.Ready || len(p.effects) != 0 {
		t.Errorf("it did something:\n%s", p.told())
	}
}

func TestWrongOptions(t *testing.T) {
	for _, o := range []gateway.Options{{}, {Token: " Bot  "}, {Token: "x", Compression: "gzip"}, {Token: "x", ShardID: 2, ShardCount: 2}} {
		m := gateway.New(o)
		effects := m.Step(base, gateway.Start{})
		if m.State() != gateway.Failed || count(effects, gateway.Fatal{}) != 1 {
			t.Errorf("%+v: %+v", o, effects)
		}
	}
	m := gateway.New(gateway.Options{Token: "Bot x", Compression: "zstd-stream", ShardID: 1, ShardCount: 2})
	m.Step(base, gateway.Start{})
	effects := m.Step(base, gateway.Info{URL: "wss://g?a=b", Remaining: -1})
	if d, ok := effects[1].(gateway.Dial); !ok || d.URL != "wss://g?a=b&v=10&encoding=json&compress=zstd-stream" {
		t.Errorf("%+v", effects)
	}
	effects = m.Step(base, gateway.Frame{Conn: 1, Data: []byte(hello)})
	if s, ok := effects[3].(gateway.Send); !ok || !strings.Contains(string(s.Data), `"token":"x"`) || !strings.Contains(string(s.Data), `"shard":[1,2]`) {
		t.Errorf("%+v", effects)
	}
}
