package world

import (
	"encoding/json"
	"strconv"
)

// session is a Gateway session: it outlives its socket by a while.
type session struct {
	id      string
	bot     *bot
	token   string
	intents Intents
	shard   [2]int
	seq     int64
	replay  []replayed // the newest events, oldest first
	conn    ConnID     // 0: none

	held *replayed // an event that a fault holds back, see disturb
}

type replayed struct {
	seq  int64
	name string
	data json.RawMessage
}

// deliver gives an event its number, keeps it for a Resume, and sends it where the session has a socket.
func (w *World) deliver(s *session, name string, data json.RawMessage) {
	s.seq++
	s.replay = append(s.replay, replayed{s.seq, name, data})
	if limit := w.cfg.Gateway.ReplayEvents; len(s.replay) > 2*limit {
		s.replay = append([]replayed(nil), s.replay[len(s.replay)-limit:]...)
	}
	if s.conn != 0 {
		w.send(s.conn, dispatchFrame(name, s.seq, data))
	}
}

// disturb delivers an event as the faults of the hour have it: not at all, twice, or after the next one.
func (w *World) disturb(s *session, name string, data json.RawMessage) {
	if w.hit(FaultEventMissed, name) != nil {
		return
	}
	if f := w.hit(FaultEventReordered, name); f != nil && s.held == nil {
		s.held = &replayed{name: name, data: data}
		held := s.held
		delay := f.DelayMs
		if delay == 0 {
			delay = 1000
		}
		w.at(w.now+delay, func(w *World) {
			if s.held == held {
				w.release(s)
			}
		})
		return
	}
	w.deliver(s, name, data)
	if w.hit(FaultEventRepeated, name) != nil {
		w.deliver(s, name, data)
	}
	w.release(s)
	if c := w.conns[s.conn]; c != nil && s.conn != 0 {
		if f := w.hit(FaultSocketCut, name); f != nil {
			w.closeConn(c, f.Status, "")
		}
	}
}

// release delivers what a fault held back.
func (w *World) release(s *session) {
	held := s.held
	s.held = nil
	if held != nil && w.sessions[s.id] == s { // it may have ended meanwhile
		w.deliver(s, held.name, held.data)
	}
}

// begin makes a session for an Identify that was accepted, and says READY and GUILD_CREATE.
func (w *World) begin(c *conn, b *bot, token string, intents Intents, shard [2]int) {
	w.rng = mix(w.rng)
	s := &session{id: strconv.FormatUint(w.rng, 16) + strconv.FormatUint(mix(w.rng), 16), bot: b, token: token, intents: intents, shard: shard, conn: c.id}
	c.session = s
	w.sessions[s.id] = s
	w.order = append(w.order, s)
	member := w.members[b.user.ID]
	guilds := []map[string]any{}
	if member != nil {
		guilds = append(guilds, map[string]any{"id": w.guild.ID, "unavailable": true})
	}
	url := w.cfg.Gateway.ResumeURL
	if url == "" {
		url = w.gatewayURL(c.host, c.secure)
	}
	w.deliver(s, "READY", encode(map[string]any{
		"v": 10, "user": w.self(b), "guilds": guilds, "session_id": s.id, "resume_gateway_url": url, "shard": shard,
		"session_type": "normal", "private_channels": []int{}, "user_settings": map[string]any{}, "relationships": []int{},
		"guild_join_requests": []int{}, "presences": []int{}, "geo_ordered_rtc_regions": []string{}, "_trace": []string{`["discordsim"]`},
		"application": map[string]any{"id": b.app, "flags": w.applicationFlags(b)},
	}))
	if member == nil {
		return
	}
	w.setPresence(member, "online")
	if intents&IntentGuilds != 0 {
		w.deliver(s, "GUILD_CREATE", encode(w.guildCreate(s)))
	}
}

