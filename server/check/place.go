package check

import (
	"context"
	"net/http"
	"sort"
	"strings"
)

// Place is the support channel with everything around it that decides who may
// do what in it.
type Place struct {
	Channel Channel
	Guild   Guild
	Roles   map[string]Role
	bot     *Bot
	mine    Permissions
	all     Permissions // of @everyone
	mfa     bool
}

// Server is what stands around the channels of a server.
type Server struct {
	Guild Guild
	// MFA is set where moderators need two-factor authentication.
	MFA   bool
	Roles map[string]Role
	owner string
	mine  []string // the bot's roles
	bot   *Bot
}

// Server looks at a server of the bot.
func (d *Discord) Server(ctx context.Context, b *Bot, guild string) (*Server, *Problem) {
	var g struct {
		ID    string `json:"id"`
		Name  string `json:"name"`
		Owner string `json:"owner_id"`
		MFA   int    `json:"mfa_level"`
		Roles []Role `json:"roles"`
	}
	if err := d.call(ctx, "GET", "/guilds/"+guild, nil, &g); err != nil {
		if p := d.tokenOrNetwork(err); p != nil {
			return nil, p
		}
		return nil, elsewhere("invite it: "+Invite(b.Application, NeededPermissions, guild), "the bot is not in that Discord server")
	}
	s := &Server{Guild: Guild{ID: g.ID, Name: g.Name}, MFA: g.MFA > 0, Roles: map[string]Role{}, owner: g.Owner, bot: b}
	for _, r := range g.Roles {
		s.Roles[r.ID] = r
	}
	var m struct {
		Roles []string `json:"roles"`
	}
	if err := d.call(ctx, "GET", "/guilds/"+guild+"/members/"+b.ID, nil, &m); err != nil {
		if p := d.tokenOrNetwork(err); p != nil {
			return nil, p
		}
		return nil, elsewhere("invite it: "+Invite(b.Application, NeededPermissions, guild), "the bot is no member of %s", g.Name)
	}
	s.mine = m.Roles
	s.Guild.Permissions = permissions(g.ID, g.Owner, b.ID, s.Roles, m.Roles, nil)
	return s, nil
}

func (d *Discord) tokenOrNetwork(err error) *Problem {
	if p := unreachable("Discord", err); p != nil {
		return p
	}
	if r := refusal(err); r != nil && r.Status == http.StatusUnauthorized {
		return d.tokenProblem(err)
	}
	return nil
}

// At gives a channel of the server as a place.
func (s *Server) At(c Channel) *Place {
	return &Place{Channel: c, Guild: s.Guild, Roles: s.Roles, bot: s.bot, mfa: s.MFA,
		mine: permissions(s.Guild.ID, s.owner, s.bot.ID, s.Roles, s.mine, c.Overwrites),
		all:  permissions(s.Guild.ID, s.owner, "", s.Roles, nil, c.Overwrites)}
}

