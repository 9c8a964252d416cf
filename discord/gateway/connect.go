package gateway

import (
	"strconv"
	"strings"
)

// info is what GET /gateway/bot said last.
type info struct {
	url          string
	atMs         int64
	remaining    int   // identifies left, counted down here
	resetAt      int64 // when they are renewed
	fails        int   // fetches that failed in a row
	lastIdentify int64
}

const (
	infoFreshMs    = 5 * 60_000 // the answer should "not be cached for extended periods"
	identifyEachMs = 5_000      // max_concurrency: so many identifies of one shard key in 5 s, and one machine is one shard
	firstRetryMs   = 1_000
	mostRetryMs    = 60_000
	firstTryMs     = 500 // the first reconnect comes at once, but not all bots' in the same moment
	cachedAfter    = 3   // failed fetches after which a known address is used without asking
	sparingAfter   = 4   // tries after which identifies are spread out, so that they never run out
	mostResumes    = 5   // resumes without any answer, after which the session is given up
)

// connect goes on the way to a session, as far as it can be gone now.
func (m *Machine) connect(now int64) {
	if m.session.id != "" {
		if m.info.url == "" && m.session.failedDials%2 == 1 {
			m.fetch(now) // the session's own address does not answer: learn the other one
			return
		}
		m.dial(now, m.resumeURL())
		return
	}
	stale := m.info.url == "" || now-m.info.atMs >= infoFreshMs || (m.info.remaining <= 0 && now >= m.info.resetAt)
	if stale && !(m.info.url != "" && m.info.fails >= cachedAfter && m.info.remaining > 0) {
		m.fetch(now)
		return
	}
	if m.info.remaining <= 0 {
		// Identifying all the same would make Discord end all sessions and reset the token.
		// https://docs.discord.com/developers/events/gateway#identifying
		m.wait(m.info.resetAt, "no identify is left until Discord renews them")
		return
	}
	if m.info.lastIdentify > now {
		m.info.lastIdentify = now // a restored time from a clock that was wrong
	}
	if at := m.info.lastIdentify + identifyEachMs; m.info.lastIdentify != 0 && now < at {
		m.wait(at, "one identify in 5 s is allowed")
		return
	}
	if at := m.info.lastIdentify + (m.info.resetAt-now)/int64(m.info.remaining); m.attempt > sparingAfter && m.info.lastIdentify != 0 && now < at {
		m.wait(at, "identifies fail again and again: what is left of them is spread over the time until Discord renews them")
		return
	}
	m.dial(now, m.info.url)
}

// resumeURL is where the session is resumed: the address that READY gave. When that does not answer, every second try goes to the ordinary
// address: a Resume there costs nothing, and a network that is down must not cost the session.
func (m *Machine) resumeURL() string {
	if m.session.resumeURL == "" || (m.session.failedDials%2 == 1 && m.info.url != "") {
		return m.info.url
	}
	return m.session.resumeURL
}

func (m *Machine) fetch(now int64) {
	m.emit(FetchGatewayBot{})
	m.enter(Fetching, now+fetchMs, "")
}

func (m *Machine) gotInfo(now int64, ev Info) {
	if m.phase != Fetching {
		return
	}
	if !isSocketURL(ev.URL) {
		m.infoFailed(now, InfoFailed{})
		return
	}
	m.info.url, m.info.atMs, m.info.fails = ev.URL, now, 0
	if ev.Remaining < 0 {
		ev.Remaining = 1
	}
	m.info.remaining, m.info.resetAt = ev.Remaining, now+max(ev.ResetAfterMs, identifyEachMs)
	m.deadline = 0
	m.connect(now)
}

// mostAskedMs bounds what an answer may ask for: one that asks for more is not Discord's.
const mostAskedMs = 60 * 60 * 1000

func (m *Machine) infoFailed(now int64, ev InfoFailed) {
	if m.phase != Fetching {
		return
	}
	if ev.Status == 401 {
		m.fatal(now, 401, "Discord refused the bot's token. "+tokenHint)
		return
	}
	m.info.fails++
	m.attempt++
	if m.session.id != "" {
		m.session.failedDials++ // REST may be down and the session's own address well
	}
	m.deadline = 0
	m.wait(now+max(m.backoff(m.attempt), min(ev.RetryAfterMs, mostAskedMs)), "GET /gateway/bot brought no address")
}

