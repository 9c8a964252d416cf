package server

import (
	"net/http"
	"strconv"
	"strings"
)

// websocketVersion is the one version of the protocol (RFC 6455, section 4.1).
const websocketVersion = "13"

// wrongVersion tells a client of another version which one is spoken here (RFC
// 6455, section 4.4; RFC 9110, section 15.5.22).
func wrongVersion(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Sec-WebSocket-Version", websocketVersion)
	h.Set("Upgrade", "websocket")
	h.Set("Connection", "Upgrade")
	h.Set("Cache-Control", "no-store")
	writeJSON(w, http.StatusUpgradeRequired, explanation{Code: "version", Message: "Use version " + websocketVersion + " of the WebSocket protocol."})
}

// plainHandshake writes the headers of a handshake as the library reads them: it
// looks at the first line of each, and takes any extension whose parameters it
// knows in part for one that it can keep.
func plainHandshake(h http.Header) {
	h.Set("Connection", "Upgrade")
	h.Set("Upgrade", "websocket")
	if offersDeflate(h) {
		h.Set("Sec-WebSocket-Extensions", "permessage-deflate")
	} else {
		h.Del("Sec-WebSocket-Extensions")
	}
}

// offersDeflate tells whether a client offers a compression that can be kept
// here. Offers are tried in order; one with a parameter that is unknown or wrong
// is passed over (RFC 7692, section 7.1).
func offersDeflate(h http.Header) bool {
	for _, line := range h.Values("Sec-WebSocket-Extensions") {
		for offer := range strings.SplitSeq(line, ",") {
			name, params, _ := strings.Cut(offer, ";")
			if strings.EqualFold(strings.TrimSpace(name), "permessage-deflate") && keepsDeflate(params) {
				return true
			}
		}
	}
	return false
}

// keepsDeflate judges the parameters of one offer. A smaller window of the
// server's (section 7.1.2.1) cannot be kept: the compressor has but one. What
// the client says of itself is free, for it may always use less.
func keepsDeflate(params string) bool {
	seen := map[string]bool{}
	if strings.TrimSpace(params) == "" {
		return true
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, valued := strings.Cut(param, "=")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(value), `"`)
		if seen[name] {
			return false
		}
		seen[name] = true
		switch name {
		case "server_no_context_takeover", "client_no_context_takeover":
			if valued {
				return false
			}
		case "client_max_window_bits":
			if bits, err := strconv.Atoi(value); valued && (err != nil || bits < 8 || bits > 15 || value != strconv.Itoa(bits)) {
				return false
			}
		default:
			return false
		}
	}
	return true
}
