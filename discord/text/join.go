package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// joiners are the zero-width non-joiner and the zero-width joiner.
const joiners = "\u200c\u200d"

const zwj = '\u200d'

// maxPictureBytes is behind which byte no more pictures join a first one. The longest sequence that Unicode recommends is a kiss of two
// skins, whose last joiner stands at 24.
const maxPictureBytes = 25

// tagFlags are England, Scotland and Wales: the only sequences of tags that Unicode recommends (UTS #51, ED-14a). Any other would be a
// black flag with something hidden behind it.
const tagFlag, tagFlags = '\U0001f3f4', "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f" +
	"\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"

// joins tells whether an invisible r at s[i:], inside the grapheme s[at:end] that begins with base, behind prev, changes what is seen of
// those beside it: a tag of a flag; a joiner beside a virama, which chooses the form of a cluster; a non-joiner, which parts two Arabic
// letters that would join (UAX #31, profile of the joiners); a joiner that makes one picture of two (UAX #29, GB11). Anywhere else it
// would only make two names of one.
func joins(s string, at, i, end int, base, prev, r rune) bool {
	if base == tagFlag && end-at == len(tagFlags)/3 {
		return strings.Contains(tagFlags, s[at:end])
	}
	if r|1 != zwj {
		return false
	}
	next, _ := utf8.DecodeRuneInString(s[i+3:])
	mark, other := prev, next
	if !virama(mark) {
		mark, other = next, prev
	}
	switch {
	case virama(mark):
		return mark|0x7f == other|0x7f && !unicode.Is(unicode.Mn, other)
	case r != zwj:
		return arabic(base) && arabic(next) && !strings.ContainsRune(rightJoining, base)
	}
	// What hangs on the joiner alone is a mark. A picture stands in the grapheme for the sake of the one before.
	return i+3 < end && clusterLen(s[i:]) == 3 && i-at < maxPictureBytes
}

// virama tells the marks that take a consonant's vowel away, of the scripts in which joiners choose a form by them. From Devanagari to
// Malayalam it stands at one place of each block of 128.
func virama(r rune) bool {
	return r >= 0x900 && r < 0xd80 && r&0x7f == 0x4d || r == 0xdca || r == 0x1039 || r == 0x17d2
}

// arabic tells the letters of Arabic, Persian, Urdu and their neighbours.
func arabic(r rune) bool { return r >= 0x620 && r <= 0x64a || r >= 0x671 && r <= 0x6d3 }

// rightJoining are the Arabic letters that join nothing that follows: no non-joiner is seen behind them (Joining_Type R and U).
const rightJoining = "ءآأؤإاةدذرزوٱٲٳٴٵٶٷڈډڊڋڌڍڎڏڐڑڒړڔڕږڗژڙۀۃۄۅۆۇۈۉۊۋۍۏےۓ"
