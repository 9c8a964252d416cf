package edge

import (
	"strconv"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
)

// answer is a plain HTTP answer with a JSON body, for the host to send as it is.
type answer struct {
	status int
	header []string // names and values in turn
	body   []byte
}

func (a answer) append(b []byte) []byte {
	b = putUint(b, uint64(a.status))
	b = putUint(b, uint64(len(a.header)))
	for _, h := range a.header {
		b = putString(b, h)
	}
	return putBytes(b, a.body)
}

// The headers of every answer that is no file. A page must be able to read why
// it was refused.
var (
	private = []string{
		"Content-Type", "application/json; charset=utf-8", "Cache-Control", "no-store", "X-Content-Type-Options", "nosniff",
		"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'", "Referrer-Policy", "no-referrer",
	}
	readable = append(private[:len(private):len(private)], "Access-Control-Allow-Origin", "*")
)

// with gives headers and more of them.
func with(header []string, more ...string) []string {
	return append(header[:len(header):len(header)], more...)
}

func explain(code chat.Code, words string, retry chat.Time) []byte {
	return append(jsontext.Begin(nil).Text("code", string(code)).Text("message", words).IntUnlessZero("retryAfterMs", int64(retry)).End(), '\n')
}

// statuses are the HTTP statuses of refusals.
var statuses = map[chat.Code]int{chat.CodeOrigin: 403, chat.CodeRoute: 400, chat.CodeCapacity: 503, chat.CodeUnavailable: 503}

// refusal is why a request of a page is not served. Without a status it is the
// code's, without words the catalogue's.
func refusal(status int, code chat.Code, words string, retry chat.Time) answer {
	if status == 0 {
		if status = statuses[code]; status == 0 {
			status = 500
		}
	}
	if words == "" {
		words = chat.RowOf(code).Text
	}
	header := readable
	if retry > 0 {
		header = with(header, "Retry-After", strconv.FormatInt(int64((retry+chat.Second-1)/chat.Second), 10))
	}
	return answer{status, header, explain(code, words, retry)}
}
