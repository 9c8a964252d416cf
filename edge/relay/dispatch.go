package relay

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
)

// dispatch takes one event of Discord.
func (g *Gateway) dispatch(f gateway.Dispatch) {
	told := discord.NewsOf(f.Event, &g.place, g.discordNow())
	if told.Recheck { // a hint
		g.ship(parcel{lane: "recheck", body: discord.Recheck{}.Body(), once: true})
	}
	if told.Commands {
		g.commands = commands{}
		g.register()
	}
	if told.Reply != nil {
		g.ask(*told.Reply)
	}
	if told.Alert == discord.AlertNoContent {
		g.state.NoContent = true
	}
	if told.Stray != nil {
		g.ship(parcel{lane: "stray", body: told.Stray.Body(), once: true}) // a hint hangs on it, no more
	}
	if told.Gap != nil {
		g.gap(*told.Gap)
	}
	g.hand(f, told.News)
}

// discordNow is Discord's time, as near as it is known.
func (g *Gateway) discordNow() chat.Time { return g.now + chat.Time(g.skew) }

// hand hands the news of a dispatch over, and tells the machine when all of it
// is safe.
func (g *Gateway) hand(f gateway.Dispatch, news []chat.News) {
	open := 0
	taken := func() {
		if open--; open == 0 {
			g.queue = append(g.queue, gateway.Taken{Conn: f.Conn, Seq: f.Seq, Relevant: true})
		}
	}
	for _, n := range news {
		if n.Kind != chat.NewsTyping {
			open++
		}
	}
	if open == 0 {
		g.queue = append(g.queue, gateway.Taken{Conn: f.Conn, Seq: f.Seq})
	}
	for _, n := range news {
		if n.Kind != chat.NewsTyping {
			g.ship(parcel{lane: "thread " + string(n.Thread), body: discord.RelayOf(n), safe: taken})
		} else if len(g.lanes.order) < maxKept/2 {
			// It is worth nothing later.
			g.ship(parcel{lane: "typing " + string(n.Thread), body: discord.RelayOf(n), once: true})
		}
	}
}

// commands is how the bringing of the agents' commands stands.
type commands struct {
	call  int64 // the last request; 0 is none of which the answer matters
	tries int
	at    chat.Time // when they are brought once more; 0 is never
}

// register brings the commands. Where no answer ever comes they are brought again.
func (g *Gateway) register() {
	g.ask(g.place.Commands())
	g.commands = commands{g.calls, g.commands.tries + 1, g.now + postLost}
}

// registered takes the answer of Discord.
func (g *Gateway) registered(done *discord.CallDone) {
	c := &g.commands
	c.call, c.at = 0, discord.CommandsAgain(done, c.tries)
	if c.at != 0 {
		c.at += g.now
	}
}

// ask sends one request of which nothing depends.
func (g *Gateway) ask(r rest.Request) {
	g.calls++
	g.emit(discord.Call{ID: uint64(g.calls), Request: r})
}
