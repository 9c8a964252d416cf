package main

import (
	"context"
	"strings"

	"cloudflarechat/server/check"
	"cloudflarechat/server/settings"
)

// stepOrigins asks which websites may use the chat.
func (w *wizard) stepOrigins(ctx context.Context) error {
	const key = "ALLOWED_ORIGINS"
	var asIs string // an answer that a person wants although it does not answer
	origins, err := w.settle(ctx, w.known[key], "Looking at your website", func() (string, error) {
		if w.ask == nil {
			return "", missing(key, "set it with --allowed-origins https://example.com")
		}
		return w.ask.text(ctx, "The address of your website", "As the browser shows it, up to the first single slash: https://example.com. Several are separated by commas; https://*.example.com stands for all names below it.", false)
	}, func(v string) *check.Problem {
		if v == "" {
			return &check.Problem{What: "nothing was entered", Mend: "give at least one address, so that no other website can use your chat"}
		}
		if err := settings.Find(key).Check(v); err != nil {
			return &check.Problem{What: "that " + err.Error(), Mend: "write " + settings.Find(key).Put}
		}
		if v == asIs {
			return nil
		}
		for _, o := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
			if p := w.web.Origin(ctx, o); p != nil {
				if w.ask == nil {
					w.caution(check.Finding{Says: p.What, Mend: p.Mend})
					continue
				}
				asIs = v
				p.Elsewhere, p.Mend = true, p.Mend+"; or check again to keep it as it is"
				return p
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if origins != w.known[key] || w.kept[key] != origins {
		w.answers[key] = origins
	}
	w.good("the chat may be used by %s", origins)
	return nil
}

// stepTurnstile asks for the keys of Cloudflare's check for humans.
func (w *wizard) stepTurnstile(ctx context.Context) error {
	const key = "TURNSTILE_SECRET_KEY"
	known := w.known[key]
	if _, asked := w.kept[key]; known == "" && (asked || w.ask == nil) {
		w.caution(check.Finding{Says: "Turnstile is off: robots are not kept out", Mend: "set " + key + " whenever you like"})
		return nil
	}
	if known == "" {
		use, err := w.ask.choose(ctx, "Cloudflare Turnstile", "Free, and most visitors do not notice it. It keeps robots from filling your channel.",
			[]option{{"yes", "Use it: I have a widget, or make one at https://dash.cloudflare.com → Turnstile → Add widget"}, {"no", "Not now"}}, "yes")
		if err != nil {
			return err
		}
		if use == "no" {
			w.answers[key] = ""
			w.good("Turnstile is off")
			return nil
		}
	}
	test := false
	secret, err := w.settle(ctx, known, "Asking Cloudflare", func() (string, error) {
		return w.ask.text(ctx, "The secret key", "https://dash.cloudflare.com → Turnstile → your widget → Manage widget → Secret Key. It is not shown here; Enter leaves it for later.", true)
	}, func(v string) (p *check.Problem) {
		if v == "" {
			return nil
		}
		if err := settings.Find(key).Check(v); err != nil {
			return &check.Problem{What: "that is no secret key", Mend: settings.Find(key).Put}
		}
		test, p = w.web.Turnstile(ctx, w.value("TURNSTILE_VERIFY_URL"), v)
		return p
	})
	if err != nil {
		return err
	}
	if secret != known {
		w.answers[key] = secret
	}
	if secret == "" {
		w.good("Turnstile is off")
		return nil
	}
	w.good("Cloudflare takes the secret key")
	if test {
		w.caution(check.Finding{Says: "it is one of Cloudflare's keys for tests: it keeps nobody out"})
	}
	return w.siteKey(ctx, secret)
}

// siteKey asks for what stands in the page.
func (w *wizard) siteKey(ctx context.Context, secret string) error {
	if w.c.SiteKey == "" && w.ask == nil {
		return nil
	}
	key, err := w.settle(ctx, w.c.SiteKey, "", func() (string, error) {
		return w.ask.text(ctx, "The site key", "The other key of the same widget. It stands in your pages, for everybody to see; Enter leaves it for later.", false)
	}, func(v string) *check.Problem {
		if v == "" {
			return nil
		}
		return check.SiteKey(v, secret)
	})
	w.c.SiteKey = key
	return err
}
