package world

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
)

// Gateway opcodes.
const (
	opDispatch       = 0
	opHeartbeat      = 1
	opIdentify       = 2
	opPresence       = 3
	opVoiceState     = 4
	opResume         = 6
	opReconnect      = 7
	opRequestMembers = 8
	opInvalidSession = 9
	opHello          = 10
	opHeartbeatAck   = 11
)

// payloadBytes is the most that a client may send in one frame (4002 above it).
const payloadBytes = 4096

// conn is one Gateway socket.
type conn struct {
	id      ConnID
	host    string
	secure  bool
	session *session
	started bool  // Identify or Resume was taken
	beatMs  int64 // last heartbeat, or the beginning
	sent    []int64
}

// Dial is what the host knows of a new Gateway socket.
type Dial struct {
	// Query of the address: v, encoding, compress.
	Query url.Values
	// Host header and whether TLS was used, for resume_gateway_url.
	Host   string
	Secure bool
}

// Connect tells of a new socket. The answer is Hello, or a close.
func (w *World) Connect(nowMs int64, id ConnID, d Dial) {
	w.advance(nowMs)
	c := &conn{id: id, host: d.Host, secure: d.Secure, beatMs: w.now}
	w.conns[id] = c
	if v := d.Query.Get("v"); v != "" && v != "10" && v != "9" {
		w.closeConn(c, 4012, "Invalid API version.")
		return
	}
	if e := d.Query.Get("encoding"); e != "" && e != "json" {
		w.closeConn(c, 4012, "This stand-in speaks JSON only.")
		return
	}
	if w.hit(FaultOutage, "GATEWAY") != nil {
		w.closeConn(c, 0, "")
		return
	}
	if w.hit(FaultReconnect, "HELLO") != nil {
		w.send(id, []byte(`{"t":null,"s":null,"op":7,"d":null}`))
		return
	}
	interval := strconv.FormatInt(w.cfg.Gateway.HeartbeatIntervalMs, 10)
	w.send(id, []byte(`{"t":null,"s":null,"op":10,"d":{"heartbeat_interval":`+interval+`,"_trace":["[\"discordsim\"]"]}}`))
	w.watch(c)
}

// watch closes the connection when no heartbeat came for an interval and the slack.
func (w *World) watch(c *conn) {
	patience := w.cfg.Gateway.HeartbeatIntervalMs + w.cfg.Gateway.HeartbeatSlackMs
	w.at(c.beatMs+patience, func(w *World) {
		if w.conns[c.id] != c {
			return
		}
		if w.now >= c.beatMs+patience {
			w.closeConn(c, 4009, "Session timed out.")
			return
		}
		w.watch(c)
	})
}

// Disconnected tells that a socket is gone, and with which close code of the client's (0 or 1006: none came). Codes 1000
// and 1001 end the session; after any other it can be resumed for a while.
func (w *World) Disconnected(nowMs int64, id ConnID, code int) {
	w.advance(nowMs)
	c := w.conns[id]
	if c == nil {
		return
	}
	delete(w.conns, id)
	if s := c.session; s != nil {
		if code == 1000 || code == 1001 {
			w.forget(s)
		} else {
			w.detach(s)
		}
	}
}

