package world

import (
	"encoding/json"
	"sort"
	"strings"
	"unicode/utf16"
)

// MessageType is Discord's number for a kind of message.
type MessageType int

// The message types that this world makes.
const (
	DefaultMessage   MessageType = 0
	RenameMessage    MessageType = 4
	PinMessage       MessageType = 6
	ThreadCreated    MessageType = 18
	ReplyMessage     MessageType = 19
	ChatInputCommand MessageType = 20
	ThreadStarter    MessageType = 21
)

// Message flags.
const (
	FlagSuppressEmbeds        = 1 << 2
	FlagHasThread             = 1 << 5
	FlagEphemeral             = 1 << 6
	FlagLoading               = 1 << 7
	FlagRolesNotMentioned     = 1 << 8 // FAILED_TO_MENTION_SOME_ROLES_IN_THREAD
	FlagSuppressNotifications = 1 << 12
	FlagVoiceMessage          = 1 << 13
	FlagComponentsV2          = 1 << 15
)

// Message in a channel or thread. What World hands out are copies of the struct; treat its slices as read-only.
type Message struct {
	ID               MessageID
	ChannelID        ChannelID
	Type             MessageType
	Author           *User
	WebhookID        WebhookID
	Content          string
	Nonce            json.RawMessage // as it came: a string or a number; nil: none
	Flags            int
	CreatedMs        int64
	EditedMs         int64 // 0: never
	Pinned           bool
	Position         int
	ReferenceID      MessageID // of a reply
	ReferenceChannel ChannelID
	ApplicationID    ApplicationID
	Attachments      []*Attachment
	Stickers         []*Sticker
	Reactions        []Reaction

	Embeds, Components []json.RawMessage
	Poll               json.RawMessage
	Snapshots          json.RawMessage // message_snapshots of a forwarded message
	Metadata           json.RawMessage // interaction_metadata

	Mentions        []UserID
	MentionRoles    []RoleID
	MentionEveryone bool
	// Pinged are the people whose client would have made a sound, roles and @everyone resolved. Not Discord's: it lets a
	// test say that nobody was.
	Pinged []UserID
	// Request is the body that made the message, where Config.KeepRequests is set.
	Request []byte

	ephemeralFor UserID
}

// NonceText is the nonce without its JSON quotes.
func (m *Message) NonceText() string { return strings.Trim(string(m.Nonce), `"`) }

// Reaction is one emoji under a message and who chose it, in order.
type Reaction struct {
	EmojiID  ID[struct{}] // 0: a Unicode emoji
	Name     string
	Animated bool
	Users    []UserID
}

type nonceKey struct {
	author UserID
	nonce  string
}

type nonceEntry struct {
	key nonceKey
	id  MessageID
}

// find gives the message's place in the channel, or -1.
func (c *Channel) find(id MessageID) int {
	i := sort.Search(len(c.messages), func(i int) bool { return c.messages[i].ID >= id })
	if i < len(c.messages) && c.messages[i].ID == id {
		return i
	}
	return -1
}

func (c *Channel) message(id MessageID) *Message {
	if i := c.find(id); i >= 0 {
		return c.messages[i]
	}
	return nil
}

// remembered gives the message that carried this nonce not longer than ttl ago, 0 where there is none. Discord keeps
// nonces an unpublished while ("the past few minutes") for one author in one channel.
func (c *Channel) remembered(key nonceKey, now, ttl int64) MessageID {
	c.forgetNonces(now, ttl)
	return c.nonces[key]
}

func (c *Channel) forgetNonces(now, ttl int64) {
	for len(c.nonceOrder) > 0 && c.nonceOrder[0].id.Ms()+ttl <= now {
		old := c.nonceOrder[0]
		c.nonceOrder = c.nonceOrder[1:]
		if c.nonces[old.key] == old.id {
			delete(c.nonces, old.key)
		}
	}
}

func (c *Channel) remember(key nonceKey, id MessageID) {
	if c.nonces == nil {
		c.nonces = map[nonceKey]MessageID{}
	}
	c.nonces[key] = id
	c.nonceOrder = append(c.nonceOrder, nonceEntry{key, id})
}

