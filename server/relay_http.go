package server

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// maxRelayBytes of a body are read.
const maxRelayBytes = 256 << 10

// relayDoor serves POST /relay.
type relayDoor struct {
	engine  *engine
	clock   Clock
	secrets []string
	watch   *relayWatch
}

// ServeHTTP implements http.Handler.
func (d *relayDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", "POST")
		relayAnswer(w, http.StatusMethodNotAllowed, "method", "Use POST.")
		return
	case len(d.secrets) == 0:
		relayAnswer(w, http.StatusUnauthorized, "unauthorized", "This host takes no relay: BOT_RELAY_SECRET is not set.")
		return
	case !bearerIs(r, d.secrets...):
		w.Header().Set("WWW-Authenticate", "Bearer")
		relayAnswer(w, http.StatusUnauthorized, "unauthorized", "The Authorization header does not hold BOT_RELAY_SECRET as a bearer token.")
		return
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Header.Get("Content-Type") != "" && (err != nil || kind != "application/json") {
		relayAnswer(w, http.StatusUnsupportedMediaType, "bad_request", "Send application/json.")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRelayBytes))
	if err != nil {
		if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
			relayAnswer(w, http.StatusRequestEntityTooLarge, "too_big", "The body is larger than 256 KB.")
			return
		}
		relayAnswer(w, http.StatusBadRequest, "bad_request", "The body did not come whole.")
		return
	}
	what, err := discord.ReadRelay(body)
	if err != nil {
		relayAnswer(w, http.StatusBadRequest, "bad_request", strings.TrimPrefix(err.Error(), "relay: "))
		return
	}
	d.take(w, r, what)
}

// take hands on what came, and answers once it is safe.
func (d *relayDoor) take(w http.ResponseWriter, r *http.Request, what discord.Relayed) {
	status := chat.StatusTaken
	d.watch.hear(d.clock.Now(), what.State)
	switch {
	case what.State != nil:
	case what.Recheck:
		d.engine.submit(item{to: chat.DeskAddress, ev: discord.Recheck{}})
	case what.Stray != nil:
		d.engine.submit(item{to: chat.DeskAddress, ev: *what.Stray})
	case what.Gap != nil:
		if d.engine.tellGap(r.Context(), *what.Gap) == tryAgain {
			status = chat.StatusLater
		}
	case what.News.Kind == chat.NewsTyping:
		d.engine.submit(item{to: chat.ThreadKey(what.News.Thread), ev: chat.ThreadNews{News: what.News}})
	default:
		status = d.engine.tell(r.Context(), discord.MintMessage(what.News, d.clock.Now()))
	}
	switch status {
	case chat.StatusTaken:
		relayAnswer(w, http.StatusOK, "taken", "It is on its way to the visitor.")
	case chat.StatusUnknown:
		relayAnswer(w, http.StatusNotFound, "unknown_thread", "No conversation has this thread.")
	case chat.StatusPoison:
		relayAnswer(w, http.StatusUnprocessableEntity, "set_aside", "It could not be processed and was set aside. Do not send it again.")
	default:
		w.Header().Set("Retry-After", "5")
		relayAnswer(w, http.StatusServiceUnavailable, "later", "It could not be stored. Send it again in a moment.")
	}
}

func relayAnswer(w http.ResponseWriter, status int, code chat.Code, words string) {
	writeJSON(w, status, explanation{Code: code, Message: words})
}

// bearerIs tells whether a request carries one of the secrets, in the same time
// for every wrong one.
func bearerIs(r *http.Request, secrets ...string) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given := sha256.Sum256([]byte(strings.TrimSpace(token)))
	ok := 0
	for _, s := range secrets {
		want := sha256.Sum256([]byte(s))
		ok |= subtle.ConstantTimeCompare(given[:], want[:])
	}
	return ok == 1 && strings.EqualFold(scheme, "Bearer") && token != ""
}
