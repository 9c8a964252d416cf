package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/discord/wire"
)

// bigGuild makes the GUILD_CREATE of a large server: mostly members and presences, and the channels, threads and roles of a busy one.
func bigGuild(bytes int) []byte {
	var b strings.Builder
	b.WriteString(`{"t":"GUILD_CREATE","s":2,"op":0,"d":{"id":"700000000000000000","name":"A large server","owner_id":"700000000000000001","roles":[`)
	id := 800000000000000000
	list := func(n int, item func(i int)) {
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			item(i)
		}
		b.WriteString("]")
	}
	list(100, func(i int) {
		fmt.Fprintf(&b, `{"version":1690000000000,"unicode_emoji":null,"tags":{},"position":%d,"permissions":"2147483647","name":"role %d","mentionable":false,"managed":false,"id":"%d","icon":null,"hoist":true,"flags":0,"color":3447003}`, i, i, id+i)
	})
	b.WriteString(`,"channels":[`)
	list(300, func(i int) {
		fmt.Fprintf(&b, `{"version":1690000000000,"type":0,"topic":"Everything about \"number %d\", and more","rate_limit_per_user":0,"position":%d,"permission_overwrites":[{"type":0,"id":"%d","deny":"1024","allow":"0"},{"type":0,"id":"%d","deny":"0","allow":"1024"}],"parent_id":"%d","name":"channel-%d","last_message_id":"%d","id":"%d","flags":0}`, i, i, id, id+1, id+5000, i, id+9000+i, id+1000+i)
	})
	b.WriteString(`,"threads":[`)
	list(500, func(i int) {
		fmt.Fprintf(&b, `{"type":11,"total_message_sent":12,"thread_metadata":{"locked":false,"create_timestamp":"2026-01-01T00:00:00.000000+00:00","auto_archive_duration":60,"archived":false,"archive_timestamp":"2026-01-01T00:00:00.000000+00:00"},"rate_limit_per_user":0,"parent_id":"%d","owner_id":"100","name":"Support: visitor %d - visitor%d@example.com","message_count":12,"member_count":3,"member":{"user_id":"100","muted":false,"mute_config":null,"join_timestamp":"2026-01-01T00:00:00.000000+00:00","id":"%d","flags":1},"last_message_id":"%d","id":"%d","guild_id":"700000000000000000","flags":0}`, id+1000, i, i, id+2000+i, id+9000+i, id+2000+i)
	})
	b.WriteString(`,"members":[`)
	i := 0
	for b.Len() < bytes-200 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"user":{"username":"member%d","public_flags":0,"primary_guild":null,"id":"%d","global_name":"Member Number %d","display_name_styles":null,"discriminator":"0","collectibles":null,"bot":false,"avatar_decoration_data":null,"avatar":"0123456789abcdef0123456789abcdef"},"roles":["%d","%d"],"premium_since":null,"pending":false,"nick":null,"mute":false,"joined_at":"2023-05-05T05:05:05.050000+00:00","flags":0,"deaf":false,"communication_disabled_until":null,"banner":null,"avatar":null}`, i, id+20000+i, i, id+1, id+2)
		i++
	}
	b.WriteString(`],"presences":[],"unavailable":false}}`)
	return []byte(b.String())
}

func BenchmarkGuildCreate2MB(b *testing.B) {
	data := bigGuild(2 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		f, err := wire.ParseFrame(data)
		if err != nil || len(f.Event.(wire.GuildCreate).Threads) != 500 {
			b.Fatal(err)
		}
	}
}

const messageCreate = `{"t":"MESSAGE_CREATE","s":3,"op":0,"d":{"type":0,"tts":false,"timestamp":"2026-08-01T10:00:00.123000+00:00","pinned":false,"nonce":"1269000000000000000","mentions":[],"mention_roles":[],"mention_everyone":false,"member":{"roles":["800000000000000001"],"premium_since":null,"pending":false,"nick":"Ann (support)","mute":false,"joined_at":"2023-05-05T05:05:05.050000+00:00","flags":0,"deaf":false,"communication_disabled_until":null,"avatar":null},"id":"900000000000000001","flags":0,"embeds":[],"edited_timestamp":null,"content":"Have you tried turning it off and on again?","components":[],"channel_id":"900000000000000000","author":{"username":"ann","public_flags":0,"id":"800000000000020000","global_name":"Ann","discriminator":"0","avatar":"0123456789abcdef0123456789abcdef"},"attachments":[],"guild_id":"700000000000000000"}}`

func BenchmarkMessageCreate(b *testing.B) {
	data := []byte(messageCreate)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.ParseFrame(data); err != nil {
			b.Fatal(err)
		}
	}
}
