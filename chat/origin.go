package chat

import (
	"errors"
	"strconv"
	"strings"
)

// Origins are the websites that may open a conversation. The zero value allows
// no other website than the chat's own.
type Origins struct {
	all      bool
	exact    []string
	patterns []originPattern
}

// EveryOrigin is the entry that allows every website.
const EveryOrigin = "*"

// originPattern is https://*.example.com: a scheme, and what the host must end
// in.
type originPattern struct{ entry, scheme, suffix, port string }

// ParseOrigins reads the list of allowed origins. An error says which entry is
// wrong and how to write it.
func ParseOrigins(list []string) (*Origins, error) {
	o := &Origins{}
	for _, entry := range list {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		if entry == EveryOrigin {
			o.all = true
			continue
		}
		scheme, host, port, ok := SplitOrigin(entry)
		if !ok {
			return nil, errors.New("the allowed origin " + strconv.Quote(entry) +
				" is none: write it as https://example.com or https://*.example.com, without a path")
		}
		if rest, star := strings.CutPrefix(host, "*."); star && rest != "" && !strings.Contains(rest, "*") {
			o.patterns = append(o.patterns, originPattern{joinOrigin(scheme, host, port), scheme, "." + rest, port})
			continue
		}
		if strings.Contains(host, "*") {
			return nil, errors.New("the allowed origin " + strconv.Quote(entry) +
				" has a star in the wrong place: only https://*.example.com is understood")
		}
		o.exact = append(o.exact, joinOrigin(scheme, host, port))
	}
	return o, nil
}

// Any tells whether every website may.
func (o *Origins) Any() bool { return o.all }

// None tells whether no website is listed.
func (o *Origins) None() bool { return !o.all && len(o.exact) == 0 && len(o.patterns) == 0 }

// Entries are what [Origins.Match] can give, in no order that means anything;
// none where any website may.
func (o *Origins) Entries() []string {
	if o.all {
		return nil
	}
	list := append([]string(nil), o.exact...)
	for _, p := range o.patterns {
		list = append(list, p.entry)
	}
	return list
}

// Match gives the entry that allows an Origin header; where any website may, the
// entry is "".
func (o *Origins) Match(header string) (entry string, ok bool) {
	if o.all {
		return "", true
	}
	scheme, host, port, ok := SplitOrigin(header)
	if !ok || strings.Contains(host, "*") {
		return "", false
	}
	whole := joinOrigin(scheme, host, port)
	for _, e := range o.exact {
		if e == whole {
			return whole, true
		}
	}
	for _, p := range o.patterns {
		if p.scheme == scheme && p.port == port && strings.HasSuffix(host, p.suffix) && len(host) > len(p.suffix) {
			return p.entry, true
		}
	}
	return "", false
}

// Admit decides about a request by its headers Origin and Sec-Fetch-Site, and by
// own, the origin at which it reached the chat. It gives the entry that allows
// it, or in words why none does.
//
// Where no website is listed, the chat's own pages may, and programs, which send
// no Origin: to forget the list must not open the chat to every website.
func (o *Origins) Admit(header, fetchSite, own string) (entry, refusal string) {
	if header == "" && fetchSite == "same-origin" {
		header = own // a browser leaves the header out where a page asks its own origin
	}
	if entry, ok := o.Match(header); ok {
		return entry, ""
	}
	if o.None() && (header == "" || sameOrigin(header, own)) {
		return "", ""
	}
	if header == "" {
		return "", "The page that asks did not say its origin, and only listed websites may open this chat."
	}
	if len(header) > maxOriginQuoted {
		header = header[:maxOriginQuoted] + "…"
	}
	return "", "The website " + strconv.Quote(header) + " is not among those that may open this chat. Its owner can add it to ALLOWED_ORIGINS."
}

// maxOriginQuoted is how many bytes of an origin an answer repeats.
const maxOriginQuoted = 200

func sameOrigin(a, b string) bool {
	scheme, host, port, ok := SplitOrigin(a)
	scheme2, host2, port2, ok2 := SplitOrigin(b)
	return ok && ok2 && scheme == scheme2 && host == host2 && port == port2
}

// SplitOrigin takes an origin apart: lower case, without its default port, a
// slash at its end, or the dot of a full host name. What is more than an origin
// is none.
func SplitOrigin(s string) (scheme, host, port string, ok bool) {
	scheme, rest, ok := strings.Cut(strings.ToLower(s), "://")
	if !ok || scheme != "http" && scheme != "https" {
		return "", "", "", false
	}
	rest = strings.TrimSuffix(rest, "/")
	if inner, six := strings.CutPrefix(rest, "["); six {
		host, port, ok = strings.Cut(inner, "]")
		ok = ok && strings.Trim(host, "0123456789abcdef:.") == "" && strings.Contains(host, ":")
	} else {
		if colon := strings.LastIndexByte(rest, ':'); colon >= 0 {
			rest, port = rest[:colon], rest[colon:]
		}
		host = rest
		ok = hostName(host)
	}
	if port != "" {
		if port[0] != ':' || strings.Trim(port[1:], "0123456789") != "" {
			return "", "", "", false
		}
		port = port[1:]
	}
	if host = strings.TrimSuffix(host, "."); !ok || host == "" {
		return "", "", "", false
	}
	if scheme == "http" && port == "80" || scheme == "https" && port == "443" {
		port = ""
	}
	return scheme, host, port, true
}

// hostName tells whether every byte may stand in a host's name: letters beyond
// ASCII and the star of a pattern may.
func hostName(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 0x80, c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~', c == '*':
		default:
			return false
		}
	}
	return true
}

func joinOrigin(scheme, host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" {
		port = ":" + port
	}
	return scheme + "://" + host + port
}
