package server

import (
	"encoding/binary"
	"fmt"
	"io"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
)

// maxCalls are the requests to Discord that may be open at once.
const maxCalls = 20

// builder makes actors.
type builder struct {
	chat    chat.Config
	discord discord.Options
	bot     bool
}

func newBuilder(o *Options) (*builder, error) {
	var seed [8]byte
	if _, err := io.ReadFull(o.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("server: the source of randomness failed: %w", err)
	}
	b := &builder{
		bot: o.DiscordToken != "",
		chat: chat.Config{
			DataSecret: o.DataSecret, Desk: discord.Desk{}, Greeting: o.Greeting, TeamName: o.TeamName, TeamReply: o.TeamReply,
			Grace: chat.Time(o.Grace.Milliseconds()), Retention: chat.Time(o.Retention.Milliseconds()),
			TurnstileOn: o.TurnstileSecret != "", MessagesPerMinute: o.MessagesPerMinute, SessionsPerIPHour: o.SessionsPerIPHour,
			AlertAfter:      chat.Time(o.AlertAfter.Milliseconds()),
			BlockAddressFor: chat.Time(o.BlockAddressFor.Milliseconds()),
			IdentitySecret:  []byte(o.IdentitySecret), TurnstileDownLimits: o.TurnstileDownLimits,
			Filter: chat.Filter{Words: o.FilterWords, Links: o.FilterLinks, Repeats: o.FilterRepeats},
		},
		discord: discord.Options{Channel: wire.Snowflake(o.DiscordChannel), Role: wire.Snowflake(o.SupportRole),
			AlertRole: wire.Snowflake(o.AlertRole), AlertAfter: chat.Time(o.AlertAfter.Milliseconds()),
			MaxInFlight: maxCalls, Seed: binary.LittleEndian.Uint64(seed[:])},
	}
	if o.PrivateThreads {
		b.discord.Threads = discord.ThreadsPrivate
	}
	b.chat.Fill()
	return b, nil
}

// build makes the actor at an address of what it is restored from.
func (b *builder) build(at chat.Address, r chat.Restore) chat.Actor {
	switch at.Kind {
	case chat.KindSession:
		return chat.NewSession(&b.chat, chat.Route(at.Key), r)
	case chat.KindRegistry:
		return chat.NewRegistry(&b.chat, at.Key, r)
	}
	if !b.bot {
		return noDesk{}
	}
	return discord.NewEgress(b.discord, r.Rows, r.Timer)
}

// tails says what an actor is restored from.
func (b *builder) tails(at chat.Address) []chat.Tail {
	switch at.Kind {
	case chat.KindSession:
		return chat.SessionTails
	case chat.KindRegistry:
		return chat.RegistryTails(at.Key)
	}
	if !b.bot {
		return nil
	}
	return discord.EgressTails
}

// noDesk stands where no bot is set up: conversations wait.
type noDesk struct{}

// Step implements chat.Actor.
func (noDesk) Step(now chat.Time, ev chat.Event) []chat.Effect {
	if ready, ok := ev.(chat.DeskReady); ok {
		return []chat.Effect{chat.Tell{To: chat.SessionAt(ready.From), Event: chat.DeskDelayed{Until: now + chat.Hour, Code: chat.CodeDeskMisset}}}
	}
	return nil
}