// Receive takes a frame from a client.
func (w *World) Receive(nowMs int64, id ConnID, payload []byte) {
	w.advance(nowMs)
	c := w.conns[id]
	if c == nil {
		return
	}
	if len(payload) > payloadBytes {
		w.closeConn(c, 4002, "Payload too large.")
		return
	}
	c.sent = keepSince(append(c.sent, w.now), w.now-60000)
	if len(c.sent) > w.cfg.Gateway.SendLimit {
		w.closeConn(c, 4008, "You are being rate limited.")
		return
	}
	var frame struct {
		Op   *int            `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	if json.Unmarshal(payload, &frame) != nil || frame.Op == nil {
		w.closeConn(c, 4002, "Error while decoding payload.")
		return
	}
	switch op := *frame.Op; op {
	case opHeartbeat:
		w.heartbeat(c)
	case opIdentify:
		w.identify(c, frame.Data)
	case opResume:
		var d struct {
			Token     string `json:"token"`
			SessionID string `json:"session_id"`
			Seq       *int64 `json:"seq"`
		}
		if json.Unmarshal(frame.Data, &d) != nil || d.Seq == nil {
			w.closeConn(c, 4002, "Error while decoding payload.")
			return
		}
		if c.started {
			w.closeConn(c, 4005, "Already authenticated.")
			return
		}
		token := strings.TrimPrefix(d.Token, "Bot ")
		if w.botOfToken(token) == nil {
			w.closeConn(c, 4004, "Authentication failed.")
			return
		}
		w.resume(c, token, d.SessionID, *d.Seq)
		c.started = c.session != nil
	case opPresence, opVoiceState, opRequestMembers:
		if c.session == nil {
			w.closeConn(c, 4003, "Not authenticated.")
			return
		}
		switch op {
		case opPresence:
			var d struct {
				Status string `json:"status"`
			}
			if json.Unmarshal(frame.Data, &d) == nil && d.Status != "" {
				if m := w.members[c.session.bot.user.ID]; m != nil {
					w.setPresence(m, d.Status)
				}
			}
		case opRequestMembers:
			w.requestMembers(c.session, frame.Data)
		}
	case 31, 43:
		// Soundboard and channel info: nothing to say.
	default:
		w.closeConn(c, 4001, "Unknown opcode.")
	}
}

func (w *World) heartbeat(c *conn) {
	c.beatMs = w.now
	if w.hit(FaultNoAck, "HEARTBEAT") != nil {
		return
	}
	w.send(c.id, []byte(`{"t":null,"s":null,"op":11,"d":null}`))
}

func (w *World) identify(c *conn, data json.RawMessage) {
	if c.started {
		w.closeConn(c, 4005, "Already authenticated.")
		return
	}
	var d struct {
		Token      string          `json:"token"`
		Intents    *int64          `json:"intents"`
		Properties json.RawMessage `json:"properties"`
		Shard      *[2]int         `json:"shard"`
	}
	if json.Unmarshal(data, &d) != nil || d.Properties == nil {
		w.closeConn(c, 4002, "Error while decoding payload.")
		return
	}
	token := strings.TrimPrefix(d.Token, "Bot ")
	b := w.botOfToken(token)
	if b == nil {
		w.closeConn(c, 4004, "Authentication failed.")
		return
	}
	if d.Intents == nil || *d.Intents < 0 || Intents(*d.Intents)&^knownIntents != 0 {
		w.closeConn(c, 4013, "Invalid intent(s).")
		return
	}
	intents := Intents(*d.Intents)
	if intents&IntentMessageContent != 0 && b.NoMessageContent || intents&IntentGuildMembers != 0 && !b.GuildMembers ||
		intents&IntentPresences != 0 && !b.Presences {
		w.closeConn(c, 4014, "Disallowed intent(s).")
		return
	}
	shard := [2]int{0, 1}
	if d.Shard != nil {
		shard = *d.Shard
		if shard[1] < 1 || shard[0] < 0 || shard[0] >= shard[1] {
			w.closeConn(c, 4010, "Invalid shard.")
			return
		}
	}
	used := w.startsOf(token)
	used.identifiesMs = keepSince(used.identifiesMs, w.now-5000)
	if len(used.identifiesMs) >= w.cfg.Gateway.MaxConcurrency {
		w.invalid(c, false)
		return
	}
	used.identifiesMs = append(used.identifiesMs, w.now)
	if w.now >= used.resetMs {
		used.used, used.resetMs = 0, w.now+24*3600*1000
	}
	used.used++
	if used.used > w.cfg.Gateway.SessionStarts {
		// Discord ends all sessions and resets the token of a bot that ignores the limit.
		w.revoked[token] = true
		w.closeConn(c, 4004, "Authentication failed.")
		return
	}
	if w.hit(FaultInvalidSession, "IDENTIFY") != nil {
		w.invalid(c, false)
		return
	}
	c.started = true
	w.begin(c, b, token, intents, shard)
}

// requestMembers answers op 8 with one GUILD_MEMBERS_CHUNK.
func (w *World) requestMembers(s *session, data json.RawMessage) {
	var d struct {
		Query   *string  `json:"query"`
		Limit   int      `json:"limit"`
		UserIDs []UserID `json:"user_ids"`
		Nonce   string   `json:"nonce"`
	}
	if json.Unmarshal(data, &d) != nil {
		return
	}
	members := []any{}
	for _, m := range w.sortedMembers() {
		if d.UserIDs != nil && !listed(d.UserIDs, m.User.ID) || d.Query != nil && !strings.HasPrefix(m.User.Username, strings.ToLower(*d.Query)) {
			continue
		}
		if d.Limit == 0 || len(members) < d.Limit {
			members = append(members, memberOf(m, true))
		}
	}
	chunk := map[string]any{"guild_id": w.guild.ID, "members": members, "chunk_index": 0, "chunk_count": 1}
	if d.Nonce != "" {
		chunk["nonce"] = d.Nonce
	}
	w.deliver(s, "GUILD_MEMBERS_CHUNK", encode(chunk))
}

func (w *World) send(id ConnID, frame []byte) {
	w.out = append(w.out, Output{Kind: SendFrame, Conn: id, Frame: frame})
}

// closeConn closes a socket from Discord's side. The host need not tell of it with Disconnected.
func (w *World) closeConn(c *conn, code int, reason string) {
	w.out = append(w.out, Output{Kind: CloseConn, Conn: c.id, Code: code, Reason: reason})
	delete(w.conns, c.id)
	s := c.session
	if s == nil {
		return
	}
	c.session = nil
	switch code {
	case 4007, 4009, 4004, 4010, 4013, 4014:
		w.forget(s)
	default:
		w.detach(s)
	}
}

// botOfToken gives the bot that a token speaks for; nil: nobody.
func (w *World) botOfToken(token string) *bot {
	b := w.tokens[token]
	if b == nil && token != "" && !w.cfg.OnlyKnownTokens && len(w.bots) > 0 {
		b = w.bots[0]
	}
	if b == nil || w.revoked[token] {
		return nil
	}
	return b
}

// gatewayURL is what /gateway and READY announce.
func (w *World) gatewayURL(host string, secure bool) string {
	if w.cfg.Gateway.URL != "" {
		return w.cfg.Gateway.URL
	}
	scheme := "ws://"
	if secure {
		scheme = "wss://"
	}
	if host == "" {
		host = "gateway.discord.gg"
	}
	return scheme + host + "/gateway"
}

// keepSince drops the times before from of an ordered list.
func keepSince(times []int64, from int64) []int64 {
	i := 0
	for i < len(times) && times[i] <= from {
		i++
	}
	return times[i:]
}
