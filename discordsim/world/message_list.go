package world

import (
	"encoding/json"
	"sort"
)

// listMessages answers newest first, also with after: then the oldest page after that id, newest first.
func listMessages(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	limit, err := c.limitParam(50, 1, 100)
	if err != nil {
		return 0, nil, err
	}
	before, err := c.idParam("before")
	if err != nil {
		return 0, nil, err
	}
	after, err := c.idParam("after")
	if err != nil {
		return 0, nil, err
	}
	around, err := c.idParam("around")
	if err != nil {
		return 0, nil, err
	}
	out := []*messageWire{}
	if !w.permissions(c.member(), ch).Has(ReadMessageHistory) {
		return 200, out, nil
	}
	all := ch.messages
	from := func(id uint64) int {
		return sort.Search(len(all), func(i int) bool { return uint64(all[i].ID) >= id })
	}
	low, high := 0, len(all)
	switch {
	case around != 0:
		low = from(around) - limit/2
		high = low + limit
	case before != 0:
		high = from(before)
		low = high - limit
	case c.req.Query.Get("after") != "":
		low = from(after + 1)
		high = low + limit
	default:
		low = high - limit
	}
	low, high = max(0, low), min(len(all), high)
	for i := high - 1; i >= low; i-- {
		out = append(out, w.view(ch, all[i], c.actor.User.ID, c.readsContent(all[i])))
	}
	return 200, out, nil
}

func bulkDelete(c *call) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, ManageMessages); err != nil {
		return 0, nil, err
	}
	var in struct {
		Messages []MessageID `json:"messages"`
	}
	if err := c.read(&in); err != nil {
		return 0, nil, err
	}
	if len(in.Messages) < 2 || len(in.Messages) > 100 {
		return 0, nil, failure(CodeBulkDeleteCount)
	}
	gone := []MessageID{}
	for _, id := range in.Messages {
		if w.now-id.Ms() > 14*24*3600*1000 {
			return 0, nil, failure(CodeBulkDeleteOld)
		}
	}
	for _, id := range in.Messages {
		if i := ch.find(id); i >= 0 {
			ch.messages = append(ch.messages[:i:i], ch.messages[i+1:]...)
			ch.MessageCount = max(0, ch.MessageCount-1)
			gone = append(gone, id)
		}
	}
	w.dispatch(event{
		name: "MESSAGE_DELETE_BULK", intent: IntentGuildMessages, channel: ch,
		data: map[string]any{"ids": gone, "channel_id": ch.ID, "guild_id": w.guild.ID},
	})
	return 204, nil, nil
}

func pinned(c *call) ([]*messageWire, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return nil, err
	}
	out := []*messageWire{}
	for i := len(ch.messages) - 1; i >= 0; i-- {
		if m := ch.messages[i]; m.Pinned {
			out = append(out, c.w.view(ch, m, c.actor.User.ID, c.readsContent(m)))
		}
	}
	return out, nil
}

func listPins(c *call) (int, any, *APIError) {
	out, err := pinned(c)
	return 200, out, err
}

func listMessagePins(c *call) (int, any, *APIError) {
	out, err := pinned(c)
	items := []any{}
	for _, m := range out {
		items = append(items, map[string]any{"pinned_at": m.Timestamp, "message": m})
	}
	return 200, map[string]any{"items": items, "has_more": false}, err
}

func pin(c *call) (int, any, *APIError)   { return setPinned(c, true) }
func unpin(c *call) (int, any, *APIError) { return setPinned(c, false) }

func setPinned(c *call, to bool) (int, any, *APIError) {
	w := c.w
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	m, err := c.messageAt(ch, 1)
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(ch, PinMessages); err != nil {
		return 0, nil, err
	}
	if m.Pinned == to {
		return 204, nil, nil
	}
	m.Pinned = to
	data := map[string]any{"channel_id": ch.ID, "guild_id": w.guild.ID}
	if to {
		ch.LastPinMs = w.now
		data["last_pin_timestamp"] = stamp(w.now)
	}
	w.dispatch(event{name: "CHANNEL_PINS_UPDATE", intent: IntentGuilds, channel: ch, data: data})
	w.messageEvent("MESSAGE_UPDATE", ch, m, w.members[m.Author.ID])
	if to {
		w.system(ch, c.actor.User, PinMessage, "", m.ID, ch.ID)
	}
	return 204, nil, nil
}

func typing(c *call) (int, any, *APIError) {
	ch, err := c.channelAt(0)
	if err != nil {
		return 0, nil, err
	}
	if err := c.maySend(ch); err != nil {
		return 0, nil, err
	}
	c.w.typing(ch, c.actor)
	return 204, nil, nil
}

// typing says that somebody types; clients show it for 10 s. The timestamp is in seconds, unlike every other.
func (w *World) typing(ch *Channel, m *Member) {
	w.dispatch(event{
		name: "TYPING_START", intent: IntentTyping, channel: ch,
		data: map[string]any{
			"channel_id": ch.ID, "guild_id": w.guild.ID, "user_id": m.User.ID, "timestamp": w.now / 1000, "member": memberOf(m, true),
		},
	})
}

// pollOf turns the poll of a request into that of a message.
func pollOf(raw json.RawMessage, now int64) json.RawMessage {
	var in struct {
		Question json.RawMessage `json:"question"`
		Answers  []struct {
			Media json.RawMessage `json:"poll_media"`
		} `json:"answers"`
		Hours       int64 `json:"duration"`
		Multiselect bool  `json:"allow_multiselect"`
		Layout      int   `json:"layout_type"`
	}
	if json.Unmarshal(raw, &in) != nil {
		return nil
	}
	answers := []any{}
	for i, a := range in.Answers {
		answers = append(answers, map[string]any{"answer_id": i + 1, "poll_media": a.Media})
	}
	return encode(map[string]any{
		"question": in.Question, "answers": answers, "expiry": stamp(now + max(1, in.Hours)*3600*1000),
		"allow_multiselect": in.Multiselect, "layout_type": max(1, in.Layout),
		"results": map[string]any{"answer_counts": []any{}, "is_finalized": false},
	})
}
