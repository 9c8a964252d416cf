package discord

import (
	"crypto/sha256"
	"encoding/base64"

	"cloudflarechat/chat/records"
)

// MadeFor names what a Gateway session is opened with, by a hash: the address of Discord's API ("" is the usual one), the support channel, and the token.
func MadeFor(api, channel, token string) string {
	hash := sha256.Sum256([]byte(api + "\n" + channel + "\n" + token))
	return base64.RawURLEncoding.EncodeToString(hash[:9])
}

// TakeUp drops from what is kept of a session what may not be taken up: resuming it elsewhere than where it was made would show the token there. Since when
// events may be missed stays. It says whether it dropped anything.
func TakeUp(s *records.Gateway, madeFor string) (dropped bool) {
	if s.MadeFor == "" || s.MadeFor == madeFor {
		return false
	}
	s.SessionID, s.ResumeURL, s.Epoch = "", "", ""
	return true
}
