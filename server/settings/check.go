package settings

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The checks say what is wrong with a value, in words that follow the name of
// the setting. They never repeat a secret.

func checkToken(v string) error {
	switch {
	case strings.HasPrefix(v, "Bot "):
		return errors.New(`begins with "Bot ", which does not belong to it`)
	case strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r > '~' }):
		return errors.New("holds characters that no token has")
	case isDigits(v):
		return errors.New("is a number, such as an application's id")
	}
	return nil
}

func checkID(v string) error {
	if !isDigits(v) || len(v) < 15 || len(v) > 20 {
		return fmt.Errorf("is %q, which is no Discord id", v)
	}
	return nil
}

// checkSecret wants enough characters that guessing is hopeless.
func checkSecret(v string) error {
	if len(v) < 16 {
		return errors.New("is shorter than 16 characters")
	}
	return nil
}

func checkDataSecret(v string) error {
	if len(v) < 32 {
		return errors.New("is shorter than 32 characters")
	}
	return nil
}

func checkURL(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil {
		return fmt.Errorf("is %q, which is no http or https address", v)
	}
	return nil
}

func checkAPI(v string) error {
	if err := checkURL(v); err != nil {
		return err
	}
	if !strings.HasSuffix(v, "/api") {
		return fmt.Errorf("is %q, which does not end in /api", v)
	}
	return nil
}

func checkRelayURL(v string) error {
	if err := checkURL(v); err != nil {
		return err
	}
	if !strings.HasSuffix(v, "/relay") {
		return fmt.Errorf("is %q, which does not end in /relay", v)
	}
	return nil
}

func checkListen(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return fmt.Errorf("is %q, which is not HOST:PORT", v)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("is %q, whose port is not between 0 and 65535", v)
	}
	return nil
}

// checkOrigins takes origins, patterns with one star for one name, and a star
// alone.
func checkOrigins(v string) error {
	for _, o := range fields(v) {
		if o == "*" { // every website
			continue
		}
		u, err := url.Parse(strings.Replace(o, "://*.", "://star.", 1))
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			return fmt.Errorf("holds %q, which does not begin with https:// or http://", o)
		case strings.Contains(u.Host, "*"):
			return fmt.Errorf("holds %q, where a star stands elsewhere than in the first name", o)
		case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
			return fmt.Errorf("holds %q, which is more than an origin", o)
		}
	}
	return nil
}

// checkAction holds Turnstile's own limits of an action.
func checkAction(v string) error {
	if len(v) > 32 || strings.Trim(v, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
		return fmt.Errorf("is %q, which is no action", v)
	}
	return nil
}

// checkBlock bounds how long an address is blocked: it may be somebody else's by
// then.
func checkBlock(v string) error {
	if d, err := ParseDuration(v); err != nil || d > 30*24*time.Hour {
		return fmt.Errorf("is %q, which is no length of time of at most 30 days", v)
	}
	return nil
}

func checkChoice(choices ...string) func(string) error {
	return func(v string) error {
		for _, c := range choices {
			if v == c {
				return nil
			}
		}
		return fmt.Errorf("is %q", v)
	}
}

// checkLength bounds a text that visitors read.
func checkLength(limitRunes int) func(string) error {
	return func(v string) error {
		if n := len([]rune(v)); n > limitRunes {
			return fmt.Errorf("has %d characters, more than %d", n, limitRunes)
		}
		return nil
	}
}

func isDigits(v string) bool {
	return v != "" && !strings.ContainsFunc(v, func(r rune) bool { return r < '0' || r > '9' })
}

func parseSwitch(v string) (bool, error) {
	switch strings.ToLower(v) {
	case "on", "true", "yes", "1":
		return true, nil
	case "off", "false", "no", "0":
		return false, nil
	}
	return false, fmt.Errorf("is %q", v)
}

// ParseDuration reads a length of time as people write it: what Go reads (90s,
// 1h30m), or a whole number of days (90d).
func ParseDuration(v string) (time.Duration, error) {
	const limitDays = 3650
	if days, ok := strings.CutSuffix(v, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 1 || n > limitDays {
			return 0, fmt.Errorf("is %q, which is not 1 to %d days", v, limitDays)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 || d > limitDays*24*time.Hour {
		return 0, fmt.Errorf("is %q, which is no length of time", v)
	}
	return d, nil
}

// parseWait reads a length of time, or "off", which is 0.
func parseWait(v string) (time.Duration, error) {
	if on, err := parseSwitch(v); err == nil && !on {
		return 0, nil
	}
	return ParseDuration(v)
}

func formatDuration(d time.Duration) string {
	if day := 24 * time.Hour; d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// fields splits a list at commas and white space.
func fields(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
}

func parsePrefixes(v string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, f := range fields(v) {
		if a, err := netip.ParseAddr(f); err == nil {
			list = append(list, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(f)
		if err != nil {
			return nil, fmt.Errorf("holds %q, which is neither an address nor a network", f)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}
