package world

import (
	"encoding/json"
	"regexp"
)

var commandRoutes = []route{
	{name: "GET /applications/{application.id}/commands", auth: true, handle: listCommands},
	{name: "PUT /applications/{application.id}/commands", auth: true, bucket: "command.write", handle: overwriteCommands},
	{name: "POST /applications/{application.id}/commands", auth: true, bucket: "command.write", handle: createCommand},
	{name: "GET /applications/{application.id}/commands/{command.id}", auth: true, handle: getCommand},
	{name: "PATCH /applications/{application.id}/commands/{command.id}", auth: true, bucket: "command.write", handle: editCommand},
	{name: "DELETE /applications/{application.id}/commands/{command.id}", auth: true, bucket: "command.write", handle: deleteCommand},
	{name: "GET /applications/{application.id}/guilds/{guild.id}/commands", auth: true, handle: listCommands},
	{name: "PUT /applications/{application.id}/guilds/{guild.id}/commands", auth: true, bucket: "command.write", handle: overwriteCommands},
	{name: "POST /applications/{application.id}/guilds/{guild.id}/commands", auth: true, bucket: "command.write", handle: createCommand},
	{name: "GET /applications/{application.id}/guilds/{guild.id}/commands/{command.id}", auth: true, handle: getCommand},
	{name: "PATCH /applications/{application.id}/guilds/{guild.id}/commands/{command.id}", auth: true, bucket: "command.write", handle: editCommand},
	{name: "DELETE /applications/{application.id}/guilds/{guild.id}/commands/{command.id}", auth: true, bucket: "command.write", handle: deleteCommand},
	{name: "GET /applications/{application.id}/guilds/{guild.id}/commands/permissions", auth: true, handle: commandPermissions},
}

// Command is an application command.
type Command struct {
	ID                CommandID         `json:"id"`
	ApplicationID     ApplicationID     `json:"application_id"`
	Version           CommandID         `json:"version"`
	MemberPermissions *Permissions      `json:"default_member_permissions"`
	Type              int               `json:"type"`
	Name              string            `json:"name"`
	NameLocalizations map[string]string `json:"name_localizations"`
	Description       string            `json:"description"`
	DescLocalizations map[string]string `json:"description_localizations"`
	GuildID           GuildID           `json:"guild_id,omitzero"`
	DMPermission      bool              `json:"dm_permission"`
	Contexts          []int             `json:"contexts"`
	IntegrationTypes  []int             `json:"integration_types"`
	Options           []json.RawMessage `json:"options,omitempty"`
	NSFW              bool              `json:"nsfw"`
}

// commandSet are the commands of one application, global ones and the guild's.
type commandSet struct {
	global, guild []*Command
}

func (s *commandSet) scope(guild bool) *[]*Command {
	if guild {
		return &s.guild
	}
	return &s.global
}

// all gives every command that people see; the guild's come first.
func (s *commandSet) all() []*Command { return append(append([]*Command{}, s.guild...), s.global...) }

// mayUse tells whether a member sees a command in a channel: who lacks what it asks for by default is not shown it, so that it answers
// like one that does not exist. "0" asks for an administrator.
// https://docs.discord.com/developers/interactions/application-commands#application-command-permissions-object-using-default-permissions
func (w *World) mayUse(m *Member, cmd *Command, ch *Channel) bool {
	p := w.permissions(m, ch)
	switch want := cmd.MemberPermissions; {
	case p == allPermissions: // administrators and the owner
		return true
	case want == nil:
		return p.Has(UseCommands)
	default:
		return *want != 0 && p.Has(*want|UseCommands)
	}
}

// commandScope finds the list that a route is about.
func (c *call) commandScope() (*[]*Command, bool, *APIError) {
	b, err := c.bot()
	if err != nil {
		return nil, false, err
	}
	if c.params[0] != b.app.String() {
		return nil, false, failure(CodeUnknownApplication)
	}
	inGuild := len(c.route.segments) > 3 && c.route.segments[2] == "guilds"
	if inGuild {
		if err := c.inGuild(1); err != nil {
			return nil, false, err
		}
	}
	set := c.w.commands[b.app]
	if set == nil {
		set = &commandSet{}
		c.w.commands[b.app] = set
	}
	return set.scope(inGuild), inGuild, nil
}

var commandName = regexp.MustCompile(`^[-_'\p{L}\p{N}\p{Devanagari}\p{Thai}]{1,32}$`)

