package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// place is who the bot is and what the support channel is. It is asked for once, and kept on disk, so that a rebuild costs no request.
type place struct {
	_          unequal
	bot, guild wire.Snowflake
	// channel is the one that kind and tag are of; "" while it was not asked for.
	channel wire.Snowflake
	kind    wire.ChannelType
	// tag is what a forum that requires a tag gets.
	tag wire.Snowflake

	// asking is set while a request is under way; retryAt is when to ask again after a failure.
	asking  bool
	retryAt chat.Time
	tries   int
	// wrong says what the owner must mend.
	wrong string
	// round tells answers to questions that were withdrawn.
	round int
}

func (p *place) known() bool { return p.bot != "" && p.channel != "" }

// loaded drops what is of no use alone.
func (p *place) loaded() {
	if p.bot == "" || p.guild == "" || p.channel == "" {
		*p = place{}
	}
}

// wake is when to ask again; 0 is never.
func (p *place) wake(e *Egress) chat.Time {
	if p.known() || p.asking || e.health.TokenDead || !e.needsPlace() {
		return 0
	}
	return max(p.retryAt, chat.Time(e.sched.Gate(int64(e.now))), e.now+1)
}

// needsPlace says whether somebody waits who needs to know.
func (e *Egress) needsPlace() bool {
	at := e.unwell.due(e)
	return e.ring.waits > 0 || e.sweep.phase != sweepNone || at != 0 && at <= e.now || e.plan.wanted(e)
}

// identify asks who the bot is, then what the support channel is.
func (e *Egress) identify() {
	p := &e.place
	if p.known() || p.asking || p.retryAt > e.now || e.health.TokenDead || !e.needsPlace() {
		return
	}
	s := stepMe
	if p.bot != "" {
		s = stepChannel
	}
	p.asking = true
	e.startJob(s, p.round)
}

func (e *Egress) placeAnswered(f *flight, v *rest.Verdict, body []byte) {
	p := &e.place
	if f.round != p.round {
		return
	}
	p.asking = false
	switch {
	case v.Class != rest.OK:
		p.failed(e, v)
	case f.step == stepMe:
		u, err := wire.ParseUser(body)
		if err != nil {
			p.again(e, 0)
			return
		}
		p.bot, p.tries, p.wrong = u.ID, 0, ""
		e.saveFact(keyBot, records.Egress{Name: "bot", Text: string(u.ID)})
		e.identify()
	default:
		c, err := wire.ParseChannel(body)
		if err != nil {
			p.again(e, 0)
			return
		}
		p.take(e, &c)
	}
}

func (p *place) take(e *Egress, c *wire.Channel) {
	switch c.Type {
	case wire.ChannelText, wire.ChannelAnnouncement, wire.ChannelForum, wire.ChannelMedia:
	default:
		p.isWrong(e, "the support channel is neither a text channel nor a forum")
		return
	}
	if c.Type == wire.ChannelAnnouncement && e.opt.Threads == ThreadsPrivate {
		p.isWrong(e, "an announcement channel has no private threads: THREADS must be public, or the channel another one")
		return
	}
	p.guild, p.kind, p.channel, p.tag = c.GuildID, c.Type, c.ID, ""
	if c.Flags&wire.FlagRequireTag != 0 {
		for _, t := range c.Tags {
			if p.tag == "" || !t.Moderated { // one that only who manages threads may use, where there is no other
				p.tag = t.ID
			}
			if !t.Moderated {
				break
			}
		}
	}
	p.tries, p.wrong = 0, ""
	e.saveFact(keyChannel, records.Egress{Name: string(c.ID), Int: int64(c.Type), Text: string(c.GuildID)})
	tag := records.Egress{}
	if p.tag != "" {
		tag = records.Egress{Name: "tag", Text: string(p.tag)}
	}
	e.saveFact(keyTag, tag)
}

// isWrong tells the owner, and looks again later.
func (p *place) isWrong(e *Egress, why string) {
	p.wrong = why
	e.retellAll()
	p.again(e, e.now+mostMisset)
}

func (p *place) failed(e *Egress, v *rest.Verdict) {
	switch v.Class {
	case rest.TokenDead:
		e.tokenDead()
	case rest.RetryLater, rest.InDoubt:
		p.again(e, chat.Time(v.RetryAt))
	default:
		p.wrong = reasonOf(v)
		e.retellAll()
		p.tries++
		p.again(e, max(chat.Time(v.RetryAt), e.now+min(leastMisset<<min(p.tries-1, 8), mostMisset)))
	}
}

// again asks again at a time, or a little later where none is known.
func (p *place) again(e *Egress, at chat.Time) {
	p.asking = false
	p.retryAt = max(at, e.now+chat.Second)
}
