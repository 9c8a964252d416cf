package discord

import (
	"crypto/sha256"
	"encoding/base64"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/gateway"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// FatalPause is how long after a [gateway.Fatal] the machine is started again: the owner may have mended it in Discord.
const FatalPause = 5 * chat.Minute

// MadeFor names what a Gateway session is opened with, by a hash: the address of Discord's API ("" is the usual one), the support channel, and the token.
func MadeFor(api, channel, token string) string {
	hash := sha256.Sum256([]byte(api + "\n" + channel + "\n" + token))
	return base64.RawURLEncoding.EncodeToString(hash[:9])
}

// TakeUp gives the machine what was kept of a session, and the place its epoch, but for what may not be taken up: resuming a session elsewhere than
// where it was made would show the token there. Since when events may be missed stays. dropped says that there was such a thing.
func (p *Place) TakeUp(kept *records.Gateway, madeFor string) (s gateway.State, dropped bool) {
	s = gateway.State{SessionID: kept.SessionID, ResumeURL: kept.ResumeURL, Seq: kept.Sequence, SeenMs: kept.AtMs, IdentifiedMs: kept.IdentifiedAtMs}
	if kept.MadeFor != "" && kept.MadeFor != madeFor {
		s.SessionID, s.ResumeURL = "", ""
		return s, true
	}
	p.Epoch = chat.MessageID(kept.Epoch)
	return s, false
}

// Keep gives what is kept of a session for [Place.TakeUp].
func (p *Place) Keep(s *gateway.State, madeFor string) *records.Gateway {
	return &records.Gateway{SessionID: s.SessionID, ResumeURL: s.ResumeURL, Sequence: s.Seq, Epoch: string(p.Epoch), AtMs: s.SeenMs,
		IdentifiedAtMs: s.IdentifiedMs, MadeFor: madeFor}
}

// InfoOf gives the machine what the answer to [rest.GatewayBot] says.
func InfoOf(done *CallDone) gateway.Event {
	info, err := wire.ParseGatewayInfo(done.Body)
	if done.Failure != Answered || done.Status != 200 || err != nil {
		return gateway.InfoFailed{Status: done.Status, RetryAfterMs: rest.WaitAskedMs(&done.Header, done.Body)}
	}
	return gateway.Info{URL: info.URL, Remaining: info.Remaining, ResetAfterMs: info.ResetAfterMs, MaxConcurrency: info.MaxConcurrency, Shards: info.Shards}
}
