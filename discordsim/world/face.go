package world

import (
	"encoding/json"
	"net/url"
	"sort"
)

// This file is the direct face for tests, simulations and consoles: what people do, without HTTP.

// GuildID is the guild's id.
func (w *World) GuildID() GuildID { return w.guild.ID }

// SupportChannel is the support channel's id; 0 where there is none.
func (w *World) SupportChannel() ChannelID { return w.supportChannel }

// SupportRole is the support role's id.
func (w *World) SupportRole() RoleID { return w.supportRole }

// BotUser is the id of the bot user that a token speaks for; 0 for a token that is worth nothing.
func (w *World) BotUser(token string) UserID {
	if b := w.botOfToken(token); b != nil {
		return b.user.ID
	}
	return 0
}

// Config is what the world was made with, defaults filled in.
func (w *World) Config() Config { return w.cfg }

// person is the authorization of a person.
func person(name string) string { return "User " + url.PathEscape(name) }

// as carries out a request of a person.
func (w *World) as(nowMs int64, name, method, path string, body any) (Response, error) {
	req := Request{Method: method, Path: path, Authorization: person(name)}
	if body != nil {
		req.Body, req.ContentType = encode(body), "application/json"
	}
	r := w.REST(nowMs, req)
	if r.Status >= 300 {
		e := &APIError{Status: r.Status}
		_ = json.Unmarshal(r.Body, e)
		return r, e
	}
	return r, nil
}

// Post says something as a person of that name, who becomes a member where they were none. The error is an *APIError.
func (w *World) Post(nowMs int64, name string, channel ChannelID, content string) (MessageID, error) {
	return w.PostBody(nowMs, name, channel, map[string]any{"content": content})
}

// PostBody posts a whole message object as a person: replies, embeds, stickers, flags.
func (w *World) PostBody(nowMs int64, name string, channel ChannelID, body map[string]any) (MessageID, error) {
	r, err := w.as(nowMs, name, "POST", "/channels/"+channel.String()+"/messages", body)
	if err != nil {
		return 0, err
	}
	var m struct {
		ID MessageID `json:"id"`
	}
	_ = json.Unmarshal(r.Body, &m)
	return m.ID, nil
}

// Edit changes a person's message.
func (w *World) Edit(nowMs int64, name string, channel ChannelID, id MessageID, content string) error {
	_, err := w.as(nowMs, name, "PATCH", "/channels/"+channel.String()+"/messages/"+id.String(), map[string]any{"content": content})
	return err
}

// Delete removes a message as a person.
func (w *World) Delete(nowMs int64, name string, channel ChannelID, id MessageID) error {
	_, err := w.as(nowMs, name, "DELETE", "/channels/"+channel.String()+"/messages/"+id.String(), nil)
	return err
}

// React puts an emoji (Unicode, or name:id) under a message as a person.
func (w *World) React(nowMs int64, name string, channel ChannelID, id MessageID, emoji string) error {
	_, err := w.as(nowMs, name, "PUT", "/channels/"+channel.String()+"/messages/"+id.String()+"/reactions/"+url.PathEscape(emoji)+"/@me", nil)
	return err
}

// Type shows a person as typing.
func (w *World) Type(nowMs int64, name string, channel ChannelID) error {
	_, err := w.as(nowMs, name, "POST", "/channels/"+channel.String()+"/typing", nil)
	return err
}

// SetThread archives, reopens, locks or unlocks a thread as a person.
func (w *World) SetThread(nowMs int64, name string, thread ChannelID, archived, locked bool) error {
	_, err := w.as(nowMs, name, "PATCH", "/channels/"+thread.String(), map[string]any{"archived": archived, "locked": locked})
	return err
}

// Rename changes a thread's name as a person.
func (w *World) Rename(nowMs int64, name string, thread ChannelID, to string) error {
	_, err := w.as(nowMs, name, "PATCH", "/channels/"+thread.String(), map[string]any{"name": to})
	return err
}

