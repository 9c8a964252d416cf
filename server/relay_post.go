package server

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/store"
)

const (
	// postTimeout is how long the other host may take.
	postTimeout = 20 * time.Second
	// maxKept events are kept while the other host takes none; later ones wait in
	// Discord's own memory of the session.
	maxKept = 100_000
)

// gatewayActor owns the Gateway's rows.
var gatewayActor = store.Actor{Kind: 0, Key: "gateway"}

// postSink brings the Gateway's news to another host by POST /relay.
type postSink struct {
	url, secret string
	http        *http.Client
	log         *slog.Logger
	store       *store.Store
	clock       Clock

	mu   sync.Mutex
	next int64
	kept int
	said string // the trouble that was logged last
}

// deliver implements newsSink.
func (s *postSink) deliver(ctx context.Context, n chat.News) delivered {
	return s.post(ctx, discord.RelayOf(n))
}

// gap implements newsSink.
func (s *postSink) gap(ctx context.Context, g discord.GatewayGap) delivered {
	return s.post(ctx, g.Body())
}

// recheck implements newsSink: a hint, of which nothing depends.
func (s *postSink) recheck(ctx context.Context) {
	s.post(ctx, discord.Recheck{}.Body())
}

// stray implements newsSink: of this nothing depends either.
func (s *postSink) stray(ctx context.Context, ev discord.Stray) {
	s.post(ctx, ev.Body())
}

// mayAsk implements newsSink: the other host sends for the bot.
func (s *postSink) mayAsk() bool { return false }

// post hands one body over.
func (s *postSink) post(ctx context.Context, body []byte) delivered {
	ctx, cancel := context.WithTimeout(ctx, postTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		s.trouble("RELAY_URL is no address")
		return tryAgain
	}
	req.Header.Set("Authorization", "Bearer "+s.secret)
	req.Header.Set("Content-Type", "application/json")
	res, err := s.http.Do(req)
	if err != nil {
		s.trouble("the chat does not answer: " + bareError(err).Error())
		return tryAgain
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, discord.MaxRelayAnswerBytes+1)) // to its end, so that the connection is used again
	if err != nil {
		s.trouble("the chat does not answer: the connection broke")
		return tryAgain
	}
	verdict := discord.JudgeRelay(res.StatusCode, answer)
	s.trouble(verdict.Trouble)
	if verdict.Refused {
		s.log.Error("the chat will never take an event; it was set aside", "status", res.StatusCode)
	}
	if !verdict.Over {
		return tryAgain
	}
	return handedOver
}

// trouble logs a change of fortune, once.
func (s *postSink) trouble(words string) {
	s.mu.Lock()
	was := s.said
	s.said = words
	s.mu.Unlock()
	switch {
	case was == words:
	case words == "":
		s.log.Info("the chat takes events again")
	default:
		s.log.Warn("the chat takes no events; they are kept", "reason", words)
	}
}

// wrong says what is the matter; "" is nothing.
func (s *postSink) wrong() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said
}

// keep implements newsSink.
func (s *postSink) keep(body []byte) (forget func()) {
	s.mu.Lock()
	if s.kept >= maxKept {
		s.mu.Unlock()
		return nil
	}
	s.next++
	s.kept++
	key := s.next
	s.mu.Unlock()
	row := records.GatewayEvent{Key: key, Body: string(body), AtMs: int64(s.clock.Now())}
	if err := s.store.Apply([]store.Writes{{Actor: gatewayActor, Rows: []records.Row{row.Row()}}}); err != nil {
		s.log.Error("an event could not be kept", "err", err)
		s.lose()
		return nil
	}
	return func() { s.forget(key) }
}

func (s *postSink) lose() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept--
}

func (s *postSink) forget(key int64) {
	gone := records.Row{Table: records.TableGatewayEvent, Key: key, Delete: true}
	if err := s.store.Apply([]store.Writes{{Actor: gatewayActor, Rows: []records.Row{gone}}}); err != nil {
		s.log.Error("an event that was handed over could not be forgotten; it will be handed over again", "err", err)
		return
	}
	s.lose()
}

// left gives what an earlier run kept, oldest first, for the lanes.
func (s *postSink) left() ([]parcel, error) {
	rows, err := s.store.Range(gatewayActor, records.TableGatewayEvent, 0, maxKept)
	if err != nil {
		return nil, err
	}
	out := make([]parcel, 0, len(rows))
	for i := len(rows) - 1; i >= 0; i-- {
		ev := records.GatewayEventOf(rows[i])
		s.next = max(s.next, ev.Key)
		s.kept++
		lane, ok := discord.RelayLane([]byte(ev.Body))
		if !ok {
			s.log.Error("a kept event cannot be read; it is forgotten")
			s.forget(ev.Key)
			continue
		}
		out = append(out, parcel{lane: lane, done: func() { s.forget(ev.Key) },
			hand: func(ctx context.Context) delivered { return s.post(ctx, []byte(ev.Body)) }})
	}
	return out, nil
}
