package relay

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
)

// parcel is a body that must be handed over, in order with others of its lane.
type parcel struct {
	lane string
	body []byte
	// once is set for what is worth nothing later: it is tried once.
	once bool
	// key is its row where it was kept; 0 where it was not.
	key int64
	// safe is called once it cannot be lost any more.
	safe func()
	// id is of the Post under way; 0 is none.
	id    int64
	tries int
	next  chat.Time // not before
	// away: it waits because nobody answered, and not because this very body was
	// put off.
	away bool
}

// Bounds of handing over.
const (
	// maxHanding posts are under way at once: an object may have six connections,
	// and one is the socket.
	maxHanding = 4
	// maxKept events are kept while the main Worker takes none; later ones wait in
	// Discord's own memory of the session.
	maxKept    = 2000
	firstPause = chat.Second / 4
	lastPause  = 30 * chat.Second
	// postLost: a post that was not answered for so long is tried again.
	postLost = chat.Minute
)

// lanes hands parcels over: in order within a lane.
type lanes struct {
	// order are all that wait, oldest first.
	order   []*parcel
	handing int
	lastID  int64
	lastKey int64
	kept    int
	trouble string
}

// ship hands a body over.
func (g *Gateway) ship(p parcel) {
	g.lanes.order = append(g.lanes.order, &p)
}

// pump posts what may be posted and gives when there is more to do; 0 is never.
func (g *Gateway) pump() (next chat.Time) {
	l := &g.lanes
	busy := map[string]bool{}
	for _, p := range l.order {
		first := !busy[p.lane]
		busy[p.lane] = true
		at := p.next
		switch {
		case !first:
			continue
		case p.id != 0: // under way; next is when it is given up
			if p.next > g.now {
				break
			}
			p.id = 0
			l.handing--
			fallthrough
		default:
			if at > g.now {
				break
			}
			if l.handing >= maxHanding {
				continue // an answer brings it on
			}
			l.lastID++
			l.handing++
			p.id, p.next, p.tries = l.lastID, g.now+postLost, p.tries+1
			g.emit(Post{ID: p.id, Body: p.body})
		}
		if next == 0 || p.next < next {
			next = p.next
		}
	}
	return next
}

// posted takes the answer to a post.
func (g *Gateway) posted(ev Posted) {
	l := &g.lanes
	for i, p := range l.order {
		if p.id != ev.ID || p.id == 0 {
			continue
		}
		p.id = 0
		l.handing--
		verdict := discord.JudgeRelay(ev.Status, ev.Answer)
		l.trouble = verdict.Trouble
		if verdict.Refused {
			g.emit(chat.Note{Grade: chat.NoteWarn, Component: "gateway", Text: "the main Worker will never take an event; it was set aside",
				Facts: []chat.Fact{{Name: "status", Value: strconv.Itoa(ev.Status)}}})
		}
		if verdict.Over || p.once {
			l.order = append(l.order[:i:i], l.order[i+1:]...)
			g.forget(p)
			p.saved()
			g.back()
			return
		}
		p.away = !verdict.Later
		pause := lastPause
		if p.tries < 8 {
			pause = min(firstPause<<(p.tries-1), lastPause)
		}
		p.next = g.now + pause
		if p.key == 0 {
			g.keep(p)
		}
		return
	}
}

// back: the main Worker answers, so what waited for it waits no longer.
func (g *Gateway) back() {
	if g.lanes.trouble != "" {
		return
	}
	for _, p := range g.lanes.order {
		if p.away && p.id == 0 {
			p.away, p.next, p.tries = false, g.now, 0
		}
	}
}

func (p *parcel) saved() {
	if f := p.safe; f != nil {
		p.safe = nil
		f()
	}
}

// keep makes durable what was refused, so that Discord need not repeat it.
func (g *Gateway) keep(p *parcel) {
	l := &g.lanes
	if l.kept >= maxKept {
		return
	}
	l.kept++
	l.lastKey++
	p.key = l.lastKey
	g.saves = append(g.saves, (&records.GatewayEvent{Key: p.key, Body: string(p.body), AtMs: int64(g.now)}).Row())
	p.saved()
}

func (g *Gateway) forget(p *parcel) {
	if p.key != 0 {
		g.lanes.kept--
		g.saves = append(g.saves, chat.Row{Table: records.TableGatewayEvent, Key: p.key, Delete: true})
	}
}

// left takes in what an earlier life kept, oldest first.
func (g *Gateway) left(rows []chat.Row) {
	for _, row := range rows {
		ev := records.GatewayEventOf(row)
		g.lanes.lastKey = max(g.lanes.lastKey, ev.Key)
		g.lanes.kept++
		lane, ok := discord.RelayLane([]byte(ev.Body))
		p := parcel{lane: lane, body: []byte(ev.Body), key: ev.Key, once: !ok}
		g.ship(p)
	}
}
