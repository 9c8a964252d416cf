package server

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"cloudflarechat/discord/wire"
	"cloudflarechat/widget"
)

// fill puts the defaults where nothing is set.
func (o *Options) fill() {
	text := func(p *string, d string) {
		if *p == "" {
			*p = d
		}
	}
	number := func(p *int, d int) {
		if *p == 0 {
			*p = d
		}
	}
	text(&o.Addr, "127.0.0.1:8787")
	text(&o.DataDir, "data")
	text(&o.Version, "dev")
	text(&o.DiscordAPI, discordAPI)
	text(&o.TurnstileURL, turnstileURL)
	number(&o.MessagesPerMinute, 10)
	number(&o.SessionsPerIPHour, 3)
	number(&o.MaxConns, 20_000)
	number(&o.MaxConnsPerIP, 50)
	if o.Grace == 0 {
		o.Grace = time.Hour
	}
	if o.Retention == 0 {
		o.Retention = 90 * 24 * time.Hour
	}
	if o.Widget == nil {
		o.Widget, o.widgetVersion = widget.Files, widget.Version()
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Clock == nil {
		o.Clock = systemClock{}
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.HTTPClient == nil {
		o.HTTPClient = newHTTPClient()
	}
}

// check says what is wrong with the options, all of it.
func (o *Options) check() error {
	var wrong []error
	say := func(format string, a ...any) { wrong = append(wrong, fmt.Errorf("server: "+format, a...)) }
	if o.DiscordToken != "" && !wire.Snowflake(o.DiscordChannel).Valid() {
		say("DISCORD_SUPPORT_CHANNEL_ID must be the id of the support channel, a number of 17 to 20 digits")
	}
	if o.SupportRole != "" && !wire.Snowflake(o.SupportRole).Valid() {
		say("SUPPORT_ROLE_ID must be the id of a role, a number of 17 to 20 digits")
	}
	for name, address := range map[string]string{"DISCORD_API_URL": o.DiscordAPI, "TURNSTILE_VERIFY_URL": o.TurnstileURL} { // order does not matter: they are joined
		if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			say("%s must be an http or https address", name)
		}
	}
	if len(o.RelaySecrets) > 2 {
		say("at most two relay secrets are taken: the new one and the one before it")
	}
	for _, secret := range o.RelaySecrets {
		if secret == "" {
			say("BOT_RELAY_SECRET must not be empty")
		}
	}
	if o.Grace < 0 || o.Retention < 0 || o.MessagesPerMinute < 0 || o.SessionsPerIPHour < 0 || o.MaxConns < 0 || o.MaxConnsPerIP < 0 {
		say("lengths of time and limits must be above zero")
	}
	return errors.Join(wrong...)
}
