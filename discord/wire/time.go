package wire

import "strings"

// Times are read by hand: the parser of package time, which reads every format
// there is, would be a hundredth of what the edge may weigh.

const (
	secondMs = 1000
	minuteMs = 60 * secondMs
	hourMs   = 60 * minuteMs
	dayMs    = 24 * hourMs
)

// HTTPDateMs reads the Date of an HTTP answer as Unix milliseconds: RFC 9110,
// section 5.6.7, IMF-fixdate, such as "Sun, 06 Nov 1994 08:49:37 GMT".
func HTTPDateMs(s string) (int64, bool) {
	if len(s) != len("Sun, 06 Nov 1994 08:49:37 GMT") || s[3:5] != ", " || s[7] != ' ' || s[11] != ' ' || s[16] != ' ' || s[25:] != " GMT" {
		return 0, false
	}
	at := strings.Index("JanFebMarAprMayJunJulAugSepOctNovDec", s[8:11])
	if at < 0 || at%3 != 0 {
		return 0, false
	}
	day, ok1 := date(digits(s[12:16]), at/3+1, digits(s[5:7]))
	clock, ok2 := clockMs(s[17:25])
	return day + clock, ok1 && ok2
}

// timestampMs reads ISO 8601 as Discord writes it, which is what RFC 3339 allows:
// 2026-08-24T16:20:42.123000+00:00.
func timestampMs(s string) (int64, bool) {
	const whole = "2026-08-24T16:20:42"
	if len(s) <= len(whole) || s[4] != '-' || s[7] != '-' || s[10] != 'T' {
		return 0, false
	}
	day, ok1 := date(digits(s[:4]), digits(s[5:7]), digits(s[8:10]))
	clock, ok2 := clockMs(s[11:len(whole)])
	if !ok1 || !ok2 {
		return 0, false
	}
	ms, rest := day+clock, s[len(whole):]
	if rest[0] == '.' {
		n := 1
		for unit := int64(100); n < len(rest) && rest[n] >= '0' && rest[n] <= '9'; n++ {
			ms += int64(rest[n]-'0') * unit
			unit /= 10
		}
		if n == 1 {
			return 0, false
		}
		rest = rest[n:]
	}
	if rest == "Z" {
		return ms, true
	}
	if len(rest) != len("+00:00") || rest[0] != '+' && rest[0] != '-' || rest[3] != ':' {
		return 0, false
	}
	h, m := digits(rest[1:3]), digits(rest[4:])
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, false
	}
	ahead := int64(h)*hourMs + int64(m)*minuteMs
	if rest[0] == '-' {
		ahead = -ahead
	}
	return ms - ahead, true
}

// clockMs reads 16:20:42.
func clockMs(s string) (int64, bool) {
	h, m, sec := digits(s[:2]), digits(s[3:5]), digits(s[6:])
	ok := h >= 0 && h < 24 && m >= 0 && m < 60 && sec >= 0 && sec < 60 && s[2] == ':' && s[5] == ':'
	return int64(h)*hourMs + int64(m)*minuteMs + int64(sec)*secondMs, ok
}

// date gives midnight of a day of the Gregorian calendar.
func date(year, month, day int) (int64, bool) {
	if year < 0 || month < 1 || month > 12 || day < 1 {
		return 0, false
	}
	leap := year%4 == 0 && (year%100 != 0 || year%400 == 0)
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if leap {
		days[1]++
	}
	if day > days[month-1] {
		return 0, false
	}
	n := 365*year + (year+3)/4 - (year+99)/100 + (year+399)/400 // days before the year, from the year 0 on
	for _, d := range days[:month-1] {
		n += d
	}
	const epoch = 719528 // 1970-01-01
	return int64(n+day-1-epoch) * dayMs, true
}

// digits reads a number without a sign; -1 is none.
func digits(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return -1
		}
		n = 10*n + int(s[i]-'0')
	}
	return n
}
