package check

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Web looks at addresses of the owner and of Cloudflare.
type Web struct {
	HTTP *http.Client
}

func (w *Web) get(ctx context.Context, address string, header http.Header) (*http.Response, []byte, error) {
	return w.ask(ctx, "GET", address, header, "")
}

func (w *Web) ask(ctx context.Context, method, address string, header http.Header, body string) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limitAnswer)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for k, v := range header {
		req.Header[k] = v
	}
	if w.HTTP == nil {
		w.HTTP = NewClient()
	}
	res, err := w.HTTP.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBytes))
	return res, text, err
}

// The kinds of Turnstile's keys that always say the same.
// https://developers.cloudflare.com/turnstile/troubleshooting/testing/
const (
	dummyToken     = "XXXX.DUMMY.TOKEN.XXXX"
	whereTurnstile = "https://dash.cloudflare.com → Turnstile → your widget → Manage widget → Secret Key"
)

// Turnstile asks siteverify whether it takes a secret key. test is set where
// the key is one of Cloudflare's for tests.
func (w *Web) Turnstile(ctx context.Context, verify, secret string) (test bool, p *Problem) {
	form := url.Values{"secret": {secret}, "response": {dummyToken}}
	res, text, err := w.ask(ctx, "POST", verify, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, form.Encode())
	if err != nil {
		return false, unreachable("Cloudflare Turnstile", err)
	}
	var said struct {
		Success bool     `json:"success"`
		Codes   []string `json:"error-codes"`
	}
	if json.Unmarshal(text, &said) != nil {
		return false, elsewhere("try again in a few minutes; check TURNSTILE_VERIFY_URL where you set it", "Cloudflare Turnstile gave no answer that can be read (status %d)", res.StatusCode)
	}
	for _, c := range said.Codes {
		switch c {
		case "invalid-input-secret", "missing-input-secret":
			return false, problem("copy it anew: "+whereTurnstile+" (not the site key, which belongs into the page)", "Cloudflare does not know this secret key")
		case "internal-error":
			return false, elsewhere("try again in a few minutes", "Cloudflare Turnstile has trouble of its own")
		}
	}
	return said.Success || strings.HasPrefix(secret, "1x000") || strings.HasPrefix(secret, "2x000") || strings.HasPrefix(secret, "3x000"), nil
}

// SiteKey is why a text is no site key of Turnstile, as far as one can see.
func SiteKey(key, secret string) *Problem {
	const where = "https://dash.cloudflare.com → Turnstile → your widget → Manage widget → Site Key"
	switch {
	case key == secret:
		return problem(where, "that is the secret key again: the site key is the other one, and it is shown to everybody")
	case len(key) > 30:
		return problem(where, "that is too long for a site key; it may be the secret key of a widget, which must not stand in a page")
	case len(key) < 20 || !strings.Contains(key[:3], "x"):
		return problem(where, "that is no site key: one looks like 0x4AAAAAAA…")
	}
	return nil
}

// Origin says whether a website answers at its origin; nil where it does.
func (w *Web) Origin(ctx context.Context, origin string) *Problem {
	if strings.Contains(origin, "*") {
		return nil
	}
	_, _, err := w.get(ctx, origin+"/", nil)
	if err == nil {
		return nil
	}
	p := unreachable(origin, err)
	var wrong *url.Error
	if errors.As(err, &wrong) && strings.Contains(err.Error(), "certificate") {
		return elsewhere("renew the certificate, or check the name", "%s shows a certificate that is not valid for it", origin)
	}
	p.Mend = "check how it is written: it is what the browser shows before the first single slash"
	return p
}
