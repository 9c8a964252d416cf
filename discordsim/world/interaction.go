package world

import (
	"encoding/json"
	"strconv"
)

var interactionRoutes = []route{
	{name: "POST /interactions", auth: true, exempt: true, major: -1, handle: startInteraction},
	{name: "POST /interactions/{interaction.id}/{interaction.token}/callback", exempt: true, handle: callback},
}

// interaction waits for its application's answer.
type interaction struct {
	id      InteractionID
	token   string
	typ     int // 2 command, 3 component, 5 modal
	bot     *bot
	channel ChannelID
	user    *Member
	command string
	source  MessageID // of a component

	ackedMs  int64
	original MessageID
	deferred bool
	flags    int
}

// Interactions can be answered first within 3 s and go on for 15 min.
const (
	interactionFirstMs = 3000
	interactionLastMs  = 15 * 60 * 1000
)

func (i *interaction) startMs() int64 { return i.id.Ms() }

// begin tells the application of an interaction, by INTERACTION_CREATE.
func (w *World) interact(b *bot, typ int, ch *Channel, who *Member, data any, command string, source *Message) InteractionID {
	id := InteractionID(w.mint())
	w.rng = mix(w.rng)
	it := &interaction{
		id: id, token: "itok" + strconv.FormatUint(w.rng, 36) + strconv.FormatUint(mix(w.rng), 36), typ: typ, bot: b, channel: ch.ID, user: who, command: command,
	}
	w.pending[id] = it
	w.at(w.now+interactionLastMs, func(w *World) { delete(w.pending, id) })
	if b.InteractionsEndpointURL != "" {
		return id
	}
	member := struct {
		*memberWire
		Permissions Permissions `json:"permissions"`
	}{memberOf(who, true), w.permissions(who, ch)}
	payload := map[string]any{
		"id": id, "application_id": b.app, "type": typ, "data": data, "guild_id": w.guild.ID, "channel_id": ch.ID, "token": it.token, "version": 1,
		"guild": map[string]any{"id": w.guild.ID, "locale": "en-US", "features": []string{}}, "channel": w.channelOrThread(ch, 0),
		"member": member, "app_permissions": w.permissions(w.members[b.user.ID], ch), "locale": "en-US", "guild_locale": "en-US",
		"entitlements": []int{}, "entitlement_sku_ids": []int{}, "authorizing_integration_owners": map[string]any{"0": w.guild.ID}, "context": 0,
		"attachment_size_limit": w.cfg.Limits.FileBytes,
	}
	if source != nil {
		it.source = source.ID
		payload["message"] = w.view(ch, source, 0, true)
	}
	raw := encode(payload)
	for _, s := range w.order {
		if s.bot == b {
			w.disturb(s, "INTERACTION_CREATE", raw)
			break // one shard gets it, not every session
		}
	}
	return id
}

