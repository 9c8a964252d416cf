package world

import (
	"container/heap"
	"encoding/base64"
	"sort"
	"strconv"
	"strings"
)

// World is the model. It is not safe for use by several goroutines at once.
type World struct {
	cfg    Config
	now    int64
	lastID uint64
	rng    uint64

	guild    guild
	roles    []*Role
	stickers []*Sticker
	users    map[UserID]*User
	members  map[UserID]*Member
	byName   map[string]*Member // people, by the name they were first called by
	bots     []*bot
	tokens   map[string]*bot
	revoked  map[string]bool    // tokens
	starts   map[string]*starts // by tokens
	channels map[ChannelID]*Channel
	threads  map[ChannelID]*Channel // the active ones
	files    map[AttachmentID]*Attachment
	webhooks map[WebhookID]*webhook
	commands map[ApplicationID]*commandSet
	pending  map[InteractionID]*interaction
	whispers map[MessageID]*Message // ephemeral messages

	supportChannel ChannelID
	supportRole    RoleID

	limits   limiter
	faults   []*Fault
	faultSeq int

	conns    map[ConnID]*conn
	sessions map[string]*session
	order    []*session // as they began: events go out in one order, never a map's
	timers   timerHeap
	timerSeq uint64
	out      []Output
}

// bot is an application with its bot user.
type bot struct {
	Bot
	app  ApplicationID
	user *User
}

// starts is what a token used of the limits on sessions. A bot has one token, so Discord counts by bots; where any token speaks as
// the first bot, those who bring tokens of their own do not wait for one another.
type starts struct {
	used         int   // of the session start limit
	resetMs      int64 // when that count begins anew
	identifiesMs []int64
}

func (w *World) startsOf(token string) *starts {
	s := w.starts[token]
	if s == nil {
		s = &starts{}
		w.starts[token] = s
	}
	return s
}

// New makes a world from a config.
func New(cfg Config) *World {
	cfg = cfg.filled()
	w := &World{
		cfg: cfg, now: cfg.StartMs, rng: mix(cfg.Seed + 1),
		users: map[UserID]*User{}, members: map[UserID]*Member{}, byName: map[string]*Member{}, tokens: map[string]*bot{}, starts: map[string]*starts{}, revoked: map[string]bool{},
		channels: map[ChannelID]*Channel{}, threads: map[ChannelID]*Channel{}, files: map[AttachmentID]*Attachment{},
		webhooks: map[WebhookID]*webhook{}, commands: map[ApplicationID]*commandSet{}, pending: map[InteractionID]*interaction{}, whispers: map[MessageID]*Message{},
		conns: map[ConnID]*conn{}, sessions: map[string]*session{},
	}
	w.limits.init()
	w.guild = guild{ID: GuildID(w.mint()), Name: cfg.GuildName}
	w.addStickers()
	w.RequireTwoFactor(cfg.RequireTwoFactor)
	w.roles = []*Role{{ID: RoleID(w.guild.ID), Name: "@everyone", Permissions: ViewChannel | ReadMessageHistory | ChangeNickname | UseCommands}}
	owner := w.AddMember(cfg.StartMs, "Server Owner")
	w.guild.OwnerID = owner.User.ID
	support := w.addRole(cfg.RoleName, supportPermissions)
	support.Mentionable, support.Hoist, support.Color = !cfg.RoleNotMentionable, true, 0x2f9e6e
	support.Colors.Primary = support.Color
	w.supportRole = support.ID
	owner.Roles = append(owner.Roles, support.ID)
	for _, b := range cfg.Bots {
		w.addBot(b)
	}
	general := w.addChannel("general", GuildText)
	w.guild.SystemChannelID = general.ID
	if !cfg.NoSupportChannel {
		w.addSupportChannel()
	}
	for _, name := range cfg.Agents {
		w.AddMember(cfg.StartMs, name)
	}
	return w
}

// addSupportChannel makes the channel that only the support role and the bots see.
func (w *World) addSupportChannel() {
	c := w.addChannel(w.cfg.ChannelName, w.cfg.ChannelType)
	c.Overwrites = []Overwrite{
		{ID: ID[struct{}](w.guild.ID), Type: 0, Deny: ViewChannel},
		{ID: ID[struct{}](w.supportRole), Type: 0, Allow: ViewChannel},
	}
	for _, b := range w.bots {
		if m := w.members[b.user.ID]; m != nil {
			c.Overwrites = append(c.Overwrites, Overwrite{ID: ID[struct{}](m.Roles[0]), Type: 0, Allow: ViewChannel & b.Permissions})
		}
	}
	if w.cfg.RequireTag {
		c.Flags |= 1 << 4
	}
	for _, name := range w.cfg.ForumTags {
		c.Tags = append(c.Tags, Tag{ID: TagID(w.mint()), Name: name})
	}
	w.supportChannel = c.ID
}

func (w *World) addRole(name string, p Permissions) *Role {
	r := &Role{ID: RoleID(w.mint()), Name: name, Permissions: p, Position: len(w.roles)}
	w.roles = append(w.roles, r)
	return r
}

func (w *World) addChannel(name string, t ChannelType) *Channel {
	c := &Channel{ID: ChannelID(w.mint()), Type: t, Name: name, Position: len(w.channels)}
	if t == GuildText || t.IsForum() {
		c.DefaultAutoArchiveMinutes = 1440
	}
	w.channels[c.ID] = c
	return c
}

