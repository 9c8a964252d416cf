package check

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"

	"cloudflarechat/chat"
)

// Running looks at a chat that runs, from outside.
type Running struct {
	Web
	// URL is where it is, such as https://chat.example.com.
	URL string
	// Admin is its ADMIN_SECRET and Relay its BOT_RELAY_SECRET; both may be empty.
	Admin, Relay string
	// Version is this program's.
	Version string
	// Origins are those that may use it.
	Origins []string
	// Turnstile is set where pages load it.
	Turnstile bool
}

// healthBody is what GET /health answers.
type healthBody struct {
	Status  string   `json:"status"`
	Version string   `json:"version"`
	Reasons []string `json:"reasons"`
	Deep    *struct {
		Gateway string `json:"gateway"`
		Poison  int    `json:"poison"`
	} `json:"deep"`
}

const certificateWarns = 14 * 24 * time.Hour

// Look gives everything that can be seen. The first finding says whether it is
// there at all; where it is not, it is the only one.
func (r *Running) Look(ctx context.Context) []Finding {
	r.URL = strings.TrimSuffix(r.URL, "/")
	address, deep := r.URL+"/health", false
	header := http.Header{}
	if r.Admin != "" {
		address, deep = address+"?deep", true
		header.Set("Authorization", "Bearer "+r.Admin)
	}
	res, text, err := r.get(ctx, address, header)
	if err != nil {
		p := unreachable("the chat at "+r.URL, err)
		p.Mend = "start it (" + "cloudflare-chat serve, or systemctl start cloudflare-chat), or say where it is with --url"
		if strings.Contains(err.Error(), "certificate") {
			p = elsewhere("renew the certificate, or check the name in --url", "%s shows a certificate that is not valid for it", r.URL)
		}
		return []Finding{p.Of("chat")}
	}
	var list []Finding
	if res.StatusCode == http.StatusUnauthorized && deep {
		list = append(list, failed("chat", "start the chat again after a change of ADMIN_SECRET", "the chat does not take this ADMIN_SECRET"))
		deep = false
		if res, text, err = r.get(ctx, r.URL+"/health", nil); err != nil {
			return append(list, unreachable("the chat at "+r.URL, err).Of("chat"))
		}
	}
	var h healthBody
	if json.Unmarshal(text, &h) != nil || h.Status == "" {
		return append(list, failed("chat", "check --url and the reverse proxy in front of the chat", "what answers at %s/health is not the chat (status %d)", r.URL, res.StatusCode))
	}
	list = append(list, r.health(&h, deep)...)
	if c := certificate(res); c != nil {
		list = append(list, *c)
	} else if secure(r.Origins) && !near(r.URL) {
		list = append(list, failed("TLS", "put a reverse proxy with a certificate before it (docs/deploy-server.md), and name its https address with --url",
			"browsers do not let your https pages load %s, which is not encrypted", r.URL))
	}
	list = append(list, r.widget(ctx))
	switch mend := "set ALLOWED_ORIGINS to the origins of your pages"; {
	case len(r.Origins) == 0:
		list = append(list, failed("origins", mend, "no website may open conversations here but the chat's own address"), r.socket(ctx, r.URL))
	case slices.Contains(r.Origins, chat.EveryOrigin):
		list = append(list, warning("origins", mend, "every website may open conversations here"), r.socket(ctx, r.URL))
	default:
		for _, o := range r.Origins {
			list = append(list, r.origin(ctx, o)...)
		}
	}
	return append(list, r.relay(ctx))
}

func (r *Running) health(h *healthBody, deep bool) []Finding {
	var list []Finding
	switch h.Status {
	case "ok":
		list = append(list, ok("chat", "it answers at %s and is well", r.URL))
	case "down":
		list = append(list, failed("chat", "see docs/operations.md, \"By symptom\"", "it is down: %s", strings.Join(h.Reasons, "; ")))
	default:
		list = append(list, failed("chat", "mend what it says; docs/operations.md, \"By symptom\", says how", "it runs, but %s", strings.Join(h.Reasons, "; ")))
	}
	if deep && h.Deep != nil {
		switch {
		case h.Deep.Gateway == "ready":
			list = append(list, ok("gateway", "the connection to Discord's Gateway is open"))
		case h.Deep.Gateway != "":
			list = append(list, failed("gateway", "look at the chat's log; it tries again by itself", "the connection to Discord's Gateway is %s", h.Deep.Gateway))
		}
		if h.Deep.Poison > 0 {
			list = append(list, warning("events", "report it with the chat's log", "%d events could not be processed and were set aside", h.Deep.Poison))
		}
	}
	// Who deploys by Cloudflare's button, or on this machine, does not say which release it is.
	if r.Version != "" && h.Version != r.Version && !strings.HasPrefix(h.Version, "deployment ") {
		list = append(list, warning("version", "start the chat again after an upgrade (on Cloudflare: deploy it), or run the doctor of the same release", "the chat is %s, this program is %s", h.Version, r.Version))
	} else {
		list = append(list, ok("version", "%s", h.Version))
	}
	return list
}

