package gateway

import (
	"strconv"

	"cloudflarechat/discord/wire"
)

// session is what a Resume needs, and what a lost session leaves behind.
type session struct {
	_         unequal
	id        string
	resumeURL string
	lastSeq   int64 // received
	seenMs    int64 // the last frame while it was established
	wholeMs   int64 // the last event that came whole, of those that are not replayed; 0: none in this life

	tornAt int64 // the last whole event when another one was torn, and
	torn   int   // how often that was behind this one

	gapMs int64 // since when events may be lost, from a session that is gone; 0: nothing is lost

	foreign bool // seenMs and gapMs are of Discord's clock: an earlier life told them

	failedDials   int
	failedResumes int
}

func (s *session) restore(st State) {
	s.id, s.resumeURL, s.lastSeq, s.seenMs = st.SessionID, st.ResumeURL, st.Seq, st.SeenMs
	if s.resumeURL != "" && !isSocketURL(s.resumeURL) {
		s.resumeURL = ""
	}
	if s.id == "" {
		s.gapMs = st.SeenMs
	}
	s.foreign = !st.Unreckoned
}

// seen notes when the session was good.
func (s *session) seen(now int64) { s.seenMs, s.foreign = now, false }

func (m *Machine) greet(now int64) {
	m.enter(Greeting, now+helloMs, "")
}

// hello begins the heartbeats, which are needed from here on, and asks for a session.
func (m *Machine) hello(now, intervalMs int64) {
	m.startHeart(now, intervalMs)
	if m.phase != Greeting {
		return
	}
	if m.session.id != "" {
		m.enter(Resuming, now+resumeMs, "")
		m.send(now, m.resumePayload(), false)
		return
	}
	m.info.remaining--
	m.info.lastIdentify = now
	payload := m.identifyPayload()
	if len(payload) > MaxPayloadBytes {
		m.fatal(now, 0, "DISCORD_BOT_TOKEN is far too long to be a bot's token. "+tokenHint)
		return
	}
	m.save(now)
	m.enter(Identifying, now+identifyMs, "")
	m.send(now, payload, false)
}

// identifyPayload is https://docs.discord.com/developers/events/gateway-events#identify
func (m *Machine) identifyPayload() []byte {
	b := append([]byte(nil), `{"op":2,"d":{"token":`...)
	b = wire.AppendString(b, m.opts.Token)
	b = append(b, `,"intents":`...)
	b = strconv.AppendInt(b, int64(m.opts.Intents), 10)
	b = append(b, `,"properties":{"os":`...)
	b = wire.AppendString(b, m.opts.OS)
	b = append(b, `,"browser":`...)
	b = wire.AppendString(b, m.opts.Library)
	b = append(b, `,"device":`...)
	b = wire.AppendString(b, m.opts.Library)
	b = append(b, '}')
	if m.opts.ShardCount > 0 {
		b = append(b, `,"shard":[`...)
		b = strconv.AppendInt(b, int64(m.opts.ShardID), 10)
		b = append(b, ',')
		b = strconv.AppendInt(b, int64(m.opts.ShardCount), 10)
		b = append(b, ']')
	}
	return append(b, '}', '}')
}

// resumePayload is https://docs.discord.com/developers/events/gateway-events#resume
func (m *Machine) resumePayload() []byte {
	b := append([]byte(nil), `{"op":6,"d":{"token":`...)
	b = wire.AppendString(b, m.opts.Token)
	b = append(b, `,"session_id":`...)
	b = wire.AppendString(b, m.session.id)
	b = append(b, `,"seq":`...)
	b = strconv.AppendInt(b, m.session.lastSeq, 10)
	return append(b, '}', '}')
}

// invalidSession is op 9: the answer to a Resume that is not possible, to an Identify too many, or a session that ended.
// https://docs.discord.com/developers/events/gateway-events#invalid-session
func (m *Machine) invalidSession(now int64, resumable bool) {
	reason := "Discord asked to resume the session"
	if !resumable {
		reason = "Discord ended the session"
		m.lose()
		m.save(now)
	}
	m.drop(CloseKeep)
	// One to five seconds: the documentation asked for it once, and it keeps a loop of refusals slow.
	m.retry(now, 1000+m.draw(4000), reason)
}

// ready takes a new session in.
func (m *Machine) ready(now int64, r *wire.Ready) {
	m.session.id, m.session.resumeURL = r.SessionID, ""
	if isSocketURL(r.ResumeURL) {
		m.session.resumeURL = r.ResumeURL
	}
	if r.SessionID == "" {
		m.count(FieldsOdd) // it works, and cannot be resumed
	}
	m.saving.pending, m.saving.urgent, m.session.torn = nil, 0, 0 // of the old session: its numbers mean nothing any more
	m.good(now)
}

// good says that events flow.
func (m *Machine) good(now int64) {
	m.session.seen(now)
	m.session.wholeMs = now
	m.readyAt = now
	m.enter(Ready, 0, "")
	m.flush(now)
}
