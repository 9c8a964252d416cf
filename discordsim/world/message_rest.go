package world

import (
	"encoding/json"
	"strings"
)

var messageRoutes = []route{
	{name: "GET /channels/{channel.id}/messages", auth: true, bucket: "message.list", handle: listMessages},
	{name: "POST /channels/{channel.id}/messages", auth: true, bucket: "message.create", handle: createMessage},
	{name: "POST /channels/{channel.id}/messages/bulk-delete", auth: true, bucket: "message.bulk-delete", handle: bulkDelete},
	{name: "GET /channels/{channel.id}/messages/{message.id}", auth: true, bucket: "message.get", handle: getMessage},
	{name: "PATCH /channels/{channel.id}/messages/{message.id}", auth: true, bucket: "message.edit", handle: editMessage},
	{name: "DELETE /channels/{channel.id}/messages/{message.id}", auth: true, bucket: "message.delete", handle: deleteMessage},
	{name: "GET /channels/{channel.id}/pins", auth: true, handle: listPins},
	{name: "PUT /channels/{channel.id}/pins/{message.id}", auth: true, handle: pin},
	{name: "DELETE /channels/{channel.id}/pins/{message.id}", auth: true, handle: unpin},
	{name: "GET /channels/{channel.id}/messages/pins", auth: true, handle: listMessagePins},
	{name: "PUT /channels/{channel.id}/messages/pins/{message.id}", auth: true, handle: pin},
	{name: "DELETE /channels/{channel.id}/messages/pins/{message.id}", auth: true, handle: unpin},
	{name: "POST /channels/{channel.id}/typing", auth: true, bucket: "typing", handle: typing},
}

// messageInput is the body of create, edit, webhook and interaction messages.
type messageInput struct {
	Content          *string            `json:"content"`
	Nonce            json.RawMessage    `json:"nonce"`
	EnforceNonce     bool               `json:"enforce_nonce"`
	TTS              bool               `json:"tts"`
	Embeds           *[]json.RawMessage `json:"embeds"`
	AllowedMentions  *allowedMentions   `json:"allowed_mentions"`
	MessageReference *struct {
		Type            int       `json:"type"`
		MessageID       MessageID `json:"message_id"`
		ChannelID       ChannelID `json:"channel_id"`
		FailIfNotExists *bool     `json:"fail_if_not_exists"`
	} `json:"message_reference"`
	Components  *[]json.RawMessage `json:"components"`
	StickerIDs  []StickerID        `json:"sticker_ids"`
	Attachments *[]attachmentInput `json:"attachments"`
	Flags       *int               `json:"flags"`
	Poll        json.RawMessage    `json:"poll"`
}

// checkMessage finds what is wrong with a message before anything happens.
func (w *World) checkMessage(in *messageInput, f *form) {
	if in.Content != nil {
		text := strings.Trim(strings.ReplaceAll(*in.Content, "\x00", ""), " \t\r\n")
		in.Content = &text
		if utf16Len(text) > w.cfg.Limits.ContentUnits {
			f.tooLong(w.cfg.Limits.ContentUnits, "content")
		}
	}
	if string(in.Nonce) == "null" {
		in.Nonce = nil
	}
	if in.Nonce != nil {
		switch text := strings.Trim(string(in.Nonce), `"`); {
		case in.Nonce[0] == '"' && utf16Len(text) > 25:
			f.tooLong(25, "nonce")
		case in.Nonce[0] != '"' && (in.Nonce[0] != '-' && (in.Nonce[0] < '0' || in.Nonce[0] > '9')):
			f.add("NONCE_TYPE_COERCE", "Value is not a nonce.", "nonce")
		}
	}
	in.AllowedMentions.check(f)
	if len(in.StickerIDs) > maxStickers {
		f.tooLong(maxStickers, "sticker_ids")
	}
	in.checkSounds(f)
	if in.Embeds != nil {
		checkEmbeds(*in.Embeds, f)
	}
	if in.Components != nil && len(*in.Components) > 40 {
		f.add("BASE_TYPE_BAD_LENGTH", "Must be between 0 and 40 in length.", "components")
	}
	if in.Flags != nil && *in.Flags&FlagComponentsV2 != 0 && (in.Content != nil && *in.Content != "" || in.Embeds != nil && len(*in.Embeds) > 0) {
		f.add("MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2", "content")
	}
}

