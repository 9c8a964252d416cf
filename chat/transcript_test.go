package chat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew")

// TestTranscripts plays the conversations in testdata. A line before ---- is
// a command, what follows is what can be seen from outside.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(raw))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(raw) {
				t.Errorf("%s differs; go test ./chat -run TestTranscripts -rewrite writes it anew.\n%s", file, diff(string(raw), got))
			}
		})
	}
}

func diff(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "", ""
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d:\n want %s\n got  %s", i+1, a, b)
		}
	}
	return ""
}

// player plays the commands of one transcript.
type player struct {
	*toyHost
	ids map[string]string // sessionId and route by connection
}

func play(t *testing.T, script string) string {
	p := &player{newToyHost(), map[string]string{}}
	var out strings.Builder
	for _, block := range strings.Split(script, "\n\n") {
		var commands []string
		for _, line := range strings.Split(block, "\n") {
			if line == "----" {
				break
			}
			if strings.TrimSpace(line) != "" {
				commands = append(commands, line)
			}
		}
		if len(commands) == 0 {
			continue
		}
		p.log = nil
		quiet := true
		for _, c := range commands {
			if strings.HasPrefix(c, "#") {
				continue
			}
			quiet = false
			p.command(t, c)
		}
		out.WriteString(strings.Join(commands, "\n") + "\n")
		if !quiet {
			out.WriteString("----\n")
			for _, l := range p.log {
				out.WriteString(l + "\n")
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (p *player) command(t *testing.T, line string) {
	t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	args := strings.Fields(rest)
	switch word {
	case "open": // open CONN [route-of CONN] [from ADDRESS]
		conn := chat.ConnID(args[0])
		p.random++
		e := chat.ConnOpened{Conn: conn, Site: "https://shop.example"}
		for i := range e.Random {
			e.Random[i] = p.random
		}
		route := chat.MintRoute(p.cfg.DataSecret, [16]byte{p.random, 99})
		if n := len(args); n > 2 && args[n-2] == "from" {
			e.RemoteIP, args = args[n-1], args[:n-2]
		}
		if len(args) > 2 {
			route = chat.Route(p.ids[args[2]+".route"])
		}
		p.conns[conn] = chat.SessionAt(route)
		p.ids[args[0]+".route"] = string(route)
		p.step(p.conns[conn], e)
	case "send": // send CONN FRAME; {sessionId of c1} is replaced
		conn, data, _ := strings.Cut(rest, " ")
		for k, v := range p.ids {
			data = strings.ReplaceAll(data, "{"+k+"}", v)
		}
		a, ok := p.conns[chat.ConnID(conn)]
		if !ok {
			t.Fatalf("%s: no such connection", line)
		}
		mark := len(p.log)
		p.capture(conn, func() { p.step(a, chat.FrameReceived{Conn: chat.ConnID(conn), Data: []byte(data)}) })
		_ = mark
	case "flood": // flood N CONN FRAME; the same line again and again is written once
		n, rest, _ := strings.Cut(rest, " ")
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		before := p.log
		p.log = nil
		conn, _, _ := strings.Cut(rest, " ")
		for i := 0; i < times && p.conns[chat.ConnID(conn)] != (chat.Address{}); i++ {
			p.command(t, "send "+rest)
		}
		p.log = append(before, again(p.log)...)
	case "close", "cut": // a goodbye, or none
		conn := chat.ConnID(args[0])
		a := p.conns[conn]
		delete(p.conns, conn)
		delete(p.states, conn)
		closed := chat.ConnClosed{Conn: conn, Clean: word == "close"}
		p.step(a, closed)
	case "die": // nobody notices that the connection is gone
		p.dumb[chat.ConnID(rest)] = p.now
	case "wait":
		d := map[byte]chat.Time{'s': chat.Second, 'm': chat.Minute, 'h': chat.Hour, 'd': chat.Day}
		n, err := strconv.Atoi(rest[:len(rest)-1])
		if err != nil {
			t.Fatal(err)
		}
		p.wait(chat.Time(n) * d[rest[len(rest)-1]])
	case "clock-back": // clock-back 1h; timers stay where they are
		d := map[byte]chat.Time{'s': chat.Second, 'm': chat.Minute, 'h': chat.Hour, 'd': chat.Day}
		n, err := strconv.Atoi(rest[:len(rest)-1])
		if err != nil {
			t.Fatal(err)
		}
		p.now -= chat.Time(n) * d[rest[len(rest)-1]]
	case "desk": // desk [earlier] done ID | doubt | gone | refused | unsent | toolate | read ID:TEXT… ID:divider
		p.answerDesk(t, args)
	case "pull":
		last := p.desk[len(p.desk)-1]
		pull := chat.DeskPull{At: p.now}
		if len(args) > 0 && args[0] == "unsent" && last.Call != nil {
			pull.Unsent = last.Call.HandedAt
		}
		p.step(chat.SessionAt(last.From), pull)
	case "delayed":
		last := p.desk[len(p.desk)-1]
		p.step(chat.SessionAt(last.From), chat.DeskDelayed{Until: p.now + 90*chat.Second, Code: chat.CodeDeskSlow})
	case "news": // news KIND THREAD MESSAGE AUTHOR TEXT
		kinds := map[string]chat.NewsKind{"posted": chat.NewsPosted, "edited": chat.NewsEdited, "deleted": chat.NewsDeleted,
			"typing": chat.NewsTyping, "gone": chat.NewsThreadGone, "close": chat.NewsClose, "block": chat.NewsBlock, "missed": chat.NewsMissed}
		n := chat.News{Kind: kinds[args[0]], Thread: chat.ThreadID(args[1]), At: p.now}
		for i, a := range args[2:] {
			k, v, ok := strings.Cut(a, "=")
			if !ok {
				n.Text = strings.Join(args[2+i:], " ")
				break
			}
			switch k {
			case "id":
				n.Message = chat.MessageID(v)
			case "by":
				n.Author = v
			case "epoch":
				n.Epoch = chat.MessageID(v)
			case "after":
				n.After = chat.MessageID(v)
			case "old": // it was written so many seconds ago
				seconds, _ := strconv.Atoi(v)
				n.At -= chat.Time(seconds) * chat.Second
			case "quoted": // it answers this post
				n.Quoted, n.Quote = chat.MessageID(v), "> the words of "+v
			}
		}
		p.step(chat.ThreadKey(n.Thread), chat.ThreadNews{News: n, Ticket: "ticket"})
	case "chatter": // chatter THREAD COUNT ID: so many posts of an agent, from an id on; nobody writes them down
		count, _ := strconv.Atoi(args[1])
		first, _ := strconv.Atoi(args[2])
		p.quiet = true
		for i := range count {
			p.command(t, fmt.Sprintf("news posted %s id=%d by=Ada chatter %d", args[0], first+i, i))
		}
		p.quiet = false
	case "alert": // from here on the team is called to a visitor who waits two minutes
		p.cfg.AlertAfter = 2 * chat.Minute
	case "rows": // rows TABLE: how many are kept
		n := 0
		for _, rows := range p.rows {
			for _, r := range rows {
				if records.SchemaOf(r.Table).Name == rest {
					n++
				}
			}
		}
		p.say("rows of %s: %d", rest, n)
	case "column": // column TABLE COLUMN: what stands there
		for _, rows := range p.rows {
			for _, r := range rows {
				schema := records.SchemaOf(r.Table)
				for i, c := range schema.Columns {
					if schema.Name == args[0] && c.Name == args[1] {
						p.say("%s: %s", args[1], r.Values[i].Text)
					}
				}
			}
		}
	case "forget-held": // what waits is lost
		p.held, p.heldBack = "", nil
	case "crash":
		p.crash()
	case "lose-alarms": // every timer that is set is lost, and the host still believes in it
		p.lost = maps.Clone(p.timers)
	case "hold": // hold EVENT: what actors tell each other by this name waits
		p.held = rest
	case "let-go": // let-go [N]: now it comes, or so many of them, and the others wait on
		list := p.heldBack
		if n, err := strconv.Atoi(rest); err == nil {
			list, p.heldBack = list[:n], list[n:]
		} else {
			p.held, p.heldBack = "", nil
		}
		for _, t := range list {
			p.step(t.To, t.Event)
		}
	case "filter": // filter LINKS REPEATS WORDS
		links, _ := strconv.Atoi(args[0])
		repeats, _ := strconv.Atoi(args[1])
		p.cfg.Filter = chat.Filter{Links: links, Repeats: repeats, Words: strings.Split(strings.Join(args[2:], " "), ",")}
	case "sign": // sign NAME EMAIL SECONDS [USER]: {NAME.hash} and {NAME.expires} from here on
		p.cfg.IdentitySecret = []byte("the site's secret")
		seconds, _ := strconv.Atoi(args[2])
		expires, user := p.now+chat.Time(seconds)*chat.Second, ""
		if len(args) > 3 {
			user = args[3]
		}
		p.ids[args[0]+".hash"] = chat.SignIdentity(p.cfg.IdentitySecret, args[1], user, expires)
		p.ids[args[0]+".expires"] = strconv.FormatInt(int64(expires), 10)
	case "turnstile-limits":
		p.cfg.TurnstileDownLimits = true
	case "turnstile":
		p.cfg.TurnstileOn = true
	default:
		t.Fatalf("unknown command %q", line)
	}
}

// again writes lines that come again and again once.
func again(lines []string) (out []string) {
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n] == lines[0] {
			n++
		}
		line := lines[0]
		if n > 1 {
			line += fmt.Sprintf(" (%d times)", n)
		}
		out, lines = append(out, line), lines[n:]
	}
	return out
}

// capture keeps what a ready frame says, for later commands.
func (p *player) capture(conn string, f func()) {
	inner := p.toyHost
	before := len(inner.log)
	readyHook = func(c chat.ConnID, data []byte) {
		var fr struct {
			Data struct{ SessionID, Route string }
		}
		if json.Unmarshal(data, &fr) == nil && fr.Data.SessionID != "" {
			p.ids[string(c)+".sessionId"] = fr.Data.SessionID
			p.ids[string(c)+".route"] = fr.Data.Route
		}
	}
	f()
	readyHook = nil
	_ = before
}

var readyHook func(chat.ConnID, []byte)

// wait lets time pass, firing timers on the way. Open connections ping.
func (p *player) wait(d chat.Time) {
	end := p.now + d
	for {
		var next chat.Time
		var who chat.Address
		for a, at := range p.timers {
			if at > 0 && at <= end && at != p.lost[a] && (next == 0 || at < next || at == next && a.Key < who.Key) {
				next, who = at, a
			}
		}
		if next == 0 {
			break
		}
		p.now = max(p.now, next)
		p.timers[who] = 0
		p.step(who, chat.TimerFired{Heard: p.heard(who)})
	}
	p.now = end
}

func (p *player) answerDesk(t *testing.T, args []string) {
	t.Helper()
	if len(p.desk) == 0 {
		t.Fatal("the desk was not asked for anything")
	}
	last := p.desk[len(p.desk)-1]
	if last.Call == nil {
		t.Fatal("the desk was given no call; pull first")
	}
	slot, handed := true, chat.Time(0)
	if args[0] == "earlier" { // what is said is of an earlier attempt
		handed, args = last.Call.HandedAt-1, args[1:]
	}
	if args[len(args)-1] == "noslot" {
		slot, args = false, args[:len(args)-1]
	}
	r := chat.DeskResult{}
	switch args[0] {
	case "done":
		r.Outcome = chat.OutcomeDone
		if len(args) > 1 {
			r.Message = chat.MessageID(args[1])
			if last.Call.Kind == chat.CallOpen {
				r.Thread = chat.ThreadID(args[1])
			}
		}
	case "made": // an opening post together with its thread
		r.Outcome, r.Message, r.Thread = chat.OutcomeDone, chat.MessageID(args[1]), chat.ThreadID(args[1])
	case "already": // a thread that somebody else made meanwhile
		r.Outcome, r.Thread, r.More = chat.OutcomeDone, chat.ThreadID(args[1]), true
	case "doubt":
		r.Outcome = chat.OutcomeDoubt
	case "gone":
		r.Outcome = chat.OutcomeGone
	case "unsent":
		r.Outcome = chat.OutcomeUnsent
	case "toolate":
		r.Outcome = chat.OutcomeTooLate
	case "refused":
		r.Outcome, r.Code, r.Looked = chat.OutcomeRefused, chat.CodeRefused, last.Call.Check
	case "read":
		r.Outcome = chat.OutcomeDone
		for _, a := range args[1:] {
			if r.More = a == "more"; r.More { // there is more in the thread
				break
			}
			kind := chat.NewsPosted
			id, text, _ := strings.Cut(a, ":")
			if before, after, edited := strings.Cut(a, "="); edited { // ID=TEXT was edited
				id, text, kind = before, after, chat.NewsEdited
			}
			if text == "divider" {
				r.Divider = chat.MessageID(id)
				continue
			}
			if text == "note" { // ID:note was made one
				kind = chat.NewsDeleted
			}
			n := chat.News{Kind: kind, Thread: last.Call.Thread, Message: chat.MessageID(id), Author: "Ada", Text: text, At: p.now}
			if text, quoted, ok := strings.Cut(text, "^"); ok { // ID:TEXT^ID answers a post
				n.Text, n.Quoted, n.Quote = text, chat.MessageID(quoted), "> the words of "+quoted
			}
			r.News = append(r.News, n)
			r.Last = chat.MessageID(id)
			r.Seen = append(r.Seen, r.Last)
		}
	default:
		t.Fatalf("unknown answer %v", args)
	}
	p.step(chat.SessionAt(last.From), chat.DeskDone{Key: last.Call.Key, Result: r, HandedAt: handed, Slot: slot})
}
