package world

import (
	"encoding/json"
	"net/url"
	"strings"
	"time"
)

// Request is one HTTP request, as far as the world cares.
type Request struct {
	Method string
	// Path, escaped as it came, with or without /api and the version.
	Path  string
	Query url.Values
	// Authorization header: "Bot <token>" or "User <name>".
	Authorization string
	// UserAgent matters only where Config.RequireUserAgent is set.
	UserAgent   string
	ContentType string
	// Reason is X-Audit-Log-Reason.
	Reason string
	// Host and Secure say how the client reached this place, for the Gateway's address.
	Host   string
	Secure bool
	Body   []byte
}

// Response is what Discord answers.
type Response struct {
	Status int
	// Header has canonical names as Discord writes them.
	Header map[string]string
	Body   []byte
	// Lost: the client never sees this answer (a fault). The host drops the connection instead.
	Lost bool
	// DelayMs is how much later the answer leaves (a fault). Its effect is already there.
	DelayMs int64
}

// call is one request on its way through the world.
type call struct {
	w      *World
	req    Request
	route  *route
	params []string
	actor  *Member // nil where the route needs no authorization
	token  string
	header map[string]string

	payload []byte // the JSON of the body
	files   []upload
}

// apiPath takes /api and the version off a path.
func apiPath(path string) string {
	path = strings.TrimPrefix(path, "/api")
	if v, ok := strings.CutPrefix(path, "/v"); ok {
		if i := strings.IndexByte(v, '/'); i > 0 && i <= 2 && v[0] >= '0' && v[0] <= '9' {
			path = v[i:]
		}
	}
	return strings.TrimSuffix(path, "/")
}

// REST answers one request at nowMs. What it causes on the Gateway waits in Take.
func (w *World) REST(nowMs int64, req Request) Response {
	r := w.serve(nowMs, req)
	if w.cfg.Inspect != nil {
		req.Path = apiPath(req.Path)
		w.cfg.Inspect(req, r)
	}
	return r
}

func (w *World) serve(nowMs int64, req Request) Response {
	w.advance(nowMs)
	c := &call{w: w, req: req, header: map[string]string{}}
	c.req.Path = apiPath(req.Path)
	if c.req.Query == nil {
		c.req.Query = url.Values{}
	}
	human := strings.HasPrefix(req.Authorization, "User ")
	if !human {
		w.limits.requests++
	}
	rt, params, methodKnown := match(req.Method, c.req.Path)
	subject := req.Method + " " + c.req.Path
	if rt != nil {
		subject = rt.name
		c.route, c.params = rt, params
	}
	var skew int64
	if f := w.strike(FaultSkew, subject, c.req.Path, human); f != nil {
		skew = f.SkewMs
	}
	var delay int64
	if f := w.strike(FaultLatency, subject, c.req.Path, human); f != nil {
		delay = f.DelayMs
		if f.JitterMs > 0 {
			delay += int64(w.random() * float64(f.JitterMs))
		}
	}
	c.header["Date"] = time.UnixMilli(w.now + skew).UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")
	c.header["Via"] = "1.1 google"
	if r, struck := w.before(c, subject, human); struck {
		r.DelayMs = delay
		w.countInvalid(r, human)
		return r
	}
	status, body, err := w.answer(c, rt, methodKnown, human, skew)
	if w.strike(FaultGarbledLimits, subject, c.req.Path, human) != nil {
		for _, k := range []string{"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Reset-After"} {
			c.header[k] = "soon"
		}
	}
	r := c.respond(status, body, err)
	r.DelayMs = delay
	w.countInvalid(r, human)
	if w.strike(FaultLostAfter, subject, c.req.Path, human) != nil {
		r.Lost = true
	} else if f := w.strike(FaultErrorAfter, subject, c.req.Path, human); f != nil {
		lost := c.html(f.Status)
		lost.DelayMs = delay
		return lost
	}
	return r
}

