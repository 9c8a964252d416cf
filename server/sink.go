package server

import (
	"context"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// askTimeout is how long an answer of the engine may take.
const askTimeout = 20 * time.Second

// engineSink brings the Gateway's news to the engine in the same process.
type engineSink struct{ engine *engine }

// deliver implements newsSink.
func (s engineSink) deliver(ctx context.Context, n chat.News) delivered {
	if n.Kind == chat.NewsTyping {
		s.engine.submit(item{to: chat.ThreadKey(n.Thread), ev: chat.ThreadNews{News: n}})
		return handedOver
	}
	if s.engine.tell(ctx, n) == chat.StatusLater {
		return tryAgain
	}
	return handedOver
}

// tell brings news to the registry of its thread and waits until it is safe.
func (e *engine) tell(ctx context.Context, n chat.News) chat.Status {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	return e.ask(ctx, chat.ThreadKey(n.Thread), func(t chat.Ticket) chat.Event { return chat.ThreadNews{News: n, Ticket: t} })
}

// gap implements newsSink.
func (s engineSink) gap(ctx context.Context, g discord.GatewayGap) delivered {
	return s.engine.tellGap(ctx, g)
}

// tellGap tells the desk of a gap and waits until that is durable.
func (e *engine) tellGap(ctx context.Context, g discord.GatewayGap) delivered {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	done := make(chan bool, 1)
	e.submit(item{to: chat.DeskAddress, ev: g, done: func(taken bool) { done <- taken }})
	select {
	case taken := <-done:
		if taken {
			return handedOver
		}
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
	return tryAgain
}

// recheck implements newsSink.
func (s engineSink) recheck(context.Context) {
	s.engine.submit(item{to: chat.DeskAddress, ev: discord.Recheck{}})
}

// stray implements newsSink.
func (s engineSink) stray(_ context.Context, ev discord.Stray) {
	s.engine.submit(item{to: chat.DeskAddress, ev: ev})
}

// keep implements newsSink: what the engine refuses, the disk refuses too.
func (engineSink) keep([]byte) func() { return nil }

// mayAsk implements newsSink.
func (engineSink) mayAsk() bool { return true }
