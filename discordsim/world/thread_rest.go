package world

import (
	"sort"
	"time"
)

var threadRoutes = []route{
	{name: "POST /channels/{channel.id}/messages/{message.id}/threads", auth: true, bucket: "thread.create", handle: threadFromMessage},
	{name: "POST /channels/{channel.id}/threads", auth: true, bucket: "thread.create", handle: threadWithoutMessage},
	{name: "GET /guilds/{guild.id}/threads/active", auth: true, bucket: "thread.list", handle: listActiveThreads},
	{name: "GET /channels/{channel.id}/threads/archived/public", auth: true, bucket: "thread.list", handle: listPublicArchived},
	{name: "GET /channels/{channel.id}/threads/archived/private", auth: true, bucket: "thread.list", handle: listPrivateArchived},
	{name: "GET /channels/{channel.id}/users/@me/threads/archived/private", auth: true, bucket: "thread.list", handle: listOwnPrivateArchived},
	{name: "GET /channels/{channel.id}/thread-members", auth: true, handle: listThreadMembers},
	{name: "GET /channels/{channel.id}/thread-members/{user.id}", auth: true, handle: getThreadMember},
	{name: "PUT /channels/{channel.id}/thread-members/{user.id}", auth: true, bucket: "thread.member", handle: addThreadMember},
	{name: "DELETE /channels/{channel.id}/thread-members/{user.id}", auth: true, bucket: "thread.member", handle: removeThreadMember},
}

// threadInput is the body of the two routes that make threads.
type threadInput struct {
	Name        *string       `json:"name"`
	AutoArchive *int          `json:"auto_archive_duration"`
	Type        *ChannelType  `json:"type"`
	Slowmode    *int          `json:"rate_limit_per_user"`
	Invitable   *bool         `json:"invitable"`
	AppliedTags []TagID       `json:"applied_tags"`
	Message     *messageInput `json:"message"`
}

func validArchive(minutes int) bool {
	return minutes == 60 || minutes == 1440 || minutes == 4320 || minutes == 10080
}

func (in *threadInput) check(f *form) {
	if in.Name == nil {
		f.required("name")
	} else {
		f.channelName(*in.Name)
	}
	if in.AutoArchive != nil && !validArchive(*in.AutoArchive) {
		f.add("BASE_TYPE_CHOICES", "Value must be one of {60, 1440, 4320, 10080}.", "auto_archive_duration")
	}
	if in.Slowmode != nil && (*in.Slowmode < 0 || *in.Slowmode > 21600) {
		f.add("NUMBER_TYPE_MAX", "int value should be between 0 and 21600.", "rate_limit_per_user")
	}
	if len(in.AppliedTags) > 5 {
		f.tooLong(5, "applied_tags")
	}
}

func (in *threadInput) archiveMinutes() int {
	if in.AutoArchive == nil {
		return 0
	}
	return *in.AutoArchive
}

func (in *threadInput) slowmode() int {
	if in.Slowmode == nil {
		return 0
	}
	return *in.Slowmode
}

func threadFromMessage(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	var in threadInput
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	if ch.Type != GuildText && ch.Type != GuildAnnouncement {
		return 0, nil, failure(CodeWrongChannelType)
	}
	if err := c.need(ch, CreatePublicThreads|ReadMessageHistory); err != nil {
		return 0, nil, err
	}
	var f form
	in.check(&f)
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	id := ChannelID(m.ID)
	if w.channels[id] != nil || m.Flags&FlagHasThread != 0 {
		return 0, nil, failure(CodeThreadExists)
	}
	if w.activeCount() >= w.cfg.Limits.ActiveThreads {
		return 0, nil, failure(CodeTooManyThreads)
	}
	if err := w.threadCooldown(c); err != nil {
		return 0, nil, err
	}
	t := w.openThread(ch, c.member(), id, ch.Type.openThreads(), *in.Name, in.archiveMinutes(), in.slowmode(), nil)
	m.Flags |= FlagHasThread
	w.messageEvent("MESSAGE_UPDATE", ch, m, w.members[m.Author.ID])
	w.system(t, c.actor.User, ThreadStarter, "", m.ID, ch.ID)
	return 201, w.thread(t, c.actor.User.ID), nil
}

