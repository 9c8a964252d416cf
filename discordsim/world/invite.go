package world

// Invite makes a bot of the config that is absent a member of the guild with permissions, as its owner does with an invite
// link. A bot that is a member gets them anew.
func (w *World) Invite(nowMs int64, token string, p Permissions) {
	w.advance(nowMs)
	b := w.botOfToken(token)
	if b == nil {
		return
	}
	if w.members[b.user.ID] != nil {
		w.SetBotPermissions(nowMs, token, p)
		return
	}
	r := w.addRole(b.Name, p)
	r.Managed, r.Tags = true, &roleTags{BotID: b.user.ID}
	w.members[b.user.ID] = &Member{User: b.user, Roles: []RoleID{r.ID}, JoinedMs: w.now, Presence: "offline", bot: b}
	for _, s := range append([]*session(nil), w.order...) {
		if s.bot == b && s.intents&IntentGuilds != 0 {
			w.disturb(s, "GUILD_CREATE", encode(w.guildCreate(s)))
		}
	}
}
