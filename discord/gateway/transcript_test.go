package gateway_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cloudflarechat/discord/gateway"
)

var rewrite = flag.Bool("rewrite", false, "write what the machine says into testdata/*.txt")

// base is the moment 0 of the transcripts.
const base = 1_800_000_000_000

// A player turns the words of a transcript into events, and effects into words. Times are told as +ms from the start.
type player struct {
	m       *gateway.Machine
	now     int64
	conn    gateway.Conn // the socket of the last Dial
	timer   int64
	effects []gateway.Effect
}

func newPlayer(opts gateway.Options) *player {
	opts.Token = "TOKEN"
	return &player{m: gateway.New(opts), now: base}
}

func (p *player) step(ev gateway.Event) {
	for _, e := range p.m.Step(p.now, ev) {
		switch e := e.(type) {
		case gateway.Dial:
			p.conn = e.Conn
		case gateway.SetTimer:
			p.timer = e.AtMs
		}
		p.effects = append(p.effects, e)
	}
}

// play carries out one line. Lines: start, stop, info URL REMAINING [RESET_MS], infofailed STATUS, connected, recv JSON, closed CODE [STATUS], timer,
// early (a timer before its time), wait MS (less than 0 sets the clock back), skew MS, taken SEQ [relevant], push TEXT, restore ID URL SEQ SEEN (a new machine).
func (p *player) play(line string) error {
	f := strings.Fields(line)
	number := func(i int) int64 {
		if i >= len(f) {
			return 0
		}
		n, err := strconv.ParseInt(f[i], 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	switch f[0] {
	case "start":
		p.step(gateway.Start{})
	case "stop":
		p.step(gateway.Stop{})
	case "info":
		p.step(gateway.Info{URL: f[1], Remaining: int(number(2)), ResetAfterMs: number(3), MaxConcurrency: 1, Shards: 1})
	case "infofailed":
		p.step(gateway.InfoFailed{Status: int(number(1)), RetryAfterMs: number(2)})
	case "connected":
		p.step(gateway.Connected{Conn: p.conn})
	case "recv":
		p.step(gateway.Frame{Conn: p.conn, Data: []byte(strings.TrimPrefix(line, "recv "))})
	case "closed":
		p.step(gateway.Closed{Conn: p.conn, Code: int(number(1)), Status: int(number(2))})
	case "timer":
		p.now = max(p.now, p.timer)
		p.timer = 0
		p.step(gateway.Timer{})
	case "early":
		p.step(gateway.Timer{})
	case "skew":
		p.step(gateway.Skew{AheadMs: number(1)})
	case "wait":
		p.now += number(1)
	case "taken":
		p.step(gateway.Taken{Conn: p.conn, Seq: number(1), Relevant: len(f) > 2})
	case "push":
		p.step(gateway.Push{Payload: []byte(f[1])})
	case "restore":
		*p = *newPlayer(gateway.Options{State: gateway.State{
			SessionID: strings.Trim(f[1], "-"), ResumeURL: strings.Trim(f[2], "-"), Seq: number(3), SeenMs: base + number(4)}})
	default:
		return fmt.Errorf("unknown command %q", f[0])
	}
	return nil
}

func (p *player) told() string {
	var b strings.Builder
	at := func(ms int64) string {
		if ms == 0 {
			return "0"
		}
		return fmt.Sprintf("%+dms", ms-base)
	}
	for _, e := range p.effects {
		switch e := e.(type) {
		case gateway.Send:
			fmt.Fprintf(&b, "send %d %s\n", e.Conn, e.Data)
		case gateway.SetTimer:
			fmt.Fprintf(&b, "timer %s\n", at(e.AtMs))
		case gateway.Dial:
			fmt.Fprintf(&b, "dial %d %s\n", e.Conn, e.URL)
		case gateway.Close:
			fmt.Fprintf(&b, "close %d %d\n", e.Conn, e.Code)
		case gateway.FetchGatewayBot:
			b.WriteString("fetch\n")
		case gateway.Dispatch:
			fmt.Fprintf(&b, "dispatch %d #%d %s %T\n", e.Conn, e.Seq, e.Type, e.Event)
		case gateway.SaveState:
			fmt.Fprintf(&b, "save session=%q url=%q seq=%d seen=%s\n", e.State.SessionID, e.State.ResumeURL, e.State.Seq, at(e.State.SeenMs))
		case gateway.GapSuspected:
			fmt.Fprintf(&b, "gap since %s\n", at(e.SinceMs))
		case gateway.Fatal:
			fmt.Fprintf(&b, "fatal %d %s\n", e.Code, e.Text)
		case gateway.Status:
			fmt.Fprintf(&b, "status %s attempt=%d", e.State, e.Attempt)
			if e.RetryMs != 0 {
				fmt.Fprintf(&b, " retry=%s", at(e.RetryMs))
			}
			if e.Reason != "" {
				fmt.Fprintf(&b, " (%s)", e.Reason)
			}
			b.WriteByte('\n')
		case gateway.Count:
			fmt.Fprintf(&b, "count %s\n", e.Metric)
		}
	}
	p.effects = nil
	if b.Len() == 0 {
		return "nothing\n"
	}
	return b.String()
}

// Each file of testdata is a conversation: commands, ----, what the machine said, an empty line.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := newPlayer(gateway.Options{})
			var got strings.Builder
			for _, block := range strings.Split(strings.TrimRight(string(text), "\n"), "\n\n") {
				if strings.HasPrefix(block, "#") {
					got.WriteString(block + "\n\n")
					continue
				}
				commands, want, _ := strings.Cut(block, "----")
				got.WriteString(commands + "----\n")
				for _, line := range strings.Split(strings.TrimSpace(commands), "\n") {
					if err := p.play(line); err != nil {
						t.Fatal(err)
					}
				}
				told := p.told()
				got.WriteString(told + "\n")
				if !*rewrite && strings.TrimSpace(want) != strings.TrimSpace(told) {
					t.Errorf("after\n%s\nthe machine said\n%s\nand not\n%s", commands, told, strings.TrimSpace(want))
				}
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(strings.TrimRight(got.String(), "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
