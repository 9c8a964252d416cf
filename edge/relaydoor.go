package edge

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/edge/relay"
)

// maxRelayBytes of a body are taken.
const maxRelayBytes = 256 << 10

// What the host does with a POST /relay.
const (
	relayRefused byte = iota // sends the answer
	relayAsk                 // tells an actor, and answers what it says to the ticket
	relayTell                // tells an actor, and sends the answer when it was taken
	relayState               // keeps the state of the connection, and sends the answer
	relayBody                // reads the body: the number of bytes that follows, and one more
)

// relay reads POST /relay: now, the ticket that the host minted, the method, the
// headers Authorization and Content-Type, and a 0, or a 1 with the body. Without
// the body the request is judged as far as it can be: nobody else's is read. The
// reply is one of the numbers above and, but for relayBody, the answer; for
// relayAsk and relayTell the address and the event follow, for relayState its
// fields.
func (b *Border) relay(r *reader) []byte {
	now, ticket := chat.Time(r.int()), chat.Ticket(r.string())
	method, authorization, contentType := r.string(), r.string(), r.string()
	known := r.bool()
	var body []byte
	if known {
		body = r.take()
	}
	if r.err != nil {
		return fail(r.err)
	}
	if no := b.door.admit(method, authorization, contentType, body); no != nil {
		return b.reply(func(dst []byte) []byte { return no.append(append(dst, relayRefused)) })
	}
	if !known {
		return b.reply(func(dst []byte) []byte { return putUint(append(dst, relayBody), maxRelayBytes) })
	}
	what, err := discord.ReadRelay(body)
	if err != nil {
		no := words(400, "bad_request", strings.TrimPrefix(err.Error(), "relay: "))
		return b.reply(func(dst []byte) []byte { return no.append(append(dst, relayRefused)) })
	}
	done := relayAnswer(chat.StatusTaken)
	if what.State != nil {
		return b.reply(func(dst []byte) []byte {
			w := &writer{done.append(append(dst, relayState))}
			w.putRelayState((*relay.State)(what.State))
			return w.b
		})
	}
	kind, to, ev := relayTell, chat.DeskAddress, chat.Event(discord.Recheck{})
	switch {
	case what.Recheck:
	case what.Stray != nil:
		ev = *what.Stray
	case what.Gap != nil:
		ev = *what.Gap
	case what.News.Kind == chat.NewsTyping:
		to, ev = chat.ThreadKey(what.News.Thread), chat.ThreadNews{News: what.News}
	default:
		kind, to = relayAsk, chat.ThreadKey(what.News.Thread)
		ev = chat.ThreadNews{News: discord.MintMessage(what.News, now), Ticket: ticket}
	}
	return b.reply(func(dst []byte) []byte {
		dst = done.append(append(dst, kind))
		dst = putString(append(dst, byte(to.Kind)), to.Key)
		return AppendEvent(dst, ev)
	})
}

// admit checks all but what the body says.
func (d *door) admit(method, authorization, contentType string, body []byte) *answer {
	var no answer
	kind, _, _ := strings.Cut(contentType, ";")
	switch {
	case method != "POST":
		no = words(405, "method", "Use POST.", "Allow", "POST")
	case len(d.relaySecrets) == 0:
		no = words(401, "unauthorized", "This host takes no relay: BOT_RELAY_SECRET is not set.")
	case !bearerIs(authorization, d.relaySecrets...):
		no = words(401, "unauthorized", "The Authorization header does not hold BOT_RELAY_SECRET as a bearer token.", "WWW-Authenticate", "Bearer")
	case contentType != "" && !strings.EqualFold(strings.TrimSpace(kind), "application/json"):
		no = words(415, "bad_request", "Send application/json.")
	case len(body) > maxRelayBytes:
		no = words(413, "too_big", "The body is larger than 256 KB.")
	default:
		return nil
	}
	return &no
}

func words(status int, code chat.Code, text string, header ...string) answer {
	return answer{status, with(private, header...), explain(code, text, 0)}
}

func relayAnswer(s chat.Status) answer {
	switch s {
	case chat.StatusTaken:
		return words(200, "taken", "It is on its way to the visitor.")
	case chat.StatusUnknown:
		return words(404, "unknown_thread", "No conversation has this thread.")
	case chat.StatusPoison:
		return words(422, "set_aside", "It could not be processed and was set aside. Do not send it again.")
	}
	return words(503, "later", "It could not be stored. Send it again in a moment.", "Retry-After", "5")
}

// bearerIs tells whether an Authorization header holds one of the secrets, in
// the same time for every wrong one.
func bearerIs(authorization string, secrets ...string) bool {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	given := sha256.Sum256([]byte(token))
	ok := 0
	for _, s := range secrets {
		want := sha256.Sum256([]byte(s))
		ok |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	return ok == 1 && strings.EqualFold(scheme, "Bearer") && token != ""
}
