package check

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Bot is who a token speaks for.
type Bot struct {
	ID   string `json:"id"`
	Name string `json:"username"`
	// MFA tells whether the account that owns it has two-factor authentication.
	MFA bool `json:"mfa_enabled"`
	// Application it belongs to.
	Application string `json:"-"`
	flags       int
	ownEndpoint string
}

// Flags of an application: the switch for message content, of one in many
// servers and of one in few. Only the second can be set by the bot itself.
const (
	flagContent        = 1 << 18
	flagContentLimited = 1 << 19
)

const portal = "https://discord.com/developers/applications"

// HowToken explains where a token is found.
const HowToken = portal + " → New Application → Bot → Reset Token → Copy"

// Me asks who the token speaks for.
func (d *Discord) Me(ctx context.Context) (*Bot, *Problem) {
	if p := tokenShape(d.Token); p != nil {
		return nil, p
	}
	b := &Bot{}
	if p := d.tokenProblem(d.call(ctx, "GET", "/users/@me", nil, b)); p != nil {
		return nil, p
	}
	return b, d.application(ctx, b)
}

func (d *Discord) application(ctx context.Context, b *Bot) *Problem {
	var a struct {
		ID       string  `json:"id"`
		Flags    int     `json:"flags"`
		Endpoint *string `json:"interactions_endpoint_url"`
	}
	if p := d.tokenProblem(d.call(ctx, "GET", "/applications/@me", nil, &a)); p != nil {
		return p
	}
	b.Application, b.flags = a.ID, a.Flags
	if a.Endpoint != nil {
		b.ownEndpoint = *a.Endpoint
	}
	return nil
}

func (d *Discord) tokenProblem(err error) *Problem {
	if p := unreachable("Discord", err); p != nil {
		return p
	}
	if r := refusal(err); r != nil {
		if r.Status == http.StatusUnauthorized {
			return problem("copy it anew: "+HowToken, "Discord does not know this token: it was mistyped, or replaced by a newer one")
		}
		return problem("look at the application in "+portal, "Discord refuses this token: %s", r.Message)
	}
	return nil
}

// tokenShape recognises what people take for the token.
func tokenShape(v string) *Problem {
	digits := v != "" && strings.Trim(v, "0123456789") == ""
	hex := strings.Trim(v, "0123456789abcdef") == ""
	switch {
	case digits:
		return problem("copy the token: "+HowToken, "that is a number, such as an application's or a channel's id, not the token")
	case hex && len(v) == 64:
		return problem("copy the token: "+HowToken, "that is the application's public key, not the token")
	case strings.HasPrefix(v, "Bot "):
		return problem("leave the word Bot out", `the token begins with "Bot ", which does not belong to it`)
	case strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }):
		return problem("copy it anew: "+HowToken, "the bot's token holds characters that no token has")
	case strings.HasPrefix(v, "http"):
		return problem("copy the token: "+HowToken, "that is an address, not the token")
	}
	return nil
}

// HasContent tells whether the switch for message content is on.
func (b *Bot) HasContent() bool { return b.flags&(flagContent|flagContentLimited) != 0 }

// ContentProblem is why answers would come without text; nil where they would
// not.
func (b *Bot) ContentProblem() *Problem {
	if b.HasContent() {
		return nil
	}
	return elsewhere(fmt.Sprintf("%s/%s/bot → Privileged Gateway Intents → switch Message Content Intent on → Save Changes", portal, b.Application),
		"the Message Content Intent is off: what your team answers would come without its text")
}

// SetContent switches message content on or off, where Discord lets the bot
// do so itself.
func (d *Discord) SetContent(ctx context.Context, b *Bot, on bool) *Problem {
	want := b.flags & (1<<13 | 1<<15 | flagContentLimited)
	want &^= flagContentLimited
	if on {
		want |= flagContentLimited
	}
	err := d.call(ctx, "PATCH", "/applications/@me", map[string]any{"flags": want}, nil)
	if p := unreachable("Discord", err); p != nil {
		return p
	}
	if p := d.application(ctx, b); p != nil {
		return p
	}
	if err != nil || on != b.HasContent() {
		p := b.ContentProblem()
		if p != nil {
			p.What = "Discord does not let the bot switch that on itself"
		}
		return p
	}
	return nil
}

// EndpointProblem is why commands would not arrive; nil where they would.
func (b *Bot) EndpointProblem() *Problem {
	if b.ownEndpoint == "" {
		return nil
	}
	return elsewhere(fmt.Sprintf("%s/%s/information → Interactions Endpoint URL → empty it → Save Changes", portal, b.Application),
		"the application sends its commands to a web address: /close and /block would not arrive here")
}

// Guild is a Discord server that the bot is in.
type Guild struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Permissions Permissions `json:"permissions"`
}

// Guilds lists the servers that the bot is in.
func (d *Discord) Guilds(ctx context.Context) ([]Guild, *Problem) {
	var list []Guild
	return list, d.tokenProblem(d.call(ctx, "GET", "/users/@me/guilds", nil, &list))
}

// Invite is the address at which somebody invites the bot with permissions,
// into a chosen server where guild is not empty.
func Invite(application string, p Permissions, guild string) string {
	address := fmt.Sprintf("https://discord.com/oauth2/authorize?client_id=%s&scope=bot%%20applications.commands&permissions=%d", application, uint64(p))
	if guild != "" {
		address += "&guild_id=" + guild
	}
	return address
}