// utf16Len counts as JavaScript does. Discord does not publish how it counts; this is the strictest reading.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// publish puts a message that is already checked into its channel: slow mode, thread counters, auto-unarchive and
// auto-join, the nonce, and the event.
func (w *World) publish(c *Channel, author *Member, m *Message) {
	if c.Type.IsThread() {
		if c.Archived {
			w.setArchived(c, false, c.Locked)
		}
		if author != nil {
			w.join(c, author.User.ID)
		}
		m.Position = c.TotalMessageSent
		// Docs: message_count does not include the initial message.
		if m.Type != ThreadStarter && uint64(m.ID) != uint64(c.ID) {
			c.MessageCount++
			c.TotalMessageSent++
		}
	}
	c.messages = append(c.messages, m)
	c.LastMessageID = m.ID
	w.touch(c)
	if m.Nonce != nil {
		c.forgetNonces(w.now, w.cfg.Limits.NonceTTLMs)
		c.remember(nonceKey{m.Author.ID, m.NonceText()}, m.ID)
	}
	if author != nil && c.RateLimitPerUser > 0 {
		if c.lastPostMs == nil {
			c.lastPostMs = map[UserID]int64{}
		}
		c.lastPostMs[author.User.ID] = w.now
	}
	w.messageEvent("MESSAGE_CREATE", c, m, author)
	w.previewLinks(c, m, author)
}

// newMessage begins a message by author in c.
func (w *World) newMessage(c *Channel, author *User, typ MessageType) *Message {
	return &Message{ID: MessageID(w.mint()), ChannelID: c.ID, Type: typ, Author: author, CreatedMs: w.now}
}

// system posts one of Discord's own messages, such as "started a thread".
func (w *World) system(c *Channel, author *User, typ MessageType, content string, reference MessageID, referenceChannel ChannelID) *Message {
	m := w.newMessage(c, author, typ)
	m.Content, m.ReferenceID, m.ReferenceChannel = content, reference, referenceChannel
	w.publish(c, w.members[author.ID], m)
	return m
}

// remove deletes a message.
func (w *World) remove(c *Channel, i int) {
	m := c.messages[i]
	c.messages = append(c.messages[:i:i], c.messages[i+1:]...)
	if c.Type.IsThread() && c.MessageCount > 0 {
		c.MessageCount--
	}
	w.dispatch(event{
		name: "MESSAGE_DELETE", intent: IntentGuildMessages, channel: c,
		data: map[string]any{"id": m.ID, "channel_id": c.ID, "guild_id": w.guild.ID},
	})
}

type emojiWire struct {
	ID       ID[struct{}] `json:"id"`
	Name     string       `json:"name"`
	Animated bool         `json:"animated,omitempty"`
}

type reactionWire struct {
	Emoji   emojiWire `json:"emoji"`
	Count   int       `json:"count"`
	Details struct {
		Burst  int `json:"burst"`
		Normal int `json:"normal"`
	} `json:"count_details"`
	BurstColors []string `json:"burst_colors"`
	MeBurst     bool     `json:"me_burst"`
	Me          bool     `json:"me"`
}

type referenceWire struct {
	Type      int       `json:"type"`
	ChannelID ChannelID `json:"channel_id"`
	MessageID MessageID `json:"message_id,omitzero"`
	GuildID   GuildID   `json:"guild_id,omitzero"`
}

type mentionWire struct {
	*User
	Member *memberWire `json:"member,omitempty"`
}

