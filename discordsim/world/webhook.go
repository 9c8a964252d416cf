package world

import (
	"strconv"
	"strings"
)

var webhookRoutes = []route{
	{name: "POST /channels/{channel.id}/webhooks", auth: true, handle: createWebhook},
	{name: "GET /channels/{channel.id}/webhooks", auth: true, handle: listWebhooks},
	{name: "GET /webhooks/{webhook.id}", auth: true, handle: getWebhook},
	{name: "DELETE /webhooks/{webhook.id}", auth: true, handle: deleteWebhook},
	{name: "POST /webhooks/{webhook.id}/{webhook.token}", exempt: true, bucket: "webhook.execute", handle: executeWebhook},
	{name: "GET /webhooks/{webhook.id}/{webhook.token}/messages/{message.id}", exempt: true, handle: getWebhookMessage},
	{name: "PATCH /webhooks/{webhook.id}/{webhook.token}/messages/{message.id}", exempt: true, handle: editWebhookMessage},
	{name: "DELETE /webhooks/{webhook.id}/{webhook.token}/messages/{message.id}", exempt: true, handle: deleteWebhookMessage},
}

// webhook is an incoming webhook of a channel.
type webhook struct {
	id      WebhookID
	token   string
	name    string
	channel ChannelID
	creator *Member
}

func (w *World) webhook(h *webhook) map[string]any {
	out := map[string]any{
		"id": h.id, "type": 1, "guild_id": w.guild.ID, "channel_id": h.channel, "name": h.name, "avatar": nil, "application_id": nil,
		"token": h.token, "user": h.creator.User, "url": w.cfg.APIURL + "/api/webhooks/" + h.id.String() + "/" + h.token,
	}
	if h.creator.bot != nil {
		out["application_id"] = h.creator.bot.app
	}
	return out
}

