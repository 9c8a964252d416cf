package world

import (
	"regexp"
	"sort"
	"strings"
)

// allowedMentions says which of the mentions in a text count. nil: Discord's default.
// https://discord.com/developers/docs/resources/message#allowed-mentions-object
type allowedMentions struct {
	Parse       []string `json:"parse"`
	Users       []UserID `json:"users"`
	Roles       []RoleID `json:"roles"`
	RepliedUser bool     `json:"replied_user"`
}

func (a *allowedMentions) check(f *form) {
	if a == nil {
		return
	}
	for i, p := range a.Parse {
		if p != "users" && p != "roles" && p != "everyone" {
			f.add("BASE_TYPE_CHOICES", "Value must be one of ('users', 'everyone', 'roles').", "allowed_mentions", "parse", itoa(i))
		}
		if p == "users" && len(a.Users) > 0 || p == "roles" && len(a.Roles) > 0 {
			f.add("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", "parse:[\""+p+"\"] and "+p+": [ids...] are mutually exclusive.", "allowed_mentions")
		}
	}
	if len(a.Users) > 100 {
		f.add("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.", "allowed_mentions", "users")
	}
	if len(a.Roles) > 100 {
		f.add("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.", "allowed_mentions", "roles")
	}
}

func (a *allowedMentions) parses(what string) bool {
	for _, p := range a.Parse {
		if p == what {
			return true
		}
	}
	return false
}

func listed[T comparable](list []T, v T) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

var mentionPattern = regexp.MustCompile(`<@(!|&)?([0-9]{1,20})>|@(everyone|here)`)

// mention finds who is mentioned in the message's text and, of these, who is pinged. Discord's mentions, mention_roles
// and mention_everyone hold only what allowed_mentions let through. defaultParse is what counts where the request says
// nothing: everything for bots and people, users only for webhooks and interactions.
func (w *World) mention(c *Channel, m *Message, author *Member, allowed *allowedMentions, usersOnly bool) {
	m.Mentions, m.MentionRoles, m.MentionEveryone, m.Pinged = nil, nil, false, nil
	if allowed == nil {
		allowed = &allowedMentions{Parse: []string{"users", "roles", "everyone"}, RepliedUser: true}
		if usersOnly {
			allowed.Parse = []string{"users"}
		}
	}
	if m.Type != ReplyMessage && !strings.Contains(m.Content, "@") {
		return
	}
	mentionsAll := author != nil && w.permissions(author, c).Has(MentionEveryone)
	pinged := map[UserID]bool{}
	for _, hit := range mentionPattern.FindAllStringSubmatch(m.Content, -1) {
		switch {
		case hit[3] != "":
			if !allowed.parses("everyone") || !mentionsAll {
				continue
			}
			m.MentionEveryone = true
			for id := range w.members {
				pinged[id] = true
			}
		case hit[1] == "&":
			id, _ := ParseID[roleKind](hit[2])
			r := w.role(id)
			if r == nil || !allowed.parses("roles") && !listed(allowed.Roles, id) {
				continue
			}
			if !listed(m.MentionRoles, id) {
				m.MentionRoles = append(m.MentionRoles, id)
			}
			if !r.Mentionable && !mentionsAll {
				continue
			}
			for uid, member := range w.members {
				if member.hasRole(id) {
					pinged[uid] = true
				}
			}
		default:
			id, _ := ParseID[userKind](hit[2])
			if w.users[id] == nil || !allowed.parses("users") && !listed(allowed.Users, id) {
				continue
			}
			if !listed(m.Mentions, id) {
				m.Mentions = append(m.Mentions, id)
			}
			pinged[id] = true
		}
	}
	if m.Type == ReplyMessage && allowed.RepliedUser {
		if rc := w.channels[m.ReferenceChannel]; rc != nil {
			if ref := rc.message(m.ReferenceID); ref != nil && ref.WebhookID == 0 {
				if !listed(m.Mentions, ref.Author.ID) {
					m.Mentions = append(m.Mentions, ref.Author.ID)
				}
				pinged[ref.Author.ID] = true
			}
		}
	}
	delete(pinged, m.Author.ID)
	if m.Flags&FlagSuppressNotifications != 0 {
		return
	}
	for id := range pinged {
		if member := w.members[id]; member != nil && w.permissions(member, c).Has(ViewChannel) {
			m.Pinged = append(m.Pinged, id)
		}
	}
	sort.Slice(m.Pinged, func(i, j int) bool { return m.Pinged[i] < m.Pinged[j] })
}
