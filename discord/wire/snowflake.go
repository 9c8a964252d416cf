package wire

// DiscordEpochMs is the first millisecond of 2015, from which snowflakes count.
// https://docs.discord.com/developers/reference#snowflakes
const DiscordEpochMs = 1420070400000

// Snowflake is an id of Discord, in decimal. The zero value "" means "no id".
// It stays a string because ids pass 2^53, and every border that they cross (JSON, SQLite, JavaScript) keeps strings whole.
type Snowflake string

// Valid says whether s is 1 to 20 decimal digits that fit 64 bits, without a leading zero.
func (s Snowflake) Valid() bool {
	_, ok := s.number()
	return ok
}

// Compare orders ids by age: negative when s is older than t. An id that is no number sorts before all that are.
func (s Snowflake) Compare(t Snowflake) int {
	switch {
	case len(s) != len(t) && s.Valid() && t.Valid():
		return len(s) - len(t)
	case s.Valid() != t.Valid():
		if t.Valid() {
			return -1
		}
		return 1
	case s < t:
		return -1
	case s > t:
		return 1
	}
	return 0
}

// TimeMs is when the id was made, in Unix milliseconds; 0 for an id that is no number.
func (s Snowflake) TimeMs() int64 {
	n, ok := s.number()
	if !ok {
		return 0
	}
	return int64(n>>22) + DiscordEpochMs
}

// SnowflakeAt is the smallest id that can have been made at atMs (Unix milliseconds). It is for paging by time:
// "messages after this moment". A moment before Discord's epoch gives "0".
func SnowflakeAt(atMs int64) Snowflake {
	if atMs <= DiscordEpochMs {
		return "0"
	}
	return Snowflake(appendUint(nil, uint64(atMs-DiscordEpochMs)<<22))
}

func (s Snowflake) number() (uint64, bool) {
	if len(s) == 0 || len(s) > 20 || (s[0] == '0' && len(s) > 1) {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		digit := uint64(s[i] - '0')
		if s[i] < '0' || digit > 9 {
			return 0, false
		}
		if n > (1<<64-1-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, true
}

func appendUint(dst []byte, n uint64) []byte {
	var digits [20]byte
	at := len(digits)
	for {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return append(dst, digits[at:]...)
		}
	}
}
