package world

var stickerRoutes = []route{
	{name: "GET /guilds/{guild.id}/stickers", auth: true, handle: listStickers},
	{name: "GET /guilds/{guild.id}/stickers/{sticker.id}", auth: true, handle: getGuildSticker},
	{name: "GET /stickers/{sticker.id}", auth: true, handle: getSticker},
}

// Sticker is a picture that the guild's members can send. https://docs.discord.com/developers/resources/sticker#sticker-object
type Sticker struct {
	ID          StickerID `json:"id"`
	Name        string    `json:"name"`
	Tags        string    `json:"tags"`
	Type        int       `json:"type"` // 2: a guild's
	FormatType  int       `json:"format_type"`
	Description *string   `json:"description"`
	Available   bool      `json:"available"`
	GuildID     GuildID   `json:"guild_id"`
}

type stickerItemWire struct {
	ID         StickerID `json:"id"`
	Name       string    `json:"name"`
	FormatType int       `json:"format_type"`
}

// addStickers gives the guild one of each format that a guild can upload without being a partner: PNG, APNG, GIF. They are older than
// the guild, so that no id that is minted later is theirs.
func (w *World) addStickers() {
	for i, s := range []Sticker{{Name: "Wave", Tags: "wave", FormatType: 1}, {Name: "Dancing cat", Tags: "dancer", FormatType: 2}, {Name: "Thank you!", Tags: "pray", FormatType: 4}} {
		s.ID, s.Type, s.Available, s.GuildID = StickerID(uint64(w.guild.ID)-uint64(i+1)<<22), 2, true, w.guild.ID
		w.stickers = append(w.stickers, &s)
	}
}

// Stickers gives copies of the guild's stickers.
func (w *World) Stickers() []Sticker {
	var out []Sticker
	for _, s := range w.stickers {
		out = append(out, *s)
	}
	return out
}

func (w *World) sticker(id StickerID) *Sticker {
	for _, s := range w.stickers {
		if s.ID == id {
			return s
		}
	}
	return nil
}

func listStickers(c *call) (int, any, *APIError) { return 200, c.w.stickers, c.inGuild(0) }

func getGuildSticker(c *call) (int, any, *APIError) {
	if err := c.inGuild(0); err != nil {
		return 0, nil, err
	}
	return c.stickerAt(1)
}

func getSticker(c *call) (int, any, *APIError) { return c.stickerAt(0) }

func (c *call) stickerAt(n int) (int, any, *APIError) {
	id, ok := ParseID[stickerKind](c.params[n])
	if !ok {
		return 0, nil, notSnowflake("sticker_id", c.params[n])
	}
	s := c.w.sticker(id)
	if s == nil {
		return 0, nil, failure(CodeUnknownSticker)
	}
	return 200, s, nil
}

// maxStickers of a message. https://docs.discord.com/developers/resources/message#create-message
const maxStickers = 3

// stickersOf finds the stickers that a message names. Whoever may write may send the guild's own; others would need
// USE_EXTERNAL_STICKERS and a guild that they are from, and here is only one.
// https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags
func (w *World) stickersOf(ids []StickerID) ([]*Sticker, *APIError) {
	var out []*Sticker
	for _, id := range ids {
		s := w.sticker(id)
		if s == nil {
			return nil, failure(CodeInvalidSticker)
		}
		out = append(out, s)
	}
	return out, nil
}

func stickerItems(list []*Sticker) []stickerItemWire {
	out := make([]stickerItemWire, 0, len(list))
	for _, s := range list {
		out = append(out, stickerItemWire{s.ID, s.Name, s.FormatType})
	}
	return out
}
