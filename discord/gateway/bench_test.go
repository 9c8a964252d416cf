package gateway_test

import (
	"fmt"
	"testing"

	"cloudflarechat/discord/gateway"
)

// BenchmarkFrame measures one event of Discord through the machine: read, told on, and taken.
func BenchmarkFrame(b *testing.B) {
	p := newPlayer(gateway.Options{Token: "x"})
	for _, line := range []string{"start", "info wss://gateway.example 1000 14400000", "connected", "recv " + hello,
		`recv {"t":"READY","s":1,"op":0,"d":{"session_id":"S","resume_gateway_url":"wss://resume.example","user":{"id":"1"}}}`} {
		if err := p.play(line); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	seq := int64(1)
	for b.Loop() {
		seq++
		data := fmt.Appendf(nil, `{"t":"TYPING_START","s":%d,"op":0,"d":{"channel_id":"900000000000000001","guild_id":"700000000000000000","user_id":"800000000000000001","timestamp":1772366400}}`, seq)
		p.m.Step(1_800_000_000_000, gateway.Frame{Conn: p.conn, Data: data})
		p.m.Step(1_800_000_000_000, gateway.Taken{Conn: p.conn, Seq: seq})
	}
}
