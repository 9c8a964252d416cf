package discord_test

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"sort"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
	"cloudflarechat/discordsim/world"
)

// rig is a whole small system in virtual time: toy conversations, the real Egress, and the model of Discord.
type rig struct {
	world  *world.World
	egress *discord.Egress
	opt    discord.Options
	start  chat.Time
	now    chat.Time

	rows  map[string]chat.Row // what is on disk
	timer chat.Time

	talks map[chat.Route]*talk
	order []*talk
	queue agenda
	seq   int
	life  int // counts rebuilds: answers to an earlier life's calls go nowhere

	latency chat.Time
	// jitter is up to how much longer each way to Discord takes; hop is what a word from one actor to the other takes.
	jitter, hop chat.Time
	chance      *rand.Rand
	names       map[string]string
	counts      map[string]int
	log         []string
	quiet       bool

	calls, maxOpen, open int
	deaf                 int                     // so much of what is told to threads is lost
	counted              map[chat.Metric]float64 // by metric/label; of a gauge what it stands at
	readyMost            float64
	written              int
	notes                []chat.Note
}

func newRig(cfg world.Config, opt discord.Options) *rig {
	if cfg.Inspect == nil {
		cfg.Inspect = inspect
	}
	r := &rig{world: world.New(cfg), rows: map[string]chat.Row{}, talks: map[chat.Route]*talk{}, latency: 100, hop: 1, chance: rand.New(rand.NewPCG(1, 2)),
		names: map[string]string{}, counts: map[string]int{}, counted: map[chat.Metric]float64{}}
	r.start = chat.Time(r.world.Now())
	r.now = r.start
	opt.Channel = wire.Snowflake(r.world.SupportChannel().String())
	if opt.Role == "any" {
		opt.Role = wire.Snowflake(r.world.SupportRole().String())
	}
	r.opt = opt
	r.names[r.world.SupportChannel().String()] = "#support"
	r.names[r.world.SupportRole().String()] = "@role"
	r.names[r.world.GuildID().String()] = "guild"
	r.rebuild()
	return r
}

// rebuild makes the Egress anew from what is on disk, as after a crash.
func (r *rig) rebuild() {
	r.life++
	r.open = 0
	keys := make([]string, 0, len(r.rows))
	for k := range r.rows {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	var rows []chat.Row
	for _, k := range keys {
		rows = append(rows, r.rows[k])
	}
	r.egress = discord.NewEgress(r.opt, rows, r.timer)
}

// job is something that happens at a time.
type job struct {
	at  chat.Time
	seq int
	do  func()
}

type agenda []job

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at < a[j].at || a[i].at == a[j].at && a[i].seq < a[j].seq
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(job)) }
func (a *agenda) Pop() any {
	old := *a
	j := old[len(old)-1]
	*a = old[:len(old)-1]
	return j
}

func (r *rig) at(t chat.Time, do func()) {
	r.seq++
	heap.Push(&r.queue, job{max(t, r.now), r.seq, do})
}

// run lets time pass.
func (r *rig) run(d chat.Time) { r.runUntil(r.now + d) }

func (r *rig) runUntil(end chat.Time) {
	for len(r.queue) > 0 && r.queue[0].at <= end {
		j := heap.Pop(&r.queue).(job)
		r.now = j.at
		j.do()
	}
	r.now = end
}

// step gives the Egress an event and carries out what comes back.
func (r *rig) step(ev chat.Event) {
	effects := r.egress.Step(r.now, ev)
	for i, f := range effects {
		switch f := f.(type) {
		case chat.Save:
			if i != 0 {
				panic("a save behind another effect")
			}
			for _, row := range f.Rows {
				r.written++
				key := fmt.Sprintf("%d/%d", row.Table, row.Key)
				if row.Delete {
					delete(r.rows, key)
				} else {
					r.rows[key] = row
				}
				r.note("    %s", r.rowText(row))
			}
		case chat.SetTimer:
			r.timer = f.At
			r.note("    timer at %.3f", float64(f.At-r.start)/1000)
			if f.At != 0 {
				at := f.At
				r.at(at, func() {
					if r.timer == at {
						r.timer = 0
						r.step(chat.TimerFired{})
					}
				})
			}
		case discord.Call:
			r.call(f)
		case chat.Tell:
			r.tell(f)
		case chat.Count:
			name := f.Metric + chat.Metric("/"+f.Label)
			if f.Metric == chat.MetricDeskReady {
				r.counted[name] = f.Value
				r.readyMost = max(r.readyMost, f.Value)
				break
			}
			r.counted[name] += f.Value
		case chat.Note:
			r.notes = append(r.notes, f)
		default:
			panic(fmt.Sprintf("an egress gave %T", f))
		}
	}
}

