package check

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

const (
	// limitAnswer is how long one answer may take.
	limitAnswer = 15 * time.Second
	// limitWait is how long a rate limit is waited for.
	limitWait = 20 * time.Second
	// limitTries is how often a request is made that a rate limit refuses.
	limitTries    = 4
	maxReplyBytes = 8 << 20
)

// Discord is the REST API, for a person who waits: one request at a time.
type Discord struct {
	// API is its root without the version, such as https://discord.com/api.
	API string
	// Token is the bot's, without "Bot ".
	Token string
	// Version of this program, for the User-Agent.
	Version string
	// HTTP carries the requests; nil: [NewClient]'s.
	HTTP *http.Client
	// Date is what the last answer said the time is, and At when it came.
	Date, At time.Time
}

// NewClient makes a client that follows no redirects and waits for nobody long.
func NewClient() *http.Client {
	return &http.Client{
		Timeout:       limitAnswer,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refused is an answer of Discord that is no success.
type refused struct {
	Status  int    `json:"-"`
	Code    int    `json:"code"`
	Message string `json:"message"`
	// RetryAfter is in seconds.
	RetryAfter float64 `json:"retry_after"`
	html       bool
}

// Error implements error.
func (r *refused) Error() string {
	if r.html {
		return fmt.Sprintf("status %d, and no answer of Discord's API", r.Status)
	}
	return fmt.Sprintf("%s (status %d, code %d)", r.Message, r.Status, r.Code)
}

// Codes of Discord's errors.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
const (
	codeUnknownChannel     = 10003
	codeMissingAccess      = 50001
	codeMissingPermissions = 50013
)

// call makes one request and reads the answer into out.
func (d *Discord) call(ctx context.Context, method, path string, body, out any) error {
	for try := 1; ; try++ {
		err := d.once(ctx, method, path, body, out)
		var r *refused
		if !errors.As(err, &r) || r.Status != http.StatusTooManyRequests || try == limitTries || r.html {
			return err
		}
		wait := time.Duration(r.RetryAfter * float64(time.Second))
		if wait > limitWait {
			return err
		}
		timer := time.NewTimer(wait + 50*time.Millisecond)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
	}
}

func (d *Discord) once(ctx context.Context, method, path string, body, out any) error {
	ctx, cancel := context.WithTimeout(ctx, limitAnswer)
	defer cancel()
	var from io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		from = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(d.API, "/")+"/v10"+path, from)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bot "+d.Token)
	req.Header.Set("User-Agent", "DiscordBot (https://github.com/cloudflare-discord-chat, "+d.Version+")")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if d.HTTP == nil {
		d.HTTP = NewClient()
	}
	res, err := d.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		d.Date, d.At = date, time.Now()
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBytes))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		r := &refused{Status: res.StatusCode}
		if json.Unmarshal(text, r) != nil || r.Message == "" {
			r.html = true
		}
		return r
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return &refused{Status: res.StatusCode, html: true}
	}
	return nil
}

// unreachable says in words why no answer came; nil where one did. Words of
// the library are never passed on: they may hold the address of a proxy.
func unreachable(what string, err error) *Problem {
	var dns *net.DNSError
	var r *refused
	const network = "check this machine's network, DNS and proxy settings, then try again"
	switch {
	case err == nil || errors.As(err, &r) && !r.html && r.Status < 500 && r.Status != http.StatusTooManyRequests:
		return nil
	case r != nil && r.Status == http.StatusTooManyRequests:
		return elsewhere("wait a few minutes, then try again", "%s asks for a pause: too many requests came from this bot or this machine", what)
	case r != nil && r.html && r.Status < 500:
		return elsewhere("check the address that is set for it (DISCORD_API_URL where it is Discord)", "%s answers as if it were something else (status %d)", what, r.Status)
	case r != nil:
		return elsewhere("wait a few minutes, and see https://discordstatus.com", "%s has trouble of its own (status %d)", what, r.Status)
	case errors.As(err, &dns):
		return elsewhere(network, "%s cannot be reached: there is no address for %q", what, dns.Name)
	case errors.Is(err, context.DeadlineExceeded):
		return elsewhere(network, "%s does not answer in time", what)
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		mend := network
		if ip, _, err := net.SplitHostPort(addrOf(op)); err == nil && net.ParseIP(ip).IsLoopback() {
			mend = "start what shall answer there, or check the address that is set for it (DISCORD_API_URL where it is Discord)"
		}
		return elsewhere(mend, "%s cannot be reached: nothing answers at %s", what, addrOf(op))
	}
	return elsewhere(network, "%s cannot be reached: the connection broke", what)
}

// addrOf is where nothing answered.
func addrOf(op *net.OpError) string {
	if op.Addr == nil {
		return "its address"
	}
	return op.Addr.String()
}

// refusal gives Discord's answer where it is a refusal.
func refusal(err error) *refused {
	var r *refused
	errors.As(err, &r)
	return r
}
