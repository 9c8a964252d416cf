package server

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/lxzan/gws"

	"cloudflarechat/chat"
)

const (
	subprotocol = "cloudflare-chat.v1"
	routePrefix = "route."
	// compressFrom is from which size on frames are compressed.
	compressFrom = 512
	// capacityRetry is when to try again while all places are taken.
	capacityRetry = 30 * chat.Second
)

// door opens WebSockets, or says why not.
type door struct {
	hub     *hub
	origins *chat.Origins
	proxies proxies
	secret  []byte
	random  io.Reader
	// named and plain upgrade clients that offer the subprotocol and those that
	// offer none.
	named, plain *gws.Upgrader
}

func newDoor(h *hub, o *chat.Origins, p proxies, secret []byte, random io.Reader) *door {
	option := func(protocols ...string) *gws.ServerOption {
		return &gws.ServerOption{
			SubProtocols:       protocols,
			ReadMaxPayloadSize: maxWireBytes,
			CheckUtf8Enabled:   true,
			// Without context takeover a connection holds no window: tens of thousands of
			// quiet ones cost nothing.
			PermessageDeflate: gws.PermessageDeflate{Enabled: true, Threshold: compressFrom, PoolSize: 8},
			Logger:            quiet{},
			NewSession:        func() gws.SessionStorage { return new(slot) },
		}
	}
	return &door{hub: h, origins: o, proxies: p, secret: secret, random: random,
		named: gws.NewUpgrader(events{}, option(subprotocol)), plain: gws.NewUpgrader(events{}, option())}
}

// quiet drops what the WebSocket library would log.
type quiet struct{}

// Error implements gws.Logger.
func (quiet) Error(...any) {}

// refusal is why an upgrade is not taken.
type refusal struct {
	status int
	code   chat.Code
	text   string
	retry  chat.Time
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		writeJSON(w, http.StatusMethodNotAllowed, explanation{Code: "method", Message: "Use GET."})
		return
	}
	upgrade := headerHas(r.Header, "Upgrade", "websocket") && headerHas(r.Header, "Connection", "upgrade")
	if upgrade && r.Header.Get("Sec-WebSocket-Version") != websocketVersion {
		wrongVersion(w)
		return
	}
	site, route, no := d.judge(r, upgrade)
	ip := d.proxies.clientIP(r)
	if no == nil && !d.hub.room(ipKey(ip)) {
		no = &refusal{http.StatusServiceUnavailable, chat.CodeCapacity, "", capacityRetry}
	}
	switch {
	case no != nil:
		d.refuse(w, no)
	case !upgrade:
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-store")
		writeJSON(w, http.StatusOK, explanation{Code: "ok", Message: "A WebSocket from here would be taken."})
	default:
		d.upgrade(w, r, site, route, ip)
	}
}

// judge decides whether an upgrade of this request would be taken, and where it
// leads; a plain request may name a route in its query.
func (d *door) judge(r *http.Request, upgrade bool) (site string, route chat.Route, no *refusal) {
	scheme := "http://"
	if d.proxies.secure(r) {
		scheme = "https://"
	}
	site, words := d.origins.Admit(r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"), scheme+r.Host)
	if words != "" {
		return "", "", &refusal{http.StatusForbidden, chat.CodeOrigin, words, 0}
	}
	offered := r.URL.Query()["route"]
	if upgrade {
		offered = offeredRoutes(r.Header)
	}
	if len(offered) > 0 {
		if route = chat.Route(offered[0]); len(offered) > 1 || !chat.CheckRoute(d.secret, route) {
			return "", "", &refusal{http.StatusBadRequest, chat.CodeRoute, "", 0}
		}
	}
	return site, route, nil
}

// explanation is the body of a plain answer.
type explanation struct {
	Code         chat.Code `json:"code"`
	Message      string    `json:"message"`
	RetryAfterMs chat.Time `json:"retryAfterMs,omitempty"`
}

func (d *door) refuse(w http.ResponseWriter, no *refusal) {
	if no.text == "" {
		no.text = chat.RowOf(no.code).Text
	}
	d.hub.engine.count(chat.Count{Metric: chat.MetricErrors, Label: string(no.code), Value: 1})
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "no-store")
	if no.retry > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64(no.retry/chat.Second), 10))
	}
	writeJSON(w, no.status, explanation{no.code, no.text, no.retry})
}

// upgrade makes a WebSocket of a request that was judged.
func (d *door) upgrade(w http.ResponseWriter, r *http.Request, site string, route chat.Route, ip netip.Addr) {
	var random [48]byte
	if _, err := io.ReadFull(d.random, random[:]); err != nil {
		d.hub.log.Error("the source of randomness failed", "err", err)
		d.refuse(w, &refusal{http.StatusServiceUnavailable, chat.CodeInternal, "", capacityRetry})
		return
	}
	if route == "" {
		route = chat.MintRoute(d.secret, [16]byte(random[32:]))
	}
	counted := ipKey(ip)
	id, ok := d.hub.reserve(counted)
	if !ok {
		d.refuse(w, &refusal{http.StatusServiceUnavailable, chat.CodeCapacity, "", capacityRetry})
		return
	}
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		d.hub.release(counted)
		d.refuse(w, &refusal{http.StatusInternalServerError, chat.CodeInternal, "", 0})
		return
	}
	plainHandshake(r.Header)
	upgrader := d.plain
	if protocols := offeredProtocols(r.Header); slices.Contains(protocols, subprotocol) {
		upgrader = d.named
		// The library reads one header and compares its parts as they stand.
		r.Header.Set("Sec-WebSocket-Protocol", subprotocol)
	}
	wire := &wireConn{Conn: conn}
	ws, err := upgrader.UpgradeFromConn(wire, readerOf(wire, rw.Reader), r)
	if err != nil {
		wire.bury()
		d.hub.release(counted)
		return
	}
	now := d.hub.clock.Now()
	s := &socket{id: id, to: chat.SessionAt(route), hub: d.hub, ws: ws, wire: wire, ip: counted, opened: now,
		unstepped: make(chan struct{}, maxUnstepped), tokens: frameBurst, tokensAt: now}
	s.heard.Store(int64(now))
	ws.Session().Store("", s)
	d.hub.begin(s, chat.ConnOpened{Conn: id, Random: [32]byte(random[:32]), Site: site, RemoteIP: ip.String()})
}

// readerOf gives a small reader that begins with what the HTTP server had read
// ahead.
func readerOf(conn net.Conn, ahead *bufio.Reader) *bufio.Reader {
	const size = 1024 // an idle connection holds it
	n := ahead.Buffered()
	if n == 0 {
		return bufio.NewReaderSize(conn, size)
	}
	head := make([]byte, n)
	_, _ = io.ReadFull(ahead, head) // they are buffered: it cannot fail
	return bufio.NewReaderSize(io.MultiReader(strings.NewReader(string(head)), conn), size)
}

func offeredProtocols(h http.Header) (out []string) {
	for _, line := range h.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			if p = strings.TrimSpace(p); p != "" {
				out = append(out, p)
			}
		}
	}
	return out
}

func offeredRoutes(h http.Header) (out []string) {
	for _, p := range offeredProtocols(h) {
		if route, ok := strings.CutPrefix(p, routePrefix); ok {
			out = append(out, route)
		}
	}
	return out
}

func headerHas(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for p := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(p), token) {
				return true
			}
		}
	}
	return false
}

// writeJSON answers with a JSON object.
func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	b, err := json.Marshal(v)
	if err != nil {
		panic("server: " + err.Error()) // plain data always has a JSON form
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that is gone cannot be told
}