// checkEmbeds holds the documented lengths. https://discord.com/developers/docs/resources/message#embed-object-embed-limits
func checkEmbeds(embeds []json.RawMessage, f *form) {
	if len(embeds) > 10 {
		f.add("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.", "embeds")
		return
	}
	total := 0
	for i, raw := range embeds {
		var e struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			Footer      struct {
				Text string `json:"text"`
			} `json:"footer"`
			Author struct {
				Name string `json:"name"`
			} `json:"author"`
			Fields []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"fields"`
		}
		at := itoa(i)
		if json.Unmarshal(raw, &e) != nil {
			f.add("DICT_TYPE_CONVERT", "Only dictionaries may be used in a DictType", "embeds", at)
			continue
		}
		limit := func(text string, most int, path ...string) {
			n := utf16Len(text)
			total += n
			if n > most {
				f.tooLong(most, append([]string{"embeds", at}, path...)...)
			}
		}
		limit(e.Title, 256, "title")
		limit(e.Description, 4096, "description")
		limit(e.Footer.Text, 2048, "footer", "text")
		limit(e.Author.Name, 256, "author", "name")
		if len(e.Fields) > 25 {
			f.tooLong(25, "embeds", at, "fields")
		}
		for j, field := range e.Fields {
			limit(field.Name, 256, "fields", itoa(j), "name")
			limit(field.Value, 1024, "fields", itoa(j), "value")
			if field.Name == "" || field.Value == "" {
				f.required("embeds", at, "fields", itoa(j), "value")
			}
		}
	}
	if total > 6000 {
		f.add("MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000", "embeds")
	}
}

// normalEmbeds gives embeds the type that Discord gives them.
func normalEmbeds(in []json.RawMessage) []json.RawMessage {
	out := make([]json.RawMessage, 0, len(in))
	for _, raw := range in {
		var fields map[string]json.RawMessage
		if json.Unmarshal(raw, &fields) != nil {
			continue
		}
		fields["type"] = json.RawMessage(`"rich"`)
		for k, v := range fields {
			if string(v) == "null" {
				delete(fields, k)
			}
		}
		out = append(out, encode(fields))
	}
	return out
}

// numberComponents gives components the ids that Discord gives them where the request named none.
func numberComponents(in []json.RawMessage) []json.RawMessage {
	next := 1
	var number func(v any)
	number = func(v any) {
		fields, ok := v.(map[string]any)
		if !ok {
			return
		}
		if _, has := fields["id"]; !has {
			fields["id"] = next
		}
		next++
		for _, key := range []string{"components", "accessory", "items"} {
			if list, ok := fields[key].([]any); ok {
				for _, inner := range list {
					number(inner)
				}
			} else if inner, ok := fields[key]; ok {
				number(inner)
			}
		}
	}
	out := make([]json.RawMessage, 0, len(in))
	for _, raw := range in {
		var v any
		if json.Unmarshal(raw, &v) == nil {
			number(v)
			out = append(out, encode(v))
		}
	}
	return out
}

// fill puts the body into a message and finds its mentions.
func (w *World) fill(c *Channel, m *Message, author *Member, in *messageInput, usersOnly bool) {
	if in.Content != nil {
		m.Content = *in.Content
	}
	if in.Embeds != nil {
		m.Embeds = normalEmbeds(*in.Embeds)
	}
	if in.Components != nil {
		m.Components = numberComponents(*in.Components)
	}
	if in.Flags != nil {
		const settable = FlagSuppressEmbeds | FlagSuppressNotifications | FlagVoiceMessage | FlagComponentsV2
		m.Flags = m.Flags&^settable | *in.Flags&settable
	}
	w.mention(c, m, author, in.AllowedMentions, usersOnly)
}

func (in *messageInput) empty(files int) bool {
	return (in.Content == nil || *in.Content == "") && (in.Embeds == nil || len(*in.Embeds) == 0) &&
		(in.Components == nil || len(*in.Components) == 0) && files == 0 && len(in.StickerIDs) == 0 && in.Poll == nil && in.forwarded() == 0
}

func (in *messageInput) forwarded() MessageID {
	if in.MessageReference != nil && in.MessageReference.Type == 1 {
		return in.MessageReference.MessageID
	}
	return 0
}

// maySend checks whether the actor may write into the channel at all.
func (c *call) maySend(ch *Channel) *APIError {
	w := c.w
	p := w.permissions(c.member(), ch)
	switch {
	case ch.Type.IsForum():
		return failure(CodeForumMessage)
	case ch.Type == GuildCategory:
		return failure(CodeNonText)
	case ch.Type.IsThread() && !p.Has(SendMessagesInThreads), !ch.Type.IsThread() && !p.Has(SendMessages):
		return failure(CodeMissingPermissions)
	case ch.Locked && !p.Has(ManageThreads):
		return failure(CodeThreadLocked)
	case ch.Type.IsThread() && ch.Archived && w.activeCount() >= w.cfg.Limits.ActiveThreads:
		return failure(CodeTooManyThreads)
	case ch.RateLimitPerUser > 0 && p&(ManageMessages|BypassSlowmode|ManageChannels) == 0:
		if wait := ch.lastPostMs[c.actor.User.ID] + int64(ch.RateLimitPerUser)*1000 - w.now; ch.lastPostMs[c.actor.User.ID] != 0 && wait > 0 {
			e := failure(CodeSlowmode)
			after := float64(wait) / 1000
			e.RetryAfter = &after
			return e
		}
	}
	return nil
}

func createMessage(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.maySend(ch); err != nil {
		return 0, nil, err
	}
	m, existing, err := c.compose(ch)
	if err != nil {
		return 0, nil, err
	}
	if !existing {
		w.publish(ch, c.member(), m)
	}
	out := w.view(ch, m, c.actor.User.ID, c.readsContent(m))
	out.Nonce = m.Nonce
	return 200, out, nil
}

// compose checks the body and makes a message of it that is not published yet; or gives the message that the nonce
// already made. Docs: "If enforce_nonce is true and nonce is present, it is checked for uniqueness in the past few
// minutes. If another message was created by the same author with the same nonce, that message will be returned."
func (c *call) compose(ch *Channel) (m *Message, existing bool, err *APIError) {
	w := c.w
	var in messageInput
	if err := c.read(&in); err != nil {
		return nil, false, err
	}
	var f form
	w.checkMessage(&in, &f)
	if err := f.failure(); err != nil {
		return nil, false, err
	}
	if in.EnforceNonce && in.Nonce != nil {
		key := nonceKey{c.actor.User.ID, strings.Trim(string(in.Nonce), `"`)}
		if id := ch.remembered(key, w.now, w.cfg.Limits.NonceTTLMs); id != 0 {
			if m := ch.message(id); m != nil {
				return m, true, nil
			}
			return nil, false, failure(CodeUnknownMessage)
		}
	}
	if in.empty(len(c.files)) {
		return nil, false, failure(CodeEmptyMessage)
	}
	if len(c.files) > 0 && !w.permissions(c.member(), ch).Has(AttachFiles) {
		return nil, false, failure(CodeMissingPermissions)
	}
	if err := c.checkVoice(ch, &in); err != nil {
		return nil, false, err
	}
	stickers, err := w.stickersOf(in.StickerIDs)
	if err != nil {
		return nil, false, err
	}
	typ := DefaultMessage
	m = &Message{Stickers: stickers}
	if ref := in.MessageReference; ref != nil {
		rc := ch
		if ref.Type == 1 && ref.ChannelID != 0 {
			rc = w.channels[ref.ChannelID]
		}
		var target *Message
		if rc != nil {
			target = rc.message(ref.MessageID)
		}
		must := ref.FailIfNotExists == nil || *ref.FailIfNotExists
		switch {
		case target == nil && (must || ref.Type == 1):
			f.add("REPLIES_UNKNOWN_MESSAGE", "Unknown message", "message_reference")
			return nil, false, f.failure()
		case ref.Type == 1:
			inner := w.view(rc, target, 0, true)
			m.Snapshots = encode([]any{map[string]any{"message": map[string]any{
				"type": inner.Type, "content": inner.Content, "mentions": inner.Mentions, "mention_roles": inner.MentionRoles,
				"attachments": inner.Attachments, "embeds": inner.Embeds, "timestamp": inner.Timestamp,
				"edited_timestamp": inner.EditedTimestamp, "flags": inner.Flags, "components": inner.Components, "sticker_items": inner.Stickers,
			}}})
			m.ReferenceID, m.ReferenceChannel = target.ID, rc.ID
		case target != nil:
			if !w.permissions(c.member(), ch).Has(ReadMessageHistory) {
				return nil, false, failure(CodeMissingPermissions)
			}
			typ = ReplyMessage
			m.ReferenceID, m.ReferenceChannel = target.ID, ch.ID
		}
	}
	var described []attachmentInput
	if in.Attachments != nil {
		described = *in.Attachments
	}
	files, err := w.attach(ch, described, c.files)
	if err != nil {
		return nil, false, err
	}
	m.ID, m.ChannelID, m.Type, m.Author, m.CreatedMs, m.Nonce, m.Attachments = MessageID(w.mint()), ch.ID, typ, c.actor.User, w.now, in.Nonce, files
	if in.voice() {
		files[0].sound(c.files[0].n, described)
	}
	if in.Poll != nil {
		m.Poll = pollOf(in.Poll, w.now)
	}
	w.fill(ch, m, c.member(), &in, false)
	if w.cfg.KeepRequests {
		m.Request = append([]byte(nil), c.req.Body...)
	}
	return m, false, nil
}

