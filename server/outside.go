package server

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// outside carries out the effects that leave the process. Each is answered by an
// event.
type outside struct {
	server    *Server
	discord   *discordClient
	turnstile *turnstile
}

// carry implements engineConfig.outside. The desk bounds its open calls, and
// the verifier its own.
func (o *outside) carry(from chat.Address, effect chat.Effect) {
	e := o.server.engine
	switch f := effect.(type) {
	case discord.Call:
		o.server.work.Go(func() {
			done := o.discord.do(e.ctx, &f.Request)
			done.ID = f.ID
			e.submit(item{to: from, ev: done})
		})
	case chat.VerifyTurnstile:
		o.server.work.Go(func() {
			e.submit(item{to: from, ev: chat.TurnstileVerified{Conn: f.Conn, Code: o.turnstile.verify(e.ctx, f)}})
		})
	default:
		o.server.opt.Log.Error("an effect is not known here", "effect", effect.EffectName())
	}
}