// before lets the faults strike that keep a request from having any effect.
func (w *World) before(c *call, subject string, human bool) (Response, bool) {
	if !human && w.now < w.limits.blockMs {
		return c.blocked(), true
	}
	if len(w.faults) == 0 {
		return Response{}, false
	}
	strike := func(k FaultKind) *Fault { return w.strike(k, subject, c.req.Path, human) }
	if strike(FaultOutage) != nil {
		return c.respond(503, nil, &APIError{Status: 503, Message: "503: Service Unavailable"}), true
	}
	if strike(FaultLostBefore) != nil {
		return Response{Status: 504, Lost: true}, true
	}
	if f := strike(FaultHTML); f != nil {
		return c.html(f.Status), true
	}
	if strike(FaultBlocked) != nil {
		return c.blocked(), true
	}
	if f := strike(FaultError); f != nil {
		status := f.Status
		if status == 0 {
			status = 500
		}
		return c.respond(0, nil, bare(status, statusText(status))), true
	}
	for _, kind := range []FaultKind{FaultLimitUser, FaultLimitGlobal, FaultLimitShared} {
		if f := strike(kind); f != nil {
			scope := strings.TrimPrefix(string(kind), "limit-")
			wait := f.RetryAfterMs
			if wait == 0 {
				wait = 1000
			}
			return c.respond(0, nil, tooMany(scope, wait, c.header)), true
		}
	}
	return Response{}, false
}

// answer checks authorization and limits, then asks the route.
func (w *World) answer(c *call, rt *route, methodKnown, human bool, skew int64) (int, any, *APIError) {
	if rt == nil {
		if methodKnown {
			return 0, nil, bare(405, "Method Not Allowed")
		}
		return 0, nil, bare(404, "Not Found")
	}
	if rt.auth {
		if err := c.authorize(); err != nil {
			return 0, nil, err
		}
	}
	if limited := !human && c.actor != nil || w.cfg.Limits.Humans; limited {
		if c.actor != nil && c.actor.bot != nil && !rt.exempt {
			if wait := w.global(c.actor.bot); wait > 0 {
				return 0, nil, tooMany("global", wait, c.header)
			}
		}
		if b := w.bucketOf(c.token, rt.bucketName(c), rt.majorOf(c)); b != nil {
			if b.count(w.now) >= b.bucket.Limit {
				w.limitHeaders(c.header, b, skew)
				return 0, nil, tooMany("user", b.freeMs(w.now)-w.now, c.header)
			}
			b.take(w.now)
			w.limitHeaders(c.header, b, skew)
		}
	}
	if err := c.unpackBody(); err != nil {
		return 0, nil, err
	}
	return rt.handle(c)
}

// authorize finds who asks.
func (c *call) authorize() *APIError {
	w := c.w
	if name, ok := strings.CutPrefix(c.req.Authorization, "User "); ok {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		name = strings.TrimSpace(name)
		if name == "" {
			return bare(401, "Unauthorized")
		}
		c.actor, c.token = w.AddMember(w.now, name), "User "+name
		return nil
	}
	token, ok := strings.CutPrefix(c.req.Authorization, "Bot ")
	b := w.botOfToken(token)
	if !ok || b == nil {
		return bare(401, "Unauthorized")
	}
	if w.cfg.RequireUserAgent && !strings.HasPrefix(c.req.UserAgent, "DiscordBot") {
		return failure(CodeUserAgent)
	}
	c.token = b.app.String()
	c.actor = w.members[b.user.ID]
	if c.actor == nil {
		// A bot that is in no guild still knows who it is.
		c.actor = &Member{User: b.user, bot: b}
	}
	return nil
}

