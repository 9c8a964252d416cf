package server

import (
	"context"
	"sync"
	"sync/atomic"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// dispatch takes one event of Discord.
func (g *gatewayHost) dispatch(f gateway.Dispatch) {
	switch ev := f.Event.(type) {
	case wire.Ready:
		g.place.Bot, g.app = ev.User.ID, ev.ApplicationID
		g.newEpoch()
		return
	case wire.Resumed:
		return
	case wire.GuildCreate:
		g.guild(&ev)
	case wire.ChannelUpdate, wire.ChannelDelete, wire.RoleChange, wire.GuildDelete, wire.ThreadListSync:
		g.recheck()
	}
	told := discord.NewsOf(f.Event, &g.place)
	if told.Reply != nil {
		g.reply(told.Reply)
	}
	if told.Alert != "" {
		g.alert(told.Alert)
	}
	if told.Stray != nil {
		stray := *told.Stray
		g.wg.Go(func() { g.sink.stray(g.ctx, stray) })
	}
	if told.Gap != nil {
		g.gap(*told.Gap)
	}
	g.hand(f, told.News)
}

// newEpoch begins a stretch of dispatches without a gap.
func (g *gatewayHost) newEpoch() {
	g.place.Epoch = chat.MessageID(wire.SnowflakeAt(int64(g.clock.Now()+epochMargin) + g.skew.Load()))
}

// hand hands the news of a dispatch over, and says when all of it is safe.
func (g *gatewayHost) hand(f gateway.Dispatch, news []chat.News) {
	var lasting []chat.News
	for _, n := range news {
		if n.Kind == chat.NewsTyping {
			g.typing(n)
		} else {
			lasting = append(lasting, n)
		}
	}
	taken := gateway.Taken{Conn: f.Conn, Seq: f.Seq, Relevant: len(lasting) > 0}
	if len(lasting) == 0 {
		g.queue = append(g.queue, taken)
		return
	}
	var open atomic.Int64
	open.Store(int64(len(lasting)))
	for _, n := range lasting {
		safe := sync.OnceFunc(func() {
			if open.Add(-1) == 0 {
				g.post(gatewayEvent{event: taken})
			}
		})
		g.ship("thread "+string(n.Thread), func(ctx context.Context) delivered { return g.sink.deliver(ctx, n) }, discord.RelayOf(n), safe)
	}
}

// typing is told once; it is worth nothing later.
func (g *gatewayHost) typing(n chat.News) {
	if g.lanes.size() > maxParcels/2 {
		return
	}
	g.lanes.add(parcel{lane: "typing " + string(n.Thread), hand: func(ctx context.Context) delivered {
		g.sink.deliver(ctx, n)
		return handedOver
	}})
}

// guild looks whether a server is the support channel's.
func (g *gatewayHost) guild(ev *wire.GuildCreate) {
	for i := range ev.Channels {
		if ev.Channels[i].ID != g.place.Channel {
			continue
		}
		g.place.Guild = ev.Guild.ID
		g.recheck()
		if g.sink.mayAsk() && g.app != "" {
			g.register(rest.SetGuildCommands(g.app, ev.Guild.ID, []byte(discord.Commands)))
		}
	}
}

// recheck says that what is known of the bot's place may be wrong.
func (g *gatewayHost) recheck() { g.wg.Go(func() { g.sink.recheck(g.ctx) }) }

// reply answers a command: there are 3 seconds for it.
func (g *gatewayHost) reply(r *rest.Request) { g.ask("reply", *r) }

// register brings the agents' commands until there is no more use in it. It takes
// the place of what an earlier call still tries.
func (g *gatewayHost) register(r rest.Request) {
	if g.unregister != nil {
		g.unregister()
	}
	ctx, cancel := context.WithCancel(g.ctx)
	g.unregister = cancel
	g.wg.Go(func() {
		defer cancel()
		for tries := 1; ; tries++ {
			done := g.client.do(ctx, &r)
			if ctx.Err() != nil {
				return
			}
			again := discord.CommandsAgain(&done, tries)
			if done.Failure != discord.Answered || done.Status >= 300 {
				g.log.Warn("Discord did not take the commands", "status", done.Status, "again_in", millis(again).String())
			}
			if again == 0 {
				return
			}
			if !pause(ctx, g.clock, millis(again)) {
				return
			}
		}
	})
}

// ask sends one request of which nothing depends.
func (g *gatewayHost) ask(what string, r rest.Request) {
	g.wg.Go(func() {
		if done := g.client.do(g.ctx, &r); done.Failure != discord.Answered || done.Status >= 300 {
			g.log.Warn("Discord did not take a request", "what", what, "status", done.Status)
		}
	})
}

// alert tells the owner, once.
func (g *gatewayHost) alert(a discord.Alert) {
	if a == discord.AlertNoContent {
		g.change(func(s *gatewayState) { s.noContent = true })
		if !g.warned[a] {
			g.log.Error("posts of the team come without text: turn on MESSAGE CONTENT INTENT in the Discord Developer Portal → your application → Bot")
		}
	}
	g.warned[a] = true
}
