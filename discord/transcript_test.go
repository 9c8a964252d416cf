package discord_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts anew")

// TestTranscripts plays the stories in testdata against the model of Discord. Lines before ---- are commands, what follows is what happened: requests as Discord saw
// them, and what the conversations were told.
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
				t.Errorf("%s differs; go test ./discord -run TestTranscripts -rewrite writes it anew.\n%s", file, firstDifference(string(raw), got))
			}
		})
	}
}

func firstDifference(want, got string) string {
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

// story is one transcript being played.
type story struct {
	*rig
	t   *testing.T
	cfg world.Config
	opt discord.Options
	// replied is the newest answer to an opening post.
	replied world.MessageID
}

func play(t *testing.T, script string) string {
	s := &story{t: t}
	var out strings.Builder
	for _, block := range strings.Split(strings.TrimSpace(script), "\n\n") {
		var commands []string
		quiet := true
		for _, line := range strings.Split(block, "\n") {
			if line == "----" {
				break
			}
			commands = append(commands, line)
			quiet = quiet && strings.HasPrefix(line, "#")
		}
		for _, c := range commands {
			if !strings.HasPrefix(c, "#") {
				s.command(c)
			}
		}
		out.WriteString(strings.Join(commands, "\n") + "\n")
		if !quiet {
			out.WriteString("----\n")
			if s.rig != nil {
				for _, l := range s.log {
					out.WriteString(l + "\n")
				}
				s.log = nil
			}
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (s *story) command(line string) {
	s.t.Helper()
	word, rest, _ := strings.Cut(line, " ")
	args := strings.Fields(rest)
	if word == "with" { // before anything else: options
		s.with(args)
		return
	}
	if s.rig == nil {
		s.rig = newRig(s.cfg, s.opt)
	}
	switch word {
	case "visitor": // visitor NAME TEXT: begins a conversation
		name, text, _ := strings.Cut(rest, " ")
		v := s.visitor(name)
		v.add(&chat.DeskCall{Kind: chat.CallPost, Text: text})
		v.kick()
	case "say": // say NAME TEXT
		name, text, _ := strings.Cut(rest, " ")
		s.talk(name).say(text)
	case "flood": // flood NAME COUNT: so many posts at once
		v := s.talk(args[0])
		for i := range s.number(args[1]) {
			v.add(&chat.DeskCall{Kind: chat.CallPost, Text: fmt.Sprintf("flood %d", i+1)})
		}
		v.kick()
	case "again": // again NAME: what opened the conversation is told once more, late
		s.toDesk(chat.DeskReady{From: s.talk(args[0]).route, Call: s.talk(args[0]).announce})
	case "mark", "read", "close", "typing": // mark NAME MESSAGE · read NAME [AFTER]
		v := s.talk(args[0])
		c := &chat.DeskCall{}
		switch word {
		case "mark":
			c.Kind, c.Message = chat.CallMark, chat.MessageID(s.id(args[1]))
		case "read":
			c.Kind = chat.CallRead
			if len(args) > 1 {
				c.After = chat.MessageID(s.id(args[1]))
			}
		case "close":
			c.Kind = chat.CallClose
		case "typing":
			c.Kind = chat.CallTyping
		}
		v.add(c)
		v.kick()
	case "agent": // agent NAME TEXT: an agent writes into the thread
		name, text, _ := strings.Cut(rest, " ")
		id, err := s.world.Post(int64(s.now), "Ada Lovelace", s.thread(name), text)
		s.check(err)
		s.name(id.String(), "m")
	case "reply": // reply NAME TEXT: an agent answers the opening post, in the support channel itself
		name, text, _ := strings.Cut(rest, " ")
		id, err := s.world.PostBody(int64(s.now), "Ada Lovelace", s.world.SupportChannel(),
			map[string]any{"content": text, "message_reference": map[string]any{"message_id": s.thread(name).String()}})
		s.check(err)
		s.name(id.String(), "m")
		s.replied = id
	case "reply-edit": // reply-edit TEXT: the last of them is edited
		s.check(s.world.Edit(int64(s.now), "Ada Lovelace", s.world.SupportChannel(), s.replied, rest))
	case "chat": // chat TEXT: an agent writes into the support channel itself
		id, err := s.world.Post(int64(s.now), "Ada Lovelace", s.world.SupportChannel(), rest)
		s.check(err)
		s.name(id.String(), "m")
		s.step(discord.Stray{Message: chat.MessageID(id.String())})
	case "lock":
		s.check(s.world.SetThread(int64(s.now), "Ada Lovelace", s.thread(args[0]), true, true))
	case "archive":
		s.check(s.world.SetThread(int64(s.now), "Ada Lovelace", s.thread(args[0]), true, false))
	case "remove":
		s.check(s.world.DeleteChannel(int64(s.now), s.thread(args[0])))
	case "access":
		s.world.SetBotAccess(int64(s.now), s.world.SupportChannel(), args[0] == "on")
	case "manage", "react": // manage off: the bot may not manage threads; react off: nor set marks
		p := world.DefaultBotPermissions
		if args[0] == "off" {
			p &^= map[string]world.Permissions{"manage": world.ManageThreads, "react": world.AddReactions}[word]
		}
		s.world.SetBotPermissions(int64(s.now), s.world.BotToken(), p)
	case "twofactor": // twofactor on: the server asks moderators for it, and the bot's owner has none
		s.world.RequireTwoFactor(args[0] == "on")
	case "revoke":
		s.world.RevokeToken(int64(s.now), s.world.BotToken())
	case "fault": // fault KIND key=value …
		s.fault(args)
	case "heal":
		s.world.Heal(int64(s.now), 0)
	case "wait":
		d, err := time.ParseDuration(args[0])
		s.check(err)
		s.run(chat.Time(d.Milliseconds()))
	case "crash":
		s.rebuild()
	case "deaf": // deaf N: so much of what is told to threads is lost
		n, err := strconv.Atoi(args[0])
		s.check(err)
		s.deaf = n
	case "gap": // gap DURATION: the Gateway lost events for so long, until now
		d, err := time.ParseDuration(args[0])
		s.check(err)
		s.step(discord.GatewayGap{At: s.now - chat.Time(d.Milliseconds())})
	case "spent": // spent ROWS: of 100,000 rows
		n, err := strconv.ParseInt(rest, 10, 64)
		s.check(err)
		s.step(discord.Spent{Items: []discord.Allowance{{Name: "requests", Used: n / 2, Limit: 100_000}, {Name: "rows written", Used: n, Limit: 100_000}}})
	case "unwell": // unwell REASON; without one all is well
		s.step(discord.Unwell{Reason: rest})
	case "recheck":
		s.step(discord.Recheck{})
	case "show": // show NAME: what stands in the thread; show #support
		id := s.world.SupportChannel()
		if args[0] != "#support" {
			id = s.thread(args[0])
		}
		for _, m := range s.world.Messages(id) {
			s.note("    %s: %s", m.Author.DisplayName(), s.short(strings.ReplaceAll(m.Content, "\n", " ⏎ ")))
		}
	case "threads":
		var names []string
		for _, th := range s.world.Threads(s.world.SupportChannel()) {
			names = append(names, fmt.Sprintf("    %s%s%s", th.Name, map[bool]string{true: " archived"}[th.Archived], map[bool]string{true: " locked"}[th.Locked]))
		}
		sort.Strings(names)
		for _, n := range names {
			s.note("%s", n)
		}
	case "health":
		h := s.egress.Health(s.now)
		s.note("    ok %t, %d ready, %d in flight, wrong %q", h.OK(), h.Ready, h.InFlight, h.Wrong)
	case "quiet":
		s.quiet = args[0] == "on"
	default:
		s.t.Fatalf("unknown command %q", line)
	}
}

func (s *story) with(args []string) {
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "role":
			s.opt.Role = "any"
		case "inflight":
			s.opt.MaxInFlight = s.number(value)
		case "private":
			s.opt.Threads = discord.ThreadsPrivate
			s.cfg.Bots = []world.Bot{{Token: "demo-token", Permissions: world.DefaultBotPermissions | world.CreatePrivateThreads}}
		case "forum":
			s.cfg.ChannelType = world.GuildForum
		case "announcement":
			s.cfg.ChannelType = world.GuildAnnouncement
		case "tag":
			s.cfg.ForumTags, s.cfg.RequireTag = []string{value}, true
		case "threads":
			s.cfg.Limits.ActiveThreads = s.number(value)
		default:
			s.t.Fatalf("unknown option %q", a)
		}
	}
}

func (s *story) fault(args []string) {
	f := world.Fault{Kind: world.FaultKind(args[0])}
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "route":
			f.Route = value
		case "count":
			f.Count = s.number(value)
		case "retry":
			f.RetryAfterMs = int64(s.number(value))
		case "status":
			f.Status = s.number(value)
		case "skip":
			f.Skip = s.number(value)
		default:
			s.t.Fatalf("unknown option %q", a)
		}
	}
	_, err := s.world.Inject(int64(s.now), f)
	s.check(err)
}

func (s *story) talk(name string) *talk {
	v := s.talks[chat.Route(name)]
	if v == nil {
		s.t.Fatalf("no visitor %q", name)
	}
	return v
}

func (s *story) thread(name string) world.ChannelID {
	id := string(s.talk(name).thread)
	if id == "" {
		id = string(s.talk(name).opening) // of a forum's post and of a private thread it is the thread's
	}
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		s.t.Fatalf("%s has no thread", name)
	}
	return world.ChannelID(n)
}

// id gives the id that was given a name.
func (s *story) id(name string) string {
	for id, n := range s.names {
		if n == name {
			return id
		}
	}
	s.t.Fatalf("nothing is called %q", name)
	return ""
}

func (s *story) number(v string) int {
	n, err := strconv.Atoi(v)
	s.check(err)
	return n
}

func (s *story) check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
