package rest

import "cloudflarechat/discord/wire"

// Routes of interactions. They need no Authorization and count for no global limit.
const (
	RouteInteraction = "/interactions/{interaction.id}/{interaction.token}/callback"
	RouteFollowup    = "/webhooks/{application.id}/{interaction.token}"
	RouteOriginal    = "/webhooks/{application.id}/{interaction.token}/messages/@original"
)

// Callback is the type of an answer to an interaction.
// https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type
type Callback int

// The answers to a command.
const (
	CallbackMessage  Callback = 4 // with text, at once
	CallbackDeferred Callback = 5 // "is thinking": the text follows with EditOriginal within 15 minutes
)

// AnswerInteraction answers an interaction, within 3 s of its making. flags may be wire.FlagEphemeral: only the asker sees it. A second answer is error 40060.
// https://docs.discord.com/developers/interactions/receiving-and-responding#create-interaction-response
func AnswerInteraction(id wire.Snowflake, token string, kind Callback, content string, flags uint64) Request {
	var data object
	if kind == CallbackMessage {
		data.text("content", content)
		data.raw("allowed_mentions", allowedMentions(""))
	}
	if flags != 0 {
		data.number("flags", int64(flags))
	}
	var o object
	o.number("type", int64(kind))
	o.raw("data", data.bytes())
	return Request{
		Method: "POST", Route: RouteInteraction,
		Path: "/interactions/" + escape(string(id)) + "/" + escape(token) + "/callback",
		Body: o.bytes(), ContentType: jsonType, Major: string(id), Exempt: true,
		Idempotent: true, // a second answer is refused with 40060 and shows nothing twice
	}
}

// FollowUp says more after an answer. Not safe to repeat: webhooks know no nonce.
// https://docs.discord.com/developers/interactions/receiving-and-responding#create-followup-message
func FollowUp(application wire.Snowflake, token, content string, flags uint64) Request {
	p := Post{Content: content, Flags: flags}
	return Request{
		Method: "POST", Route: RouteFollowup, Path: "/webhooks/" + escape(string(application)) + "/" + escape(token),
		Body: p.body(), ContentType: jsonType, Major: string(application) + "/" + token, Exempt: true,
	}
}

// EditOriginal sets the text of the first answer, a deferred one's too.
// https://docs.discord.com/developers/interactions/receiving-and-responding#edit-original-interaction-response
func EditOriginal(application wire.Snowflake, token, content string) Request {
	p := Post{Content: content}
	return Request{
		Method: "PATCH", Route: RouteOriginal,
		Path: "/webhooks/" + escape(string(application)) + "/" + escape(token) + "/messages/@original",
		Body: p.body(), ContentType: jsonType, Major: string(application) + "/" + token, Exempt: true, Idempotent: true,
	}
}
