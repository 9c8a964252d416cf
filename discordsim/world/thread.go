package world

import "sort"

// activeCount is how many threads of the guild are active.
func (w *World) activeCount() int { return len(w.threads) }

// activeThreads gives the active threads, newest first.
func (w *World) activeThreads() []*Channel {
	list := make([]*Channel, 0, len(w.threads))
	for _, c := range w.threads {
		list = append(list, c)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].ID > list[j].ID })
	return list
}

// openThread makes a thread. The id is the starting message's, or a new one.
func (w *World) openThread(parent *Channel, owner *Member, id ChannelID, typ ChannelType, name string, autoArchiveMinutes, slowmode int, tags []TagID) *Channel {
	if autoArchiveMinutes == 0 {
		autoArchiveMinutes = parent.DefaultAutoArchiveMinutes
	}
	if autoArchiveMinutes == 0 {
		autoArchiveMinutes = 1440
	}
	c := &Channel{
		ID: id, Type: typ, ParentID: parent.ID, Name: name, OwnerID: owner.User.ID, Invitable: true, RateLimitPerUser: slowmode,
		ArchiveTimestampMs: w.now, AutoArchiveMinutes: autoArchiveMinutes, CreatedMs: w.now, AppliedTags: tags,
		members: []threadMember{{owner.User.ID, w.now}},
	}
	w.channels[id], w.threads[id] = c, c
	w.touch(c)
	w.threadEvent("THREAD_CREATE", c, true)
	return c
}

// threadEvent sends a thread with each session's own membership.
func (w *World) threadEvent(name string, c *Channel, newly bool) {
	w.dispatch(event{
		name: name, intent: IntentGuilds, channel: c,
		dataFor: func(s *session) any {
			var me UserID
			// Of THREAD_CREATE the member stands in it only where it is why the event came (private threads).
			if s != nil && (name != "THREAD_CREATE" || c.Type == PrivateThread) {
				me = s.bot.user.ID
			}
			t := w.thread(c, me)
			t.NewlyCreated = newly
			return t
		},
	})
}

// touch notes activity, which puts the archiving of a thread off.
func (w *World) touch(c *Channel) {
	c.activityMs = w.now
	if c.Type.IsThread() && !c.Archived && c.timerMs == 0 {
		w.scheduleArchive(c)
	}
}

func (w *World) scheduleArchive(c *Channel) {
	due := c.activityMs + int64(c.AutoArchiveMinutes)*60000
	c.timerMs = due
	w.at(due, func(w *World) {
		if c.timerMs != due {
			return
		}
		c.timerMs = 0
		if w.channels[c.ID] != c || c.Archived {
			return
		}
		const pinnedPost = 1 << 1
		if c.activityMs+int64(c.AutoArchiveMinutes)*60000 > w.now || c.Flags&pinnedPost != 0 {
			w.scheduleArchive(c)
			return
		}
		w.setArchived(c, true, c.Locked)
		w.threadEvent("THREAD_UPDATE", c, false)
	})
}

// setArchived changes the two states of a thread. Reopening sends its events by itself (docs: THREAD_UPDATE, then
// THREAD_MEMBER_UPDATE); archiving leaves the event to the caller, who may have changed more.
func (w *World) setArchived(c *Channel, archived, locked bool) {
	c.Locked = locked
	if c.Archived == archived {
		return
	}
	c.Archived = archived
	c.ArchiveTimestampMs = w.now
	if archived {
		delete(w.threads, c.ID)
		return
	}
	w.threads[c.ID] = c
	w.touch(c)
	w.threadEvent("THREAD_UPDATE", c, false)
	for _, m := range c.members {
		w.memberEvent(c, m)
	}
}

func (w *World) memberEvent(c *Channel, m threadMember) {
	w.dispatch(event{
		name: "THREAD_MEMBER_UPDATE", intent: IntentGuilds, channel: c, user: m.user,
		data: &threadMemberWire{ID: c.ID, UserID: m.user, GuildID: w.guild.ID, JoinedAt: stamp(m.joinedMs), Flags: 1},
	})
}

