package check

import (
	"net/url"
	"strings"
)

// blocked reads a page's Content-Security-Policies and gives the directives
// that they lack for the chat at address.
// https://www.w3.org/TR/CSP3/
func blocked(policies []string, page, address string, turnstile bool) []string {
	socket := "ws" + strings.TrimPrefix(address, "http")
	wants := []struct{ directive, source string }{
		{"script-src", address}, {"connect-src", address}, {"connect-src", socket},
	}
	if turnstile {
		const cloudflare = "https://challenges.cloudflare.com"
		wants = append(wants, struct{ directive, source string }{"script-src", cloudflare}, struct{ directive, source string }{"frame-src", cloudflare})
	}
	var missing []string
	for _, w := range wants {
		for _, header := range policies {
			for policy := range strings.SplitSeq(header, ",") {
				line := w.directive + " " + w.source
				if !permits(policy, w.directive, w.source, page) && !listed(missing, line) {
					missing = append(missing, line)
				}
			}
		}
	}
	return missing
}

func listed(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// fallback is where a directive is looked for, in this order.
var fallback = map[string][]string{
	"script-src":  {"script-src-elem", "script-src", "default-src"},
	"connect-src": {"connect-src", "default-src"},
	"frame-src":   {"frame-src", "child-src", "default-src"},
}

func permits(policy, directive, source, page string) bool {
	found := map[string][]string{}
	for part := range strings.SplitSeq(policy, ";") {
		if words := strings.Fields(part); len(words) > 0 {
			if name := strings.ToLower(words[0]); found[name] == nil {
				found[name] = append([]string{}, words[1:]...)
			}
		}
	}
	for _, name := range fallback[directive] {
		sources, has := found[name]
		if !has {
			continue
		}
		for _, s := range sources {
			// A nonce or a hash may be on the tag: that cannot be seen from here.
			if matches(s, source, page) || directive == "script-src" && (strings.HasPrefix(s, "'nonce-") || strings.HasPrefix(s, "'sha") || s == "'strict-dynamic'") {
				return true
			}
		}
		return false
	}
	return true
}

// matches tells whether a source of a policy stands for an origin.
func matches(expression, origin, page string) bool {
	expression = strings.ToLower(expression)
	target, err := url.Parse(strings.ToLower(origin))
	if err != nil {
		return false
	}
	switch expression {
	case "*":
		return true
	case "'self'":
		own, err := url.Parse(strings.ToLower(page))
		return err == nil && own.Host == target.Host
	case target.Scheme + ":":
		return true
	}
	scheme, rest, has := strings.Cut(expression, "://")
	if !has {
		scheme, rest = "", expression
	}
	if strings.HasSuffix(scheme, ":") || scheme != "" && scheme != target.Scheme && scheme+"s" != target.Scheme {
		return false
	}
	host, _, _ := strings.Cut(rest, "/")
	if suffix, star := strings.CutPrefix(host, "*."); star {
		return strings.HasSuffix(target.Host, "."+suffix)
	}
	return host == target.Host
}