func (r *rig) rowText(row chat.Row) string {
	verb := "saves"
	if row.Delete {
		verb = "deletes"
		return fmt.Sprintf("%s row %d of %s", verb, row.Key, records.SchemaOf(row.Table).Name)
	}
	if row.Table == records.TableReady {
		return "saves that " + records.ReadyOf(row).Route + " waits"
	}
	f := records.EgressOf(row)
	return r.short("saves " + f.Name + " " + f.Text)
}

// call carries a request to Discord and its answer back.
func (r *rig) call(c discord.Call) {
	r.calls++
	r.open++
	r.maxOpen = max(r.maxOpen, r.open)
	life := r.life
	r.at(r.now+r.oneWay(), func() {
		req := c.Request
		query, err := url.ParseQuery(req.Query)
		if err != nil {
			panic(err)
		}
		w := world.Request{Method: req.Method, Path: "/api/v10" + req.Path, Query: query, UserAgent: "DiscordBot (test, 1)",
			ContentType: req.ContentType, Body: req.Body}
		if !req.Exempt {
			w.Authorization = "Bot " + r.world.BotToken()
		}
		resp := r.world.REST(int64(r.now), w)
		r.world.Take()
		done := discord.CallDone{ID: c.ID, Status: resp.Status, Body: resp.Body,
			Header: rest.PickHeader(func(name string) string {
				for k, v := range resp.Header {
					if strings.EqualFold(k, name) {
						return v
					}
				}
				return ""
			})}
		wait := r.oneWay() + chat.Time(resp.DelayMs)
		status := fmt.Sprint(resp.Status)
		if resp.Lost {
			done = discord.CallDone{ID: c.ID, Failure: discord.FailureLost}
			wait, status = 15*chat.Second, "no answer"
		}
		r.learnNames(req.Route, resp.Body)
		r.note("%s discord: %s %s%s → %s%s", r.clock(), req.Method, r.short(req.Path), r.short(queryText(query)), status, r.short(bodyText(req)))
		r.at(r.now+wait, func() {
			if life == r.life {
				r.open--
				r.step(done)
			}
		})
	})
}

// oneWay is how long a request, or its answer, is on its way.
func (r *rig) oneWay() chat.Time {
	if r.jitter == 0 {
		return r.latency / 2
	}
	return r.latency/2 + chat.Time(r.chance.Int64N(int64(r.jitter)+1))
}

func queryText(q url.Values) string {
	for _, k := range []string{"after", "before"} {
		if q.Has(k) {
			return "?" + k + "=" + q.Get(k)
		}
	}
	return ""
}

var contentPattern = regexp.MustCompile(`"(content|name)":"((?:[^"\\]|\\.)*)"`)

func bodyText(req rest.Request) string {
	out := ""
	for _, m := range contentPattern.FindAllStringSubmatch(string(req.Body), -1) {
		out += "  “" + strings.ReplaceAll(m[2], `\n`, " ⏎ ") + "”"
	}
	if i := strings.Index(string(req.Body), `"roles":[`); i >= 0 {
		out += " pings " + string(req.Body)[i+9:i+9+strings.IndexByte(string(req.Body)[i+9:], ']')]
	}
	return out
}

var idPattern = regexp.MustCompile(`\b\d{16,20}\b`)

// learnNames gives new ids names in the order of their coming.
func (r *rig) learnNames(route string, body []byte) {
	if m, err := wire.ParseMessage(body); err == nil && m.ChannelID != "" {
		r.name(string(m.ID), "m")
	}
}

