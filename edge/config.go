package edge

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
	"cloudflarechat/edge/relay"
)

// configure reads the settings, by the names that docs/configuration.md lists
// for both hosts. WORKER is no setting but says which Worker asks: "relay" for
// the one that only holds the Gateway.
func (m *Machine) configure(set map[string]string) error {
	if set["MISSING_BINDINGS"] != "" {
		return errors.New("the Worker lacks the binding " + set["MISSING_BINDINGS"] + ": take it over from wrangler.jsonc and deploy again")
	}
	m.egress = discord.Options{
		Channel: wire.Snowflake(strings.TrimSpace(set["DISCORD_SUPPORT_CHANNEL_ID"])),
		Role:    wire.Snowflake(strings.TrimSpace(set["SUPPORT_ROLE_ID"])),
	}
	m.egress.AlertRole = wire.Snowflake(strings.TrimSpace(set["ALERT_ROLE_ID"]))
	if err := wait(set, "ALERT_AFTER", &m.egress.AlertAfter); err != nil {
		return err
	}
	if set["THREADS"] == "private" {
		m.egress.Threads = discord.ThreadsPrivate
	}
	m.gateway = relay.Options{Token: set["DISCORD_BOT_TOKEN"], Channel: m.egress.Channel}
	wrong := wrongSecrets(set)
	if !m.egress.Channel.Valid() {
		wrong = append(wrong, "DISCORD_SUPPORT_CHANNEL_ID is missing or is no id: copy the support channel's id in Discord")
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, "; "))
	}
	if set["WORKER"] == "relay" {
		return nil // it holds no conversation
	}
	m.turnstileSecret, m.turnstileAction = set["TURNSTILE_SECRET_KEY"], strings.TrimSpace(set["TURNSTILE_ACTION"])
	m.cfg = chat.Config{
		DataSecret:  []byte(set["DATA_SECRET"]),
		Desk:        discord.Desk{},
		Greeting:    set["GREETING"],
		TeamName:    set["TEAM_NAME"],
		TeamReply:   set["TEAM_REPLY"],
		TurnstileOn: set["TURNSTILE_SECRET_KEY"] != "",
		AlertAfter:  m.egress.AlertAfter,
	}
	for _, n := range []struct {
		name string
		to   *chat.Time
	}{{"SESSION_GRACE", &m.cfg.Grace}, {"RETENTION", &m.cfg.Retention}, {"BLOCK_ADDRESS_FOR", &m.cfg.BlockAddressFor}} {
		if err := length(set, n.name, n.to); err != nil {
			return err
		}
	}
	m.cfg.IdentitySecret = []byte(set["IDENTITY_SECRET"])
	m.cfg.TurnstileDownLimits = set["TURNSTILE_DOWN"] == "limit"
	m.cfg.Filter = chat.Filter{Words: strings.Split(set["FILTER_WORDS"], ","), Links: 5, Repeats: 3}
	for _, n := range []struct {
		name string
		to   *int
	}{{"MESSAGES_PER_MINUTE", &m.cfg.MessagesPerMinute}, {"NEW_SESSIONS_PER_IP_HOUR", &m.cfg.SessionsPerIPHour},
		{"FILTER_LINKS", &m.cfg.Filter.Links}, {"FILTER_REPEATS", &m.cfg.Filter.Repeats}} {
		if err := number(set, n.name, n.to); err != nil {
			return err
		}
	}
	m.cfg.Fill()
	return nil
}

// Secrets are at least so long, as on the native host.
const (
	shortestData   = 32
	shortestSecret = 16
)

// wrongSecrets names every secret that a Worker cannot do without and has not, and
// every one that could be guessed. The chat without a bot or a relay keeps what
// visitors say, and /health says what is missing.
func wrongSecrets(set map[string]string) (wrong []string) {
	short := func(name, advice string, least int, needed bool) {
		switch n := len(set[name]); {
		case n == 0 && needed:
			wrong = append(wrong, name+" is missing: "+advice)
		case n > 0 && n < least:
			wrong = append(wrong, name+" is shorter than "+strconv.Itoa(least)+" characters: "+advice)
		}
	}
	const anew = "put there something random, such as the output of: openssl rand -hex 32"
	if set["WORKER"] == "relay" {
		short("DISCORD_BOT_TOKEN", "put there the bot's token, as in the chat's Worker", 1, true)
		short("BOT_RELAY_SECRET", "put there the same as in the chat's Worker", shortestSecret, true)
		return wrong
	}
	short("DATA_SECRET", "set it once, to something random, and never change it", shortestData, true)
	for _, name := range []string{"BOT_RELAY_SECRET", "BOT_RELAY_SECRET_PREVIOUS", "ADMIN_SECRET", "IDENTITY_SECRET"} {
		short(name, anew, shortestSecret, false)
	}
	return wrong
}

// notices are what is allowed and the owner should know. They are said once in the
// life of an instance, in its log.
func (b *Border) notices(set map[string]string) (list []string) {
	if set["WORKER"] == "relay" {
		return nil
	}
	if b.door.origins.Any() {
		list = append(list, "every website may open the chat: list yours in ALLOWED_ORIGINS")
	}
	if !b.m.cfg.TurnstileOn {
		list = append(list, "nobody checks that visitors are human: TURNSTILE_SECRET_KEY is not set")
	}
	if b.door.adminSecret == "" {
		list = append(list, "ADMIN_SECRET is not set: /health?deep and the requests to export and forget a person are refused")
	}
	return list
}

// number reads a whole number above 0.
func number(set map[string]string, name string, to *int) error {
	v := set[name]
	if v == "" {
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n <= 0 {
		return errors.New(name + " must be a whole number above 0")
	}
	*to = n
	return nil
}

// wait reads a length of time that may be off, which is below 0.
func wait(set map[string]string, name string, to *chat.Time) error {
	switch strings.ToLower(set[name]) {
	case "off", "false", "no", "0":
		*to = -1
		return nil
	}
	return length(set, name, to)
}

// length reads a length of time: 90m, 1h30m or 30d.
func length(set map[string]string, name string, to *chat.Time) error {
	v := set[name]
	if v == "" {
		return nil
	}
	if days, ok := strings.CutSuffix(v, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 {
			*to = chat.Time(n) * chat.Day
			return nil
		}
	} else if d, err := time.ParseDuration(v); err == nil && d > 0 {
		*to = chat.Time(d.Milliseconds())
		return nil
	}
	return errors.New(name + " is no length of time: put there one such as 30m, 1h or 90d")
}
