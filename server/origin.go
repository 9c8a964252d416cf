package server

import (
	"fmt"
	"net/url"
	"strings"
)

// origins are the websites that may open a conversation.
type origins struct {
	exact    map[string]bool
	patterns []pattern
}

// pattern is https://*.example.com: a scheme, and what the host must end in.
type pattern struct{ entry, scheme, suffix, port string }

// parseOrigins reads the list of allowed origins; an empty one allows any.
func parseOrigins(list []string) (*origins, error) {
	o := &origins{exact: map[string]bool{}}
	for _, entry := range list {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		scheme, host, port, ok := splitOrigin(entry)
		if !ok {
			return nil, fmt.Errorf("server: the allowed origin %q is none: write it as https://example.com or https://*.example.com, without a path", entry)
		}
		if rest, star := strings.CutPrefix(host, "*."); star && rest != "" && !strings.Contains(rest, "*") {
			o.patterns = append(o.patterns, pattern{joinOrigin(scheme, host, port), scheme, "." + rest, port})
			continue
		}
		if strings.Contains(host, "*") {
			return nil, fmt.Errorf("server: the allowed origin %q has a star in the wrong place: only https://*.example.com is understood", entry)
		}
		o.exact[joinOrigin(scheme, host, port)] = true
	}
	return o, nil
}

// any tells whether every website may.
func (o *origins) any() bool { return len(o.exact) == 0 && len(o.patterns) == 0 }

// match gives the entry that allows an Origin header; where any website may,
// the entry is "".
func (o *origins) match(header string) (entry string, ok bool) {
	if o.any() {
		return "", true
	}
	scheme, host, port, ok := splitOrigin(header)
	if !ok || strings.Contains(host, "*") {
		return "", false
	}
	if whole := joinOrigin(scheme, host, port); o.exact[whole] {
		return whole, true
	}
	for _, p := range o.patterns {
		if p.scheme == scheme && p.port == port && strings.HasSuffix(host, p.suffix) && len(host) > len(p.suffix) {
			return p.entry, true
		}
	}
	return "", false
}

// splitOrigin takes an origin apart: lower case, without its default port or a
// slash at its end.
func splitOrigin(s string) (scheme, host, port string, ok bool) {
	u, err := url.Parse(strings.ToLower(s))
	if err != nil || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return "", "", "", false
	}
	host, port = strings.TrimSuffix(u.Hostname(), "."), u.Port()
	if host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", "", "", false
	}
	if u.Scheme == "http" && port == "80" || u.Scheme == "https" && port == "443" {
		port = ""
	}
	return u.Scheme, host, port, true
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
