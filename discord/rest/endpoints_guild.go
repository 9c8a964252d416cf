package rest

import "cloudflarechat/discord/wire"

// Routes of servers, of the bot itself and of its application.
const (
	RouteGuild         = "/guilds/{guild.id}"
	RouteGuildChannels = "/guilds/{guild.id}/channels"
	RouteGuildRoles    = "/guilds/{guild.id}/roles"
	RouteGuildMember   = "/guilds/{guild.id}/members/{user.id}"
	RouteActiveThreads = "/guilds/{guild.id}/threads/active"
	RouteMe            = "/users/@me"
	RouteMyGuilds      = "/users/@me/guilds"
	RouteApplication   = "/applications/@me"
	RouteGatewayBot    = "/gateway/bot"
	RouteGuildCommands = "/applications/{application.id}/guilds/{guild.id}/commands"
)

// GetGuild reads a server. https://docs.discord.com/developers/resources/guild#get-guild
func GetGuild(guild wire.Snowflake) Request { return ofGuild(RouteGuild, guild, "") }

// GuildChannels reads a server's channels, threads not included.
func GuildChannels(guild wire.Snowflake) Request {
	return ofGuild(RouteGuildChannels, guild, "/channels")
}

// GuildRoles reads a server's roles.
func GuildRoles(guild wire.Snowflake) Request { return ofGuild(RouteGuildRoles, guild, "/roles") }

// GuildMember reads a member of a server; for the bot itself give its own user id.
// https://docs.discord.com/developers/resources/guild#get-guild-member
func GuildMember(guild, user wire.Snowflake) Request {
	return ofGuild(RouteGuildMember, guild, "/members/"+escape(string(user)))
}

// ActiveThreads reads all active threads of a server that the bot can see, of every channel.
// https://docs.discord.com/developers/resources/guild#list-active-guild-threads
func ActiveThreads(guild wire.Snowflake) Request {
	r := ofGuild(RouteActiveThreads, guild, "/threads/active")
	r.Low = true
	return r
}

func ofGuild(route string, guild wire.Snowflake, rest string) Request {
	return Request{
		Method: "GET", Route: route, Path: "/guilds/" + escape(string(guild)) + rest, Major: string(guild), Idempotent: true,
	}
}

// Me reads the bot's own user: the cheapest way to ask whether a token is good.
func Me() Request { return Request{Method: "GET", Route: RouteMe, Path: RouteMe, Idempotent: true} }

// MyGuilds reads the servers that the bot is in.
func MyGuilds() Request {
	return Request{Method: "GET", Route: RouteMyGuilds, Path: RouteMyGuilds, Idempotent: true}
}

// GetApplication reads the bot's application. https://docs.discord.com/developers/resources/application#get-current-application
func GetApplication() Request {
	return Request{Method: "GET", Route: RouteApplication, Path: RouteApplication, Idempotent: true}
}

// SetApplicationFlags switches the limited intents on or off; no other flag may be set, and a running Gateway connection is dropped by it.
// https://docs.discord.com/developers/resources/application#edit-current-application
func SetApplicationFlags(flags uint64) Request {
	var o object
	o.number("flags", int64(flags))
	return Request{
		Method: "PATCH", Route: RouteApplication, Path: RouteApplication, Body: o.bytes(), ContentType: jsonType, Idempotent: true,
	}
}

// GatewayBot asks for the Gateway's address and how many identifies are left. https://docs.discord.com/developers/events/gateway#get-gateway-bot
func GatewayBot() Request {
	return Request{Method: "GET", Route: RouteGatewayBot, Path: RouteGatewayBot, Idempotent: true}
}

// SetGuildCommands replaces the application's commands in one server. commands is a JSON array of command objects.
// https://docs.discord.com/developers/interactions/application-commands#bulk-overwrite-guild-application-commands
func SetGuildCommands(application, guild wire.Snowflake, commands []byte) Request {
	return Request{
		Method: "PUT", Route: RouteGuildCommands,
		Path: "/applications/" + escape(string(application)) + "/guilds/" + escape(string(guild)) + "/commands",
		Body: commands, ContentType: jsonType, Major: string(guild), Idempotent: true,
	}
}