// DeleteChannel deletes a channel or thread, as the owner of the guild.
func (w *World) DeleteChannel(nowMs int64, id ChannelID) error {
	_, err := w.as(nowMs, "Server Owner", "DELETE", "/channels/"+id.String(), nil)
	return err
}

// PostWebhook posts as a webhook of the channel (or of a thread's parent), which is made where there is none.
func (w *World) PostWebhook(nowMs int64, username string, channel ChannelID, content string) (MessageID, error) {
	w.advance(nowMs)
	ch := w.channels[channel]
	if ch == nil {
		return 0, failure(CodeUnknownChannel)
	}
	parent := ch
	if ch.Type.IsThread() {
		parent = w.channels[ch.ParentID]
	}
	var hook *webhook
	for _, h := range w.webhooks {
		if h.channel == parent.ID && (hook == nil || h.id < hook.id) {
			hook = h
		}
	}
	if hook == nil {
		hook = w.addWebhook(parent, w.members[w.guild.OwnerID], "Integration")
	}
	q := url.Values{"wait": {"true"}}
	if ch != parent {
		q.Set("thread_id", channel.String())
	}
	r := w.REST(nowMs, Request{
		Method: "POST", Path: "/webhooks/" + hook.id.String() + "/" + hook.token, Query: q, ContentType: "application/json",
		Authorization: "User Server Owner", Body: encode(map[string]any{"content": content, "username": username}),
	})
	var m struct {
		ID MessageID `json:"id"`
	}
	if r.Status != 200 {
		e := &APIError{Status: r.Status}
		_ = json.Unmarshal(r.Body, e)
		return 0, e
	}
	_ = json.Unmarshal(r.Body, &m)
	return m.ID, nil
}

// Invoke uses a slash command of a bot as a person. options may be nil. The error is an *APIError.
func (w *World) Invoke(nowMs int64, name string, channel ChannelID, app ApplicationID, command string, options json.RawMessage) error {
	data := map[string]any{"name": command, "type": 1}
	if options != nil {
		data["options"] = options
	}
	_, err := w.as(nowMs, name, "POST", "/interactions", map[string]any{"type": 2, "application_id": app, "channel_id": channel, "data": data})
	return err
}

// RequireTwoFactor makes the server ask moderators for two-factor authentication, which the owners of the bots have not
// switched on: bots that would need a moderator's permission are refused then.
// https://support.discord.com/hc/en-us/articles/219576828
func (w *World) RequireTwoFactor(on bool) {
	w.guild.MFALevel = 0
	if on {
		w.guild.MFALevel = 1
	}
}

// SetBotAccess gives the bots' roles sight of a channel, or takes it away.
func (w *World) SetBotAccess(nowMs int64, channel ChannelID, allowed bool) {
	w.advance(nowMs)
	ch := w.channels[channel]
	seen := w.seers(ch)
	for i, o := range ch.Overwrites {
		for _, r := range w.roles {
			if uint64(r.ID) == uint64(o.ID) && r.Tags != nil {
				if allowed {
					ch.Overwrites[i].Allow, ch.Overwrites[i].Deny = ViewChannel, 0
				} else {
					ch.Overwrites[i].Allow, ch.Overwrites[i].Deny = 0, ViewChannel
				}
			}
		}
	}
	w.dispatch(event{name: "CHANNEL_UPDATE", intent: IntentGuilds, data: w.channel(ch)})
	w.accessEvents(ch, seen)
}

// SetBotPermissions changes the permissions of a bot's own role.
func (w *World) SetBotPermissions(nowMs int64, token string, p Permissions) {
	w.advance(nowMs)
	b := w.botOfToken(token)
	if b == nil || w.members[b.user.ID] == nil {
		return
	}
	r := w.role(w.members[b.user.ID].Roles[0])
	w.changeRoles(func() {
		r.Permissions = p
		w.dispatch(event{name: "GUILD_ROLE_UPDATE", intent: IntentGuilds, data: map[string]any{"guild_id": w.guild.ID, "role": r}})
	})
}