// guildCreate writes the guild with all that a session must know: channels, active threads, members, roles.
func (w *World) guildCreate(s *session) any {
	me := w.members[s.bot.user.ID]
	channels := []any{}
	for _, c := range w.sortedChannels() {
		channels = append(channels, w.channel(c))
	}
	threads := []any{}
	for _, c := range w.activeThreads() {
		if w.canSee(me, c) {
			t := w.thread(c, s.bot.user.ID)
			if t.Member != nil {
				t.Member.ID, t.Member.UserID = 0, 0
			}
			threads = append(threads, t)
		}
	}
	members, presences := []any{}, []any{}
	for _, m := range w.sortedMembers() {
		if s.intents&IntentGuildMembers != 0 || m == me {
			members = append(members, memberOf(m, true))
		}
		if s.intents&IntentPresences != 0 && m.Presence != "offline" {
			presences = append(presences, presence(m))
		}
	}
	return struct {
		*guildWire
		JoinedAt    string `json:"joined_at"`
		Large       bool   `json:"large"`
		Unavailable bool   `json:"unavailable"`
		MemberCount int    `json:"member_count"`
		VoiceStates []int  `json:"voice_states"`
		Members     []any  `json:"members"`
		Channels    []any  `json:"channels"`
		Threads     []any  `json:"threads"`
		Presences   []any  `json:"presences"`
		Stages      []int  `json:"stage_instances"`
		Events      []int  `json:"guild_scheduled_events"`
		Sounds      []int  `json:"soundboard_sounds"`
	}{
		guildWire: w.guildObject(), JoinedAt: stamp(me.JoinedMs), MemberCount: len(w.members), VoiceStates: []int{}, Members: members,
		Channels: channels, Threads: threads, Presences: presences, Stages: []int{}, Events: []int{}, Sounds: []int{},
	}
}

func presence(m *Member) map[string]any {
	return map[string]any{
		"user": map[string]any{"id": m.User.ID}, "status": m.Presence, "activities": []int{}, "client_status": map[string]string{"web": m.Presence},
	}
}

func (w *World) setPresence(m *Member, status string) {
	if m.Presence == status {
		return
	}
	m.Presence = status
	data := presence(m)
	data["guild_id"] = w.guild.ID
	w.dispatch(event{name: "PRESENCE_UPDATE", intent: IntentPresences, data: data})
}

// resume takes a session up again: everything after seq once more, then RESUMED.
func (w *World) resume(c *conn, token, id string, seq int64) {
	s := w.sessions[id]
	if s == nil || s.token != token || w.hit(FaultInvalidSession, "RESUME") != nil {
		if s != nil {
			w.forget(s)
		}
		w.invalid(c, false)
		return
	}
	if seq > s.seq || seq < 0 {
		w.forget(s)
		w.closeConn(c, 4007, "Invalid seq.")
		return
	}
	if len(s.replay) > 0 && s.replay[0].seq > seq+1 {
		w.forget(s)
		w.invalid(c, false)
		return
	}
	if s.conn != 0 && s.conn != c.id {
		// The client came back before its old socket was seen to be dead.
		if old := w.conns[s.conn]; old != nil {
			old.session = nil
			w.closeConn(old, 4000, "Session was resumed elsewhere.")
		}
	}
	s.conn, c.session = c.id, s
	for _, r := range s.replay {
		if r.seq > seq {
			w.send(c.id, dispatchFrame(r.name, r.seq, r.data))
		}
	}
	w.deliver(s, "RESUMED", []byte(`{"_trace":["[\"discordsim\"]"]}`))
	if m := w.members[s.bot.user.ID]; m != nil {
		w.setPresence(m, "online")
	}
}

// invalid sends op 9.
func (w *World) invalid(c *conn, resumable bool) {
	w.send(c.id, []byte(`{"t":null,"s":null,"op":9,"d":`+strconv.FormatBool(resumable)+`}`))
}

// forget ends a session.
func (w *World) forget(s *session) {
	if w.sessions[s.id] != s {
		return
	}
	delete(w.sessions, s.id)
	for i, o := range w.order {
		if o == s {
			w.order = append(w.order[:i:i], w.order[i+1:]...)
			break
		}
	}
	if c := w.conns[s.conn]; c != nil && c.session == s {
		c.session = nil
	}
	for _, o := range w.order {
		if o.bot == s.bot {
			return
		}
	}
	if m := w.members[s.bot.user.ID]; m != nil {
		w.setPresence(m, "offline")
	}
}

// detach leaves a session without a socket: it is forgotten when the resume window is over.
func (w *World) detach(s *session) {
	s.conn = 0
	w.at(w.now+w.cfg.Gateway.ResumeWindowMs, func(w *World) {
		if s.conn == 0 {
			w.forget(s)
		}
	})
}