func (r *rig) name(id, kind string) {
	if _, ok := r.names[id]; !ok {
		r.counts[kind]++
		r.names[id] = fmt.Sprintf("%s%d", kind, r.counts[kind])
	}
}

// short puts names in the place of ids.
func (r *rig) short(s string) string {
	return idPattern.ReplaceAllStringFunc(s, func(id string) string {
		if n, ok := r.names[id]; ok {
			return n
		}
		if at := wire.Snowflake(id).TimeMs(); string(wire.SnowflakeAt(at)) == id {
			return fmt.Sprintf("t=%.3f", float64(chat.Time(at)-r.start)/1000)
		}
		r.name(id, "id")
		return r.names[id]
	})
}

func (r *rig) clock() string { return fmt.Sprintf("%8.3f", float64(r.now-r.start)/1000) }

func (r *rig) note(format string, args ...any) {
	if !r.quiet {
		r.log = append(r.log, fmt.Sprintf(format, args...))
	}
}

// tell brings an event to a toy, a moment later.
func (r *rig) tell(t chat.Tell) {
	switch ev := t.Event.(type) {
	case chat.ThreadNews:
		if r.deaf > 0 {
			r.deaf--
			r.note("%s tells thread %s, which does not hear it", r.clock(), r.short(string(ev.News.Thread)))
			return
		}
		r.at(r.now+r.hop, func() { r.toDesk(chat.NewsAnswered{Ticket: ev.Ticket, Status: chat.StatusTaken}) })
		if ev.News.Kind == chat.NewsEdited {
			r.note("%s tells thread %s: edited to “%s”", r.clock(), r.short(string(ev.News.Thread)), ev.News.Text)
			break
		}
		if ev.News.Kind == chat.NewsPosted {
			r.note("%s tells thread %s: “%s”", r.clock(), r.short(string(ev.News.Thread)), ev.News.Text)
			break
		}
		if ev.News.Kind == chat.NewsThreadGone {
			r.note("%s tells thread %s that it takes no more", r.clock(), r.short(string(ev.News.Thread)))
			break
		}
		r.note("%s tells thread %s that posts after %s may be missed", r.clock(), r.short(string(ev.News.Thread)), r.short(string(ev.News.After)))
	case chat.DeskPull:
		r.note("%s → %s: what have you?%s", r.clock(), t.To.Key, map[bool]string{true: " (the last was not sent)"}[ev.Unsent != 0])
	case chat.DeskDone:
		if ev.Result.Message != "" {
			r.name(string(ev.Result.Message), "m")
		}
		r.note("%s → %s: %s %s%s", r.clock(), t.To.Key, r.short(ev.Key), r.short(resultText(ev.Result)), map[bool]string{true: ", next?"}[ev.Slot])
	case chat.DeskDelayed:
		until := ""
		if ev.Until != 0 {
			until = fmt.Sprintf(" until %.3f", float64(ev.Until-r.start)/1000)
		}
		r.note("%s → %s: delayed%s, %s", r.clock(), t.To.Key, until, ev.Code)
	}
	if t.To.Kind != chat.KindSession {
		return
	}
	r.at(r.now+r.hop, func() {
		if s := r.talks[chat.Route(t.To.Key)]; s != nil {
			s.hear(t.Event)
		}
	})
}

var outcomes = map[chat.Outcome]string{chat.OutcomeDone: "done", chat.OutcomeDoubt: "in doubt", chat.OutcomeUnsent: "unsent",
	chat.OutcomeGone: "gone", chat.OutcomeRefused: "refused", chat.OutcomeTooLate: "too late"}

func resultText(d chat.DeskResult) string {
	out := outcomes[d.Outcome]
	if d.Code != "" {
		out += " (" + string(d.Code) + ")"
	}
	if d.Message != "" {
		out += ", message " + string(d.Message)
	}
	if d.Thread != "" {
		out += ", thread " + string(d.Thread)
	}
	for _, n := range d.News {
		out += fmt.Sprintf(", %s wrote “%s”", n.Author, n.Text)
	}
	if d.Last != "" {
		out += ", read up to " + string(d.Last)
	}
	if d.More {
		out += ", there is more"
	}
	return out
}