// Channels lists those of the server that conversations could be opened in,
// by name.
func (d *Discord) Channels(ctx context.Context, s *Server) ([]*Place, *Problem) {
	var list []Channel
	if err := d.call(ctx, "GET", "/guilds/"+s.Guild.ID+"/channels", nil, &list); err != nil {
		if p := d.tokenOrNetwork(err); p != nil {
			return nil, p
		}
		return nil, elsewhere("invite the bot again: "+Invite(s.bot.Application, NeededPermissions, s.Guild.ID), "the bot may not list the channels of %s", s.Guild.Name)
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	var places []*Place
	for _, c := range list {
		if c.Guild = s.Guild.ID; c.Fits() {
			places = append(places, s.At(c))
		}
	}
	return places, nil
}

// Place looks at a channel by its id.
func (d *Discord) Place(ctx context.Context, b *Bot, channel string) (*Place, *Problem) {
	c := Channel{Type: -1}
	if err := d.call(ctx, "GET", "/channels/"+channel, nil, &c); err != nil {
		if p := d.tokenOrNetwork(err); p != nil {
			return nil, p
		}
		r := refusal(err)
		switch {
		case r != nil && r.Code == codeUnknownChannel:
			return nil, problem("in Discord: Settings → Advanced → Developer Mode, then right-click the channel → Copy Channel ID",
				"there is no channel with the id %s: it was deleted, or this is the id of something else", channel)
		case r != nil && (r.Code == codeMissingAccess || r.Code == codeMissingPermissions):
			return nil, elsewhere("invite the bot into the channel's Discord server ("+Invite(b.Application, NeededPermissions, "")+
				"), and where the channel is private, add it there: Edit Channel → Permissions → Add members or roles → "+b.Name,
				"the bot %s may not see the channel %s", b.Name, channel)
		}
		return nil, problem("check the id of the channel", "Discord refuses the channel %s: %v", channel, r)
	}
	if c.Guild == "" {
		return nil, problem("choose a text channel of your Discord server", "that is %s, which is in no Discord server", kindName(c.Type))
	}
	s, p := d.Server(ctx, b, c.Guild)
	if p != nil {
		return nil, p
	}
	return s.At(c), nil
}

func kindName(kind int) string {
	if name := kindNames[kind]; name != "" {
		return name
	}
	return "a channel of a kind that is not known here"
}

// Kind is why conversations cannot be opened in the channel; nil where they
// can.
func (p *Place) Kind() *Problem {
	if p.Channel.Fits() {
		return nil
	}
	return problem("choose a text channel, or a forum", "%s is %s: conversations become threads, which it cannot hold", p.Name(), kindName(p.Channel.Type))
}

// Name is how people write the channel.
func (p *Place) Name() string { return "#" + p.Channel.Name }

// Public is why what visitors write would be read by strangers; nil where it
// would not.
func (p *Place) Public() *Problem {
	if !p.all.has(viewChannel) {
		return nil
	}
	return elsewhere("in Discord: right-click "+p.Name()+" → Edit Channel → Permissions → switch Private Channel on, then add your team's role and "+p.bot.Name,
		"@everyone in %s can read %s: names, e-mail addresses and texts of your visitors would stand there for all", p.Guild.Name, p.Name())
}

// Readers are the roles that can read the channel, by name.
func (p *Place) Readers() []string {
	var names []string
	for id, r := range p.Roles {
		if id == p.Guild.ID || r.Managed {
			continue
		}
		if p.ofRole(id).has(viewChannel) {
			names = append(names, r.Name)
		}
	}
	sort.Strings(names)
	return names
}

func (p *Place) ofRole(id string) Permissions {
	return permissions(p.Guild.ID, "", "", p.Roles, []string{id}, p.Channel.Overwrites)
}

// Missing gives the permissions that nothing works without, as a problem, and
// those without which something is less, as warnings. private is set where
// conversations are private threads.
func (p *Place) Missing(private bool) (*Problem, []Finding) {
	kind := inPublic
	if private {
		kind = inPrivate
	}
	var must []string
	var less []Finding
	effect := ""
	for _, n := range needs {
		if p.mine.has(n.bit) || n.where != everywhere && (p.Channel.forum() || n.where != kind) {
			continue
		}
		if n.must {
			if must = append(must, n.name); effect == "" {
				effect = n.what
			}
			continue
		}
		less = append(less, warning(n.name, p.allow(n.name), "the bot may not %q in %s: %s", n.name, p.Name(), n.what))
	}
	// Discord counts the account that owns a bot as the bot's own here.
	// https://github.com/discord/discord-api-docs/issues/69
	if p.mfa && !p.bot.MFA && p.mine.has(manageThreads) {
		less = append(less, warning("two-factor", "the account that owns "+p.bot.Name+" in the Developer Portal: Settings → My Account → Enable Two-Factor Auth",
			"%s asks moderators for two-factor authentication, and the bot's owner has none: what is closed is put away and not locked", p.Guild.Name))
	}
	if must == nil {
		return nil, less
	}
	return elsewhere(p.allow(strings.Join(must, ", ")), "the bot %s lacks in %s: %s; %s", p.bot.Name, p.Name(), strings.Join(must, ", "), effect), nil
}

func (p *Place) allow(names string) string {
	return "in Discord: right-click " + p.Name() + " → Edit Channel → Permissions → " + p.bot.Name + " → allow " + names
}

// Role is why a role would not be called; nil where it would.
func (p *Place) Role(id string) *Problem {
	r, known := p.Roles[id]
	switch {
	case id == p.Guild.ID:
		return problem("choose the role of your team", "that is @everyone, which is never called")
	case !known:
		return problem("in Discord: Server Settings → Roles → ⋯ → Copy Role ID", "%s has no role with the id %s", p.Guild.Name, id)
	case !r.Mentionable && !p.mine.has(mentionEveryone):
		return elsewhere("in Discord: Server Settings → Roles → "+r.Name+" → switch on \"Allow anyone to @mention this role\"",
			"the role %s cannot be mentioned by the bot: nobody would be called", r.Name)
	case !p.ofRole(id).has(viewChannel):
		return elsewhere("in Discord: right-click "+p.Name()+" → Edit Channel → Permissions → Add members or roles → "+r.Name,
			"the role %s cannot see %s", r.Name, p.Name())
	}
	return nil
}

// CanCall is why a role could not be called by the bot in any channel; nil
// where it could.
func (s *Server) CanCall(id string) *Problem {
	p := s.At(Channel{Name: s.Guild.Name, Overwrites: []Overwrite{{ID: s.Guild.ID, Type: 0, Allow: viewChannel}}})
	return p.Role(id)
}

// TeamRoles are the roles that people have, by name.
func (s *Server) TeamRoles() []Role {
	var list []Role
	for id, r := range s.Roles {
		if id != s.Guild.ID && !r.Managed {
			list = append(list, r)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list
}