func threadWithoutMessage(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	var in threadInput
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	var f form
	in.check(&f)
	if ch.Type.IsForum() {
		return c.forumPost(ch, &in, &f)
	}
	if ch.Type != GuildText && ch.Type != GuildAnnouncement {
		return 0, nil, failure(CodeWrongChannelType)
	}
	// The documented default is a private thread, unlike what most callers mean.
	typ, need := PrivateThread, CreatePrivateThreads
	if in.Type != nil {
		typ = *in.Type
	}
	switch {
	case typ == ch.Type.openThreads():
		need = CreatePublicThreads
	case ch.Type == GuildAnnouncement:
		f.add("BASE_TYPE_CHOICES", "Value must be one of {10}.", "type")
	case typ != PrivateThread:
		f.add("BASE_TYPE_CHOICES", "Value must be one of {11, 12}.", "type")
	}
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, need); err != nil {
		return 0, nil, err
	}
	if w.activeCount() >= w.cfg.Limits.ActiveThreads {
		return 0, nil, failure(CodeTooManyThreads)
	}
	if err := w.threadCooldown(c); err != nil {
		return 0, nil, err
	}
	t := w.openThread(ch, c.member(), ChannelID(w.mint()), typ, *in.Name, in.archiveMinutes(), in.slowmode(), nil)
	if in.Invitable != nil {
		t.Invitable = *in.Invitable
	}
	if typ != PrivateThread {
		w.system(ch, c.actor.User, ThreadCreated, t.Name, 0, t.ID)
	}
	return 201, w.thread(t, c.actor.User.ID), nil
}

// forumPost makes a thread of a forum together with its first message, whose id is the thread's. Of the permissions only
// SEND_MESSAGES is asked (docs: "CREATE_PUBLIC_THREADS is ignored").
func (c *call) forumPost(ch *Channel, in *threadInput, f *form) (int, any, *APIError) {
	w := c.w
	if in.Message == nil {
		f.required("message")
		return 0, nil, f.failure()
	}
	w.checkMessage(in.Message, f)
	for i, id := range in.AppliedTags {
		known := false
		for _, t := range ch.Tags {
			known = known || t.ID == id
		}
		if !known {
			f.add("APPLIED_TAG_UNKNOWN", "Tag does not exist in this channel.", "applied_tags", itoa(i))
		}
	}
	if err := f.failure(); err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, SendMessages); err != nil {
		return 0, nil, err
	}
	if ch.Flags&(1<<4) != 0 && len(in.AppliedTags) == 0 {
		return 0, nil, failure(CodeTagRequired)
	}
	if in.Message.empty(len(c.files)) {
		return 0, nil, failure(CodeEmptyMessage)
	}
	if w.activeCount() >= w.cfg.Limits.ActiveThreads {
		return 0, nil, failure(CodeTooManyThreads)
	}
	if err := w.threadCooldown(c); err != nil {
		return 0, nil, err
	}
	stickers, err := w.stickersOf(in.Message.StickerIDs)
	if err != nil {
		return 0, nil, err
	}
	id := w.mint()
	t := w.openThread(ch, c.member(), ChannelID(id), PublicThread, *in.Name, in.archiveMinutes(), in.slowmode(), in.AppliedTags)
	var described []attachmentInput
	if in.Message.Attachments != nil {
		described = *in.Message.Attachments
	}
	files, err := w.attach(t, described, c.files)
	if err != nil {
		return 0, nil, err
	}
	m := &Message{ID: MessageID(id), ChannelID: t.ID, Author: c.actor.User, CreatedMs: w.now, Attachments: files, Stickers: stickers}
	if w.cfg.KeepRequests {
		m.Request = append([]byte(nil), c.req.Body...)
	}
	w.fill(t, m, c.member(), in.Message, false)
	w.publish(t, c.member(), m)
	ch.LastMessageID = m.ID
	out := w.thread(t, c.actor.User.ID)
	out.Message = w.view(t, m, c.actor.User.ID, c.readsContent(m))
	return 201, out, nil
}

// threadsWire is the answer of every thread list.
type threadsWire struct {
	Threads []*threadWire       `json:"threads"`
	Members []*threadMemberWire `json:"members"`
	HasMore bool                `json:"has_more"`
}

func (out *threadsWire) add(w *World, t *Channel, user UserID) {
	wire := w.thread(t, user)
	if wire.Member != nil {
		out.Members = append(out.Members, wire.Member)
	}
	wire.Member = nil
	out.Threads = append(out.Threads, wire)
}

func newThreads() *threadsWire {
	return &threadsWire{Threads: []*threadWire{}, Members: []*threadMemberWire{}}
}

func listActiveThreads(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	out := newThreads()
	for _, t := range c.w.activeThreads() {
		if c.w.canSee(c.member(), t) {
			out.add(c.w, t, c.actor.User.ID)
		}
	}
	return 200, out, nil
}

// listPublicArchived gives the announcement threads of an announcement channel.
func listPublicArchived(c *call) (int, any, *APIError) { return c.archivedThreads(PublicThread, false) }
func listPrivateArchived(c *call) (int, any, *APIError) {
	return c.archivedThreads(PrivateThread, false)
}
func listOwnPrivateArchived(c *call) (int, any, *APIError) {
	return c.archivedThreads(PrivateThread, true)
}

