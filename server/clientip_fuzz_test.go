package server

import (
	"net/http"
	"net/netip"
	"testing"
)

// FuzzClientIP holds that nobody but a trusted proxy says who the client is.
func FuzzClientIP(f *testing.F) {
	f.Add("203.0.113.9:1", "1.2.3.4, 10.0.0.1")
	f.Add("[2001:db8::1%eth0]:1", "::1, [::ffff:10.0.0.2]:80")
	f.Add("10.0.0.1:1", "203.0.113.9, unknown, 10.0.0.3")
	f.Add("nonsense", ",,,")
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		trusted := proxies{netip.MustParsePrefix("10.0.0.0/8")}
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		peer, err := netip.ParseAddrPort(remote)
		got := trusted.clientIP(r)
		if err != nil {
			if got.IsValid() {
				t.Fatalf("%q is %v", remote, got)
			}
			return
		}
		direct := peer.Addr().Unmap().WithZone("")
		if !trusted.trusts(direct) && got != direct {
			t.Fatalf("%v through %q is taken for %v", direct, forwarded, got)
		}
		if alone := (proxies{}).clientIP(r); alone != direct {
			t.Fatalf("without proxies %v is taken for %v", direct, alone)
		}
		if ipKey(got) == (netip.Prefix{}) {
			t.Fatalf("%v has no key", got)
		}
	})
}
