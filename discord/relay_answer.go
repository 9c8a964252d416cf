package discord

import (
	"strconv"

	"cloudflarechat/chat/jsontext"
)

// MaxRelayAnswerBytes of what POST /relay is answered are worth reading.
const MaxRelayAnswerBytes = 4096

// RelayVerdict is what an answer to POST /relay means.
type RelayVerdict struct {
	// Over: the body is safe, or will never be wanted; else it must be sent again.
	Over bool
	// Refused: it will never be wanted, for it is no body of a relay, or nobody could process it. The owner should hear of it.
	Refused bool
	// Later: the chat put this very body off; others it may take.
	Later bool
	// Trouble is why the chat takes nothing; "" is nothing.
	Trouble string
}

// JudgeRelay says what an answer to POST /relay means; status 0 is none. Only the chat itself may say that a body is dealt with, so a status
// counts with the chat's own code alone: whatever stands before the chat answers 200, 404 or 413 as well, while the chat is away.
func JudgeRelay(status int, body []byte) RelayVerdict {
	code := relayCode(body)
	switch {
	case status == 200 && code == "taken", status == 404 && code == "unknown_thread":
		return RelayVerdict{Over: true}
	case status == 400 && code == "bad_request", status == 413 && code == "too_big", status == 422 && code == "set_aside":
		return RelayVerdict{Over: true, Refused: true}
	case status == 401 && code == "unauthorized":
		return RelayVerdict{Trouble: "the chat refuses BOT_RELAY_SECRET: it must be the same at both ends"}
	case status == 0:
		return RelayVerdict{Trouble: "the chat does not answer"}
	case status == 503 && code == "later":
		return RelayVerdict{Later: true, Trouble: "the chat takes nothing at the moment"}
	case code != "":
		return RelayVerdict{Trouble: "the chat takes nothing: it answers " + strconv.Itoa(status)}
	}
	return RelayVerdict{Trouble: "something else than the chat answers " + strconv.Itoa(status) + " in its place"}
}

// relayCode is the code of an answer; "" where it has none.
func relayCode(body []byte) (code string) {
	if len(body) > MaxRelayAnswerBytes {
		return ""
	}
	r := jsontext.Read(body)
	r.Object(func(name string) {
		if name == "code" {
			code = r.Text()
		} else {
			r.Skip()
		}
	})
	if !r.OK() {
		return ""
	}
	return code
}