// unpackBody leaves the JSON of the body in payload, whatever form it came in.
func (c *call) unpackBody() *APIError {
	if len(c.req.Body) == 0 || c.req.Method == "GET" {
		return nil
	}
	if len(c.req.Body) > c.w.cfg.Limits.RequestBytes {
		return failure(CodeTooLarge)
	}
	kind, _, _ := strings.Cut(c.req.ContentType, ";")
	var err *APIError
	switch strings.TrimSpace(strings.ToLower(kind)) {
	case "application/json":
		c.payload = c.req.Body
	case "multipart/form-data":
		c.payload, c.files, err = unpack(c.req.ContentType, c.req.Body)
	case "application/x-www-form-urlencoded":
		values, _ := url.ParseQuery(string(c.req.Body))
		fields := map[string]string{}
		for k := range values {
			fields[k] = values.Get(k)
		}
		c.payload = encode(fields)
	default:
		err = failure(CodeInvalidForm)
		err.Errors = map[string]any{"_errors": []map[string]string{{
			"code": "CONTENT_TYPE_INVALID", "message": `Expected "Content-Type" header to be one of {'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data'}.`}}}
	}
	return err
}

// read decodes the body into v; a field of the wrong type is a 50035 that names it.
func (c *call) read(v any) *APIError {
	if len(c.payload) == 0 {
		return nil
	}
	err := json.Unmarshal(c.payload, v)
	if err == nil {
		return nil
	}
	var f form
	switch e := err.(type) {
	case *json.SyntaxError:
		return failure(CodeInvalidJSON)
	case *json.UnmarshalTypeError:
		path := strings.Split(e.Field, ".")
		f.add("BASE_TYPE_BAD_TYPE", "Value is of the wrong type.", path...)
	case snowflakeError:
		f.add("NUMBER_TYPE_COERCE", "Value is not snowflake.", "id")
	default:
		f.add("BASE_TYPE_BAD_TYPE", "Value is of the wrong type.", "_body")
	}
	return f.failure()
}

// respond writes an answer or an error.
func (c *call) respond(status int, body any, err *APIError) Response {
	if err != nil {
		status, body = err.Status, err
	}
	r := Response{Status: status, Header: c.header}
	if status != 204 {
		r.Header["Content-Type"] = "application/json"
		if raw, ok := body.(json.RawMessage); ok {
			r.Body = raw
		} else {
			r.Body = encode(body)
		}
	}
	return r
}

// html is what stands before Discord when Discord does not answer.
func (c *call) html(status int) Response {
	if status == 0 {
		status = 502
	}
	c.header["Content-Type"], c.header["Server"] = "text/html; charset=UTF-8", "cloudflare"
	delete(c.header, "Via")
	for k := range c.header {
		if strings.HasPrefix(k, "X-RateLimit") {
			delete(c.header, k)
		}
	}
	return Response{Status: status, Header: c.header, Body: []byte("<!DOCTYPE html>\n<html><head><title>discord.com | " + itoa(status) + ": " + statusText(status) +
		"</title></head><body><h1>Error " + itoa(status) + "</h1><p>cloudflare</p></body></html>\n")}
}

// blocked is Cloudflare's answer to an address that it blocks: no JSON, no via, no limits, no Retry-After.
func (c *call) blocked() Response {
	r := c.html(429)
	r.Header["Content-Type"] = "text/plain; charset=UTF-8"
	r.Body = []byte("error code: 1015")
	return r
}

// countInvalid counts what Cloudflare counts: 401, 403 and 429 but of scope shared.
func (w *World) countInvalid(r Response, human bool) {
	if human {
		return
	}
	if r.Status == 429 {
		w.limits.limited++
	}
	l := &w.cfg.Limits
	if r.Status != 401 && r.Status != 403 && r.Status != 429 || r.Header["X-RateLimit-Scope"] == "shared" || l.InvalidRequests < 0 {
		return
	}
	w.limits.invalid = keepSince(append(w.limits.invalid, w.now), w.now-600000)
	if len(w.limits.invalid) >= l.InvalidRequests && w.now >= w.limits.blockMs {
		w.limits.blockMs = w.now + l.InvalidBlockMs
	}
}

func statusText(status int) string {
	switch status {
	case 429:
		return "Too Many Requests"
	case 500:
		return "Internal Server Error"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Gateway Timeout"
	case 520:
		return "Web server is returning an unknown error"
	case 524:
		return "A timeout occurred"
	}
	return "Error"
}
