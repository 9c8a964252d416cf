package rest

import "cloudflarechat/discord/wire"

// codes says what each of Discord's error codes means here. Codes that are not listed go by their status.
// https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
var codes = map[int]Class{
	10003:  ThreadGone,    // unknown channel
	10004:  Misconfigured, // unknown guild
	10007:  ItemGone,      // unknown member
	10008:  ItemGone,      // unknown message
	10011:  Misconfigured, // unknown role
	10013:  ItemGone,      // unknown user
	10014:  Refused,       // unknown emoji
	10015:  ItemGone,      // unknown webhook
	10062:  Expired,       // unknown interaction
	20016:  RetryLater,    // slow mode
	20028:  RetryLater,    // the channel's write limit
	20029:  RetryLater,    // the server's write limit
	30007:  Refused,       // too many webhooks
	30010:  Refused,       // too many reactions
	30033:  Refused,       // too many members in the thread
	30046:  Refused,       // too many edits of an old message
	40001:  Misconfigured, // unauthorized
	40002:  Misconfigured, // the account must be verified
	40004:  RetryLater,    // sending is disabled for the moment
	40005:  Refused,       // too large
	40058:  Misconfigured, // a forum takes no plain messages
	40060:  AlreadyDone,   // interaction was answered
	40062:  RetryLater,    // service resource is limited
	40067:  Misconfigured, // the forum requires a tag
	40333:  Misconfigured, // refused for the User-Agent
	50001:  Misconfigured, // missing access
	50005:  Refused,       // another author's message
	50006:  Refused,       // empty message
	50008:  Misconfigured, // no text channel
	50013:  Misconfigured, // missing permission
	50014:  TokenDead,     // invalid token
	50019:  Refused,       // message too old to pin
	50021:  Refused,       // system message
	50024:  Misconfigured, // not on this type of channel
	50025:  TokenDead,     // invalid OAuth2 token
	50027:  Expired,       // invalid webhook token: the interaction's time is over
	50034:  Refused,       // too old to delete in bulk
	50035:  Refused,       // invalid form body
	50045:  Refused,       // file too large
	50046:  Refused,       // invalid file
	50083:  ThreadArchived,
	60003:  Misconfigured, // the server asks moderators for two-factor authentication, and the bot's owner has none
	90001:  Refused,       // whose post it is has blocked the bot
	110000: RetryLater,    // index not ready
	130000: RetryLater,    // overloaded
	160004: AlreadyDone,   // the message has a thread
	160005: ThreadLocked,
	160006: ThreadsFull,
	200000: Refused, // automod, content
	200001: Refused, // automod, title
	240000: Refused, // harmful link
	400001: Refused, // uploads limited
}

// Classify says what an answer means that is no success: by its error code, and for codes that are not known by its status. It knows nothing of the request, so what
// may have been carried out all the same (5xx) is InDoubt. Bans and rate limits are RetryLater.
func Classify(status int, e wire.ErrorBody) Class {
	switch {
	case status >= 200 && status < 300:
		return OK
	case status == 429:
		return RetryLater
	case status == 401 && e.IsJSON: // a page is a proxy's
		switch e.Code {
		case 50027:
			return Expired
		case 60003:
			return Misconfigured // it comes with 403 as well
		}
		return TokenDead
	case status >= 500:
		if c, ok := codes[e.Code]; ok && c == RetryLater {
			return RetryLater
		}
		return InDoubt
	}
	if !e.IsJSON {
		if status == 413 {
			return Refused
		}
		if status == 404 || status == 405 || status < 400 {
			return Misconfigured // this address is not Discord's API
		}
		return RetryLater
	}
	if c, ok := codes[e.Code]; ok {
		return c
	}
	switch {
	case status == 408 || status == 425:
		return RetryLater
	case status == 403, status == 405, status < 400:
		return Misconfigured
	case status == 404 && e.Code == 0:
		return Misconfigured // no such route
	case status == 404:
		return ItemGone
	}
	return Refused
}