// readsContent is the rule of REST: the portal's switch decides, not the intents of a session.
func (c *call) readsContent(m *Message) bool {
	if c.actor == nil || c.actor.bot == nil || !c.actor.bot.NoMessageContent {
		return true
	}
	return m.Author.ID == c.actor.User.ID || listed(m.Mentions, c.actor.User.ID)
}

func editMessage(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	if ch.Archived {
		return 0, nil, failure(CodeArchived)
	}
	return c.edit(ch, m, false)
}

// edit changes a message as its author, or its flags as one who manages messages.
func (c *call) edit(ch *Channel, m *Message, usersOnly bool) (int, any, *APIError) {
	w := c.w
	var in messageInput
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	if c.actor != nil && m.Author.ID != c.actor.User.ID {
		onlyFlags := in.Content == nil && in.Embeds == nil && in.Components == nil && in.Flags != nil
		if !onlyFlags {
			return 0, nil, failure(CodeNotAuthor)
		}
		if err := c.need(ch, ManageMessages); err != nil {
			return 0, nil, err
		}
	}
	if m.Type != DefaultMessage && m.Type != ReplyMessage && m.Type != ChatInputCommand {
		return 0, nil, failure(CodeSystemMessage)
	}
	if m.Flags&FlagVoiceMessage != 0 {
		return 0, nil, failure(CodeVoiceEdit)
	}
	var f form
	w.checkMessage(&in, &f)
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	kept := m.Attachments
	if in.Attachments != nil {
		kept = nil
		for _, a := range m.Attachments {
			for _, k := range *in.Attachments {
				if uint64(k.ID) == uint64(a.ID) {
					kept = append(kept, a)
				}
			}
		}
	}
	var described []attachmentInput
	if in.Attachments != nil {
		described = *in.Attachments
	}
	files, err := w.attach(ch, described, c.files)
	if err != nil {
		return 0, nil, err
	}
	kept = append(kept[:len(kept):len(kept)], files...)
	content, embeds, components := m.Content, len(m.Embeds), len(m.Components)
	if in.Content != nil {
		content = *in.Content
	}
	if in.Embeds != nil {
		embeds = len(*in.Embeds)
	}
	if in.Components != nil {
		components = len(*in.Components)
	}
	if content == "" && embeds == 0 && components == 0 && len(kept) == 0 && m.Snapshots == nil && m.Poll == nil && len(m.Stickers) == 0 {
		return 0, nil, failure(CodeEmptyMessage)
	}
	m.Attachments = kept
	w.fill(ch, m, w.members[m.Author.ID], &in, usersOnly)
	m.Pinged = nil // an edit pings nobody
	m.Flags &^= FlagLoading
	m.EditedMs = w.now
	w.messageEvent("MESSAGE_UPDATE", ch, m, w.members[m.Author.ID])
	var reader UserID
	if c.actor != nil {
		reader = c.actor.User.ID
	}
	return 200, w.view(ch, m, reader, c.readsContent(m)), nil
}

func getMessage(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ReadMessageHistory); err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	return 200, c.w.view(ch, m, c.actor.User.ID, c.readsContent(m)), nil
}

func deleteMessage(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	if m.Author.ID != c.actor.User.ID {
		if err := c.need(ch, ManageMessages); err != nil {
			return 0, nil, err
		}
	}
	if m.Type == RenameMessage || m.Type == ThreadStarter {
		return 0, nil, failure(CodeSystemMessage)
	}
	c.w.remove(ch, ch.find(m.ID))
	return 204, nil, nil
}
