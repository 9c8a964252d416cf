package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/text"
	"cloudflarechat/discord/wire"
)

// Commands are the commands that agents have, as the body of rest.SetGuildCommands. They are for members who may manage threads
// (bit 34) unless the server's owner gives them to others.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object
const Commands = `[` +
	`{"name":"close","type":1,"description":"End this conversation. The visitor can read it, and starts a new one by writing again.",` +
	`"default_member_permissions":"17179869184","contexts":[0]},` +
	`{"name":"block","type":1,"description":"End this conversation and take nothing more from this visitor.",` +
	`"default_member_permissions":"17179869184","contexts":[0]}]`

// command reads an agent's command. Only whoever gave it sees the answer: what it did shows in the thread.
func (p *Place) command(in *wire.Interaction) (d Dispatched) {
	if in.Type != wire.InteractionCommand || in.ID == "" || !p.holds(in.GuildID) {
		return d
	}
	var kind chat.NewsKind
	words := ""
	switch in.Name {
	case "close":
		kind, words = chat.NewsClose, "Ending this conversation."
	case "block":
		kind, words = chat.NewsBlock, "Ending this conversation and blocking the visitor."
	default:
		return d // another part of the owner's application answers it
	}
	inThread := in.ParentID == p.Channel || in.ParentID == "" && in.ChannelType.IsThread()
	if !inThread || !in.ChannelID.Valid() {
		words = "Use this inside a visitor's thread."
	} else {
		d = one(chat.News{Kind: kind, Thread: chat.ThreadID(in.ChannelID), Message: chat.MessageID(in.ID), Epoch: p.Epoch,
			Author: text.CleanName(in.DisplayName(), maxAuthorGraphemes), At: chat.Time(in.ID.TimeMs())})
	}
	reply := rest.AnswerInteraction(in.ID, in.Token, rest.CallbackMessage, words, wire.FlagEphemeral)
	d.Reply = &reply
	return d
}

const (
	// commandsPause is after how long the commands are brought for the second time; each further pause is twice as long, at most mostCommandsPause. One that
	// Discord asks for may be longer, at most mostCommandsWait.
	commandsPause     = chat.Second
	mostCommandsPause = 10 * chat.Minute
	mostCommandsWait  = chat.Hour
)

// CommandsAgain says after which pause the commands must be brought once more, by the answer to the last try and how many there were; 0 is never:
// Discord has taken them, or refused them for good.
func CommandsAgain(done *CallDone, tries int) chat.Time {
	if done.Failure == Answered && done.Status != 429 && done.Status < 500 {
		return 0
	}
	asked := min(chat.Time(rest.WaitAskedMs(&done.Header, done.Body)), mostCommandsWait)
	return max(asked, min(commandsPause<<min(tries-1, 16), mostCommandsPause))
}
