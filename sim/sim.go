package sim

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/edge"
)

const botToken = "demo-token"

// Sim is one schedule under way.
type Sim struct {
	seed uint64
	plan Schedule
	rng  *rand.Rand
	now  int64
	// began is when the schedule began.
	began int64

	agenda agenda
	seq    int64
	steps  int
	log    transcript
	broken string
	// calm is set once everything is healed.
	calm bool
	left bool // everybody left for good
	// rule: Discord blocks posts with some words.
	rule bool

	world   *world.World
	channel world.ChannelID
	tickAt  int64
	host    *host
	lives   int // of the host
	newCore func() Core
	relay   *relay
	courier *courier
	check   *checks

	visitors []*visitor
	agents   []*agent
	conns    int
	linkList []*link
	// owners say which browser a conversation belongs to.
	owners map[chat.Route]*visitor

	written []*written
	answers []*answered
	graves  map[world.ChannelID][]world.Message
	locked  map[world.ChannelID]int64
	// reopened are threads that had been locked: conversations may have gone on to others.
	reopened map[world.ChannelID]bool
	blocked  map[world.ChannelID]int64

	visitorMessages, agentMessages int
	outageFrom, duringOutage       int // visitor messages when a long outage began, and while it lasted
}

// Result is what became of a schedule.
type Result struct {
	Seed uint64
	// Failure says what went wrong; "" is nothing.
	Failure string
	// Sum is the hash of all that happened: the same for the same seed, always.
	Sum                            uint64
	VisitorMessages, AgentMessages int
	// DuringOutage is how many messages visitors sent during a long outage of Discord.
	DuringOutage int
	Found        Findings
	log          *transcript
	plan         Schedule
}

// Findings count what the checkers found.
type Findings struct{ Lost, Doubled, Reordered, Misdelivered, Other int }

// Add adds up.
func (f *Findings) Add(o Findings) {
	f.Lost += o.Lost
	f.Doubled += o.Doubled
	f.Reordered += o.Reordered
	f.Misdelivered += o.Misdelivered
	f.Other += o.Other
}

// Print writes what is known of a schedule, and what failed where something did.
func (r Result) Print(w io.Writer) {
	fmt.Fprintf(w, "seed %d: %s\n", r.Seed, r.plan)
	r.log.print(w)
	if r.Failure == "" {
		return
	}
	fmt.Fprintf(w, "seed %d FAILED: %s\nagain by: ./scripts/simulate.sh 1 %d\n", r.Seed, r.Failure, r.Seed)
}

// fail ends the schedule with a finding.
func (s *Sim) fail(format string, args ...any) {
	if s.broken == "" {
		s.broken = fmt.Sprintf(format, args...)
		s.say("FAILED: %s", s.broken)
	}
}

// faulty tells whether faults still strike and people still act.
func (s *Sim) faulty() bool { return !s.calm }

func (s *Sim) short(r chat.Route) string { return string(r)[:6] }

// deskOptions is how the desk is set up.
func (s *Sim) deskOptions() discord.Options {
	o := discord.Options{Channel: wire.Snowflake(s.channel.String()), Seed: s.seed}
	if s.plan.Private {
		o.Threads = discord.ThreadsPrivate
	}
	return o
}

// Run plays the schedule of a seed.
func Run(seed uint64) Result { return RunPlan(seed, Draw(seed)) }

// RunPlan plays a schedule.
func RunPlan(seed uint64, plan Schedule) Result {
	return RunBehind(seed, plan, func() Core { return new(edge.Border) })
}

// RunBehind plays a schedule; at the edge the actors live in the instances that newCore makes, of which only the newest is in
// use.
func RunBehind(seed uint64, plan Schedule, newCore func() Core) Result {
	s := &Sim{seed: seed, plan: plan, newCore: newCore, rng: rand.New(rand.NewPCG(seed, 1)), owners: map[chat.Route]*visitor{},
		graves: map[world.ChannelID][]world.Message{}, locked: map[world.ChannelID]int64{}, reopened: map[world.ChannelID]bool{}, blocked: map[world.ChannelID]int64{}}
	s.began = startMs
	if plan.Midnight {
		s.began = nearMidnightMs
	}
	s.now = s.began
	s.play()
	r := Result{Seed: seed, Failure: s.broken, Sum: s.log.sum, VisitorMessages: s.visitorMessages, AgentMessages: s.agentMessages,
		DuringOutage: s.duringOutage,
		log:          &s.log, plan: plan}
	if s.broken != "" {
		r.Found = classify(s.broken)
	}
	return r
}

// classify says what kind of finding a failure is, by its words.
func classify(failure string) (f Findings) {
	switch {
	case strings.Contains(failure, "misdelivered"):
		f.Misdelivered = 1
	case strings.Contains(failure, "doubled"):
		f.Doubled = 1
	case strings.Contains(failure, "reordered"):
		f.Reordered = 1
	case strings.Contains(failure, "lost"):
		f.Lost = 1
	default:
		f.Other = 1
	}
	return f
}

