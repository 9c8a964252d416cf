package sim

import (
	"bytes"
	"hash/fnv"
	"net/url"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discordsim/world"
)

// courier is the HTTP client of the desk: it brings requests to Discord and answers back, with all that happens on the way.
type courier struct {
	s *Sim
	// posting is how many posts of this life are on their way to a thread: never more than one.
	posting map[string]int
	life    int
}

// giveUpMs is how long an answer is waited for.
const giveUpMs = 15 * second

func (c *courier) carry(call discord.Call) {
	s := c.s
	if c.life != s.lives {
		c.life, c.posting = s.lives, map[string]int{}
	}
	r := call.Request
	answer := func(done discord.CallDone) {
		done.ID = call.ID
		s.host.deliver(item{to: chat.DeskAddress, ev: done})
	}
	if s.faulty() && s.plan.RestFaults > 0 && s.chance(0.03*s.plan.RestFaults) {
		s.say("rest: %s %s cannot connect", r.Method, r.Path)
		s.after(s.between(1, 3000), func() { answer(discord.CallDone{Failure: discord.FailureUnsent}) })
		return
	}
	s.after(s.between(1, 60), func() {
		res := s.request(r)
		delay := res.DelayMs + s.between(1, 60)
		switch {
		case res.Lost || delay > giveUpMs:
			s.say("rest: %s %s %s -> no answer", r.Method, r.Path, r.Body)
			s.after(giveUpMs, func() { answer(discord.CallDone{Failure: discord.FailureLost}) })
		default:
			s.say("rest: %s %s?%s %s -> %d %s", r.Method, r.Path, r.Query, r.Body, res.Status, brief(res))
			s.after(delay, func() { answer(doneOf(res)) })
		}
	})
}

// brief gives what a transcript needs of an answer.
func brief(res world.Response) string {
	if res.Status >= 300 && len(res.Body) < 200 {
		return string(res.Body)
	}
	body := string(res.Body)
	if i := strings.Index(body, `"id":"`); i >= 0 && len(body) > i+30 {
		return "id " + strings.SplitN(body[i+6:], `"`, 2)[0]
	}
	return ""
}

// request brings a request of the bot to Discord.
func (s *Sim) request(r rest.Request) world.Response {
	query, err := url.ParseQuery(r.Query)
	if err != nil {
		s.fail("a request has a query that does not parse: %q", r.Query)
	}
	if defectNoNonce.on() {
		r.Body = bytes.ReplaceAll(r.Body, []byte(`"enforce_nonce":true,`), nil)
	}
	if s.rule && s.faulty() && r.Method == "POST" && s.blockedWord(r.Body) {
		return world.Response{Status: 400, Body: []byte(`{"message":"Message was blocked by automatic moderation","code":200000}`)}
	}
	auth := "Bot " + botToken
	if r.Exempt {
		auth = ""
	}
	res := s.world.REST(s.now, world.Request{Method: r.Method, Path: r.Path, Query: query, Body: r.Body,
		ContentType: r.ContentType, Authorization: auth, UserAgent: "DiscordBot (sim, 1)", Host: "discord.test", Secure: true})
	s.drainWorld()
	return res
}

// blockedWord tells whether a post holds a word that a rule of the team blocks. The same post is always judged the same.
func (s *Sim) blockedWord(body []byte) bool {
	for _, w := range visitorWord.FindAll(body, -1) {
		h := fnv.New32a()
		_, _ = h.Write(w)
		if float64(h.Sum32()%1000) < 1000*s.plan.Refuses {
			return true
		}
	}
	return false
}

func doneOf(res world.Response) discord.CallDone {
	return discord.CallDone{Status: res.Status, Body: res.Body,
		Header: rest.PickHeader(func(name string) string { return res.Header[name] })}
}
