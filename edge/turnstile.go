package edge

import (
	"crypto/sha256"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/jsontext"
)

// turnstileForm gives the body of a check: reads the token, the visitor's
// address and the idempotency key.
// https://developers.cloudflare.com/turnstile/get-started/server-side-validation/
func (b *Border) turnstileForm(r *reader) []byte {
	token, ip, key := r.string(), r.string(), r.string()
	if r.err != nil {
		return fail(r.err)
	}
	return jsontext.Begin([]byte{byte(StatusOK)}).Text("secret", b.m.turnstileSecret).Text("response", token).
		TextUnlessEmpty("remoteip", ip).Text("idempotency_key", uuidOf(key)).End()
}

// turnstileCode reads the HTTP status of the answer (0: none came), its body and
// the site that must have issued the token. The reply is a code of the
// catalogue, "" where the visitor passed, and what the owner should read in the
// log, "" for nothing.
func (b *Border) turnstileCode(r *reader) []byte {
	status, body, site := r.uint(), r.take(), r.string()
	if r.err != nil {
		return fail(r.err)
	}
	code, log := b.m.judgeTurnstile(int(status), body, site)
	return b.reply(func(dst []byte) []byte { return putString(putString(dst, string(code)), log) })
}

func (m *Machine) judgeTurnstile(status int, body []byte, site string) (code chat.Code, log string) {
	if status == 0 {
		return chat.CodeTurnstileDown, "Turnstile does not answer"
	}
	var success bool
	var host, action string
	var codes []string
	in := jsontext.Read(body)
	in.Object(func(name string) {
		switch name {
		case "success":
			success = in.Bool()
		case "hostname":
			host = in.Text()
		case "action":
			action = in.Text()
		case "error-codes":
			in.List(func() { codes = append(codes, in.Text()) })
		default:
			in.Skip()
		}
	})
	if !in.OK() {
		return chat.CodeTurnstileDown, "Turnstile's answer cannot be read"
	}
	if success {
		if m.turnstileAction != "" && action != m.turnstileAction {
			return chat.CodeTurnstile, "a Turnstile token was made for another action"
		}
		if !hostFits(host, site) {
			return chat.CodeTurnstile, "a Turnstile token was made for another website"
		}
		return "", ""
	}
	for _, c := range codes {
		switch c {
		case "missing-input-secret", "invalid-input-secret":
			return chat.CodeTurnstileDown, "Turnstile does not take the secret key: check TURNSTILE_SECRET_KEY"
		case "bad-request", "internal-error":
			return chat.CodeTurnstileDown, "Turnstile could not check a token: " + c
		}
	}
	return chat.CodeTurnstile, ""
}

// hostFits compares the host for which a token was made with the origin entry
// that allowed the connection; "" fits any.
func hostFits(host, entry string) bool {
	if entry == "" {
		return true
	}
	if _, h, _, ok := chat.SplitOrigin(entry); ok {
		entry = h
	}
	host = strings.ToLower(host)
	if suffix, star := strings.CutPrefix(entry, "*"); star {
		return strings.HasSuffix(host, suffix) && len(host) > len(suffix)
	}
	return host == entry
}

// uuidOf makes the idempotency key a UUID, which is what Cloudflare asks for.
func uuidOf(key string) string {
	h := sha256.Sum256([]byte(key))
	h[6], h[8] = h[6]&0x0f|0x40, h[8]&0x3f|0x80
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, c := range h[:16] {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
