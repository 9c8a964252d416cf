package discord_test

import (
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discord/gateway"
)

// TestRelayBodies holds that what is written is read, and that what makes no sense is refused with the field's name.
func TestRelayBodies(t *testing.T) {
	s := discord.RelayState{Name: "ready", Reason: "a \"word\"", Fatal: "f", NoContent: true, Trouble: "t", Waiting: 7}
	if got, err := discord.ReadRelay(s.Body()); err != nil || got.State == nil || *got.State != s {
		t.Errorf("%s reads %+v, %v", s.Body(), got.State, err)
	}
	gap := discord.GatewayGap{At: 5, Epoch: "666666666666666666", After: "666666666666666667"}
	if got, err := discord.ReadRelay(gap.Body()); err != nil || got.Gap == nil || !reflect.DeepEqual(*got.Gap, gap) {
		t.Errorf("%s reads %+v, %v", gap.Body(), got.Gap, err)
	}
	stray := discord.Stray{Message: "666666666666666666"}
	if got, err := discord.ReadRelay(stray.Body()); err != nil || got.Stray == nil || *got.Stray != stray {
		t.Errorf("%s reads %+v, %v", stray.Body(), got.Stray, err)
	}
	if got, err := discord.ReadRelay(discord.Recheck{}.Body()); err != nil || !got.Recheck {
		t.Errorf("a recheck reads %+v, %v", got, err)
	}
	for body, want := range map[string]string{
		`{"type":"stray"}`: "messageId", `{"type":"stray","messageId":"x"}`: "messageId", `{"type":"missed"}`: "timestamp",
		`{"type":"missed","timestamp":5,"epoch":"x"}`: "epoch", `{"type":"missed","after":"x"}`: "after", `[]`: "object", ``: "object", `{}`: "threadId",
		`{"type":"state","waiting":"x"}`: "type",
	} {
		if _, err := discord.ReadRelay([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestRelayLane holds that news of one thread keep their order, and that no thread waits for another.
func TestRelayLane(t *testing.T) {
	for body, want := range map[string]string{`{"threadId":"5","message":"x"}`: "thread 5", `{"type":"missed","timestamp":5}`: "gap"} {
		if lane, ok := discord.RelayLane([]byte(body)); !ok || lane != want {
			t.Errorf("%s is handed over in %q, %v", body, lane, ok)
		}
	}
	if _, ok := discord.RelayLane([]byte("[")); ok {
		t.Error("what cannot be read has a lane")
	}
}

// TestAnswersAmiss holds when answers of the team count as not arriving.
func TestAnswersAmiss(t *testing.T) {
	const heard = 1_000_000_000
	ready := &discord.RelayState{Name: gateway.Ready.String()}
	for name, c := range map[string]struct {
		now, heard chat.Time
		said       *discord.RelayState
		want       string
	}{
		"no relay is waited for":   {heard, 0, nil, ""},
		"it says nothing":          {heard, heard, nil, ""},
		"all is well":              {heard + 12*chat.Minute, heard, ready, ""},
		"silent for too long":      {heard + 12*chat.Minute + 1, heard, ready, "may not arrive"},
		"silent from the start on": {heard + 12*chat.Minute + 1, heard, nil, "may not arrive"},
		"a wrong token":            {heard, heard, &discord.RelayState{Name: "failed", Fatal: "the token is wrong"}, "do not arrive: the token is wrong"},
		"resuming":                 {heard, heard, &discord.RelayState{Name: "resuming"}, "are late"},
		"an intent is off":         {heard, heard, &discord.RelayState{Name: "ready", NoContent: true}, "without text"},
	} {
		if got := strings.Join(discord.RelayAmiss(c.now, c.heard, c.said), "; "); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if down, why := (&discord.RelayState{Name: "failed", Fatal: "x", Trouble: "y"}).Own(); !down || strings.Join(why, "; ") != "x; y" {
		t.Errorf("a relay that cannot go on says %v, %v", down, why)
	}
	if down, why := ready.Own(); down || why != nil {
		t.Errorf("a relay that is well says %v, %v", down, why)
	}
}

func FuzzReadRelay(f *testing.F) {
	f.Add([]byte(`{"threadId":"123456789012345678","message":"hi","author":"Ada"}`))
	f.Add([]byte(`{"type":"missed","timestamp":1,"epoch":"123456789012345678"}`))
	f.Add([]byte(`{"type":"recheck"}`))
	f.Add([]byte(`{"type":"state","state":"ready","waiting":3}`))
	f.Add([]byte(`[{}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := discord.ReadRelay(body)
		if err == nil && !got.Recheck && got.Gap == nil && got.State == nil && got.Stray == nil {
			if back, err := discord.ReadRelay(discord.RelayOf(got.News)); err != nil || back.News.Thread != got.News.Thread {
				t.Errorf("%q became %+v, which is not taken: %v", body, got.News, err)
			}
		}
	})
}
