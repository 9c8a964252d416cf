package world

import (
	"strconv"
	"strings"
)

var gatewayRoutes = []route{
	{name: "GET /gateway", major: -1, handle: getGateway},
	{name: "GET /gateway/bot", auth: true, major: -1, handle: getGatewayBot},
}

var userRoutes = []route{
	{name: "GET /users/@me", auth: true, major: -1, handle: getSelf},
	{name: "PATCH /users/@me", auth: true, major: -1, handle: getSelf},
	{name: "GET /users/@me/guilds", auth: true, major: -1, handle: listOwnGuilds},
	{name: "GET /users/@me/guilds/{guild.id}/member", auth: true, major: -1, handle: getOwnMember},
	{name: "GET /users/{user.id}", auth: true, major: -1, handle: getUser},
	{name: "GET /applications/@me", auth: true, major: -1, handle: getApplication},
	{name: "PATCH /applications/@me", auth: true, major: -1, handle: editApplication},
	{name: "GET /oauth2/applications/@me", auth: true, major: -1, handle: getApplication},
	{name: "GET /applications/{application.id}", auth: true, major: -1, handle: getApplication},
}

func getGateway(c *call) (int, any, *APIError) {
	return 200, map[string]any{"url": c.w.gatewayURL(c.req.Host, c.req.Secure)}, nil
}

func getGatewayBot(c *call) (int, any, *APIError) {
	w := c.w
	b, err := c.bot()
	if err != nil {
		return 0, nil, err
	}
	limit := w.cfg.Gateway.SessionStarts
	remaining, after := limit, int64(0)
	if used := w.startsOf(strings.TrimPrefix(c.req.Authorization, "Bot ")); w.now < used.resetMs {
		remaining, after = max(0, limit-used.used), used.resetMs-w.now
	}
	return 200, map[string]any{
		"url": w.gatewayURL(c.req.Host, c.req.Secure), "shards": b.Shards,
		"session_start_limit": map[string]any{
			"total": limit, "remaining": remaining, "reset_after": after, "max_concurrency": w.cfg.Gateway.MaxConcurrency,
		},
	}, nil
}

type selfWire struct {
	*User
	MFAEnabled bool    `json:"mfa_enabled"`
	Locale     string  `json:"locale"`
	Verified   bool    `json:"verified"`
	Email      *string `json:"email"`
}

// self is how a bot sees its own user.
func (w *World) self(b *bot) selfWire {
	return selfWire{User: b.user, MFAEnabled: w.guild.MFALevel == 0, Locale: "en-US", Verified: true}
}

func getSelf(c *call) (int, any, *APIError) {
	return 200, selfWire{User: c.actor.User, MFAEnabled: c.w.guild.MFALevel == 0 || !c.actor.User.Bot, Locale: "en-US", Verified: true}, nil
}

func getUser(c *call) (int, any, *APIError) {
	id, err := c.userAt(0)
	if err != nil {
		return 0, nil, err
	}
	return 200, c.w.users[id], nil
}

func listOwnGuilds(c *call) (int, any, *APIError) {
	w := c.w
	out := []any{}
	if m := c.member(); m != nil {
		out = append(out, map[string]any{
			"id": w.guild.ID, "name": w.guild.Name, "icon": nil, "banner": nil, "owner": m.User.ID == w.guild.OwnerID,
			"permissions": w.basePermissions(m), "features": []string{},
		})
	}
	return 200, out, nil
}

func getOwnMember(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	return 200, memberOf(c.member(), true), nil
}

// Application flags: the portal's privileged switches of an application that is in fewer guilds than need a review.
const (
	flagPresenceLimited     = 1 << 13
	flagGuildMembersLimited = 1 << 15
	flagContentLimited      = 1 << 19
)

func (w *World) applicationFlags(b *bot) int {
	flags := 1 << 23 // APPLICATION_COMMAND_BADGE
	if b.Presences {
		flags |= flagPresenceLimited
	}
	if b.GuildMembers {
		flags |= flagGuildMembersLimited
	}
	if !b.NoMessageContent {
		flags |= flagContentLimited
	}
	return flags
}

func getApplication(c *call) (int, any, *APIError) {
	b, err := c.bot()
	if err != nil {
		return 0, nil, err
	}
	if len(c.params) > 0 && c.params[0] != b.app.String() {
		return 0, nil, failure(CodeUnknownApplication)
	}
	w := c.w
	flags := w.applicationFlags(b)
	installs := 0
	if w.members[b.user.ID] != nil {
		installs = 1
	}
	return 200, map[string]any{
		"id": b.app, "name": b.Name, "icon": nil, "description": "", "type": nil, "bot": b.user, "bot_public": true, "bot_require_code_grant": false,
		"verify_key": "0000000000000000000000000000000000000000000000000000000000000000", "flags": flags, "flags_new": strconv.Itoa(flags),
		"redirect_uris": []string{}, "interactions_endpoint_url": stringOrNil(b.InteractionsEndpointURL), "role_connections_verification_url": nil,
		"owner": w.users[w.guild.OwnerID], "approximate_guild_count": installs, "approximate_user_install_count": 0,
		"approximate_user_authorization_count": 0, "explicit_content_filter": 0, "team": nil, "eligible_oauth2_scopes": []string{},
	}, nil
}

// editApplication sets the *_LIMITED intent switches. Changing them drops a running bot's Gateway connection.
func editApplication(c *call) (int, any, *APIError) {
	w := c.w
	b, err := c.bot()
	if err != nil {
		return 0, nil, err
	}
	var in struct {
		Flags *int `json:"flags"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	if in.Flags != nil {
		before := w.applicationFlags(b)
		b.Presences = *in.Flags&flagPresenceLimited != 0
		b.GuildMembers = *in.Flags&flagGuildMembersLimited != 0
		b.NoMessageContent = *in.Flags&flagContentLimited == 0
		if w.applicationFlags(b) != before {
			for _, conn := range w.sortedConns() {
				if conn.session != nil && conn.session.bot == b {
					w.closeConn(conn, 4000, "Application flags changed.")
				}
			}
		}
	}
	return getApplication(c)
}
