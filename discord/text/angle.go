package text

import (
	"strconv"
	"strings"
)

// angle reads what Discord writes in angle brackets (docs: reference, message formatting), and gives its length, or 0
// where it is none of these.
func (p *parser) angle(before, rest string, st style) int {
	end := strings.IndexByte(rest, '>')
	if end < 3 || !p.spend(end) {
		return 0
	}
	body := rest[1:end]
	if url, ok := wholeLink(body); ok {
		p.r.text(st, before)
		p.r.link(url)
		return end + 1
	}
	words, ok := p.words(body)
	if !ok {
		return 0
	}
	p.r.text(st, before)
	p.r.text(st, words)
	return end + 1
}

// words gives what a person reads in place of <body>.
func (p *parser) words(body string) (string, bool) {
	switch body[0] {
	case '@':
		if id, ok := strings.CutPrefix(body, "@&"); ok {
			return p.name(MentionRole, id)
		}
		return p.name(MentionUser, strings.TrimPrefix(body[1:], "!"))
	case '#':
		return p.name(MentionChannel, body[1:])
	case '/':
		if name, id, ok := cutLast(body, ':'); ok && isID(id) && len(name) > 1 {
			return name, true
		}
		return "", false
	case 't':
		if moment, ok := strings.CutPrefix(body, "t:"); ok {
			return timestamp(moment)
		}
	}
	if name, id, ok := cutLast(strings.TrimPrefix(body, "a:"), ':'); ok && isID(id) {
		if name = strings.TrimPrefix(name, ":"); isEmojiName(name) {
			return ":" + name + ":", true
		}
	}
	if id, place, ok := strings.Cut(body, ":"); ok && (isID(id) || id == "id") {
		place, _, _ = strings.Cut(place, ":")
		return navigation(place)
	}
	if ValidEmail(body) {
		return body, true
	}
	return "", false
}

// navigation names the places of a server that Discord links to (docs: reference, guild navigation types).
func navigation(place string) (string, bool) {
	switch place {
	case "customize":
		return "Channels & Roles", true
	case "browse":
		return "Browse Channels", true
	case "guide":
		return "Server Guide", true
	case "linked-roles":
		return "Linked Roles", true
	}
	return "", false
}

// maxShownGraphemes bounds a name inside a message.
const maxShownGraphemes = 64

func (p *parser) name(kind MentionKind, id string) (string, bool) {
	if !isID(id) {
		return "", false
	}
	sign, word := "@", "user"
	switch kind {
	case MentionRole:
		word = "role"
	case MentionChannel:
		sign, word = "#", "channel"
	}
	for _, m := range p.names {
		if m.Kind == kind && m.ID == id {
			if name := CleanName(m.Name, maxShownGraphemes); name != "" {
				word = name
			}
			break
		}
	}
	return sign + word, true
}

// isID reports a snowflake: 64 bits in decimal digits.
func isID(s string) bool {
	if len(s) == 0 || len(s) > 20 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isEmojiName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !letterOrDigit(rune(s[i])) && s[i] != '_' {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= 32
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}

// maxMoment is the furthest a timestamp may lie from 1970, in seconds: the range of JavaScript's Date.
const maxMoment = 8_640_000_000_000

// timestamp gives the words for "seconds" or "seconds:style". Relative times become absolute ones: the text is kept
// and read later, and what "in 5 minutes" meant would be lost.
func timestamp(s string) (string, bool) {
	digits, form, _ := strings.Cut(s, ":")
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || seconds > maxMoment || seconds < -maxMoment {
		return "", false
	}
	days := seconds / 86400
	if seconds%86400 < 0 {
		days--
	}
	inDay := seconds - days*86400
	y, m, d := civil(days)
	date := strconv.Itoa(d) + " " + months[m-1] + " " + strconv.FormatInt(y, 10)
	clock := two(inDay/3600) + ":" + two(inDay/60%60)
	switch form {
	case "t":
		return clock + " UTC", true
	case "T":
		return clock + ":" + two(inDay%60) + " UTC", true
	case "d", "D":
		return date, true
	case "", "f", "R":
		return date + ", " + clock + " UTC", true
	case "s":
		return date + ", " + clock + " UTC", true
	case "S":
		return date + ", " + clock + ":" + two(inDay%60) + " UTC", true
	case "F":
		return weekdays[((days+4)%7+7)%7] + ", " + date + ", " + clock + " UTC", true
	}
	return "", false
}

var (
	months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September",
		"October", "November", "December"}
	weekdays = [...]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

func two(n int64) string {
	return string([]byte{byte('0' + n/10), byte('0' + n%10)})
}

// civil gives the date of a day counted from 1970-01-01 in the Gregorian calendar (Howard Hinnant, "chrono-Compatible
// Low-Level Date Algorithms", civil_from_days). The package time would do, at the price of its size in WASM.
func civil(days int64) (year int64, month, day int) {
	days += 719468
	era := days / 146097
	if days%146097 < 0 {
		era--
	}
	ofEra := days - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	mp := (5*ofYear + 2) / 153
	day = int(ofYear - (153*mp+2)/5 + 1)
	month = int(mp + 3)
	if month > 12 {
		month -= 12
	}
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}