func (m *Machine) dial(now int64, url string) {
	if url == "" { // a restored session without an address: ask for one
		m.fetch(now)
		return
	}
	m.lastConn++
	m.conn = m.lastConn
	m.heart = heart{}
	m.sending.reset()
	m.enter(Connecting, now+dialMs, "")
	m.emit(Dial{Conn: m.conn, URL: m.complete(url)})
}

// complete adds the version and encoding to an address, which may end in a slash or not.
// https://docs.discord.com/developers/events/gateway#connecting
func (m *Machine) complete(url string) string {
	query := "v=10&encoding=json"
	if m.opts.Compression != "" {
		query += "&compress=" + m.opts.Compression
	}
	scheme := strings.Index(url, "://") + 3
	switch {
	case strings.Contains(url, "?"):
		return strings.TrimSuffix(url, "&") + "&" + query
	case strings.Contains(url[scheme:], "/"):
		return url + "?" + query
	}
	return url + "/?" + query
}

func isSocketURL(url string) bool {
	rest, secure := strings.CutPrefix(url, "wss://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(url, "ws://"); !plain {
			return false
		}
	}
	return rest != "" && rest[0] != '/' && rest[0] != '?'
}

// drop closes the socket, if there is one, and forgets what belonged to it.
func (m *Machine) drop(code int) {
	if m.conn != 0 {
		m.emit(Close{Conn: m.conn, Code: code})
	}
	m.gone()
}

func (m *Machine) gone() {
	if m.readyAt != 0 && m.session.id == "" && m.session.gapMs == 0 {
		m.session.gapMs = max(m.session.seenMs, 1) // READY named no session: what comes until the next one is lost
	}
	m.conn, m.deadline, m.readyAt = 0, 0, 0
	m.heart = heart{}
	m.sending.pushAt = 0
}

// again gives the connection up and comes back after a backoff.
func (m *Machine) again(now int64, code int, reason string) {
	m.drop(code)
	m.retry(now, 0, reason)
}

// retry waits for at least leastMs and for the backoff, then connects.
func (m *Machine) retry(now, leastMs int64, reason string) {
	wait := m.backoff(m.attempt)
	m.attempt++
	m.wait(now+max(wait, leastMs), reason)
}

func (m *Machine) wait(until int64, reason string) {
	m.retryAt = until
	m.enter(Waiting, 0, reason)
}

// backoff doubles with each try; half of it is jitter, so that many bots do not come back in step.
func (m *Machine) backoff(tries int) int64 {
	if tries == 0 {
		return m.draw(firstTryMs)
	}
	wait := min(int64(firstRetryMs)<<min(tries-1, 16), mostRetryMs)
	return wait/2 + m.draw(wait/2+1)
}

// draw gives the next number of the jitter, below n.
func (m *Machine) draw(n int64) int64 {
	m.draws++
	x := m.opts.Seed + m.draws*0x9e3779b97f4a7c15 // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	x ^= x >> 31
	return int64(x % uint64(max(n, 1)))
}

// closed takes the end of the socket in.
func (m *Machine) closed(now int64, ev Closed) {
	opening := m.phase == Connecting
	m.gone()
	if opening {
		m.session.failedDials++
		reason := "the connection failed"
		if ev.Status != 0 {
			reason = "the connection was refused with HTTP status " + strconv.Itoa(ev.Status)
		}
		m.retry(now, 0, reason)
		return
	}
	rule := RuleOf(ev.Code)
	switch rule.Then {
	case Stay:
		m.lose()
		m.save(now)
		m.fatal(now, ev.Code, rule.Text+" "+rule.Hint)
		return
	case Anew:
		m.lose()
		m.save(now)
		m.retry(now, 0, rule.reason())
	case Later:
		m.retry(now, sendWindowMs, rule.reason())
	default:
		m.retry(now, 0, rule.reason())
	}
}
