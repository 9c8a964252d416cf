package world

import "strings"

var guildRoutes = []route{
	{name: "GET /guilds/{guild.id}", auth: true, handle: getGuild},
	{name: "GET /guilds/{guild.id}/roles", auth: true, handle: listRoles},
	{name: "GET /guilds/{guild.id}/roles/{role.id}", auth: true, handle: getRole},
	{name: "POST /guilds/{guild.id}/roles", auth: true, handle: createRole},
	{name: "GET /guilds/{guild.id}/members", auth: true, handle: listMembers},
	{name: "GET /guilds/{guild.id}/members/search", auth: true, handle: searchMembers},
	{name: "GET /guilds/{guild.id}/members/{user.id}", auth: true, handle: getMember},
	{name: "PATCH /guilds/{guild.id}/members/@me", auth: true, bucket: "member.edit", handle: editOwnMember},
	{name: "PUT /guilds/{guild.id}/members/{user.id}/roles/{role.id}", auth: true, handle: giveRole},
	{name: "DELETE /guilds/{guild.id}/members/{user.id}/roles/{role.id}", auth: true, handle: takeRole},
	{name: "GET /guilds/{guild.id}/emojis", auth: true, handle: emptyList},
	{name: "GET /guilds/{guild.id}/webhooks", auth: true, handle: listGuildWebhooks},
}

type guildWire struct {
	ID              GuildID    `json:"id"`
	Name            string     `json:"name"`
	Icon            *string    `json:"icon"`
	Description     *string    `json:"description"`
	HomeHeader      *string    `json:"home_header"`
	Splash          *string    `json:"splash"`
	DiscoverySplash *string    `json:"discovery_splash"`
	Features        []string   `json:"features"`
	Banner          *string    `json:"banner"`
	OwnerID         UserID     `json:"owner_id"`
	ApplicationID   *string    `json:"application_id"`
	Region          string     `json:"region"`
	AFKChannel      *string    `json:"afk_channel_id"`
	AFKTimeout      int        `json:"afk_timeout"`
	SystemChannel   ChannelID  `json:"system_channel_id"`
	SystemFlags     int        `json:"system_channel_flags"`
	WidgetEnabled   bool       `json:"widget_enabled"`
	WidgetChannel   *string    `json:"widget_channel_id"`
	Verification    int        `json:"verification_level"`
	Roles           []*Role    `json:"roles"`
	Notifications   int        `json:"default_message_notifications"`
	MFALevel        int        `json:"mfa_level"`
	ContentFilter   int        `json:"explicit_content_filter"`
	MaxPresences    *int       `json:"max_presences"`
	MaxMembers      int        `json:"max_members"`
	MaxStage        int        `json:"max_stage_video_channel_users"`
	MaxVideo        int        `json:"max_video_channel_users"`
	Vanity          *string    `json:"vanity_url_code"`
	PremiumTier     int        `json:"premium_tier"`
	PremiumCount    int        `json:"premium_subscription_count"`
	Locale          string     `json:"preferred_locale"`
	RulesChannel    *string    `json:"rules_channel_id"`
	SafetyChannel   *string    `json:"safety_alerts_channel_id"`
	UpdatesChannel  *string    `json:"public_updates_channel_id"`
	PremiumBar      bool       `json:"premium_progress_bar_enabled"`
	NSFW            bool       `json:"nsfw"`
	NSFWLevel       int        `json:"nsfw_level"`
	Emojis          []int      `json:"emojis"`
	Stickers        []*Sticker `json:"stickers"`
	Incidents       *string    `json:"incidents_data"`
	MemberCount     *int       `json:"approximate_member_count,omitempty"`
	PresenceCount   *int       `json:"approximate_presence_count,omitempty"`
}

func (w *World) guildObject() *guildWire {
	g := &w.guild
	return &guildWire{
		ID: g.ID, Name: g.Name, Features: []string{}, OwnerID: g.OwnerID, Region: "us-east", AFKTimeout: 300, SystemChannel: g.SystemChannelID,
		Roles: w.roles, MFALevel: g.MFALevel, MaxMembers: 500000, MaxStage: 50, MaxVideo: 25, Locale: "en-US", Emojis: []int{}, Stickers: w.stickers,
	}
}

func getGuild(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	g := c.w.guildObject()
	if c.truth("with_counts") {
		members, online := len(c.w.members), 0
		for _, m := range c.w.members {
			if m.Presence != "offline" {
				online++
			}
		}
		g.MemberCount, g.PresenceCount = &members, &online
	}
	return 200, g, nil
}

