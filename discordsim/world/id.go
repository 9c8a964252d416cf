package world

import (
	"bytes"
	"strconv"
)

// DiscordEpochMs is the first millisecond that a snowflake can name (2015-01-01).
// https://discord.com/developers/docs/reference#snowflakes
const DiscordEpochMs int64 = 1420070400000

// earliestMs keeps ids at 18 digits or more: discord.js takes an id apart with \d{17,19}, so a clock near the epoch
// would give ids that real clients do not recognise.
const earliestMs int64 = DiscordEpochMs + 365*24*3600*1000

// ID is a snowflake. The type parameter only keeps the kinds apart, so that a message's id cannot be passed for a
// channel's. The zero value means "none" and is null in JSON; every other value is a string of digits.
type ID[Kind any] uint64

type (
	userKind        struct{}
	guildKind       struct{}
	channelKind     struct{}
	messageKind     struct{}
	roleKind        struct{}
	applicationKind struct{}
	attachmentKind  struct{}
	commandKind     struct{}
	interactionKind struct{}
	webhookKind     struct{}
	tagKind         struct{}
	stickerKind     struct{}
)

// The kinds of snowflakes. A thread is a channel and has a ChannelID; a thread that was made from a message has the
// number of that message.
type (
	UserID        = ID[userKind]
	GuildID       = ID[guildKind]
	ChannelID     = ID[channelKind]
	MessageID     = ID[messageKind]
	RoleID        = ID[roleKind]
	ApplicationID = ID[applicationKind]
	AttachmentID  = ID[attachmentKind]
	CommandID     = ID[commandKind]
	InteractionID = ID[interactionKind]
	WebhookID     = ID[webhookKind]
	TagID         = ID[tagKind]
	StickerID     = ID[stickerKind]
)

// String gives the digits, as they stand in paths and JSON.
func (id ID[Kind]) String() string { return strconv.FormatUint(uint64(id), 10) }

// Ms is the Unix time in milliseconds at which the id was made.
func (id ID[Kind]) Ms() int64 { return int64(uint64(id)>>22) + DiscordEpochMs }

// MarshalJSON writes a string, or null for the zero value.
func (id ID[Kind]) MarshalJSON() ([]byte, error) {
	if id == 0 {
		return []byte("null"), nil
	}
	b := make([]byte, 0, 22)
	b = append(b, '"')
	b = strconv.AppendUint(b, uint64(id), 10)
	return append(b, '"'), nil
}

// UnmarshalJSON takes a string of digits, a bare number or null, as Discord does.
func (id *ID[Kind]) UnmarshalJSON(b []byte) error {
	if bytes.Equal(b, []byte("null")) {
		*id = 0
		return nil
	}
	n, err := strconv.ParseUint(string(bytes.Trim(b, `"`)), 10, 64)
	if err != nil {
		return errNotSnowflake
	}
	*id = ID[Kind](n)
	return nil
}

// MarshalText lets an id be the key of a JSON object.
func (id ID[Kind]) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (id *ID[Kind]) UnmarshalText(b []byte) error { return id.UnmarshalJSON(b) }

type snowflakeError struct{}

func (snowflakeError) Error() string { return "value is not a snowflake" }

var errNotSnowflake error = snowflakeError{}

// ParseID reads the digits of a snowflake; false where the text is none.
func ParseID[Kind any](s string) (ID[Kind], bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return ID[Kind](n), err == nil && n != 0
}

// mint gives the next snowflake. Ids made within one millisecond differ in the low 22 bits and stay in order; when
// these run out the next millisecond is borrowed, so order never breaks.
func (w *World) mint() uint64 {
	ms := max(w.now, earliestMs)
	next := uint64(ms-DiscordEpochMs) << 22
	if next <= w.lastID {
		next = w.lastID + 1
	}
	w.lastID = next
	return next
}