func createWebhook(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if ch.Type.IsThread() {
		return 0, nil, failure(CodeWrongChannelType)
	}
	if err := c.need(ch, ManageWebhooks); err != nil {
		return 0, nil, err
	}
	var in struct {
		Name string `json:"name"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	var f form
	checkWebhookName(in.Name, &f, "name")
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	count := 0
	for _, h := range w.webhooks {
		if h.channel == ch.ID {
			count++
		}
	}
	if count >= 15 {
		return 0, nil, failure(CodeTooManyWebhooks)
	}
	return 200, w.webhook(w.addWebhook(ch, c.member(), in.Name)), nil
}

func (w *World) addWebhook(ch *Channel, creator *Member, name string) *webhook {
	w.rng = mix(w.rng)
	h := &webhook{id: WebhookID(w.mint()), token: strconv.FormatUint(w.rng, 36) + strconv.FormatUint(mix(w.rng), 36), name: name, channel: ch.ID, creator: creator}
	w.webhooks[h.id] = h
	w.dispatch(event{name: "WEBHOOKS_UPDATE", intent: IntentGuildWebhooks, channel: ch, data: map[string]any{"guild_id": w.guild.ID, "channel_id": ch.ID}})
	return h
}

// checkWebhookName holds the rules of docs: no "clyde" or "discord" in it, 1 to 80 characters.
func checkWebhookName(name string, f *form, path string) {
	lower := strings.ToLower(name)
	for _, word := range []string{"clyde", "discord"} {
		if strings.Contains(lower, word) {
			f.add("USERNAME_INVALID_CONTAINS", `Username cannot contain "`+word+`"`, path)
		}
	}
	if n := utf16Len(name); n < 1 || n > 80 {
		f.length(1, 80, path)
	}
}

func (c *call) hooks(keep func(*webhook) bool) []any {
	list := []*webhook{}
	for _, h := range c.w.webhooks {
		if keep(h) {
			list = append(list, h)
		}
	}
	out := []any{}
	for len(list) > 0 {
		least := 0
		for i := range list {
			if list[i].id < list[least].id {
				least = i
			}
		}
		out = append(out, c.w.webhook(list[least]))
		list = append(list[:least], list[least+1:]...)
	}
	return out
}

func listWebhooks(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageWebhooks); err != nil {
		return 0, nil, err
	}
	return 200, c.hooks(func(h *webhook) bool { return h.channel == ch.ID }), nil
}

func listGuildWebhooks(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	if !c.w.basePermissions(c.member()).Has(ManageWebhooks) {
		return 0, nil, failure(CodeMissingPermissions)
	}
	return 200, c.hooks(func(*webhook) bool { return true }), nil
}

// hookAt finds the webhook of the first parameter; with a token where the route has one.
func (c *call) hookAt(withToken bool) (*webhook, *APIError) {
	id, ok := ParseID[webhookKind](c.params[0])
	if !ok {
		return nil, notSnowflake("webhook_id", c.params[0])
	}
	h := c.w.webhooks[id]
	if h == nil {
		return nil, failure(CodeUnknownWebhook)
	}
	if withToken && h.token != c.params[1] {
		return nil, failure(CodeInvalidWebhookToken)
	}
	return h, nil
}

func getWebhook(c *call) (int, any, *APIError) {
	h, err := c.hookAt(false)
	if err != nil {
		return 0, nil, err
	}
	return 200, c.w.webhook(h), nil
}

func deleteWebhook(c *call) (int, any, *APIError) {
	h, err := c.hookAt(false)
	if err != nil {
		return 0, nil, err
	}
	delete(c.w.webhooks, h.id)
	return 204, nil, nil
}

// isInteraction tells whether a /webhooks path belongs to an application instead of a webhook.
func (c *call) isInteraction() bool {
	id, ok := ParseID[applicationKind](c.params[0])
	return ok && c.w.botOfApplication(id) != nil
}

func executeWebhook(c *call) (int, any, *APIError) {
	w := c.w
	if c.isInteraction() {
		it, ch, err := c.interactionOfToken()
		if err != nil {
			return 0, nil, err
		}
		m, err := c.respondMessage(it, ch, false)
		if err != nil {
			return 0, nil, err
		}
		return 200, w.view(ch, m, it.bot.user.ID, true), nil
	}
	h, err := c.hookAt(true)
	if err != nil {
		return 0, nil, err
	}
	// All webhooks of a channel share 30 posts a minute; it shows only as a 429 of scope shared.
	if b := w.bucketOf("channel", "channel.webhook.post", h.channel.String()); b != nil {
		if b.count(w.now) >= b.bucket.Limit {
			return 0, nil, tooMany("shared", b.freeMs(w.now)-w.now, c.header)
		}
		b.take(w.now)
	}
	var in struct {
		messageInput
		Username   string `json:"username"`
		ThreadName string `json:"thread_name"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	ch := w.channels[h.channel]
	if ch == nil {
		return 0, nil, failure(CodeUnknownChannel)
	}
	if id := c.req.Query.Get("thread_id"); id != "" {
		parsed, _ := ParseID[channelKind](id)
		if ch = w.channels[parsed]; ch == nil || ch.ParentID != h.channel {
			return 0, nil, failure(CodeUnknownChannel)
		}
	} else if ch.Type.IsForum() {
		return 0, nil, failure(CodeWebhookNeedsThread)
	} else if in.ThreadName != "" {
		return 0, nil, failure(CodeWebhookThreadNotText)
	}
	name := h.name
	var f form
	if in.Username != "" {
		checkWebhookName(in.Username, &f, "username")
		name = in.Username
	}
	w.checkMessage(&in.messageInput, &f)
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	in.StickerIDs = nil // not among what a webhook can send
	if in.empty(len(c.files)) {
		return 0, nil, failure(CodeEmptyMessage)
	}
	files, err := w.attach(ch, nil, c.files)
	if err != nil {
		return 0, nil, err
	}
	author := &User{ID: UserID(h.id), Username: name, Discriminator: "0000", Bot: true}
	m := w.newMessage(ch, author, DefaultMessage)
	m.WebhookID, m.Attachments = h.id, files
	w.fill(ch, m, nil, &in.messageInput, true)
	w.publish(ch, nil, m)
	if !c.truth("wait") {
		return 204, nil, nil
	}
	return 200, w.view(ch, m, 0, true), nil
}

// hookMessage finds a message of a webhook or of an interaction (@original is its first answer).
func (c *call) hookMessage() (*Channel, *Message, *APIError) {
	w := c.w
	if c.isInteraction() {
		it, ch, err := c.interactionOfToken()
		if err != nil {
			return nil, nil, err
		}
		id := it.original
		if c.params[2] != "@original" {
			id, _ = ParseID[messageKind](c.params[2])
		}
		m := w.whisperOrMessage(ch, id)
		if m == nil {
			return nil, nil, failure(CodeUnknownMessage)
		}
		return ch, m, nil
	}
	h, err := c.hookAt(true)
	if err != nil {
		return nil, nil, err
	}
	ch := w.channels[h.channel]
	if id, ok := ParseID[channelKind](c.req.Query.Get("thread_id")); ok {
		ch = w.channels[id]
	}
	if ch == nil {
		return nil, nil, failure(CodeUnknownChannel)
	}
	m, err := c.messageAt(ch, 2)
	if err == nil && m.WebhookID != h.id {
		err = failure(CodeUnknownMessage)
	}
	return ch, m, err
}

func getWebhookMessage(c *call) (int, any, *APIError) {
	ch, m, err := c.hookMessage()
	if err != nil {
		return 0, nil, err
	}
	return 200, c.w.view(ch, m, 0, true), nil
}

func editWebhookMessage(c *call) (int, any, *APIError) {
	ch, m, err := c.hookMessage()
	if err != nil {
		return 0, nil, err
	}
	c.actor = nil
	return c.edit(ch, m, true)
}

func deleteWebhookMessage(c *call) (int, any, *APIError) {
	ch, m, err := c.hookMessage()
	if err != nil {
		return 0, nil, err
	}
	if i := ch.find(m.ID); i >= 0 {
		c.w.remove(ch, i)
	}
	delete(c.w.whispers, m.ID)
	return 204, nil, nil
}