// SetEveryonePermissions gives the role that everybody has, bots too, other permissions.
func (w *World) SetEveryonePermissions(nowMs int64, p Permissions) {
	w.advance(nowMs)
	r := w.everyone()
	r.Permissions = p
	w.dispatch(event{name: "GUILD_ROLE_UPDATE", intent: IntentGuilds, data: map[string]any{"guild_id": w.guild.ID, "role": r}})
}

// SetGuildUnavailable plays an outage of the guild (GUILD_DELETE with unavailable, later GUILD_CREATE), or with removed
// the bot's expulsion.
func (w *World) SetGuildUnavailable(nowMs int64, unavailable, removed bool) {
	w.advance(nowMs)
	for _, s := range append([]*session(nil), w.order...) {
		if s.intents&IntentGuilds == 0 {
			continue
		}
		switch {
		case removed:
			w.disturb(s, "GUILD_DELETE", encode(map[string]any{"id": w.guild.ID}))
		case unavailable:
			w.disturb(s, "GUILD_DELETE", encode(map[string]any{"id": w.guild.ID, "unavailable": true}))
		default:
			w.disturb(s, "GUILD_CREATE", encode(w.guildCreate(s)))
		}
	}
	if removed {
		for _, b := range w.bots {
			delete(w.members, b.user.ID)
		}
	}
}

// Thread gives a copy of a channel or thread; false where there is none (any more).
func (w *World) Thread(id ChannelID) (Channel, bool) {
	c := w.channels[id]
	if c == nil {
		return Channel{}, false
	}
	return *c, true
}

// Threads gives copies of the threads of a channel, archived ones too, oldest first; parent 0: of all.
func (w *World) Threads(parent ChannelID) []Channel {
	var out []Channel
	for _, c := range w.channels {
		if c.Type.IsThread() && (parent == 0 || c.ParentID == parent) {
			out = append(out, *c)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out
}

// Messages gives copies of a channel's messages, oldest first, Discord's own ones too (Message.Type).
func (w *World) Messages(id ChannelID) []Message {
	c := w.channels[id]
	if c == nil {
		return nil
	}
	out := make([]Message, 0, len(c.messages))
	for _, m := range c.messages {
		out = append(out, *m)
	}
	return out
}

// Sessions is how many Gateway sessions live, with and without a socket.
func (w *World) Sessions() (connected, waiting int) {
	for _, s := range w.order {
		if s.conn != 0 {
			connected++
		} else {
			waiting++
		}
	}
	return connected, waiting
}

// Members gives copies of the guild's members, oldest first.
func (w *World) Members() []Member {
	var out []Member
	for _, m := range w.sortedMembers() {
		out = append(out, *m)
	}
	return out
}

// SetAPIURL changes the origin that stands in addresses of attachments and webhooks.
func (w *World) SetAPIURL(origin string) { w.cfg.APIURL = origin }

// BotToken is the token of the first bot, for hosts that print it.
func (w *World) BotToken() string {
	if len(w.bots) == 0 {
		return ""
	}
	return w.bots[0].Token
}

// BotApplication is the id of the application that a token speaks for; 0 for a token that is worth nothing.
func (w *World) BotApplication(token string) ApplicationID {
	if b := w.botOfToken(token); b != nil {
		return b.app
	}
	return 0
}

// ActiveThreads is how many threads of the guild are active.
func (w *World) ActiveThreads() int { return w.activeCount() }

// Commands gives every application command that people see.
func (w *World) Commands() []Command {
	out := []Command{}
	for _, b := range w.bots {
		if set := w.commands[b.app]; set != nil {
			for _, cmd := range set.all() {
				out = append(out, *cmd)
			}
		}
	}
	return out
}
