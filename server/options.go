package server

import (
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// Options is everything that a [Server] is told. The zero value of each field
// means its default; [New] checks the whole and says in words what is wrong.
type Options struct {
	// Addr is where to listen, HOST:PORT. Default 127.0.0.1:8787. Port 0 takes a
	// free one; [Server.Addr] says which.
	Addr string
	// DataDir holds the database and, where DataSecret is empty, the secret. It is
	// made 0700 where missing. Default "data".
	DataDir string
	// DataSecret keys the route MAC and the hashes of e-mails and IP prefixes:
	// at least 32 bytes, and never changed. Empty: made at the first start and
	// kept 0600 in DataDir/data-secret.
	DataSecret []byte
	// Version is shown by /health and sent to Discord. Default "dev".
	Version string

	// AllowedOrigins are origins (https://example.com) and patterns
	// (https://*.example.com) that may open the WebSocket; "*" is every website,
	// which is said loudly at the start. Empty: only pages of the chat's own
	// address, and programs, which send no Origin.
	AllowedOrigins []string
	// TrustedProxies are the networks of reverse proxies whose X-Forwarded-For
	// and X-Forwarded-Proto are believed. Empty: none, the socket's peer counts.
	TrustedProxies []netip.Prefix

	// DiscordToken is the bot's token, without "Bot ". Empty: nothing is sent to
	// Discord; messages are kept and wait, and /health is degraded.
	DiscordToken string
	// DiscordChannel is the id of the support channel.
	DiscordChannel string
	// DiscordAPI is the root of the REST API without its version. Default
	// https://discord.com/api.
	DiscordAPI string
	// SupportRole is the role that an opening post calls; empty: none.
	SupportRole string
	// AlertRole is the role that is called where a visitor waits too long and
	// where something is wrong; empty: SupportRole.
	AlertRole string
	// AlertAfter is how long a visitor waits for an answer, and answers do not
	// arrive, until the team is called. Default two minutes; below 0: never.
	AlertAfter time.Duration
	// PrivateThreads opens private threads: only who is mentioned in one and
	// moderators see it. A forum channel's are its posts all the same.
	PrivateThreads bool
	// NoGateway leaves the Gateway connection to a relay elsewhere, which posts
	// to /relay.
	NoGateway bool
	// RelaySecrets are accepted by POST /relay, the newest first: at most two, so
	// that one can be changed without loss. Empty: /relay is refused.
	RelaySecrets []string
	// AdminSecret opens /health?deep and /metrics from anywhere. Empty: /health
	// tells only its status, and /metrics answers loopback alone.
	AdminSecret string

	// TurnstileSecret turns Turnstile on.
	TurnstileSecret string
	// TurnstileURL is Cloudflare's siteverify. Default
	// https://challenges.cloudflare.com/turnstile/v0/siteverify.
	TurnstileURL string
	// TurnstileAction is the action that a token must have been made for; empty:
	// any.
	TurnstileAction string
	// TurnstileDownLimits lets visitors in under stricter limits while Turnstile
	// does not answer, instead of asking them to try again.
	TurnstileDownLimits bool
	// IdentitySecret keys the identities that sites sign; empty: none are taken.
	IdentitySecret string

	// Greeting is the first thing a visitor reads; empty: the core's own.
	Greeting string
	// TeamName is how the team is called, TeamReply how soon it usually answers,
	// in words. Both may be empty.
	TeamName, TeamReply string

	// Grace is how long a session lives after the last sign of its visitor.
	// Default 1 hour.
	Grace time.Duration
	// Retention is how long an archived session is kept. Default 90 days.
	Retention time.Duration
	// MessagesPerMinute is how many messages a session may send. Default 10.
	MessagesPerMinute int
	// SessionsPerIPHour is how many new sessions an address may begin in an hour.
	// Default 3.
	SessionsPerIPHour int
	// BlockAddressFor is how long the address of a blocked visitor begins no
	// conversation. Default a day.
	BlockAddressFor time.Duration
	// FilterWords, FilterLinks and FilterRepeats decide which messages are marked
	// for the team; see [chat.Filter]. Empty and 0: none are.
	FilterWords                []string
	FilterLinks, FilterRepeats int
	// MaxConns is how many connections are held at once. Default 20,000.
	MaxConns int
	// MaxConnsPerIP is how many of one address (IPv6: of one /64). Default 50.
	MaxConnsPerIP int

	// Metrics serves /metrics for Prometheus.
	Metrics bool
	// Widget are the widget's files; nil: those of the binary.
	Widget fs.FS
	// widgetVersion is the v under which the widget's files never change.
	widgetVersion string
	// Pages serves what the server itself does not know, such as a demo page; nil:
	// 404.
	Pages http.Handler

	// Log takes structured lines without personal data. Default slog.Default().
	Log *slog.Logger
	// Clock is the time. Default the system's.
	Clock Clock
	// Random is the source of ids. Default crypto/rand.
	Random io.Reader
	// HTTPClient carries requests to Discord, Cloudflare and relay targets; nil:
	// one with sane time-outs.
	HTTPClient *http.Client
}

// RelayOptions is everything that a [Relay] is told.
type RelayOptions struct {
	// Target is the /relay address of the host that holds the conversations, such
	// as https://chat.example.com/relay.
	Target string
	// Secret is its BOT_RELAY_SECRET.
	Secret string
	// DataDir holds the Gateway's state and what Target has not taken yet. Default
	// "data".
	DataDir string
	// DiscordToken, DiscordChannel and DiscordAPI are as in [Options].
	DiscordToken, DiscordChannel, DiscordAPI string
	// Addr, where set, serves /health (HOST:PORT).
	Addr string
	// Version is sent to Discord. Default "dev".
	Version string
	// Log is as in [Options].
	Log *slog.Logger
	// Clock is as in [Options].
	Clock Clock
	// Random is as in [Options].
	Random io.Reader
	// HTTPClient is as in [Options].
	HTTPClient *http.Client
}