// startInteraction is the route by which Discord's own clients use commands and components; for people only.
func startInteraction(c *call) (int, any, *APIError) {
	w := c.w
	if c.actor.bot != nil {
		return 0, nil, bare(403, "Forbidden")
	}
	var in struct {
		Type          int             `json:"type"`
		ApplicationID ApplicationID   `json:"application_id"`
		ChannelID     ChannelID       `json:"channel_id"`
		MessageID     MessageID       `json:"message_id"`
		Data          json.RawMessage `json:"data"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	ch := w.channels[in.ChannelID]
	if ch == nil || !w.canSee(c.member(), ch) {
		return 0, nil, failure(CodeUnknownChannel)
	}
	b := w.botOfApplication(in.ApplicationID)
	if b == nil {
		return 0, nil, failure(CodeUnknownApplication)
	}
	var data struct {
		ID   CommandID `json:"id"`
		Name string    `json:"name"`
	}
	_ = json.Unmarshal(in.Data, &data)
	switch in.Type {
	case 2:
		cmd := w.commandNamed(b, data.Name)
		if cmd == nil || !w.mayUse(c.member(), cmd, ch) {
			return 0, nil, failure(CodeUnknownCommand)
		}
		w.invoke(b, cmd, ch, c.member(), in.Data)
	case 3:
		m := ch.message(in.MessageID)
		if m == nil {
			return 0, nil, failure(CodeUnknownMessage)
		}
		w.interact(b, 3, ch, c.member(), in.Data, "", m)
	case 5:
		w.interact(b, 5, ch, c.member(), in.Data, "", nil)
	default:
		return 0, nil, failure(CodeInvalidForm)
	}
	return 204, nil, nil
}

func (w *World) commandNamed(b *bot, name string) *Command {
	if set := w.commands[b.app]; set != nil {
		return findCommand(set.all(), name, 1)
	}
	return nil
}

// invoke uses a slash command. data may carry options.
func (w *World) invoke(b *bot, cmd *Command, ch *Channel, who *Member, data json.RawMessage) InteractionID {
	var in struct {
		Options json.RawMessage `json:"options"`
	}
	_ = json.Unmarshal(data, &in)
	full := map[string]any{"id": cmd.ID, "name": cmd.Name, "type": cmd.Type}
	if in.Options != nil {
		full["options"] = in.Options
	}
	if cmd.GuildID != 0 {
		full["guild_id"] = cmd.GuildID
	}
	return w.interact(b, 2, ch, who, full, cmd.Name, nil)
}

// callback is the application's first answer.
func callback(c *call) (int, any, *APIError) {
	w := c.w
	id, ok := ParseID[interactionKind](c.params[0])
	if !ok {
		return 0, nil, notSnowflake("interaction_id", c.params[0])
	}
	it := w.pending[id]
	if it == nil || it.token != c.params[1] {
		return 0, nil, failure(CodeUnknownInteraction)
	}
	if it.ackedMs != 0 {
		return 0, nil, failure(CodeAlreadyAcknowledged)
	}
	if w.now-it.startMs() > interactionFirstMs {
		return 0, nil, failure(CodeUnknownInteraction)
	}
	var in struct {
		Type int             `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	ch := w.channels[it.channel]
	if ch == nil {
		return 0, nil, failure(CodeUnknownChannel)
	}
	var m *Message
	inner := &call{w: w, req: c.req, payload: in.Data, files: c.files, header: c.header, actor: nil}
	switch in.Type {
	case 4, 5:
		made, err := inner.respondMessage(it, ch, in.Type == 5)
		if err != nil {
			return 0, nil, err
		}
		m = made
		it.original, it.deferred = m.ID, in.Type == 5
	case 6, 7:
		if it.typ != 3 {
			return 0, nil, failure(CodeInvalidForm)
		}
		it.original = it.source
		if m = ch.message(it.source); in.Type == 7 && m != nil {
			if _, _, err := inner.edit(ch, m, true); err != nil {
				return 0, nil, err
			}
		}
	case 8, 9:
	default:
		var f form
		f.add("BASE_TYPE_CHOICES", "Value must be one of {4, 5, 6, 7, 8, 9}.", "type")
		return 0, nil, f.failure()
	}
	it.ackedMs = w.now
	if !c.truth("with_response") {
		return 204, nil, nil
	}
	out := map[string]any{"interaction": map[string]any{
		"id": it.id, "type": it.typ, "response_message_loading": in.Type == 5, "response_message_ephemeral": it.flags&FlagEphemeral != 0, "channel_id": it.channel, "guild_id": w.guild.ID,
	}}
	if m != nil {
		out["interaction"].(map[string]any)["response_message_id"] = m.ID
		out["resource"] = map[string]any{"type": in.Type, "message": w.view(ch, m, 0, true)}
	}
	return 200, out, nil
}

// respondMessage makes the message of an interaction's answer: the application speaks, whatever it may do in the channel.
func (c *call) respondMessage(it *interaction, ch *Channel, deferred bool) (*Message, *APIError) {
	w := c.w
	var in messageInput
	if err := c.read(&in); err != nil {
		return nil, err
	}
	var f form
	w.checkMessage(&in, &f)
	if err := f.failure(); err != nil {
		return nil, err
	}
	in.StickerIDs = nil // not among what an answer can hold
	if !deferred && in.empty(len(c.files)) {
		return nil, failure(CodeEmptyMessage)
	}
	typ := DefaultMessage
	if it.typ == 2 {
		typ = ChatInputCommand
	}
	m := w.newMessage(ch, it.bot.user, typ)
	m.ApplicationID = it.bot.app
	m.WebhookID = WebhookID(it.bot.app)
	if in.Flags != nil {
		it.flags = *in.Flags & FlagEphemeral
	}
	files, err := w.attach(ch, nil, c.files)
	if err != nil {
		return nil, err
	}
	m.Attachments = files
	w.fill(ch, m, w.members[it.bot.user.ID], &in, true)
	m.Flags |= it.flags
	if deferred {
		m.Flags |= FlagLoading
	}
	owners := map[string]any{"0": w.guild.ID}
	m.Metadata = encode(map[string]any{"id": it.id, "type": it.typ, "user": it.user.User, "authorizing_integration_owners": owners})
	if it.typ == 3 {
		m.Metadata = encode(map[string]any{"id": it.id, "type": it.typ, "user": it.user.User, "authorizing_integration_owners": owners, "interacted_message_id": it.source})
	}
	m.ephemeralFor = it.user.User.ID
	if m.Flags&FlagEphemeral == 0 {
		m.ephemeralFor = 0
		w.publish(ch, w.members[it.bot.user.ID], m)
	} else {
		w.whispers[m.ID] = m
		if w.cfg.Observe {
			w.out = append(w.out, Output{Kind: Observed, Event: "EPHEMERAL_CREATE", Frame: encode(map[string]any{"user_id": it.user.User.ID, "message": w.view(ch, m, 0, true)})})
		}
	}
	return m, nil
}

// followUp routes of an interaction: /webhooks/{application.id}/{interaction.token}.
func (c *call) interactionOfToken() (*interaction, *Channel, *APIError) {
	w := c.w
	var it *interaction
	for _, p := range w.pending {
		if p.token == c.params[1] && p.bot.app.String() == c.params[0] {
			it = p
		}
	}
	if it == nil || w.now-it.startMs() > interactionLastMs {
		return nil, nil, failure(CodeUnknownWebhook)
	}
	ch := w.channels[it.channel]
	if ch == nil {
		return nil, nil, failure(CodeUnknownChannel)
	}
	return it, ch, nil
}

// whisperOrMessage finds a message of an interaction, ephemeral ones too.
func (w *World) whisperOrMessage(ch *Channel, id MessageID) *Message {
	if m := w.whispers[id]; m != nil {
		return m
	}
	return ch.message(id)
}