// Bounds of the calm after the faults.
const (
	// settleMs is how long everything may take to arrive once nothing fails any more.
	settleMs = 45 * minute
	// lastLookMs is how long browsers that come back at the end may take to hear everything.
	lastLookMs = 3 * minute
	// secondTryMs is how much longer it takes where addresses are full: who waits has a turn after an hour, or after the next.
	secondTryMs = 2 * hour
)

// refused tells whether somebody waits because their address is full.
func (s *Sim) refused() bool {
	for _, v := range s.visitors {
		for _, t := range v.tabs {
			if len(t.outbox) > 0 && t.full {
				return true
			}
		}
	}
	return false
}

// unsent counts what was written and is not taken in yet.
func (s *Sim) unsent() (n int) {
	for _, v := range s.visitors {
		for _, t := range v.tabs {
			n += len(t.outbox)
		}
	}
	return n
}

func (s *Sim) play() {
	s.say("seed %d: %s", s.seed, s.plan)
	s.build()
	s.begin()
	end := s.began + s.plan.ActiveMs
	ok := s.runUntil(end)
	if ok && s.broken == "" {
		s.heal()
		end += settleMs
		ok = s.runUntil(end)
	}
	if ok && s.broken == "" && s.refused() {
		end += secondTryMs
		ok = s.runUntil(end)
	}
	// Who was kept out for long has much to say, and no more is taken in than ten messages a minute.
	if n := s.unsent(); ok && s.broken == "" && n > 0 {
		end += settleMs + int64(n)*minute/10
		ok = s.runUntil(end)
	}
	if ok && s.broken == "" {
		s.lastLook()
		end += lastLookMs
		if s.plan.Refuses > 0 {
			end += settleMs // who comes back tries again what was refused, which may take a thread of its own
		}
		ok = s.runUntil(end)
	}
	if !ok {
		s.fail("the schedule does not end: %d steps", s.steps)
	}
	if s.broken == "" {
		s.check.atEnd()
	}
	if s.broken == "" && s.plan.Expires {
		s.expire()
	}
	s.say("over: %d visitor messages, %d agent messages", s.visitorMessages, s.agentMessages)
}

// build makes the parts.
func (s *Sim) build() {
	p := &s.plan
	names := []string{"Ada Lovelace", "Grace Hopper", "Alan Turing"}[:p.Agents]
	cfg := world.Config{StartMs: s.began - hour, Seed: s.seed, Agents: names}
	cfg.Limits.NonceTTLMs = p.NonceMs
	if p.Forum {
		cfg.ChannelType = world.GuildForum
	}
	cfg.Limits.ThreadCreateBurst = p.ThreadBurst
	cfg.Limits.GlobalSliding = s.chance(0.5)
	s.world = world.New(cfg)
	s.channel = s.world.SupportChannel()
	may := world.DefaultBotPermissions
	if p.Private {
		may |= world.CreatePrivateThreads
	}
	if p.Unmanaged {
		may &^= world.ManageThreads
	}
	s.world.SetBotPermissions(s.now, botToken, may)
	s.host = newHost(s)
	s.relay = newRelay(s)
	s.courier = &courier{s: s}
	s.check = newChecks(s)
	for _, n := range names {
		s.agents = append(s.agents, &agent{s, n})
	}
	app, guild := s.world.BotApplication(botToken), s.world.GuildID()
	if res := s.request(rest.SetGuildCommands(wire.Snowflake(app.String()), wire.Snowflake(guild.String()), []byte(discord.Commands))); res.Status != 200 {
		s.fail("the commands are refused: %d %s", res.Status, res.Body)
	}
}

// begin puts everybody to work.
func (s *Sim) begin() {
	s.relay.start()
	if s.plan.Edge || s.plan.LostAlarm > 0 {
		s.after(cronEvery, s.host.cron)
	}
	for i := range s.plan.Visitors {
		v := s.newVisitor(i)
		s.visitors = append(s.visitors, v)
		within := s.plan.ActiveMs / 4
		if s.plan.Crowd {
			within = s.plan.ActiveMs * 9 / 10
		}
		s.after(s.between(0, within), v.live)
	}
	for _, a := range s.agents {
		a.work()
	}
	s.plantFaults()
}

// heal ends every fault; people stop, but for messages that wait in browsers.
func (s *Sim) heal() {
	s.say("everything heals")
	s.calm = true
	s.world.Heal(s.now, 0)
	s.drainWorld()
	for _, a := range s.host.disk.order {
		s.host.arm(a)
	}
	for _, v := range s.visitors {
		for _, t := range v.tabs {
			if len(t.outbox) > 0 && !t.wanted {
				t.wanted = true
				t.connect()
			}
		}
	}
}

// lastLook lets every visitor come back once more and see everything.
func (s *Sim) lastLook() {
	s.say("everybody looks once more")
	for _, v := range s.visitors {
		t := v.tabs[0]
		if v.session == "" || v.shutOut != 0 {
			continue
		}
		if !t.wanted {
			t.wanted = true
		}
		if t.link != nil {
			t.link.leave()
			t.dropLink()
		}
		t.tries = 0
		t.connect()
	}
}
