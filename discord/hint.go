package discord

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// hint tells the team that what they write into the support channel itself reaches no visitor: where somebody does so soon after an opening
// post, and at most once a day, so that a team that talks there is left alone. Whether an opening post stands there is read in the channel:
// an Egress that was rebuilt a moment ago knows it as well as one that made it.
type hint struct {
	// about is the post that it is about; "" is none.
	about wire.Snowflake
	tell  bool
	busy  bool
	next  chat.Time
	// said is when it was said last, looked when the channel was read last.
	said, looked chat.Time
}

const (
	// hintSoon is how soon after an opening post somebody may be thought to answer it.
	hintSoon = 10 * chat.Minute
	// hintPause is how long it is not said again.
	hintPause = chat.Day
	// hintEvery is how often the channel is read for it at most: teams talk.
	hintEvery = chat.Minute

	hintText = "Visitors do not see what is written here. To answer one, write in the thread of the conversation, or use Discord's Reply on its opening post."
)

// stray takes in that somebody wrote into the support channel.
func (e *Egress) stray(ev Stray) {
	h, id := &e.hint, wire.Snowflake(ev.Message)
	switch {
	case !id.Valid() || h.about != "" || !e.place.known() || e.kind() != ThreadsPublic:
	case h.said != 0 && e.now < h.said+hintPause, h.looked != 0 && e.now < h.looked+hintEvery:
	case id.TimeMs() < int64(e.now-hintSoon):
		// The Gateway told of it late: nobody is helped any more.
	default:
		h.about, h.tell, h.next = id, false, e.now
	}
}

func (h *hint) wake(e *Egress) chat.Time {
	if h.about == "" || h.busy || e.health.TokenDead {
		return 0
	}
	return e.jobWake(h.next)
}

func (e *Egress) moveHint() {
	h := &e.hint
	if h.about == "" || h.busy || h.next > e.now || !e.open() {
		return
	}
	h.busy = true
	if h.tell {
		e.launch(&flight{step: stepHintTell})
		return
	}
	h.looked = e.now
	e.launch(&flight{step: stepHintLook})
}

func (h *hint) request(e *Egress, s step) rest.Request {
	if s == stepHintTell {
		return rest.CreateMessage(e.opt.Channel, rest.Post{Content: hintText, Nonce: "hint-" + string(h.about), Flags: wire.FlagSuppressEmbeds,
			ReplyTo: h.about})
	}
	r := rest.MessagesAfter(e.opt.Channel, wire.SnowflakeAt(h.about.TimeMs()-int64(hintSoon)), pageSize)
	r.Low = true
	return r
}

func (e *Egress) hintAnswered(f *flight, v *rest.Verdict, body []byte) {
	h := &e.hint
	h.busy = false
	switch {
	case v.Class == rest.TokenDead:
		e.tokenDead()
		h.about = ""
	case v.Class == rest.RetryLater && h.about.TimeMs() > int64(e.now-hintSoon):
		h.next = max(chat.Time(v.RetryAt), e.now+shortWait)
	case f.step == stepHintTell:
		// In doubt it counts as said: it is not worth being said twice.
		h.about = ""
		if v.Class == rest.OK || v.Class == rest.InDoubt {
			h.hasSaid(e)
		}
	case v.Class != rest.OK:
		h.about = ""
	default:
		list, err := wire.ParseMessages(body)
		h.tell, h.next = err == nil && h.wanted(e, list), e.now
		if !h.tell {
			h.about = ""
		}
	}
}

// wanted says whether an opening post stands shortly before the post, and no hint.
func (h *hint) wanted(e *Egress, list []wire.Message) bool {
	opening := false
	for i := range list {
		m := &list[i]
		switch {
		case m.Author.ID != e.place.bot:
		case m.Content == hintText:
			h.hasSaid(e)
			return false
		case m.ID.Compare(h.about) < 0 && isAnnouncement(m.Content):
			opening = true
		}
	}
	return opening
}

func (h *hint) hasSaid(e *Egress) {
	h.said = e.now
	e.saveFact(keyHint, records.Egress{Name: "hint", AtMs: int64(e.now)})
}

// isAnnouncement knows an opening post, with the mention of a role or without.
func isAnnouncement(content string) bool {
	if strings.HasPrefix(content, "<@&") {
		_, content, _ = strings.Cut(content, "> ")
	}
	return strings.HasPrefix(content, announcementHead)
}
