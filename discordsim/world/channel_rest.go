package world

var channelRoutes = []route{
	{name: "GET /channels/{channel.id}", auth: true, handle: getChannel},
	{name: "PATCH /channels/{channel.id}", auth: true, bucket: "channel.edit", handle: editChannel},
	{name: "DELETE /channels/{channel.id}", auth: true, handle: deleteChannel},
	{name: "PUT /channels/{channel.id}/permissions/{overwrite.id}", auth: true, handle: putOverwrite},
	{name: "DELETE /channels/{channel.id}/permissions/{overwrite.id}", auth: true, handle: deleteOverwrite},
	{name: "POST /guilds/{guild.id}/channels", auth: true, handle: createChannel},
	{name: "GET /guilds/{guild.id}/channels", auth: true, handle: listChannels},
}

func getChannel(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	return 200, c.w.channelOrThread(ch, c.actor.User.ID), nil
}

func listChannels(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	// Every channel of the guild is in this list, also those that the bot may not view.
	out := []*channelWire{}
	for _, ch := range c.w.sortedChannels() {
		out = append(out, c.w.channel(ch))
	}
	return 200, out, nil
}

// channelInput is the body of create and edit.
type channelInput struct {
	Name        *string      `json:"name"`
	Type        *ChannelType `json:"type"`
	Topic       *string      `json:"topic"`
	Position    *int         `json:"position"`
	ParentID    *ChannelID   `json:"parent_id"`
	Slowmode    *int         `json:"rate_limit_per_user"`
	Overwrites  *[]Overwrite `json:"permission_overwrites"`
	Flags       *int         `json:"flags"`
	DefaultAuto *int         `json:"default_auto_archive_duration"`
	Tags        *[]Tag       `json:"available_tags"`

	Archived    *bool    `json:"archived"`
	Locked      *bool    `json:"locked"`
	Invitable   *bool    `json:"invitable"`
	AutoArchive *int     `json:"auto_archive_duration"`
	AppliedTags *[]TagID `json:"applied_tags"`
}

func (in *channelInput) check(f *form) {
	if in.Name != nil {
		f.channelName(*in.Name)
	}
	if in.Topic != nil && utf16Len(*in.Topic) > 1024 {
		f.tooLong(1024, "topic")
	}
	if in.AutoArchive != nil && !validArchive(*in.AutoArchive) {
		f.add("BASE_TYPE_CHOICES", "Value must be one of {60, 1440, 4320, 10080}.", "auto_archive_duration")
	}
	if in.Slowmode != nil && (*in.Slowmode < 0 || *in.Slowmode > 21600) {
		f.add("NUMBER_TYPE_MAX", "int value should be between 0 and 21600.", "rate_limit_per_user")
	}
	if in.AppliedTags != nil && len(*in.AppliedTags) > 5 {
		f.tooLong(5, "applied_tags")
	}
	if in.Tags != nil && len(*in.Tags) > 20 {
		f.tooLong(20, "available_tags")
	}
}

func editChannel(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	var in channelInput
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	var f form
	in.check(&f)
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	// Checked before anything changes: a rename that is refused refuses the whole request.
	rename := func() *APIError {
		if in.Name != nil && *in.Name != ch.Name || in.Topic != nil && *in.Topic != ch.Topic {
			return w.renameLimit(c, ch.ID)
		}
		return nil
	}
	if ch.Type.IsThread() {
		return c.editThread(ch, &in, rename)
	}
	if err := c.need(ch, ManageChannels); err != nil {
		return 0, nil, err
	}
	if err := rename(); err != nil {
		return 0, nil, err
	}
	seen := w.seers(ch)
	w.setChannel(ch, &in)
	w.dispatch(event{name: "CHANNEL_UPDATE", intent: IntentGuilds, data: w.channel(ch)})
	w.accessEvents(ch, seen)
	return 200, w.channel(ch), nil
}

