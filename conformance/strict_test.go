package conformance

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
)

// The settings of a strict host: what a careful owner would set, and Turnstile.
const (
	strictShop     = "https://shop.example"
	strictOther    = "https://other.example"
	strictIdentity = "conformance-identity-secret"
	strictAdmin    = "conformance-admin-secret"
	// A relay's new secret and its former one: both are taken for a while.
	strictRelay, strictRelayPrevious = "conformance-relay-secret", "conformance-relay-secret-before"
	strictTurnstile                  = "the-site's-secret-key"
)

// strict is a host with the limits, checks and secrets that the safety scenarios
// try to get past. Each scenario has one of its own.
type strict struct {
	t       *testing.T
	origin  string
	check   *standIn
	process *process
	dir     string
	env     []string
}

func newStrict(t *testing.T, more ...string) *strict {
	t.Helper()
	wantBinary(t)
	s := &strict{t: t, check: &standIn{used: map[string]string{}}, dir: t.TempDir()}
	verify := httptest.NewServer(s.check)
	t.Cleanup(verify.Close)
	s.env = append([]string{"ALLOWED_ORIGINS=https://Shop.example:443/," + strictOther, "TURNSTILE_SECRET_KEY=" + strictTurnstile,
		"TURNSTILE_VERIFY_URL=" + verify.URL, "TURNSTILE_ACTION=chat", "IDENTITY_SECRET=" + strictIdentity, "ADMIN_SECRET=" + strictAdmin,
		"BOT_RELAY_SECRET=" + strictRelay, "BOT_RELAY_SECRET_PREVIOUS=" + strictRelayPrevious, "NEW_SESSIONS_PER_IP_HOUR=3", "MESSAGES_PER_MINUTE=10",
		"FILTER_WORDS=casino", "METRICS=on", "TRUSTED_PROXIES=127.0.0.1"}, more...)
	addr := freeAddress(t)
	s.origin = "http://" + addr
	s.process = serve(t, s.dir, addr, s.env...)
	return s
}

// restart cuts the power of the host and starts it again.
func (s *strict) restart() {
	s.t.Helper()
	s.process.kill()
	s.process = serve(s.t, s.dir, strings.TrimPrefix(s.origin, "http://"), s.env...)
}

// address gives one that no other scenario uses.
func (s *strict) address() string {
	s.t.Helper()
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil {
		s.t.Fatal(err)
	}
	return fmt.Sprintf("10.%d.%d.%d", b[0], b[1], b[2])
}

// header is what stands on a request that comes from an address: where it truly
// says so, and claims of other addresses in every place that is not believed.
func (s *strict) header(address, site string, claim int) http.Header {
	h := http.Header{"Origin": {site}, "X-Real-Ip": {"203.0.113.8"}, "Forwarded": {"for=203.0.113.7"}, "True-Client-Ip": {"203.0.113.6"}}
	claimed := fmt.Sprintf("198.51.100.%d", claim%250)
	if !onEdge() {
		h.Set("X-Forwarded-For", claimed+", "+address)
		h.Set("CF-Connecting-IP", claimed)
	} else {
		h.Set("X-Forwarded-For", claimed)
		h.Set("CF-Connecting-IP", address) // on the real network nobody but Cloudflare can set it
	}
	return h
}

// dial connects from an address, as a page of the shop does.
func (s *strict) dial(address string) *client {
	s.t.Helper()
	return s.dialFrom(address, strictShop, 0)
}

func (s *strict) dialFrom(address, site string, claim int) *client {
	s.t.Helper()
	c := dialAt(s.t, s.origin, &websocket.DialOptions{HTTPHeader: s.header(address, site, claim)})
	c.extended = true
	return c
}

// dialTo connects to a conversation by its route.
func (s *strict) dialTo(address, route string) *client {
	s.t.Helper()
	c := dialAt(s.t, s.origin, &websocket.DialOptions{HTTPHeader: s.header(address, strictShop, 0), Subprotocols: byRoute(route).Subprotocols})
	c.extended = true
	return c
}

// human gives a token that passes once.
func (s *strict) human() string {
	s.t.Helper()
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		s.t.Fatal(err)
	}
	return "human-" + hex.EncodeToString(b[:])
}

// enter lets somebody in who passed the check.
func (s *strict) enter(c *client, v visitor, more map[string]any) data {
	s.t.Helper()
	fields := map[string]any{"turnstileToken": s.human(), "since": 0}
	for k, x := range more {
		fields[k] = x
	}
	return c.enterWith(v, fields)
}

// ask makes a request of the owner's doors, from outside and through a proxy:
// natively the machine itself may read its metrics.
func (s *strict) ask(method, path, secret, body string) answer {
	s.t.Helper()
	header := map[string]string{"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.9"}
	if secret != "" {
		header["Authorization"] = "Bearer " + secret
	}
	return ask(s.t, method, s.origin+path, header, body)
}

// answered waits for what became of a message.
func (c *client) answered() frame {
	c.t.Helper()
	for {
		if f := c.next(); f.Type == "ack" || f.Type == "error" {
			return f
		}
	}
}

// standIn answers as Turnstile's siteverify does: each token is good once, and
// again with the same idempotency key. A token may also say what shall be
// answered: "code:" and one of Cloudflare's codes, "slow" for nothing at all.
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
type standIn struct {
	mu   sync.Mutex
	used map[string]string
}

// ServeHTTP implements http.Handler. Cloudflare takes forms and JSON.
func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Secret, Response string
		Key              string `json:"idempotency_key"`
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			http.Error(w, "no JSON", http.StatusBadRequest)
			return
		}
	} else {
		asked.Secret, asked.Response, asked.Key = r.FormValue("secret"), r.FormValue("response"), r.FormValue("idempotency_key")
	}
	says := func(codes ...string) {
		_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "error-codes": codes})
	}
	w.Header().Set("Content-Type", "application/json")
	code, told := strings.CutPrefix(asked.Response, "code:")
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case asked.Secret != strictTurnstile:
		says("invalid-input-secret")
	case told:
		says(code)
	case asked.Response == "nonsense":
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "<html>")
	case asked.Response == "slow":
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
	case !strings.HasPrefix(asked.Response, "human"):
		says("invalid-input-response")
	case s.used[asked.Response] != "" && s.used[asked.Response] != asked.Key:
		says("timeout-or-duplicate")
	default:
		s.used[asked.Response] = asked.Key
		host := "shop.example"
		if strings.HasPrefix(asked.Response, "human-of-the-other") {
			host = "other.example"
		}
		action := "chat"
		if strings.HasPrefix(asked.Response, "human-elsewhere") {
			action = "login"
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"success": true, "hostname": host, "action": action, "error-codes": []string{}})
	}
}
