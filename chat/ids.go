package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
)

const (
	routeRandomBytes = 16
	routeMACBytes    = 10
)

// keyed is HMAC-SHA-256 over a purpose and parts that cannot run into each
// other.
func keyed(secret []byte, purpose string, parts ...string) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(purpose))
	for _, p := range parts {
		m.Write([]byte(strconv.Itoa(len(p)) + ":" + p))
	}
	return m.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// MintRoute makes a route of random bytes and the deployment's secret.
func MintRoute(secret []byte, random [16]byte) Route {
	id := random[:]
	return Route(encode(append(id[:routeRandomBytes:routeRandomBytes], routeMAC(secret, id)...)))
}

// CheckRoute tells whether a route was made with the secret. It must be asked
// before an actor is touched.
func CheckRoute(secret []byte, r Route) bool {
	b, err := base64.RawURLEncoding.Strict().DecodeString(string(r))
	if err != nil || len(b) != routeRandomBytes+routeMACBytes {
		return false
	}
	return subtle.ConstantTimeCompare(b[routeRandomBytes:], routeMAC(secret, b[:routeRandomBytes])) == 1
}

func routeMAC(secret, id []byte) []byte {
	return keyed(secret, "route", string(id))[:routeMACBytes]
}

// mintSessionID makes the bearer secret of a session: 192 bits that nobody can
// compute without the deployment's secret, nor from the route.
func mintSessionID(secret []byte, random [32]byte) SessionID {
	return SessionID(encode(keyed(secret, "session id", string(random[:]))[:24]))
}

// HashBearer is what is stored in place of a session id.
func HashBearer(secret []byte, id SessionID) string {
	return encode(keyed(secret, "bearer", string(id))[:24])
}

// HashEmail is the name of a person at a site, from which the address cannot be
// read.
func HashEmail(secret []byte, site, email string) string {
	return encode(keyed(secret, "email", site, strings.ToLower(strings.TrimSpace(email)))[:18])
}

// tagOf is a short name of a conversation that the team may see.
func tagOf(secret []byte, r Route) string {
	const letters = "abcdefghjkmnpqrstuvwxyz23456789"
	h := keyed(secret, "tag", string(r))
	b := make([]byte, 6)
	for i := range b {
		b[i] = letters[int(h[i])%len(letters)]
	}
	return string(b)
}

// postKey names one part of a post at the desk: 24 characters.
func postKey(r Route, kind PostKind, thread ThreadID, first, part int64, frozenAt Time) string {
	h := sha256.Sum256([]byte(strings.Join([]string{string(r), strconv.Itoa(int(kind)), string(thread),
		strconv.FormatInt(first, 10), strconv.FormatInt(part, 10), strconv.FormatInt(int64(frozenAt), 10)}, "\n")))
	return encode(h[:18])
}

// sameText compares secrets in constant time.
func sameText(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// AddressPrefix is what is counted as one internet address: one of IPv4, a /64 of
// IPv6, which is what one household or machine has.
func AddressPrefix(ip string) (prefix string, ok bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return "", false
	}
	addr = addr.Unmap().WithZone("")
	bits := 32
	if addr.Is6() {
		bits = 64
	}
	p, err := addr.Prefix(bits)
	return p.String(), err == nil
}