type messageWire struct {
	Type            MessageType       `json:"type"`
	Content         string            `json:"content"`
	Mentions        []mentionWire     `json:"mentions"`
	MentionRoles    []RoleID          `json:"mention_roles"`
	Attachments     []*attachmentWire `json:"attachments"`
	Embeds          []json.RawMessage `json:"embeds"`
	Timestamp       string            `json:"timestamp"`
	EditedTimestamp *string           `json:"edited_timestamp"`
	Flags           int               `json:"flags"`
	Components      []json.RawMessage `json:"components"`
	ID              MessageID         `json:"id"`
	ChannelID       ChannelID         `json:"channel_id"`
	Author          *User             `json:"author"`
	Pinned          bool              `json:"pinned"`
	MentionEveryone bool              `json:"mention_everyone"`
	TTS             bool              `json:"tts"`
	Nonce           json.RawMessage   `json:"nonce,omitempty"`
	WebhookID       WebhookID         `json:"webhook_id,omitzero"`
	ApplicationID   ApplicationID     `json:"application_id,omitzero"`
	Reference       *referenceWire    `json:"message_reference,omitempty"`
	Referenced      any               `json:"referenced_message,omitempty"`
	Position        *int              `json:"position,omitempty"`
	Poll            json.RawMessage   `json:"poll,omitempty"`
	Snapshots       json.RawMessage   `json:"message_snapshots,omitempty"`
	Metadata        json.RawMessage   `json:"interaction_metadata,omitempty"`
	Stickers        []stickerItemWire `json:"sticker_items,omitempty"`
	Reactions       []reactionWire    `json:"reactions,omitempty"`
	Thread          *threadWire       `json:"thread,omitempty"`
	// Of Gateway events only.
	GuildID     GuildID      `json:"guild_id,omitzero"`
	Member      *memberWire  `json:"member,omitempty"`
	ChannelType *ChannelType `json:"channel_type,omitempty"`
}

// view writes a message for one reader. Without content the four fields of MESSAGE_CONTENT are empty. The nonce is not in
// it: it stands in the answer to the request that made the message and in MESSAGE_CREATE, and is lost when the message is
// fetched again (discord.js documents Message#nonce so).
func (w *World) view(c *Channel, m *Message, reader UserID, content bool) *messageWire {
	out := &messageWire{
		Type: m.Type, Content: m.Content, Mentions: []mentionWire{}, MentionRoles: m.MentionRoles, Attachments: []*attachmentWire{},
		Embeds: m.Embeds, Timestamp: stamp(m.CreatedMs), EditedTimestamp: stampOrNil(m.EditedMs), Flags: m.Flags,
		Components: m.Components, ID: m.ID, ChannelID: m.ChannelID, Author: m.Author, Pinned: m.Pinned,
		MentionEveryone: m.MentionEveryone, WebhookID: m.WebhookID, ApplicationID: m.ApplicationID,
		Poll: m.Poll, Snapshots: m.Snapshots, Metadata: m.Metadata, Stickers: stickerItems(m.Stickers),
	}
	for _, id := range m.Mentions {
		if u := w.users[id]; u != nil {
			out.Mentions = append(out.Mentions, mentionWire{User: u})
		}
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, w.attachment(a))
	}
	if !content {
		out.Content, out.Embeds, out.Components, out.Attachments, out.Poll = "", nil, nil, []*attachmentWire{}, nil
		out.Snapshots = nil
	}
	if out.MentionRoles == nil {
		out.MentionRoles = []RoleID{}
	}
	if out.Embeds == nil || m.Flags&FlagSuppressEmbeds != 0 {
		out.Embeds = []json.RawMessage{}
	}
	if out.Components == nil {
		out.Components = []json.RawMessage{}
	}
	if c.Type.IsThread() {
		out.Position = &m.Position
	}
	for _, r := range m.Reactions {
		rw := reactionWire{Emoji: emojiWire{r.EmojiID, r.Name, r.Animated}, Count: len(r.Users), BurstColors: []string{}}
		rw.Details.Normal = len(r.Users)
		for _, u := range r.Users {
			rw.Me = rw.Me || u == reader
		}
		out.Reactions = append(out.Reactions, rw)
	}
	if m.ReferenceChannel != 0 {
		out.Reference = &referenceWire{ChannelID: m.ReferenceChannel, MessageID: m.ReferenceID, GuildID: w.guild.ID}
		if m.Snapshots != nil {
			out.Reference.Type = 1
		} else if m.Type == ReplyMessage || m.Type == ThreadStarter {
			out.Referenced = null{}
			if rc := w.channels[m.ReferenceChannel]; rc != nil {
				if ref := rc.message(m.ReferenceID); ref != nil {
					inner := w.view(rc, ref, reader, content)
					inner.Referenced, inner.Reference, inner.Reactions = nil, nil, nil
					out.Referenced = inner
				}
			}
		}
	}
	if m.Flags&FlagHasThread != 0 {
		if t := w.channels[ChannelID(m.ID)]; t != nil {
			out.Thread = w.thread(t, reader)
		}
	}
	return out
}