// makeCommand reads one command, over what stood there before.
func (c *call) makeCommand(raw []byte, guild bool, base Command) (*Command, *APIError) {
	w := c.w
	cmd := base
	if cmd.Type == 0 {
		cmd.Type = 1
	}
	if cmd.IntegrationTypes == nil {
		cmd.IntegrationTypes = []int{0}
	}
	cmd.DMPermission = true
	if err := json.Unmarshal(raw, &cmd); err != nil {
		if e := (&call{w: w, payload: raw}).read(&cmd); e != nil {
			return nil, e
		}
	}
	var f form
	switch {
	case cmd.Type == 1 && !commandName.MatchString(cmd.Name):
		f.add("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid", "name")
	case cmd.Name == "" || utf16Len(cmd.Name) > 32:
		f.length(1, 32, "name")
	}
	if n := utf16Len(cmd.Description); cmd.Type == 1 && (n < 1 || n > 100) {
		f.length(1, 100, "description")
	}
	if len(cmd.Options) > 25 {
		f.tooLong(25, "options")
	}
	if err := f.failure(); err != nil {
		return nil, err
	}
	cmd.ApplicationID = c.actor.bot.app
	cmd.Version = CommandID(w.mint())
	if cmd.ID == 0 || base.ID == 0 {
		cmd.ID = cmd.Version
	} else {
		cmd.ID = base.ID
	}
	cmd.GuildID = 0
	if guild {
		cmd.GuildID = w.guild.ID
	}
	return &cmd, nil
}

func listCommands(c *call) (int, any, *APIError) {
	list, _, err := c.commandScope()
	if err != nil {
		return 0, nil, err
	}
	return 200, append([]*Command{}, *list...), nil
}

func overwriteCommands(c *call) (int, any, *APIError) {
	list, guild, err := c.commandScope()
	if err != nil {
		return 0, nil, err
	}
	var raws []json.RawMessage
	if err := c.read(&raws); err != nil {
		return 0, nil, err
	}
	made := []*Command{}
	for _, raw := range raws {
		cmd, err := c.makeCommand(raw, guild, Command{})
		if err != nil {
			return 0, nil, err
		}
		if old := findCommand(*list, cmd.Name, cmd.Type); old != nil {
			cmd.ID = old.ID
		}
		made = append(made, cmd)
	}
	*list = made
	return 200, made, nil
}

func findCommand(list []*Command, name string, typ int) *Command {
	for _, cmd := range list {
		if cmd.Name == name && cmd.Type == typ {
			return cmd
		}
	}
	return nil
}

func createCommand(c *call) (int, any, *APIError) {
	list, guild, err := c.commandScope()
	if err != nil {
		return 0, nil, err
	}
	cmd, err := c.makeCommand(c.payload, guild, Command{})
	if err != nil {
		return 0, nil, err
	}
	for i, old := range *list {
		if old.Name == cmd.Name && old.Type == cmd.Type {
			cmd.ID = old.ID
			(*list)[i] = cmd
			return 200, cmd, nil
		}
	}
	*list = append(*list, cmd)
	return 201, cmd, nil
}

// commandAt finds the place of the command that the last parameter names.
func (c *call) commandAt() (*[]*Command, bool, int, *APIError) {
	list, guild, err := c.commandScope()
	if err != nil {
		return nil, false, 0, err
	}
	for i, cmd := range *list {
		if cmd.ID.String() == c.params[len(c.params)-1] {
			return list, guild, i, nil
		}
	}
	return nil, false, 0, failure(CodeUnknownCommand)
}

func getCommand(c *call) (int, any, *APIError) {
	list, _, i, err := c.commandAt()
	if err != nil {
		return 0, nil, err
	}
	return 200, (*list)[i], nil
}

func editCommand(c *call) (int, any, *APIError) {
	list, guild, i, err := c.commandAt()
	if err != nil {
		return 0, nil, err
	}
	cmd, err := c.makeCommand(c.payload, guild, *(*list)[i])
	if err != nil {
		return 0, nil, err
	}
	(*list)[i] = cmd
	return 200, cmd, nil
}

func deleteCommand(c *call) (int, any, *APIError) {
	list, _, i, err := c.commandAt()
	if err != nil {
		return 0, nil, err
	}
	*list = append((*list)[:i:i], (*list)[i+1:]...)
	return 204, nil, nil
}

func commandPermissions(c *call) (int, any, *APIError) {
	_, _, err := c.commandScope()
	return 200, []int{}, err
}
