package chat_test

import (
	"net/url"
	"strings"
	"testing"

	"cloudflarechat/chat"
)

func TestOrigins(t *testing.T) {
	o, err := chat.ParseOrigins([]string{" https://shop.example ", "", "http://localhost:8080", "https://*.acme.example:8443", "https://[2001:db8::1]", "https://bücher.example"})
	if err != nil {
		t.Fatal(err)
	}
	for header, entry := range map[string]string{
		"https://shop.example": "https://shop.example", "https://SHOP.example:443": "https://shop.example", "https://shop.example./": "https://shop.example",
		"http://localhost:8080": "http://localhost:8080", "https://a.b.acme.example:8443": "https://*.acme.example:8443",
		"https://[2001:DB8::1]": "https://[2001:db8::1]", "https://bücher.example": "https://bücher.example",
	} {
		if got, ok := o.Match(header); !ok || got != entry {
			t.Errorf("%s: %q, %v, want %q", header, got, ok, entry)
		}
	}
	for _, header := range []string{
		"", "null", "shop.example", "http://shop.example", "https://shop.example:444", "https://evilshop.example", "https://shop.example.evil.example",
		"https://shop.example/page", "https://shop.example?x", "https://shop.example#x", "https://user@shop.example", "https://shop.example:x",
		"https://*.acme.example:8443", "https://acme.example:8443", "https://a.acme.example", "https://shop.example\x00", "https://shop.example,https://evil.example",
		"file://", "https://", "https://:443", "https://[2001:db8::1", "https://[zz]", "ftp://shop.example", "https:/shop.example", "https://shop.example\\@evil.example",
	} {
		if entry, ok := o.Match(header); ok {
			t.Errorf("%q is allowed by %q", header, entry)
		}
	}
	for _, wrong := range []string{"shop.example", "**", "https://*", "https://*.", "https://a.*.example", "https://*.*.example", "https://shop.example/x", "*.shop.example"} {
		if _, err := chat.ParseOrigins([]string{wrong}); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func TestOriginsAdmit(t *testing.T) {
	const shop, own, evil = "https://shop.example", "https://chat.example", "https://evil.example"
	parse := func(list ...string) *chat.Origins {
		o, err := chat.ParseOrigins(list)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	for _, c := range []struct {
		list                    []string
		origin, fetchSite, says string
	}{
		{[]string{shop}, shop, "cross-site", ""},
		{[]string{shop}, evil, "cross-site", "ALLOWED_ORIGINS"},
		{[]string{shop}, "", "", "did not say its origin"},
		{[]string{shop}, "", "same-origin", "ALLOWED_ORIGINS"},
		{[]string{shop, own}, "", "same-origin", ""},
		{[]string{"*"}, evil, "cross-site", ""},
		{[]string{"*"}, "", "", ""},
		{[]string{shop, "*"}, evil, "cross-site", ""},
		// Nothing is listed: the chat's own pages and programs, and no website.
		{nil, own + ":443", "same-origin", ""},
		{nil, "", "same-origin", ""},
		{nil, "", "", ""},
		{nil, evil, "cross-site", "ALLOWED_ORIGINS"},
		{nil, "null", "cross-site", "ALLOWED_ORIGINS"},
		{nil, "http://chat.example", "cross-site", "ALLOWED_ORIGINS"},
		{nil, evil + strings.Repeat("x", 1000), "", "…"},
	} {
		_, refusal := parse(c.list...).Admit(c.origin, c.fetchSite, own)
		if (refusal == "") != (c.says == "") || !strings.Contains(refusal, c.says) || len(refusal) > 400 {
			t.Errorf("%v, %.40q, %s: %q, want %q", c.list, c.origin, c.fetchSite, refusal, c.says)
		}
	}
	if entries := parse(shop, "*").Entries(); len(entries) != 0 {
		t.Errorf("where every website may, there is no site of its own: %v", entries)
	}
}

// FuzzSplitOrigin holds that whatever is taken for an origin is the same origin
// to the standard library's reader of addresses.
func FuzzSplitOrigin(f *testing.F) {
	for _, s := range []string{"https://shop.example", "http://a:80/", "https://[::1]:443", "https://a.:8443", "HTTPS://A", "https://a%2fb", "https://a b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		scheme, host, port, ok := chat.SplitOrigin(s)
		if !ok {
			return
		}
		u, err := url.Parse(strings.ToLower(s))
		if err != nil {
			if strings.Contains(host, ":") {
				return // the library knows more of IPv6
			}
			t.Fatalf("%q is no address: %v", s, err)
		}
		want := u.Port()
		if scheme == "http" && want == "80" || scheme == "https" && want == "443" {
			want = ""
		}
		if u.Scheme != scheme || strings.TrimSuffix(u.Hostname(), ".") != host || want != port || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
			t.Fatalf("%q reads %s %s %s, and as an address %#v", s, scheme, host, port, u)
		}
	})
}
