package discord

import (
	"strconv"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// Spent tells what was spent, since it was told last, of what the host may use in a day, which begins at midnight UTC. Past an allowance the
// chat stands still until the next day.
type Spent struct {
	Items []Allowance
}

// Allowance is one thing that is counted.
type Allowance struct {
	_ unequal
	// Name says what it is, for the team; it is the key, too.
	Name string
	// Used is what was spent of it since it was told last, Limit what a day allows; 0 is everything.
	Used, Limit int64
}

// EventName implements [chat.Event].
func (Spent) EventName() string { return "spent" }

// plan tells the team that the day's allowance will not last, at most once a level and day.
type plan struct {
	day  int64
	used []Allowance
	// told is the level that the team knows of today.
	told int64
	busy bool
	next chat.Time
}

const (
	planSoon, planNow = 70, 90

	planTitle = "Cloudflare's free plan"
)

func (e *Egress) spent(ev Spent) {
	p := &e.plan
	if today := int64(e.now / chat.Day); today != p.day {
		*p = plan{day: today, busy: p.busy}
	}
	for _, item := range ev.Items {
		p.add(item)
	}
	p.save(e)
}

func (p *plan) add(item Allowance) {
	for i := range p.used {
		if p.used[i].Name == item.Name {
			p.used[i].Used += item.Used
			p.used[i].Limit = item.Limit
			return
		}
	}
	p.used = append(p.used, item)
}

// save keeps it over a restart: the level that was told, then each thing.
func (p *plan) save(e *Egress) {
	text := strconv.FormatInt(p.told, 10)
	for _, item := range p.used {
		text += "|" + item.Name + "|" + strconv.FormatInt(item.Used, 10) + "|" + strconv.FormatInt(item.Limit, 10)
	}
	e.saveFact(keyPlan, records.Egress{Name: "plan", Text: text, AtMs: p.day * int64(chat.Day)})
}

func (p *plan) load(f records.Egress) {
	words := strings.Split(f.Text, "|")
	told, err := strconv.ParseInt(words[0], 10, 64)
	if err != nil {
		return
	}
	p.day, p.told = f.AtMs/int64(chat.Day), told
	for words = words[1:]; len(words) >= 3; words = words[3:] {
		used, err1 := strconv.ParseInt(words[1], 10, 64)
		limit, err2 := strconv.ParseInt(words[2], 10, 64)
		if err1 == nil && err2 == nil {
			p.used = append(p.used, Allowance{Name: words[0], Used: used, Limit: limit})
		}
	}
}

// most is the thing that most of is spent, in percent of what a day allows.
func (p *plan) most() (name string, percent int64) {
	for _, item := range p.used {
		if item.Limit > 0 && item.Used*100/item.Limit > percent {
			name, percent = item.Name, item.Used*100/item.Limit
		}
	}
	return name, percent
}

// level is what the team should know; 0 is nothing.
func (p *plan) level() int64 {
	switch _, percent := p.most(); {
	case percent >= planNow:
		return planNow
	case percent >= planSoon:
		return planSoon
	}
	return 0
}

func (p *plan) wanted(e *Egress) bool {
	return p.level() > p.told && !p.busy && !e.health.TokenDead && p.day == int64(e.now/chat.Day) && p.next <= e.now
}

func (p *plan) wake(e *Egress) chat.Time {
	switch {
	case p.next > e.now && p.level() > p.told:
		return p.next
	case !p.wanted(e):
		return 0
	}
	return e.jobWake(p.next)
}

func (e *Egress) movePlan() {
	if p := &e.plan; p.wanted(e) && e.open() {
		p.busy = true
		e.launch(&flight{step: stepPlan})
	}
}

func (p *plan) request(e *Egress) rest.Request {
	name, percent := p.most()
	text := "⚠ Of what Cloudflare's free plan allows in a day, " + strconv.FormatInt(percent, 10) + " % is spent (" + name + "). When all is, the chat " +
		"stands still until midnight UTC, and visitors are told so. A paid plan lifts that, and so does a server of your own."
	post := rest.Post{Content: text, Nonce: "plan-" + strconv.FormatInt(p.day, 36) + "-" + strconv.FormatInt(p.level(), 10),
		Flags: wire.FlagSuppressEmbeds}
	return e.teamPost(planTitle, post)
}

func (e *Egress) planAnswered(v *rest.Verdict) {
	p := &e.plan
	p.busy = false
	switch v.Class {
	case rest.TokenDead:
		e.tokenDead()
	case rest.RetryLater, rest.InDoubt:
		p.next = max(chat.Time(v.RetryAt), e.now+leastMisset)
	default:
		p.told = p.level()
		p.save(e)
	}
}