func listRoles(c *call) (int, any, *APIError) {
	return 200, c.w.roles, c.inGuild(0)
}

// roleAt finds the role of the n-th parameter.
func (c *call) roleAt(n int) (*Role, *APIError) {
	id, ok := ParseID[roleKind](c.params[n])
	if !ok {
		return nil, notSnowflake("role_id", c.params[n])
	}
	r := c.w.role(id)
	if r == nil {
		return nil, failure(CodeUnknownRole)
	}
	return r, nil
}

func getRole(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	r, err := c.roleAt(1)
	return 200, r, err
}

func createRole(c *call) (int, any, *APIError) {
	w := c.w
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	if !w.basePermissions(c.member()).Has(ManageRoles) {
		return 0, nil, failure(CodeMissingPermissions)
	}
	in := struct {
		Name        string      `json:"name"`
		Permissions Permissions `json:"permissions"`
		Color       int         `json:"color"`
		Hoist       bool        `json:"hoist"`
		Mentionable bool        `json:"mentionable"`
	}{Name: "new role"}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	r := w.addRole(in.Name, in.Permissions)
	r.Color, r.Colors.Primary, r.Hoist, r.Mentionable = in.Color, in.Color, in.Hoist, in.Mentionable
	w.dispatch(event{name: "GUILD_ROLE_CREATE", intent: IntentGuilds, data: map[string]any{"guild_id": w.guild.ID, "role": r}})
	return 200, r, nil
}

func listMembers(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	// Docs: this endpoint is restricted by the GUILD_MEMBERS privileged intent.
	if c.actor.bot != nil && !c.actor.bot.GuildMembers {
		return 0, nil, failure(CodeMissingAccess)
	}
	limit, err := c.limitParam(1, 1, 1000)
	if err != nil {
		return 0, nil, err
	}
	after, err := c.idParam("after")
	if err != nil {
		return 0, nil, err
	}
	out := []*memberWire{}
	for _, m := range c.w.sortedMembers() {
		if uint64(m.User.ID) > after && len(out) < limit {
			out = append(out, memberOf(m, true))
		}
	}
	return 200, out, nil
}

func searchMembers(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	limit, err := c.limitParam(1, 1, 1000)
	if err != nil {
		return 0, nil, err
	}
	query := strings.ToLower(c.req.Query.Get("query"))
	out := []*memberWire{}
	for _, m := range c.w.sortedMembers() {
		if len(out) < limit && (strings.HasPrefix(m.User.Username, query) || strings.HasPrefix(strings.ToLower(m.Name()), query)) {
			out = append(out, memberOf(m, true))
		}
	}
	return 200, out, nil
}

func getMember(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	id, err := c.userAt(1)
	if err != nil {
		return 0, nil, err
	}
	m := c.w.members[id]
	if m == nil {
		return 0, nil, failure(CodeUnknownMember)
	}
	return 200, memberOf(m, true), nil
}

func editOwnMember(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	var in struct {
		Nick *string `json:"nick"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	m := c.member()
	set(&m.Nick, in.Nick)
	c.w.memberChanged(m)
	return 200, memberOf(m, true), nil
}

// memberChanged tells of a member's new nick or roles.
func (w *World) memberChanged(m *Member) {
	wire := memberOf(m, true)
	wire.GuildID = w.guild.ID
	w.dispatch(event{name: "GUILD_MEMBER_UPDATE", intent: IntentGuildMembers, data: wire})
}

func giveRole(c *call) (int, any, *APIError) { return c.changeRole(true) }
func takeRole(c *call) (int, any, *APIError) { return c.changeRole(false) }

func (c *call) changeRole(give bool) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	id, err := c.userAt(1)
	if err != nil {
		return 0, nil, err
	}
	r, err := c.roleAt(2)
	if err != nil {
		return 0, nil, err
	}
	m := c.w.members[id]
	if m == nil {
		return 0, nil, failure(CodeUnknownMember)
	}
	if !c.w.basePermissions(c.member()).Has(ManageRoles) {
		return 0, nil, failure(CodeMissingPermissions)
	}
	c.w.setRole(m, r.ID, give)
	return 204, nil, nil
}

func (w *World) setRole(m *Member, id RoleID, give bool) {
	if m.hasRole(id) == give {
		return
	}
	roles := []RoleID{}
	for _, r := range m.Roles {
		if r != id {
			roles = append(roles, r)
		}
	}
	if give {
		roles = append(roles, id)
	}
	w.changeRoles(func() {
		m.Roles = roles
		w.memberChanged(m)
	})
}

func emptyList(c *call) (int, any, *APIError) { return 200, []int{}, c.inGuild(0) }
