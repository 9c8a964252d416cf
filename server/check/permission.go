package check

import (
	"fmt"
	"strconv"
	"strings"
)

// Permissions is Discord's set of bits; a string of digits in JSON.
// https://docs.discord.com/developers/topics/permissions
type Permissions uint64

// The permissions that matter here.
const (
	administrator   Permissions = 1 << 3
	manageChannels  Permissions = 1 << 4
	addReactions    Permissions = 1 << 6
	viewChannel     Permissions = 1 << 10
	sendMessages    Permissions = 1 << 11
	attachFiles     Permissions = 1 << 15
	readHistory     Permissions = 1 << 16
	mentionEveryone Permissions = 1 << 17
	manageThreads   Permissions = 1 << 34
	publicThreads   Permissions = 1 << 35
	privateThreads  Permissions = 1 << 36
	sendInThreads   Permissions = 1 << 38

	// NeededPermissions is what the chat uses, for the invite link.
	NeededPermissions = viewChannel | sendMessages | publicThreads | sendInThreads | readHistory | manageThreads | addReactions | attachFiles
	// ChannelPermissions is the same for a bot that makes the channel itself.
	ChannelPermissions = NeededPermissions | manageChannels
)

// where tells kinds of threads apart.
type where uint8

const (
	everywhere where = iota
	inPublic         // threads that everybody sees who sees the channel
	inPrivate
)

// need is a permission and what it is for.
type need struct {
	bit  Permissions
	name string
	// must: nothing works without it.
	must bool
	// where it is needed.
	where where
	what  string
}

var needs = []need{
	{viewChannel, "View Channel", true, everywhere, "the bot does not see the channel"},
	{sendMessages, "Send Messages", true, everywhere, "conversations cannot begin"},
	{publicThreads, "Create Public Threads", true, inPublic, "no conversation gets its thread"},
	{privateThreads, "Create Private Threads", true, inPrivate, "no conversation gets its thread"},
	{sendInThreads, "Send Messages in Threads", true, everywhere, "nothing that visitors write arrives"},
	{readHistory, "Read Message History", true, everywhere, "answers given while the bot was away are lost"},
	{manageThreads, "Manage Threads", false, everywhere, "/close and /block cannot lock the thread, and room is not made when the server has 1,000 active threads"},
	{addReactions, "Add Reactions", false, everywhere, "your team does not see the mark that says what reached the visitor"},
}

// UnmarshalJSON reads a string of digits.
func (p *Permissions) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseUint(strings.Trim(string(b), `"`), 10, 64)
	if err != nil {
		return fmt.Errorf("permissions: %w", err)
	}
	*p = Permissions(n)
	return nil
}

// MarshalJSON writes a string of digits.
func (p Permissions) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatUint(uint64(p), 10) + `"`), nil
}

// has tells whether all bits of want are set.
func (p Permissions) has(want Permissions) bool { return p&want == want }

// CanMakeChannels tells whether a channel can be made with these.
func (p Permissions) CanMakeChannels() bool {
	return p.has(administrator) || p.has(manageChannels)
}

// Overwrite changes permissions of a role (type 0) or a member (type 1) in a
// channel.
type Overwrite struct {
	ID    string      `json:"id"`
	Type  int         `json:"type"`
	Allow Permissions `json:"allow"`
	Deny  Permissions `json:"deny"`
}

// Role of a server.
type Role struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Permissions Permissions `json:"permissions"`
	Managed     bool        `json:"managed"`
	Mentionable bool        `json:"mentionable"`
}

// Channel of a server.
type Channel struct {
	ID         string      `json:"id"`
	Type       int         `json:"type"`
	Guild      string      `json:"guild_id"`
	Name       string      `json:"name"`
	Overwrites []Overwrite `json:"permission_overwrites"`
}

// The kinds of channels.
const (
	kindText         = 0
	kindAnnouncement = 5
	kindForum        = 15
	kindMedia        = 16
)

// kindNames are what people call the others.
var kindNames = map[int]string{1: "a private conversation", 2: "a voice channel", 3: "a group conversation", 4: "a category",
	10: "a thread", 11: "a thread", 12: "a private thread", 13: "a stage channel", 14: "a directory"}

// Fits tells whether conversations can be opened in channels of this kind.
func (c *Channel) Fits() bool {
	return c.Type == kindText || c.Type == kindAnnouncement || c.forum()
}

func (c *Channel) forum() bool { return c.Type == kindForum || c.Type == kindMedia }

// permissions follows Discord's published algorithm for somebody with roles;
// user may be empty for none in particular. @everyone has the server's id.
// https://docs.discord.com/developers/topics/permissions#permission-overwrites
func permissions(guild, owner, user string, roles map[string]Role, has []string, overwrites []Overwrite) Permissions {
	const all = ^Permissions(0)
	if user != "" && user == owner {
		return all
	}
	p := roles[guild].Permissions
	mine := map[string]bool{}
	for _, id := range has {
		mine[id] = true
		p |= roles[id].Permissions
	}
	if p.has(administrator) {
		return all
	}
	var everyone, byRole, member Overwrite
	for _, o := range overwrites {
		switch {
		case o.Type == 0 && o.ID == guild:
			everyone = o
		case o.Type == 0 && mine[o.ID]:
			byRole.Allow |= o.Allow
			byRole.Deny |= o.Deny
		case o.Type == 1 && user != "" && o.ID == user:
			member = o
		}
	}
	for _, o := range []Overwrite{everyone, byRole, member} {
		p = p&^o.Deny | o.Allow
	}
	if !p.has(viewChannel) {
		return 0
	}
	return p
}
