package rest

import (
	"strconv"

	"cloudflarechat/discord/wire"
)

// Routes of messages. https://docs.discord.com/developers/resources/message
const (
	RouteMessages  = "/channels/{channel.id}/messages"
	RouteMessage   = "/channels/{channel.id}/messages/{message.id}"
	RouteReaction  = "/channels/{channel.id}/messages/{message.id}/reactions/{emoji}/@me"
	RouteTyping    = "/channels/{channel.id}/typing"
	maxMessagePage = 100
)

const (
	oldMessageMs = 14 * 24 * 60 * 60 * 1000
	newMessageMs = 10 * 1000
)

// CreateMessage posts into a channel or thread. Answers 200 with the message, and 200 with the existing one when the nonce was used "in the past
// few minutes"; error 10008 for a repeat whose message was deleted meanwhile.
// https://docs.discord.com/developers/resources/message#create-message
func CreateMessage(channel wire.Snowflake, p Post) Request {
	r := Request{
		Method: "POST", Route: RouteMessages, Path: channelPath(channel) + "/messages",
		Body: p.body(), ContentType: jsonType, Major: string(channel),
	}
	if p.Nonce != "" {
		r.Idempotent, r.RepeatForMs = true, NonceWindowMs
	}
	return r
}

// EditMessage changes the text of an own message. https://docs.discord.com/developers/resources/message#edit-message
func EditMessage(channel, message wire.Snowflake, content string) Request {
	var o object
	o.text("content", content)
	// An edit without it parses mentions by Discord's default, which pings everyone named.
	o.raw("allowed_mentions", allowedMentions(""))
	return Request{
		Method: "PATCH", Route: RouteMessage, Path: messagePath(channel, message),
		Body: o.bytes(), ContentType: jsonType, Major: string(channel), Idempotent: true,
	}
}

// DeleteMessage deletes an own message. now is the Unix time in milliseconds: deletions of very old and very new messages are counted apart.
// https://docs.discord.com/developers/resources/message#delete-message
func DeleteMessage(now int64, channel, message wire.Snowflake) Request {
	r := Request{
		Method: "DELETE", Route: RouteMessage, Path: messagePath(channel, message), Major: string(channel), Idempotent: true,
	}
	switch age := now - message.TimeMs(); {
	case !message.Valid():
	case age >= oldMessageMs:
		r.Kind = KindOldDelete
	case age < newMessageMs:
		r.Kind = KindNewDelete
	}
	return r
}

// MessagesAfter reads up to limit (1 to 100) messages that came after one; "0" or a wire.SnowflakeAt is allowed. Discord answers newest first,
// here too: to page on, ask again after the largest id until fewer than limit come.
// https://docs.discord.com/developers/resources/message#get-channel-messages
func MessagesAfter(channel, after wire.Snowflake, limit int) Request {
	return messages(channel, "after", after, limit)
}

// MessagesAround reads up to limit (1 to 100) messages around one.
func MessagesAround(channel, around wire.Snowflake, limit int) Request {
	return messages(channel, "around", around, limit)
}

// LatestMessages reads the newest limit (1 to 100) messages.
func LatestMessages(channel wire.Snowflake, limit int) Request {
	return messages(channel, "", "", limit)
}

func messages(channel wire.Snowflake, way string, id wire.Snowflake, limit int) Request {
	query := "limit=" + strconv.Itoa(min(max(limit, 1), maxMessagePage))
	if way != "" && id.Valid() {
		query = way + "=" + string(id) + "&" + query
	}
	return Request{
		Method: "GET", Route: RouteMessages, Path: channelPath(channel) + "/messages", Query: query,
		Major: string(channel), Idempotent: true,
	}
}

// GetMessage reads one message; this renews the URLs of its attachments.
func GetMessage(channel, message wire.Snowflake) Request {
	return Request{
		Method: "GET", Route: RouteMessage, Path: messagePath(channel, message), Major: string(channel), Idempotent: true,
	}
}

// AddReaction sets an own reaction: a Unicode emoji, or name:id. https://docs.discord.com/developers/resources/message#create-reaction
func AddReaction(channel, message wire.Snowflake, emoji string) Request {
	return reaction("PUT", channel, message, emoji)
}

// RemoveReaction takes an own reaction away.
func RemoveReaction(channel, message wire.Snowflake, emoji string) Request {
	return reaction("DELETE", channel, message, emoji)
}

func reaction(method string, channel, message wire.Snowflake, emoji string) Request {
	return Request{
		Method: method, Route: RouteReaction, Path: messagePath(channel, message) + "/reactions/" + escape(emoji) + "/@me",
		Major: string(channel), Idempotent: true,
	}
}

// Type shows "is typing" for 10 s or until the bot posts. https://docs.discord.com/developers/resources/channel#trigger-typing-indicator
func Type(channel wire.Snowflake) Request {
	return Request{
		Method: "POST", Route: RouteTyping, Path: channelPath(channel) + "/typing", Major: string(channel), Idempotent: true,
	}
}

func channelPath(channel wire.Snowflake) string { return "/channels/" + escape(string(channel)) }

func messagePath(channel, message wire.Snowflake) string {
	return channelPath(channel) + "/messages/" + escape(string(message))
}