func (w *World) addBot(cfg Bot) {
	b := &bot{Bot: cfg}
	b.app = applicationOf(cfg.Token)
	if b.app == 0 || w.botOfApplication(b.app) != nil {
		b.app = ApplicationID(w.mint())
	}
	b.user = &User{ID: UserID(b.app), Username: cfg.Name, Discriminator: "0", Bot: true}
	w.users[b.user.ID] = b.user
	w.bots = append(w.bots, b)
	w.tokens[cfg.Token] = b
	if cfg.Absent {
		return
	}
	r := w.addRole(cfg.Name, cfg.Permissions)
	r.Managed, r.Tags = true, &roleTags{BotID: b.user.ID}
	w.members[b.user.ID] = &Member{User: b.user, Roles: []RoleID{r.ID}, JoinedMs: w.now, Presence: "offline", bot: b}
}

func (w *World) botOfApplication(id ApplicationID) *bot {
	for _, b := range w.bots {
		if b.app == id {
			return b
		}
	}
	return nil
}

// applicationOf reads the id that the first part of a real token holds; 0 where it holds none.
func applicationOf(token string) ApplicationID {
	first, _, _ := strings.Cut(token, ".")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(first, "="))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(string(raw), 10, 64)
	if err != nil || len(raw) < 17 {
		return 0
	}
	return ApplicationID(n)
}

// AddMember gives the person of that name, who becomes a member with the support role where they were none.
func (w *World) AddMember(nowMs int64, name string) *Member {
	if m := w.byName[name]; m != nil {
		return m
	}
	for _, m := range w.byName {
		if m.User.Username == name {
			return m
		}
	}
	w.advance(nowMs)
	username := usernameFor(name)
	for taken := true; taken; {
		taken = false
		for _, u := range w.users {
			if u.Username == username && !u.Bot {
				taken = true
				username += "_"
				break
			}
		}
	}
	display := name
	u := &User{ID: UserID(w.mint()), Username: username, Discriminator: "0", GlobalName: &display}
	m := &Member{User: u, JoinedMs: w.now, Presence: "online"}
	if w.supportRole != 0 {
		m.Roles = []RoleID{w.supportRole}
	}
	w.users[u.ID], w.members[u.ID], w.byName[name] = u, m, m
	if len(w.sessions) > 0 || w.cfg.Observe {
		wire := memberOf(m, true)
		wire.GuildID = w.guild.ID
		w.dispatch(event{name: "GUILD_MEMBER_ADD", intent: IntentGuildMembers, data: wire})
	}
	return m
}

func (w *World) everyone() *Role { return w.roles[0] }

func (w *World) role(id RoleID) *Role {
	for _, r := range w.roles {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// advance moves the clock and lets what is due happen. A time before the last one is taken as the last one.
func (w *World) advance(nowMs int64) {
	for len(w.timers) > 0 && w.timers[0].atMs <= nowMs {
		t := heap.Pop(&w.timers).(timer)
		w.now = max(w.now, t.atMs)
		t.fire(w)
	}
	w.now = max(w.now, nowMs)
}

// Now is the latest time that the world was told, in Unix milliseconds.
func (w *World) Now() int64 { return w.now }

// Tick lets everything happen that is due at nowMs: heartbeats that did not come, threads to archive, sessions to
// forget, held events.
func (w *World) Tick(nowMs int64) { w.advance(nowMs) }

// NextTick is the Unix time in milliseconds at which Tick has something to do; 0: never.
func (w *World) NextTick() int64 {
	if len(w.timers) == 0 {
		return 0
	}
	return max(w.timers[0].atMs, w.now)
}

// Take gives the outputs since the last call, in order, and forgets them.
func (w *World) Take() []Output {
	out := w.out
	w.out = nil
	return out
}

type timer struct {
	atMs int64
	seq  uint64
	fire func(*World)
}

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	return h[i].atMs < h[j].atMs || h[i].atMs == h[j].atMs && h[i].seq < h[j].seq
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push is part of container/heap.
func (h *timerHeap) Push(x any) { *h = append(*h, x.(timer)) }

// Pop is part of container/heap.
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// at runs fire when the clock reaches ms.
func (w *World) at(ms int64, fire func(*World)) {
	w.timerSeq++
	heap.Push(&w.timers, timer{ms, w.timerSeq, fire})
}

// mix is splitmix64's finaliser: a good spread from a counter, the same everywhere.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// random gives a number in [0, 1) from the seed.
func (w *World) random() float64 {
	w.rng = mix(w.rng)
	return float64(w.rng>>11) / (1 << 53)
}

func itoa(n int) string { return strconv.Itoa(n) }

// sortedChannels gives the guild's channels, without threads, by position.
func (w *World) sortedChannels() []*Channel {
	var list []*Channel
	for _, c := range w.channels {
		if !c.Type.IsThread() {
			list = append(list, c)
		}
	}
	sort.Slice(list, func(i, j int) bool {
		return list[i].Position < list[j].Position || list[i].Position == list[j].Position && list[i].ID < list[j].ID
	})
	return list
}

// sortedMembers gives the guild's members by id.
func (w *World) sortedMembers() []*Member {
	list := make([]*Member, 0, len(w.members))
	for _, m := range w.members {
		list = append(list, m)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].User.ID < list[j].User.ID })
	return list
}
