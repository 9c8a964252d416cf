package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
)

const (
	// callTimeout is how long Discord may take.
	callTimeout = 15 * time.Second
	// maxReplyBytes of an answer are read.
	maxReplyBytes = 8 << 20
	// discordAPI is where Discord is, and apiVersion which of its APIs is meant.
	discordAPI = "https://discord.com/api"
	apiVersion = "/v10"
)

// discordClient carries requests to Discord.
type discordClient struct {
	base, token, agent string
	http               *http.Client
}

func newDiscordClient(api, token, version string, client *http.Client) *discordClient {
	if api == "" {
		api = discordAPI
	}
	return &discordClient{
		base:  strings.TrimSuffix(api, "/") + apiVersion,
		token: token,
		// Discord asks for this form. https://docs.discord.com/developers/reference#user-agent
		agent: "DiscordBot (https://github.com/cloudflare-discord-chat, " + version + ")",
		http:  client,
	}
}

// newHTTPClient is the client for everything that this host asks others.
func newHTTPClient() *http.Client {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           dialer.DialContext,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   32,
			IdleConnTimeout:       90 * time.Second,
			TLSHandshakeTimeout:   10 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// do sends one request. What comes back says on which side of the sending it
// failed, if it did; the ID is the caller's to fill.
func (c *discordClient) do(ctx context.Context, r *rest.Request) discord.CallDone {
	done, _ := c.try(ctx, r)
	return done
}

// try does so, and says why nothing came back. The error names no address.
func (c *discordClient) try(ctx context.Context, r *rest.Request) (discord.CallDone, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	// Until a connection is there, not a byte can have left.
	connected := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { connected = true }})
	req, err := c.request(ctx, r)
	if err != nil {
		return discord.CallDone{Failure: discord.FailureUnsent}, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		if connected {
			return discord.CallDone{Failure: discord.FailureLost}, bareError(err)
		}
		return discord.CallDone{Failure: discord.FailureUnsent}, bareError(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxReplyBytes+1))
	if err != nil || len(body) > maxReplyBytes {
		return discord.CallDone{Failure: discord.FailureLost}, errors.New("the answer broke off")
	}
	return discord.CallDone{Status: res.StatusCode, Header: rest.PickHeader(res.Header.Get), Body: body}, nil
}

func (c *discordClient) request(ctx context.Context, r *rest.Request) (*http.Request, error) {
	url := c.base + r.Path
	if r.Query != "" {
		url += "?" + r.Query
	}
	var body io.Reader
	if r.Body != nil {
		body = bytes.NewReader(r.Body)
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, url, body)
	if err != nil {
		return nil, errors.New("server: a request to Discord has no form") // err may quote a token
	}
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	req.Header.Set("User-Agent", c.agent)
	if !r.Exempt {
		req.Header.Set("Authorization", "Bot "+c.token)
	}
	return req, nil
}

// bareError is an error without the address that net/http puts into it: that of
// an interaction holds a token.
func bareError(err error) error {
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &dns):
		return fmt.Errorf("the name %s was not found", dns.Name)
	case errors.As(err, &op):
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	case errors.Is(err, context.DeadlineExceeded):
		return errors.New("no answer in time")
	}
	return errors.New("the connection broke")
}
