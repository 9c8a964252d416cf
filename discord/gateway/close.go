package gateway

import "strconv"

// CloseKeep is the code with which the machine closes. Any but 1000 and 1001 keeps the session resumable.
// https://docs.discord.com/developers/events/gateway#initiating-a-disconnect
const CloseKeep = 4200

// Then is what follows a close.
type Then int

// What follows a close.
const (
	Resume Then = iota // connect again and resume
	Anew               // connect again with a new session
	Later              // resume, but not before a minute
	Stay               // do not connect before the owner acted
)

// CloseRule is what a close code means. https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes
type CloseRule struct {
	Code int
	Then Then
	Text string // what happened
	Hint string // what the owner does about it; only for Stay
}

const tokenHint = "Open https://discord.com/developers/applications, choose the application, Bot, Reset Token, and put the new token into DISCORD_BOT_TOKEN."

// CloseRules is the catalogue of close codes. The documentation asks for a new session after 4007 and 4009; after 4003 and 4005 the session's state is in doubt, so it is not relied upon.
var CloseRules = []CloseRule{
	{4000, Resume, "Discord had an unknown error.", ""},
	{4001, Resume, "Discord did not know an opcode.", ""},
	{4002, Resume, "Discord could not decode a payload.", ""},
	{4003, Anew, "The session was not identified, or was invalidated.", ""},
	{4004, Stay, "Discord refused the bot's token.", tokenHint},
	{4005, Anew, "The session was identified twice.", ""},
	{4007, Anew, "The sequence for the resume was invalid.", ""},
	{4008, Later, "Too much was sent to the Gateway.", ""},
	{4009, Anew, "The session timed out.", ""},
	{4010, Stay, "The shard is invalid.", "Give a shard number below the shard count."},
	{4011, Stay, "The bot is in too many servers for one connection.", "Use a bot of its own for support, in fewer than 2,500 servers."},
	{4012, Stay, "The Gateway's version 10 is no longer served.", "Update this program."},
	{4013, Stay, "The intents are invalid.", "Update this program, or correct the intents it was given."},
	{4014, Stay, "The bot asks for an intent that is not switched on.",
		"Open https://discord.com/developers/applications, choose the application, Bot, and switch on MESSAGE CONTENT INTENT under Privileged Gateway Intents."},
}

// RuleOf gives the rule of a code. Codes that are not listed, and 0 for none, mean Resume.
func RuleOf(code int) CloseRule {
	for _, r := range CloseRules {
		if r.Code == code {
			return r
		}
	}
	return CloseRule{Code: code, Then: Resume, Text: "The connection ended."}
}

func (r CloseRule) reason() string {
	if r.Code == 0 {
		return r.Text
	}
	return "close code " + strconv.Itoa(r.Code) + ": " + r.Text
}
