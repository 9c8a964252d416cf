package world

import "strconv"

// Permissions is Discord's bit set; a string of digits in JSON.
type Permissions uint64

// The permissions that this world asks for.
// https://discord.com/developers/docs/topics/permissions
const (
	CreateInvite          Permissions = 1 << 0
	KickMembers           Permissions = 1 << 1
	Administrator         Permissions = 1 << 3
	ManageChannels        Permissions = 1 << 4
	ManageGuild           Permissions = 1 << 5
	AddReactions          Permissions = 1 << 6
	ViewChannel           Permissions = 1 << 10
	SendMessages          Permissions = 1 << 11
	ManageMessages        Permissions = 1 << 13
	EmbedLinks            Permissions = 1 << 14
	AttachFiles           Permissions = 1 << 15
	ReadMessageHistory    Permissions = 1 << 16
	MentionEveryone       Permissions = 1 << 17
	ChangeNickname        Permissions = 1 << 26
	ManageRoles           Permissions = 1 << 28
	ManageWebhooks        Permissions = 1 << 29
	UseCommands           Permissions = 1 << 31
	ManageThreads         Permissions = 1 << 34
	CreatePublicThreads   Permissions = 1 << 35
	CreatePrivateThreads  Permissions = 1 << 36
	SendMessagesInThreads Permissions = 1 << 38
	SendVoiceMessages     Permissions = 1 << 46
	PinMessages           Permissions = 1 << 51
	BypassSlowmode        Permissions = 1 << 52

	allPermissions Permissions = 1<<53 - 1
	// NoPermissions names an empty set where zero would mean the default.
	NoPermissions Permissions = 1 << 63
)

// DefaultBotPermissions is the set that the product's invite link asks for, without EMBED_LINKS.
const DefaultBotPermissions = ViewChannel | SendMessages | CreatePublicThreads | SendMessagesInThreads |
	ReadMessageHistory | ManageThreads | AddReactions | AttachFiles

// supportPermissions is what the support role may do everywhere.
const supportPermissions = ViewChannel | SendMessages | CreatePublicThreads | CreatePrivateThreads | SendMessagesInThreads |
	ReadMessageHistory | ManageThreads | ManageMessages | AddReactions | AttachFiles | EmbedLinks | UseCommands | PinMessages |
	MentionEveryone | SendVoiceMessages

// Has tells whether every bit of want is set.
func (p Permissions) Has(want Permissions) bool { return p&want == want }

// MarshalJSON writes Discord's string of digits.
func (p Permissions) MarshalJSON() ([]byte, error) {
	return []byte(`"` + strconv.FormatUint(uint64(p&^NoPermissions), 10) + `"`), nil
}

// UnmarshalJSON takes a string of digits or a number.
func (p *Permissions) UnmarshalJSON(b []byte) error {
	var id ID[struct{}]
	if err := id.UnmarshalJSON(b); err != nil {
		return err
	}
	*p = Permissions(id)
	return nil
}

// Overwrite changes the permissions of a role (Type 0) or a member (Type 1) in one channel.
type Overwrite struct {
	ID    ID[struct{}] `json:"id"`
	Type  int          `json:"type"`
	Allow Permissions  `json:"allow"`
	Deny  Permissions  `json:"deny"`
}

// basePermissions are a member's permissions in the guild, before overwrites.
func (w *World) basePermissions(m *Member) Permissions {
	if m == nil {
		return 0
	}
	if w.guild.OwnerID == m.User.ID {
		return allPermissions
	}
	p := w.everyone().Permissions
	for _, id := range m.Roles {
		if r := w.role(id); r != nil {
			p |= r.Permissions
		}
	}
	if p.Has(Administrator) {
		return allPermissions
	}
	return p &^ NoPermissions
}

// permissions follows Discord's published algorithm: base, then the overwrites of @everyone, of the roles together,
// and of the member. Threads inherit from their parent.
// https://discord.com/developers/docs/topics/permissions#permission-overwrites
func (w *World) permissions(m *Member, c *Channel) Permissions {
	p := w.basePermissions(m)
	if m == nil || p == allPermissions {
		return p
	}
	if c.Type.IsThread() {
		if parent := w.channels[c.ParentID]; parent != nil {
			c = parent
		}
	}
	var everyone, roles, member Overwrite
	for _, o := range c.Overwrites {
		switch {
		case o.Type == 0 && uint64(o.ID) == uint64(w.guild.ID):
			everyone = o
		case o.Type == 0 && m.hasRole(RoleID(o.ID)):
			roles.Allow |= o.Allow
			roles.Deny |= o.Deny
		case o.Type == 1 && uint64(o.ID) == uint64(m.User.ID):
			member = o
		}
	}
	for _, o := range []Overwrite{everyone, roles, member} {
		p = p&^o.Deny | o.Allow
	}
	if !p.Has(ViewChannel) {
		return 0
	}
	return p &^ NoPermissions
}

// canSee tells whether the member may view the channel; of private threads, only members of the thread and those who
// manage threads.
func (w *World) canSee(m *Member, c *Channel) bool {
	p := w.permissions(m, c)
	if !p.Has(ViewChannel) {
		return false
	}
	return c.Type != PrivateThread || p.Has(ManageThreads) || c.memberIndex(m.User.ID) >= 0
}