// join adds a user to a thread, as posting in it does.
func (w *World) join(c *Channel, user UserID) {
	if c.memberIndex(user) >= 0 {
		return
	}
	m := threadMember{user, w.now}
	c.members = append(c.members, m)
	w.membersEvent(c, user, &threadMemberWire{ID: c.ID, UserID: user, JoinedAt: stamp(w.now), Flags: 1, Member: memberOf(w.members[user], true)}, 0)
	if c.Type == PrivateThread {
		// Whoever is put into a private thread learns of it by THREAD_CREATE.
		w.dispatch(event{name: "THREAD_CREATE", intent: IntentGuilds, channel: c, user: user, data: w.thread(c, user)})
	}
}

func (w *World) leave(c *Channel, user UserID) {
	i := c.memberIndex(user)
	if i < 0 {
		return
	}
	c.members = append(c.members[:i:i], c.members[i+1:]...)
	w.membersEvent(c, 0, nil, user)
}

// membersEvent sends THREAD_MEMBERS_UPDATE: to those with GUILD_MEMBERS, and to the user it concerns.
func (w *World) membersEvent(c *Channel, added UserID, wire *threadMemberWire, removed UserID) {
	data := map[string]any{"id": c.ID, "guild_id": w.guild.ID, "member_count": min(len(c.members), 50)}
	concerned := removed
	if wire != nil {
		data["added_members"] = []any{wire}
		concerned = added
	} else {
		data["removed_member_ids"] = []UserID{removed}
	}
	w.dispatch(event{name: "THREAD_MEMBERS_UPDATE", intent: IntentGuildMembers, channel: c, data: data})
	for _, s := range w.order {
		if s.bot.user.ID == concerned && s.intents&IntentGuildMembers == 0 && s.intents&IntentGuilds != 0 {
			w.disturb(s, "THREAD_MEMBERS_UPDATE", encode(data))
		}
	}
}

// removeChannel deletes a channel or thread; a channel takes its threads with it.
func (w *World) removeChannel(c *Channel) {
	if c.Type.IsThread() {
		w.dispatch(event{
			name: "THREAD_DELETE", intent: IntentGuilds, channel: c,
			data: map[string]any{"id": c.ID, "guild_id": w.guild.ID, "parent_id": c.ParentID, "type": c.Type},
		})
		if parent := w.channels[c.ParentID]; parent != nil {
			if m := parent.message(MessageID(c.ID)); m != nil {
				m.Flags &^= FlagHasThread
			}
		}
	} else {
		// CHANNEL_* go to every bot of the guild, whether it may view the channel or not: so a bot learns that it may no more.
		w.dispatch(event{name: "CHANNEL_DELETE", intent: IntentGuilds, data: w.channel(c)})
		for id, t := range w.channels {
			if t.ParentID == c.ID && t.Type.IsThread() {
				delete(w.channels, id)
				delete(w.threads, id)
			}
		}
	}
	delete(w.channels, c.ID)
	delete(w.threads, c.ID)
}

// accessEvents tells sessions that gained sight of a channel about its threads (THREAD_LIST_SYNC). Nothing is sent for
// what was lost. seen is who could see it before.
func (w *World) accessEvents(c *Channel, seen map[UserID]bool) {
	for _, s := range w.order {
		me := w.members[s.bot.user.ID]
		if me == nil || s.intents&IntentGuilds == 0 || seen[me.User.ID] || !w.canSee(me, c) {
			continue
		}
		threads, members := []any{}, []any{}
		for _, t := range w.activeThreads() {
			if t.ParentID == c.ID && w.canSee(me, t) {
				wire := w.thread(t, me.User.ID)
				if wire.Member != nil {
					members = append(members, wire.Member)
				}
				wire.Member = nil
				threads = append(threads, wire)
			}
		}
		w.disturb(s, "THREAD_LIST_SYNC", encode(map[string]any{
			"guild_id": w.guild.ID, "channel_ids": []ChannelID{c.ID}, "threads": threads, "members": members,
		}))
	}
}

// changeRoles makes a change of roles, and tells the sessions of each channel of which they gained sight by it.
func (w *World) changeRoles(change func()) {
	channels := w.sortedChannels()
	seen := make([]map[UserID]bool, len(channels))
	for i, c := range channels {
		seen[i] = w.seers(c)
	}
	change()
	for i, c := range channels {
		w.accessEvents(c, seen[i])
	}
}

// seers are the users of sessions who can see a channel now.
func (w *World) seers(c *Channel) map[UserID]bool {
	seen := map[UserID]bool{}
	for _, s := range w.order {
		if me := w.members[s.bot.user.ID]; me != nil && w.canSee(me, c) {
			seen[me.User.ID] = true
		}
	}
	return seen
}
