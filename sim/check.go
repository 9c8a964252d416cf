package sim

import (
	"cmp"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discordsim/world"
)

// checks judge a schedule. They look at what the model of Discord, the disk and the browsers hold, and at nothing that the code under
// test computes of it.
type checks struct {
	s *Sim
	// seenBy is every showing of a message in a browser, in order.
	seenBy []showing

	// At the end:
	sessions []*sessionOnDisk
	byRoute  map[chat.Route]*sessionOnDisk
	posts    []post
	starts   map[world.ChannelID][]start
}

// showing is one message that a page showed.
type showing struct {
	tab   *tab
	route chat.Route
	from  string
	seq   int64
	words []string
}

// sessionOnDisk is a session as its rows tell of it.
type sessionOnDisk struct {
	route    chat.Route
	rec      *records.Session
	messages []*records.Message
	posts    []*records.Post
}

// post is a message of the bot or of an agent in Discord, buried ones too.
type post struct {
	thread world.ChannelID
	m      world.Message
	buried bool
}

// start is where a range of a thread begins: an opening post or a divider.
type start struct {
	id    world.MessageID
	route chat.Route
}

var (
	visitorWord = regexp.MustCompile(`v\d+t\d+m\d+(?:p\d+)?x`)
	agentWord   = regexp.MustCompile(`\ba\d+(?:e\d+)?x\b`) // a conversation's tag may hold one
)

// openingHead begins the opening post of a conversation.
const openingHead = "New conversation · "

func newChecks(s *Sim) *checks { return &checks{s: s} }

// sent judges a frame that leaves the host: an ack must be of a message that is on disk.
func (c *checks) sent(from chat.Address, data []byte) {
	if !strings.HasPrefix(string(data), `{"type":"ack"`) {
		return
	}
	var f struct {
		Data struct {
			ID  string `json:"id"`
			Seq int64  `json:"seq"`
		} `json:"data"`
	}
	if json.Unmarshal(data, &f) != nil {
		c.s.fail("an ack does not read: %s", data)
		return
	}
	row, ok := c.s.host.disk.of(from).rows[rowKey{records.TableMessage, f.Data.Seq}]
	if !ok || records.MessageOf(row).ClientID != f.Data.ID {
		c.s.fail("the ack of %s leaves before the message is durable", f.Data.ID)
	}
}

// shown notes what a page shows.
func (c *checks) shown(t *tab, from string, seq int64, text string) {
	words := visitorWord.FindAllString(text, -1)
	if from == "agent" { // whose post may quote a visitor's
		words = append(words, agentWord.FindAllString(text, -1)...)
	}
	c.seenBy = append(c.seenBy, showing{t, t.route, from, seq, words})
}

// atEnd judges what stands when everything had time to arrive.
func (c *checks) atEnd() {
	c.readDisk()
	c.readDiscord()
	for _, judge := range []func(){
		c.visitorToDiscord, c.agentToDisk, c.browsers, c.ranges, c.blocks, c.threads, c.marks, c.bounds, c.drained,
	} {
		judge()
		if c.s.broken != "" {
			return
		}
	}
}

// readDisk reads every session's rows.
func (c *checks) readDisk() {
	c.byRoute = map[chat.Route]*sessionOnDisk{}
	d := c.s.host.disk
	for _, a := range d.order {
		if a.Kind != chat.KindSession {
			continue
		}
		rows := d.actors[a].rowsOf(records.TableSession, 0, 0)
		if len(rows) == 0 {
			continue
		}
		on := &sessionOnDisk{route: chat.Route(a.Key), rec: records.SessionOf(rows[0])}
		for _, r := range d.actors[a].rowsOf(records.TableMessage, 0, 0) {
			on.messages = append(on.messages, records.MessageOf(r))
		}
		slices.Reverse(on.messages)
		for _, r := range d.actors[a].rowsOf(records.TablePost, 0, 0) {
			on.posts = append(on.posts, records.PostOf(r))
		}
		slices.Reverse(on.posts)
		c.sessions = append(c.sessions, on)
		c.byRoute[on.route] = on
	}
}

// readDiscord reads every message, in the order of their ids.
func (c *checks) readDiscord() {
	w, channel := c.s.world, c.s.channel
	c.starts = map[world.ChannelID][]start{}
	read := func(thread world.ChannelID, list []world.Message, buried bool) {
		for _, m := range list {
			c.posts = append(c.posts, post{thread, m, buried})
		}
	}
	read(channel, w.Messages(channel), false)
	for _, t := range w.Threads(channel) {
		read(t.ID, w.Messages(t.ID), false)
	}
	for id, list := range c.s.graves {
		read(id, list, true)
	}
	slices.SortFunc(c.posts, func(a, b post) int { return cmp.Compare(a.m.ID, b.m.ID) })
	for _, p := range c.posts {
		if !p.m.Author.Bot {
			continue
		}
		route := c.s.nonceRoute(p.m.NonceText())
		switch {
		case p.thread == channel:
			c.starts[world.ChannelID(p.m.ID)] = append(c.starts[world.ChannelID(p.m.ID)], start{p.m.ID, route})
		case strings.HasPrefix(p.m.Content, openingHead):
			c.starts[p.thread] = append(c.starts[p.thread], start{world.MessageID(p.thread), c.s.host.asked[p.m.Content]})
		case strings.Contains(p.m.Content, "New, unverified visitor from here"):
			c.starts[p.thread] = append(c.starts[p.thread], start{p.m.ID, route})
		}
	}
}

// ownerOf tells whose range of a thread a message lies in, by Discord's own log; "" is nobody's.
func (c *checks) ownerOf(thread world.ChannelID, id world.MessageID) (route chat.Route) {
	for _, st := range c.starts[thread] {
		if st.id <= id {
			route = st.route
		}
	}
	return route
}

func deskID(id world.MessageID) string { return strconv.FormatUint(uint64(id), 10) }
