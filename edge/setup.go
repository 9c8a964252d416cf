package edge

import (
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
)

// setup is what a host must know before it carries anything out.
type setup struct {
	// discord is the base of Discord's addresses, agent and authorization are the
	// headers of each call; authorization is left out of exempt ones.
	discord, agent, authorization string
	turnstile                     string
	// ping and pong are what the runtime answers without waking an object.
	ping, pong string
	// header names the fields of an answer that a CallDone holds, in order.
	header []string
	// frame is how many bytes of a frame are read. Of a larger one the host gives
	// one byte more, which is enough to refuse it: what goes into the instance's
	// memory never leaves it.
	frame int
	// notices are what the owner should know of the settings, for the log.
	notices []string
}

const (
	discordAPI   = "https://discord.com/api"
	apiVersion   = "/v10"
	turnstileURL = "https://challenges.cloudflare.com/turnstile/v0/siteverify"
	// agent has the form that Discord asks for.
	// https://docs.discord.com/developers/reference#user-agent
	agent = "DiscordBot (https://github.com/cloudflare-discord-chat, edge)"
)

func setupOf(set map[string]string) setup {
	or := func(v, otherwise string) string {
		if v == "" {
			return otherwise
		}
		return v
	}
	s := setup{
		discord:   strings.TrimSuffix(or(set["DISCORD_API_URL"], discordAPI), "/") + apiVersion,
		agent:     agent,
		turnstile: or(set["TURNSTILE_VERIFY_URL"], turnstileURL),
		ping:      chat.PingFrame, pong: chat.PongFrame,
		header: rest.HeaderNames[:],
		frame:  chat.MaxFrameBytes,
	}
	if token := strings.TrimPrefix(strings.TrimSpace(set["DISCORD_BOT_TOKEN"]), "Bot "); token != "" {
		s.authorization = "Bot " + token
	}
	return s
}

func (s setup) append(b []byte) []byte {
	for _, v := range []string{s.discord, s.agent, s.authorization, s.turnstile, s.ping, s.pong} {
		b = putString(b, v)
	}
	b = putList(b, s.header)
	b = putUint(b, uint64(s.frame))
	return putList(b, s.notices)
}

func putList(b []byte, list []string) []byte {
	b = putUint(b, uint64(len(list)))
	for _, v := range list {
		b = putString(b, v)
	}
	return b
}
