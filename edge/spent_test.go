package edge_test

import (
	"encoding/binary"
	"testing"

	"cloudflarechat/discord"
	"cloudflarechat/edge"
)

// TestSpent holds how what a host counted is held against Cloudflare's free plan:
// twenty frames are one request, a set alarm is a row, and the relay spends
// something between two of its states.
func TestSpent(t *testing.T) {
	configure := func(plan string) *edge.Border {
		in := binary.AppendUvarint(nil, 3)
		for _, w := range []string{"DISCORD_SUPPORT_CHANNEL_ID", settings["DISCORD_SUPPORT_CHANNEL_ID"], "DATA_SECRET", settings["DATA_SECRET"], "CLOUDFLARE_PLAN", plan} {
			in = append(binary.AppendUvarint(in, uint64(len(w))), w...)
		}
		b := new(edge.Border)
		if out := b.Call(edge.OpConfigure, in); edge.Status(out[0]) != edge.StatusOK {
			t.Fatalf("%s", out)
		}
		return b
	}
	var in []byte
	for _, n := range []int64{10, 20, 41, 300, 5, 7, 60_000, 1} {
		in = binary.AppendVarint(in, n)
	}
	ev, err := edge.ReadEvent(configure("").Call(edge.OpSpent, in)[1:])
	if err != nil {
		t.Fatal(err)
	}
	want := []int64{15, 38, 325, 7, 60_000}
	for i, item := range ev.(discord.Spent).Items {
		if item.Used != want[i] || item.Limit < 100_000 {
			t.Errorf("%+v, want %d", item, want[i])
		}
	}
	if out := configure("paid").Call(edge.OpSpent, in); len(out) != 1 {
		t.Errorf("on a paid plan: %v", out)
	}
}
