package server

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cloudflarechat/chat"
)

const (
	turnstileURL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
	// turnstileTimeout is how long the check may take; then the visitor is told
	// that it does not answer.
	turnstileTimeout = 5 * time.Second
	// maxTurnstileChecks run at once.
	maxTurnstileChecks = 256
	maxTurnstileBytes  = 64 << 10
)

// turnstile asks Cloudflare whether tokens are good.
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
type turnstile struct {
	url, secret string
	// action is what a token must have been made for; "" is anything.
	action string
	http   *http.Client
	log    *slog.Logger
	slots  chan struct{}
}

func newTurnstile(address, secret string, client *http.Client, log *slog.Logger) *turnstile {
	if address == "" {
		address = turnstileURL
	}
	return &turnstile{url: address, secret: secret, http: client, log: log, slots: make(chan struct{}, maxTurnstileChecks)}
}

// verify gives "" for a good token, else why it is none.
func (t *turnstile) verify(ctx context.Context, f chat.VerifyTurnstile) chat.Code {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	default:
		return chat.CodeTurnstileDown
	}
	if f.Token == "" {
		return chat.CodeTurnstile
	}
	ctx, cancel := context.WithTimeout(ctx, turnstileTimeout)
	defer cancel()
	form := url.Values{"secret": {t.secret}, "response": {f.Token}, "idempotency_key": {uuidOf(f.Key)}}
	if f.RemoteIP != "" {
		form.Set("remoteip", f.RemoteIP)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, strings.NewReader(form.Encode()))
	if err != nil {
		t.log.Error("TURNSTILE_VERIFY_URL is no address")
		return chat.CodeTurnstileDown
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := t.http.Do(req)
	if err != nil {
		t.log.Warn("Turnstile does not answer", "err", bareError(err))
		return chat.CodeTurnstileDown
	}
	defer res.Body.Close()
	var said struct {
		Success  bool     `json:"success"`
		Codes    []string `json:"error-codes"`
		Hostname string   `json:"hostname"`
		Action   string   `json:"action"`
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxTurnstileBytes))
	if err != nil || json.Unmarshal(body, &said) != nil {
		t.log.Warn("Turnstile's answer cannot be read", "status", res.StatusCode)
		return chat.CodeTurnstileDown
	}
	if said.Success {
		if !hostFits(said.Hostname, f.Host) {
			t.log.Warn("a Turnstile token was made for another website")
			return chat.CodeTurnstile
		}
		if t.action != "" && said.Action != t.action {
			t.log.Warn("a Turnstile token was made for another action")
			return chat.CodeTurnstile
		}
		return ""
	}
	return t.judge(said.Codes)
}

// judge tells what the visitor can mend from what the owner must.
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/#error-codes
func (t *turnstile) judge(codes []string) chat.Code {
	for _, c := range codes {
		switch c {
		case "missing-input-secret", "invalid-input-secret":
			t.log.Error("Turnstile does not take the secret key: check TURNSTILE_SECRET_KEY")
			return chat.CodeTurnstileDown
		case "bad-request", "internal-error":
			t.log.Warn("Turnstile could not check a token", "code", c)
			return chat.CodeTurnstileDown
		}
	}
	return chat.CodeTurnstile
}

// hostFits compares the host for which a token was made with the origin entry
// that allowed the connection; "" fits any.
func hostFits(host, entry string) bool {
	if entry == "" {
		return true
	}
	if _, h, _, ok := chat.SplitOrigin(entry); ok {
		entry = h
	}
	host = strings.ToLower(host)
	if suffix, star := strings.CutPrefix(entry, "*"); star {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == entry
}

// uuidOf makes the idempotency key a UUID, which is what Cloudflare asks for.
func uuidOf(key string) string {
	h := sha256.Sum256([]byte(key))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[0:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
