package edge

import (
	"errors"
	"strings"

	"cloudflarechat/chat"
)

const (
	subprotocol = "cloudflare-chat.v1"
	routePrefix = "route."
)

// door decides who comes in.
type door struct {
	origins      *chat.Origins
	relaySecrets []string
	adminSecret  string
	// paid: the owner pays Cloudflare, so that no day's allowance ends.
	paid bool
}

func (d *door) configure(set map[string]string) (err error) {
	if d.origins, err = chat.ParseOrigins(strings.Split(set["ALLOWED_ORIGINS"], ",")); err != nil {
		return errors.New("ALLOWED_ORIGINS: " + err.Error())
	}
	d.relaySecrets = nil
	for _, name := range []string{"BOT_RELAY_SECRET", "BOT_RELAY_SECRET_PREVIOUS"} {
		if s := set[name]; s != "" {
			d.relaySecrets = append(d.relaySecrets, s)
		}
	}
	d.adminSecret, d.paid = set["ADMIN_SECRET"], set["CLOUDFLARE_PLAN"] == "paid"
	return nil
}

// What the host does with a GET /ws.
const (
	wsAnswer byte = iota // sends the answer
	wsPlain              // sends the answer, unless the address connected too often
	wsTake               // opens the WebSocket, unless the address connected too often
)

// upgrade reads GET /ws: now, whether it asks for a WebSocket, the method, the
// headers Origin, Sec-Fetch-Site and Sec-WebSocket-Protocol, the request's own
// origin, the visitor's address, the routes in the query, and 16 random bytes. The
// reply is one of the numbers above. The answer follows, or for wsTake the
// session's route, the site and the subprotocol to select; but for wsAnswer, what
// the address is counted as stands before it.
func (b *Border) upgrade(r *reader) []byte {
	now, upgrade, method := chat.Time(r.int()), r.bool(), r.string()
	origin, fetchSite, protocols, own := r.string(), r.string(), r.string(), r.string()
	address := r.string()
	var asked []string
	for range r.count() {
		asked = append(asked, r.string())
	}
	var random [16]byte
	r.fill(random[:])
	if r.err != nil {
		return fail(r.err)
	}
	if method != "GET" && method != "HEAD" {
		return b.refuse(answer{405, with(readable, "Allow", "GET, HEAD"), explain("method", "Use GET.", 0)})
	}
	if b.m == nil {
		return b.refuse(refusal(503, chat.CodeUnavailable, "The chat is not set up completely. Its owner finds the reason at /health.", 0))
	}
	site, no := b.door.site(origin, fetchSite, own)
	if no != nil {
		return b.refuse(*no)
	}
	offered, selected := offers(protocols)
	if !upgrade {
		offered = asked
	}
	var route chat.Route
	if len(offered) > 0 {
		route = chat.Route(offered[0])
		if len(offered) > 1 || !chat.CheckRoute(b.m.cfg.DataSecret, route) {
			return b.refuse(refusal(0, chat.CodeRoute, "", 0))
		}
	}
	counted, ok := chat.AddressPrefix(address)
	if !ok {
		counted = address
	}
	if !upgrade && b.spentToday(now) {
		// A browser reads this alone: the refusal of a WebSocket it keeps to itself.
		return b.refuse(refusal(0, chat.CodeCapacity, "", untilMidnight(now)))
	}
	if !upgrade {
		a := answer{200, readable, explain("ok", "A WebSocket from here would be taken.", 0)}
		return b.reply(func(dst []byte) []byte { return a.append(putString(append(dst, wsPlain), counted)) })
	}
	if route == "" {
		route = chat.MintRoute(b.m.cfg.DataSecret, random)
	}
	return b.reply(func(dst []byte) []byte {
		return putString(putString(putString(putString(append(dst, wsTake), counted), string(route)), site), selected)
	})
}

func (b *Border) refuse(a answer) []byte {
	return b.reply(func(dst []byte) []byte { return a.append(append(dst, wsAnswer)) })
}

// site gives the entry that allows a request.
func (d *door) site(origin, fetchSite, own string) (string, *answer) {
	entry, words := d.origins.Admit(origin, fetchSite, own)
	if words == "" {
		return entry, nil
	}
	no := refusal(0, chat.CodeOrigin, words, 0)
	return "", &no
}

// offers reads Sec-WebSocket-Protocol: the routes, and the subprotocol to
// select.
func offers(header string) (routes []string, selected string) {
	for p := range strings.SplitSeq(header, ",") {
		p = strings.TrimSpace(p)
		if route, ok := strings.CutPrefix(p, routePrefix); ok {
			routes = append(routes, route)
		} else if p == subprotocol {
			selected = p
		}
	}
	return routes, selected
}