func certificate(res *http.Response) *Finding {
	if res.TLS == nil || len(res.TLS.PeerCertificates) == 0 {
		return nil
	}
	left := time.Until(res.TLS.PeerCertificates[0].NotAfter)
	f := ok("TLS", "the certificate is valid for %d more days", int(left.Hours()/24))
	if left < certificateWarns {
		f = warning("TLS", "see why your reverse proxy does not renew it", "the certificate ends in %d days", int(left.Hours()/24))
	}
	return &f
}

// secure tells whether pages come by https, which may use nothing that does not.
func secure(origins []string) bool {
	return slices.ContainsFunc(origins, func(o string) bool { return strings.HasPrefix(o, "https://") })
}

// near tells whether an address is of this machine, which browsers trust without
// TLS: https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy
func near(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (r *Running) widget(ctx context.Context) Finding {
	const name = "widget"
	res, _, err := r.get(ctx, r.URL+"/chat-widget.min.js", nil)
	switch {
	case err != nil:
		return unreachable("the widget", err).Of(name)
	case res.StatusCode != http.StatusOK:
		return failed(name, "let the reverse proxy pass every path on", "%s/chat-widget.min.js answers with status %d", r.URL, res.StatusCode)
	case res.Header.Get("Access-Control-Allow-Origin") != "*":
		return failed(name, "let the reverse proxy keep the chat's headers as they are", "the widget comes without the header that lets your pages load it (Access-Control-Allow-Origin: *)")
	}
	return ok(name, "pages can load %s/chat-widget.min.js", r.URL)
}

// origin looks whether a website can use the chat.
func (r *Running) origin(ctx context.Context, origin string) []Finding {
	if strings.Contains(origin, "*") {
		return []Finding{skipped("website", "%s is a pattern and names no page to look at", origin)}
	}
	list := []Finding{r.socket(ctx, origin)}
	res, _, err := r.get(ctx, origin+"/", nil)
	if err != nil {
		p := unreachable(origin, err)
		return append(list, warning("website", "check how it is written in ALLOWED_ORIGINS", "%s", p.What))
	}
	missing := blocked(res.Header.Values("Content-Security-Policy"), origin, r.URL, r.Turnstile)
	if len(missing) > 0 {
		return append(list, failed("website", "add to the page's Content-Security-Policy: "+strings.Join(missing, "; "), "the Content-Security-Policy of %s keeps the chat out", origin))
	}
	return append(list, ok("website", "the page at %s lets the chat in", origin))
}

// socket opens a WebSocket as a page of an origin would.
func (r *Running) socket(ctx context.Context, origin string) Finding {
	const name = "websocket"
	ctx, cancel := context.WithTimeout(ctx, limitAnswer)
	defer cancel()
	address := "ws" + strings.TrimPrefix(r.URL, "http") + "/ws"
	conn, res, err := websocket.Dial(ctx, address, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {origin}}, HTTPClient: &http.Client{Transport: r.transport()}})
	if err == nil {
		_ = conn.Close(websocket.StatusNormalClosure, "")
		return ok(name, "visitors of %s can connect", origin)
	}
	if res == nil {
		var p *Problem
		if p = unreachable("the WebSocket", err); p == nil {
			p = elsewhere("try again", "the WebSocket cannot be opened")
		}
		return p.Of(name)
	}
	header := http.Header{"Origin": {origin}}
	var said struct{ Code, Message string }
	_, text, err := r.get(ctx, r.URL+"/ws", header)
	if err == nil && json.Unmarshal(text, &said) == nil && said.Code != "" && said.Code != "ok" {
		mend := "see docs/api-reference.md"
		if said.Code == "origin_refused" {
			mend = "add it to ALLOWED_ORIGINS and start the chat again"
		}
		return failed(name, mend, "visitors of %s are refused: %s", origin, said.Message)
	}
	return failed(name, "let the reverse proxy pass WebSockets on (docs/deploy-server.md has the lines for Caddy and nginx)",
		"the chat would take a WebSocket, but it does not get through to it (status %d)", res.StatusCode)
}

func (r *Running) transport() http.RoundTripper {
	if r.HTTP == nil {
		return nil
	}
	return r.HTTP.Transport
}

// relay shows the secret with a body that changes nothing.
func (r *Running) relay(ctx context.Context) Finding {
	const name = "relay"
	if r.Relay == "" {
		return skipped(name, "no relay is used: BOT_RELAY_SECRET is not set")
	}
	res, _, err := r.ask(ctx, "POST", r.URL+"/relay", http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + r.Relay}}, "{}")
	switch {
	case err != nil:
		return unreachable("/relay", err).Of(name)
	case res.StatusCode == http.StatusBadRequest:
		return ok(name, "%s/relay takes the secret", r.URL)
	case res.StatusCode == http.StatusUnauthorized:
		return failed(name, "give both ends the same BOT_RELAY_SECRET, and start the chat again", "%s/relay does not take this BOT_RELAY_SECRET", r.URL)
	}
	return failed(name, "let the reverse proxy pass POST /relay on", "%s/relay answers with status %d", r.URL, res.StatusCode)
}

// Address is why something is no address that could be asked; nil where it is
// one.
func Address(address string) *Problem {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.User != nil {
		return problem("write it as https://chat.example.com", "%q is no http or https address", address)
	}
	return nil
}