func (w *World) setChannel(ch *Channel, in *channelInput) {
	set(&ch.Name, in.Name)
	set(&ch.Topic, in.Topic)
	set(&ch.Position, in.Position)
	set(&ch.ParentID, in.ParentID)
	set(&ch.RateLimitPerUser, in.Slowmode)
	set(&ch.Overwrites, in.Overwrites)
	set(&ch.Flags, in.Flags)
	set(&ch.DefaultAutoArchiveMinutes, in.DefaultAuto)
	if in.Tags != nil {
		ch.Tags = nil
		for _, t := range *in.Tags {
			if t.ID == 0 {
				t.ID = TagID(w.mint())
			}
			ch.Tags = append(ch.Tags, t)
		}
	}
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// editThread changes a thread. Docs: a thread that is archived takes no other change unless archived:false comes in the
// same request; reopening one that is not locked needs no more than being allowed to post.
func (c *call) editThread(t *Channel, in *channelInput, rename func() *APIError) (int, any, *APIError) {
	w := c.w
	p := w.permissions(c.member(), t)
	manages := p.Has(ManageThreads)
	if manages && w.guild.MFALevel > 0 && c.actor.User.Bot && (in.Locked != nil || in.Slowmode != nil) {
		return 0, nil, failure(CodeTwoFactor)
	}
	creator := t.OwnerID == c.actor.User.ID
	reopens := in.Archived != nil && !*in.Archived
	others := in.Name != nil || in.Locked != nil || in.AutoArchive != nil || in.Slowmode != nil || in.Invitable != nil || in.AppliedTags != nil || in.Flags != nil
	switch {
	case t.Archived && !reopens && (others || in.Archived == nil):
		return 0, nil, failure(CodeArchived)
	case reopens && t.Locked && !manages, reopens && !p.Has(SendMessagesInThreads) && !manages:
		return 0, nil, failure(CodeMissingPermissions)
	case in.Locked != nil && !manages, in.Slowmode != nil && !manages, in.Flags != nil && !manages:
		return 0, nil, failure(CodeMissingPermissions)
	case (in.Name != nil || in.AutoArchive != nil || in.Invitable != nil || in.AppliedTags != nil || in.Archived != nil && *in.Archived) && !manages && !creator:
		return 0, nil, failure(CodeMissingPermissions)
	case reopens && t.Archived && w.activeCount() >= w.cfg.Limits.ActiveThreads:
		return 0, nil, failure(CodeTooManyThreads)
	}
	if err := rename(); err != nil {
		return 0, nil, err
	}
	oldName := t.Name
	set(&t.Name, in.Name)
	set(&t.RateLimitPerUser, in.Slowmode)
	set(&t.Invitable, in.Invitable)
	set(&t.AppliedTags, in.AppliedTags)
	set(&t.Flags, in.Flags)
	set(&t.Locked, in.Locked)
	if in.AutoArchive != nil && *in.AutoArchive != t.AutoArchiveMinutes {
		t.AutoArchiveMinutes = *in.AutoArchive
		t.ArchiveTimestampMs, t.activityMs = w.now, w.now
		if !t.Archived {
			w.scheduleArchive(t)
		}
	}
	reopened := reopens && t.Archived
	if in.Archived != nil {
		w.setArchived(t, *in.Archived, t.Locked)
	}
	if !reopened {
		w.threadEvent("THREAD_UPDATE", t, false)
	}
	if t.Name != oldName {
		m := w.newMessage(t, c.actor.User, RenameMessage)
		m.Content = t.Name
		archived := t.Archived
		t.Archived = false // a rename that also archives must not reopen the thread
		w.publish(t, nil, m)
		t.Archived = archived
	}
	return 200, w.thread(t, c.actor.User.ID), nil
}

func deleteChannel(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	need := ManageChannels
	if ch.Type.IsThread() {
		need = ManageThreads
	}
	if err := c.need(ch, need); err != nil {
		return 0, nil, err
	}
	wire := c.w.channelOrThread(ch, c.actor.User.ID)
	c.w.removeChannel(ch)
	return 200, wire, nil
}

func createChannel(c *call) (int, any, *APIError) {
	w := c.w
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	var in channelInput
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	var f form
	if in.Name == nil {
		f.required("name")
	}
	in.check(&f)
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	if !w.basePermissions(c.member()).Has(ManageChannels) {
		return 0, nil, failure(CodeMissingPermissions)
	}
	typ := GuildText
	set(&typ, in.Type)
	ch := w.addChannel(*in.Name, typ)
	w.setChannel(ch, &in)
	w.dispatch(event{name: "CHANNEL_CREATE", intent: IntentGuilds, data: w.channel(ch)})
	return 201, w.channel(ch), nil
}

func putOverwrite(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageRoles); err != nil {
		return 0, nil, err
	}
	id, ok := ParseID[struct{}](c.params[1])
	if !ok {
		return 0, nil, notSnowflake("overwrite_id", c.params[1])
	}
	var in Overwrite
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	in.ID = id
	seen := w.seers(ch)
	kept := []Overwrite{}
	for _, o := range ch.Overwrites {
		if o.ID != id {
			kept = append(kept, o)
		}
	}
	ch.Overwrites = append(kept, in)
	w.dispatch(event{name: "CHANNEL_UPDATE", intent: IntentGuilds, data: w.channel(ch)})
	w.accessEvents(ch, seen)
	return 204, nil, nil
}

func deleteOverwrite(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageRoles); err != nil {
		return 0, nil, err
	}
	seen := w.seers(ch)
	kept := []Overwrite{}
	for _, o := range ch.Overwrites {
		if o.ID.String() != c.params[1] {
			kept = append(kept, o)
		}
	}
	ch.Overwrites = kept
	w.dispatch(event{name: "CHANNEL_UPDATE", intent: IntentGuilds, data: w.channel(ch)})
	w.accessEvents(ch, seen)
	return 204, nil, nil
}
