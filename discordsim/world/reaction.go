package world

import (
	"sort"
	"strings"
)

var reactionRoutes = []route{
	{name: "PUT /channels/{channel.id}/messages/{message.id}/reactions/{emoji}/@me", auth: true, bucket: "reaction", handle: addReaction},
	{name: "DELETE /channels/{channel.id}/messages/{message.id}/reactions/{emoji}/@me", auth: true, bucket: "reaction", handle: removeOwnReaction},
	{name: "DELETE /channels/{channel.id}/messages/{message.id}/reactions/{emoji}/{user.id}", auth: true, bucket: "reaction", handle: removeReaction},
	{name: "GET /channels/{channel.id}/messages/{message.id}/reactions/{emoji}", auth: true, handle: listReactions},
	{name: "DELETE /channels/{channel.id}/messages/{message.id}/reactions/{emoji}", auth: true, bucket: "reaction", handle: removeEmoji},
	{name: "DELETE /channels/{channel.id}/messages/{message.id}/reactions", auth: true, bucket: "reaction", handle: removeAllReactions},
}

// emojiOf reads an emoji as it stands in a path: a Unicode one, or name:id.
func emojiOf(text string) (emojiWire, *APIError) {
	if name, digits, ok := strings.Cut(text, ":"); ok {
		id, ok := ParseID[struct{}](digits)
		if !ok {
			return emojiWire{}, failure(CodeUnknownEmoji)
		}
		return emojiWire{ID: id, Name: name}, nil
	}
	// Plain ASCII words are no emoji; digits with a keycap carry a rune above ASCII.
	for _, r := range text {
		if r > 0xa0 {
			return emojiWire{Name: text}, nil
		}
	}
	return emojiWire{}, failure(CodeUnknownEmoji)
}

func (m *Message) reaction(e emojiWire) int {
	for i, r := range m.Reactions {
		if r.EmojiID == e.ID && (e.ID != 0 || r.Name == e.Name) {
			return i
		}
	}
	return -1
}

// reactionCall finds channel, message and emoji of a reaction route.
func (c *call) reactionCall() (*Channel, *Message, emojiWire, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return nil, nil, emojiWire{}, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return nil, nil, emojiWire{}, err
	}
	e, err := emojiOf(c.params[2])
	return ch, m, e, err
}

func addReaction(c *call) (int, any, *APIError) {
	ch, m, e, err := c.reactionCall()
	if err != nil {
		return 0, nil, err
	}
	want := ReadMessageHistory
	at := m.reaction(e)
	if at < 0 {
		want |= AddReactions
	}
	if err := c.need(ch, want); err != nil {
		return 0, nil, err
	}
	if ch.Archived {
		return 0, nil, failure(CodeArchived)
	}
	if at < 0 && len(m.Reactions) >= 20 {
		return 0, nil, failure(CodeTooManyReactions)
	}
	c.w.react(ch, m, c.actor, e)
	return 204, nil, nil
}

func (w *World) react(ch *Channel, m *Message, who *Member, e emojiWire) {
	at := m.reaction(e)
	if at < 0 {
		m.Reactions = append(m.Reactions, Reaction{EmojiID: e.ID, Name: e.Name})
		at = len(m.Reactions) - 1
	}
	r := &m.Reactions[at]
	if listed(r.Users, who.User.ID) {
		return
	}
	r.Users = append(r.Users[:len(r.Users):len(r.Users)], who.User.ID)
	w.reactionEvent("MESSAGE_REACTION_ADD", ch, m, map[string]any{
		"user_id": who.User.ID, "emoji": e, "burst": false, "type": 0, "message_author_id": m.Author.ID, "member": memberOf(who, true),
	})
}

func (w *World) unreact(ch *Channel, m *Message, who UserID, e emojiWire) {
	at := m.reaction(e)
	if at < 0 || !listed(m.Reactions[at].Users, who) {
		return
	}
	var users []UserID
	for _, u := range m.Reactions[at].Users {
		if u != who {
			users = append(users, u)
		}
	}
	m.Reactions[at].Users = users
	if len(users) == 0 {
		m.Reactions = append(m.Reactions[:at:at], m.Reactions[at+1:]...)
	}
	w.reactionEvent("MESSAGE_REACTION_REMOVE", ch, m, map[string]any{"user_id": who, "emoji": e, "burst": false, "type": 0})
}

func (w *World) reactionEvent(name string, ch *Channel, m *Message, data map[string]any) {
	data["channel_id"], data["message_id"], data["guild_id"] = ch.ID, m.ID, w.guild.ID
	w.dispatch(event{name: name, intent: IntentReactions, channel: ch, data: data})
}

func removeOwnReaction(c *call) (int, any, *APIError) {
	ch, m, e, err := c.reactionCall()
	if err != nil {
		return 0, nil, err
	}
	if ch.Archived {
		return 0, nil, failure(CodeArchived)
	}
	c.w.unreact(ch, m, c.actor.User.ID, e)
	return 204, nil, nil
}

func removeReaction(c *call) (int, any, *APIError) {
	ch, m, e, err := c.reactionCall()
	if err != nil {
		return 0, nil, err
	}
	user, ok := ParseID[userKind](c.params[3])
	if !ok {
		return 0, nil, notSnowflake("user_id", c.params[3])
	}
	if user != c.actor.User.ID {
		if err := c.need(ch, ManageMessages); err != nil {
			return 0, nil, err
		}
	}
	c.w.unreact(ch, m, user, e)
	return 204, nil, nil
}

func listReactions(c *call) (int, any, *APIError) {
	_, m, e, err := c.reactionCall()
	if err != nil {
		return 0, nil, err
	}
	limit, err := c.limitParam(25, 1, 100)
	if err != nil {
		return 0, nil, err
	}
	after, err := c.idParam("after")
	if err != nil {
		return 0, nil, err
	}
	out := []*User{}
	if at := m.reaction(e); at >= 0 && c.req.Query.Get("type") != "1" {
		users := append([]UserID(nil), m.Reactions[at].Users...)
		sort.Slice(users, func(i, j int) bool { return users[i] < users[j] })
		for _, id := range users {
			if uint64(id) > after && len(out) < limit {
				out = append(out, c.w.users[id])
			}
		}
	}
	return 200, out, nil
}

func removeEmoji(c *call) (int, any, *APIError) {
	ch, m, e, err := c.reactionCall()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageMessages); err != nil {
		return 0, nil, err
	}
	if at := m.reaction(e); at >= 0 {
		m.Reactions = append(m.Reactions[:at:at], m.Reactions[at+1:]...)
		c.w.reactionEvent("MESSAGE_REACTION_REMOVE_EMOJI", ch, m, map[string]any{"emoji": e})
	}
	return 204, nil, nil
}

func removeAllReactions(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageMessages); err != nil {
		return 0, nil, err
	}
	m.Reactions = nil
	c.w.reactionEvent("MESSAGE_REACTION_REMOVE_ALL", ch, m, map[string]any{})
	return 204, nil, nil
}
