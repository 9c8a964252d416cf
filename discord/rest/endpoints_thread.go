package rest

import (
	"strconv"

	"cloudflarechat/discord/wire"
)

// Routes of channels and threads. https://docs.discord.com/developers/resources/channel
const (
	RouteChannel         = "/channels/{channel.id}"
	RouteThreads         = "/channels/{channel.id}/threads"
	RouteThreadFromPost  = "/channels/{channel.id}/messages/{message.id}/threads"
	RouteArchivedThreads = "/channels/{channel.id}/threads/archived/public"
	RouteArchivedPrivate = "/channels/{channel.id}/threads/archived/private"
	RouteThreadMember    = "/channels/{channel.id}/thread-members/@me"
)

// GetChannel reads a channel or thread.
func GetChannel(channel wire.Snowflake) Request {
	return Request{Method: "GET", Route: RouteChannel, Path: channelPath(channel), Major: string(channel), Idempotent: true}
}

// ThreadFromMessage opens a public thread on a message of the channel. The thread gets the message's id, and a second try answers
// error 160004, which means done: so it is safe to repeat. https://docs.discord.com/developers/resources/channel#start-thread-from-message
func ThreadFromMessage(channel, message wire.Snowflake, t ThreadStart) Request {
	var o object
	t.name(&o)
	return Request{
		Method: "POST", Route: RouteThreadFromPost, Path: messagePath(channel, message) + "/threads",
		Body: o.bytes(), ContentType: jsonType, Major: string(channel), Kind: KindThreadCreate, Idempotent: true,
	}
}

// CreateThread opens a thread without a message: wire.ChannelPublicThread or wire.ChannelPrivateThread, and any other Type asks for a private one, which
// shows a mistake to nobody outside. Not safe to repeat: after doubt, list the threads and look for the own one.
// https://docs.discord.com/developers/resources/channel#start-thread-without-message
func CreateThread(channel wire.Snowflake, t ThreadStart) Request {
	var o object
	t.name(&o)
	kind := t.Type
	if kind != wire.ChannelPublicThread {
		kind = wire.ChannelPrivateThread
	}
	o.number("type", int64(kind))
	if kind == wire.ChannelPrivateThread {
		o.truth("invitable", false)
	}
	return Request{
		Method: "POST", Route: RouteThreads, Path: channelPath(channel) + "/threads",
		Body: o.bytes(), ContentType: jsonType, Major: string(channel), Kind: KindThreadCreate,
	}
}

// ForumPost opens a thread in a forum together with its first message, whose id the thread gets. Only the suppressing flags of the post are
// allowed there. Not safe to repeat. https://docs.discord.com/developers/resources/channel#start-thread-in-forum-or-media-channel
func ForumPost(channel wire.Snowflake, t ThreadStart, p Post) Request {
	var o object
	t.name(&o)
	if len(t.Tags) > 0 {
		o.ids("applied_tags", t.Tags)
	}
	// A forum's first message takes no nonce and answers nothing.
	o.raw("message", (&Post{Content: p.Content, Flags: p.Flags, MentionRole: p.MentionRole}).body())
	return Request{
		Method: "POST", Route: RouteThreads, Path: channelPath(channel) + "/threads",
		Body: o.bytes(), ContentType: jsonType, Major: string(channel), Kind: KindThreadCreate,
	}
}

func (t *ThreadStart) name(o *object) {
	o.text("name", t.Name)
	if t.AutoArchiveMinutes != 0 {
		o.number("auto_archive_duration", int64(t.AutoArchiveMinutes))
	}
}

// SetThread changes a thread's state. To close, set Archived and Locked true in one request; to reopen, set both false: a thread that is archived
// and stays so takes no other change. https://docs.discord.com/developers/resources/channel#modify-channel
func SetThread(thread wire.Snowflake, state ThreadState) Request {
	var o object
	if state.Archived != nil {
		o.truth("archived", *state.Archived)
	}
	if state.Locked != nil {
		o.truth("locked", *state.Locked)
	}
	if state.AutoArchiveMinutes != 0 {
		o.number("auto_archive_duration", int64(state.AutoArchiveMinutes))
	}
	if state.Tags != nil {
		o.ids("applied_tags", *state.Tags)
	}
	return Request{
		Method: "PATCH", Route: RouteChannel, Path: channelPath(thread),
		Body: o.bytes(), ContentType: jsonType, Major: string(thread), Kind: KindArchive, Idempotent: true,
	}
}

// RenameThread changes a thread's name and nothing else: 2 in 10 minutes, by a limit that no header shows.
func RenameThread(thread wire.Snowflake, name string) Request {
	var o object
	o.text("name", name)
	return Request{
		Method: "PATCH", Route: RouteChannel, Path: channelPath(thread),
		Body: o.bytes(), ContentType: jsonType, Major: string(thread), Kind: KindRename, Idempotent: true,
	}
}

// DeleteThread deletes a thread and all that stands in it; it needs MANAGE_THREADS.
// https://docs.discord.com/developers/resources/channel#deleteclose-channel
func DeleteThread(thread wire.Snowflake) Request {
	return Request{Method: "DELETE", Route: RouteChannel, Path: channelPath(thread), Major: string(thread), Idempotent: true}
}

// JoinThread makes the bot a member of a thread. The verb is PUT: POST answers too, under a far harder limit.
func JoinThread(thread wire.Snowflake) Request {
	return Request{
		Method: "PUT", Route: RouteThreadMember, Path: channelPath(thread) + "/thread-members/@me",
		Major: string(thread), Kind: KindJoin, Idempotent: true,
	}
}

// ArchivedThreads reads a page (2 to 100) of a channel's archived public threads, latest archived first. before is the ArchiveTimestamp of the last
// one seen, "" for the first page. https://docs.discord.com/developers/resources/channel#list-public-archived-threads
func ArchivedThreads(channel wire.Snowflake, before string, limit int) Request {
	return archived(RouteArchivedThreads, "public", channel, before, limit)
}

// ArchivedPrivateThreads is the same for private threads; it needs MANAGE_THREADS.
func ArchivedPrivateThreads(channel wire.Snowflake, before string, limit int) Request {
	return archived(RouteArchivedPrivate, "private", channel, before, limit)
}

func archived(route, which string, channel wire.Snowflake, before string, limit int) Request {
	query := "limit=" + strconv.Itoa(min(max(limit, 2), 100))
	if before != "" {
		query = "before=" + escape(before) + "&" + query
	}
	return Request{
		Method: "GET", Route: route, Path: channelPath(channel) + "/threads/archived/" + which, Query: query,
		Major: string(channel), Idempotent: true, Low: true,
	}
}