// archivedThreads pages by archive time (ISO 8601), the newest first; the list of one's own private threads by id.
func (c *call) archivedThreads(typ ChannelType, own bool) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	need := ReadMessageHistory
	if typ == PrivateThread && !own {
		need |= ManageThreads
	}
	if err := c.need(ch, need); err != nil {
		return 0, nil, err
	}
	if typ == PublicThread {
		typ = ch.Type.openThreads()
	}
	limit, err := c.limitParam(50, 2, 100) // 1 is refused: Discord's description has a minimum of 2
	if err != nil {
		return 0, nil, err
	}
	var beforeMs int64
	var beforeID uint64
	if text := c.req.Query.Get("before"); text != "" {
		if own {
			if beforeID, err = c.idParam("before"); err != nil {
				return 0, nil, err
			}
		} else {
			at, e := time.Parse(time.RFC3339, text)
			if e != nil {
				var f form
				f.add("DATE_TIME_TYPE_PARSE", "Could not parse "+text+". Should be ISO8601.", "before")
				return 0, nil, f.failure()
			}
			beforeMs = at.UnixMilli()
		}
	}
	var list []*Channel
	for _, t := range w.channels {
		if t.ParentID != ch.ID || t.Type != typ || !t.Archived || own && t.memberIndex(c.actor.User.ID) < 0 {
			continue
		}
		if beforeMs != 0 && t.ArchiveTimestampMs >= beforeMs || beforeID != 0 && uint64(t.ID) >= beforeID {
			continue
		}
		list = append(list, t)
	}
	sort.Slice(list, func(i, j int) bool {
		if !own && list[i].ArchiveTimestampMs != list[j].ArchiveTimestampMs {
			return list[i].ArchiveTimestampMs > list[j].ArchiveTimestampMs
		}
		return list[i].ID > list[j].ID
	})
	out := newThreads()
	out.HasMore = len(list) > limit
	for _, t := range list[:min(limit, len(list))] {
		out.add(w, t, c.actor.User.ID)
	}
	return 200, out, nil
}

// threadAt finds the thread of the first parameter.
func (c *call) threadAt() (*Channel, *APIError) {
	ch, err := c.channelAt(0)
	if err == nil && !ch.Type.IsThread() {
		err = failure(CodeWrongChannelType)
	}
	return ch, err
}

func listThreadMembers(c *call) (int, any, *APIError) {
	ch, err := c.threadAt()
	if err != nil {
		return 0, nil, err
	}
	if c.actor.bot != nil && !c.actor.bot.GuildMembers {
		return 0, nil, failure(CodeMissingAccess)
	}
	out := []*threadMemberWire{}
	for _, m := range ch.members {
		out = append(out, c.threadMember(ch, m))
	}
	return 200, out, nil
}

func (c *call) threadMember(ch *Channel, m threadMember) *threadMemberWire {
	out := &threadMemberWire{ID: ch.ID, UserID: m.user, JoinedAt: stamp(m.joinedMs), Flags: 1}
	if c.truth("with_member") {
		out.Member = memberOf(c.w.members[m.user], true)
	}
	return out
}

// userAt reads the user of the n-th parameter, which may be @me.
func (c *call) userAt(n int) (UserID, *APIError) {
	if c.params[n] == "@me" {
		return c.actor.User.ID, nil
	}
	id, ok := ParseID[userKind](c.params[n])
	if !ok {
		return 0, notSnowflake("user_id", c.params[n])
	}
	if c.w.users[id] == nil {
		return 0, failure(CodeUnknownUser)
	}
	return id, nil
}

func getThreadMember(c *call) (int, any, *APIError) {
	ch, err := c.threadAt()
	if err != nil {
		return 0, nil, err
	}
	user, err := c.userAt(1)
	if err != nil {
		return 0, nil, err
	}
	i := ch.memberIndex(user)
	if i < 0 {
		return 0, nil, failure(CodeUnknownMember)
	}
	return 200, c.threadMember(ch, ch.members[i]), nil
}

func addThreadMember(c *call) (int, any, *APIError) {
	ch, err := c.threadAt()
	if err != nil {
		return 0, nil, err
	}
	user, err := c.userAt(1)
	if err != nil {
		return 0, nil, err
	}
	if ch.Archived {
		return 0, nil, failure(CodeArchived)
	}
	if user != c.actor.User.ID {
		if err := c.need(ch, SendMessagesInThreads); err != nil {
			return 0, nil, err
		}
	}
	if len(ch.members) >= 1000 {
		return 0, nil, failure(CodeTooManyThreadMembers)
	}
	c.w.join(ch, user)
	return 204, nil, nil
}

func removeThreadMember(c *call) (int, any, *APIError) {
	ch, err := c.threadAt()
	if err != nil {
		return 0, nil, err
	}
	user, err := c.userAt(1)
	if err != nil {
		return 0, nil, err
	}
	if ch.Archived {
		return 0, nil, failure(CodeArchived)
	}
	if user != c.actor.User.ID && user != ch.OwnerID {
		if err := c.need(ch, ManageThreads); err != nil {
			return 0, nil, err
		}
	}
	c.w.leave(ch, user)
	return 204, nil, nil
}
