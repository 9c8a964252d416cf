package settings

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config holds the values of the settings, checked. Each field is one row of
// [Table], which says unit, default and danger.
type Config struct {
	DiscordBotToken         Secret
	DiscordSupportChannelID string
	SupportRoleID           string
	AlertAfter              Wait
	AlertRoleID             string
	Threads                 string
	DiscordAPIURL           string

	ListenAddress          string
	DataDir                string
	AllowedOrigins         []string
	TrustedProxies         []netip.Prefix
	MaxConnections         int
	MaxConnectionsPerIP    int
	NewSessionsPerIPHour   int
	MessagesPerMinute      int
	BlockAddressFor        time.Duration
	FilterWords            string
	FilterLinks            int
	FilterRepeats          int
	SessionGrace           time.Duration
	Retention              time.Duration
	Greeting               string
	TeamName               string
	TeamReply              string
	TurnstileSecretKey     Secret
	TurnstileVerifyURL     string
	TurnstileAction        string
	TurnstileDown          string
	IdentitySecret         Secret
	AdminSecret            Secret
	DataSecret             Secret
	Gateway                bool
	BotRelaySecret         Secret
	BotRelaySecretPrevious Secret
	RelayURL               string
	HealthAddress          string
	LogLevel               slog.Level
	LogFormat              string
	Metrics                bool
}

// Wait is a length of time that may be switched off: 0 is off.
type Wait time.Duration

// Or gives the length, or another one where it is off.
func (w Wait) Or(off time.Duration) time.Duration {
	if w == 0 {
		return off
	}
	return time.Duration(w)
}

// Secret is a value that must not be shown. Every usual way of printing it
// gives "(set)" or nothing; [Secret.Reveal] gives the value.
type Secret string

// Reveal gives the value itself.
func (s Secret) Reveal() string { return string(s) }

// String implements fmt.Stringer.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "(set)"
}

// GoString implements fmt.GoStringer, for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler, for JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
