package server

import (
	"context"
	"sync"
	"sync/atomic"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
)

// dispatch takes one event of Discord.
func (g *gatewayHost) dispatch(f gateway.Dispatch) {
	told := discord.NewsOf(f.Event, &g.place, g.discordNow())
	if told.Recheck {
		g.wg.Go(func() { g.sink.recheck(g.ctx) })
	}
	if told.Commands && g.sink.mayAsk() {
		g.register(g.place.Commands())
	}
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

// discordNow is Discord's time, as near as it is known.
func (g *gatewayHost) discordNow() chat.Time { return g.clock.Now() + chat.Time(g.skew.Load()) }

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
