package edge_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/edge"
	"cloudflarechat/edge/relay"
)

var events = []chat.Event{
	chat.ConnOpened{}, chat.FrameReceived{}, chat.ConnClosed{}, chat.TimerFired{}, chat.TurnstileVerified{}, chat.ConnsHeard{},
	chat.HistoryLoaded{}, chat.MessagesFound{}, chat.FrontFrame{}, chat.FrontClosed{}, chat.FrontSend{}, chat.FrontClose{},
	chat.BindBearer{}, chat.BearerBound{}, chat.FindBearer{}, chat.BearerFound{}, chat.ReleaseBearer{},
	chat.AdmitSession{}, chat.SessionAdmitted{}, chat.BlockAddress{}, chat.FindPerson{}, chat.PersonFound{}, chat.ReleasePerson{}, chat.AskAlive{}, chat.Alive{}, chat.NewsAnswered{},
	chat.NoteEmail{}, chat.EmailNoted{}, chat.ClaimThread{}, chat.ThreadClaimed{}, chat.AskYield{}, chat.Yielded{}, chat.ThreadOpened{},
	chat.ThreadNoted{}, chat.ReserveThread{}, chat.ThreadReserved{}, chat.OwnThread{}, chat.ThreadOwned{},
	chat.ThreadNews{}, chat.DeskPull{}, chat.DeskDone{}, chat.DeskDelayed{}, chat.DeskReady{}, chat.DeskIdle{},
	chat.EndSession{}, discord.CallDone{}, discord.GatewayGap{}, discord.Recheck{},
	relay.SocketOpened{}, relay.SocketFrame{}, relay.SocketClosed{}, relay.Posted{}, relay.Poke{},
}

var effects = []chat.Effect{
	chat.Save{}, chat.Erase{}, chat.SetTimer{}, chat.Send{}, chat.CloseConn{}, chat.Attach{}, chat.Tell{},
	chat.VerifyTurnstile{}, chat.LoadHistory{}, chat.Answer{}, chat.Count{}, discord.Call{},
	relay.SocketDial{}, relay.SocketSend{}, relay.SocketClose{}, relay.Post{}, relay.State{},
	chat.HearConns{}, chat.FindMessages{}, chat.Note{},
}

// fill puts something into every field.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		b := make([]byte, r.IntN(9))
		for i := range b {
			b[i] = byte(r.IntN(256))
		}
		v.SetString(string(b))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64() - r.Int64())
		if v.Type().Bits() < 64 {
			v.SetInt(int64(r.IntN(100)))
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(r.Uint64() >> (64 - v.Type().Bits()))
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			n := r.IntN(3)
			if n == 0 {
				return
			}
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Pointer:
		if r.IntN(2) == 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(r, v.Field(i))
			}
		}
	case reflect.Interface:
		e := reflect.New(reflect.TypeOf(events[r.IntN(len(events))])).Elem()
		fill(r, e)
		v.Set(e)
	default:
		panic(v.Kind().String())
	}
}

// TestThereAndBack sends every event and effect over the border and back.
func TestThereAndBack(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, seed))
	for range 200 {
		for _, e := range events {
			v := reflect.New(reflect.TypeOf(e)).Elem()
			fill(r, v)
			want := v.Interface().(chat.Event)
			got, err := edge.ReadEvent(edge.AppendEvent(nil, want))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %s came back as %+v (%v), was %+v", seed, e.EventName(), got, err, want)
			}
		}
		var list []chat.Effect
		for _, e := range effects {
			v := reflect.New(reflect.TypeOf(e)).Elem()
			fill(r, v)
			list = append(list, v.Interface().(chat.Effect))
		}
		raw := edge.AppendEffects(nil, list)
		got, err := edge.ReadEffects(raw)
		if err != nil || !reflect.DeepEqual(got, list) {
			t.Fatalf("seed %d: effects came back changed (%v)", seed, err)
		}
		// Cut anywhere, it is an error and never a panic.
		if _, err := edge.ReadEffects(raw[:r.IntN(len(raw))]); err == nil {
			t.Fatalf("seed %d: a cut list was read", seed)
		}
	}
}

func TestUnknownOnTheBorder(t *testing.T) {
	if _, err := edge.ReadEvent([]byte{250}); !errors.Is(err, edge.ErrUnknown) {
		t.Errorf("an unknown event gave %v", err)
	}
	if _, err := edge.ReadEvent(nil); !errors.Is(err, edge.ErrTruncated) {
		t.Errorf("no bytes gave %v", err)
	}
}

func FuzzReadEvent(f *testing.F) {
	for _, e := range events {
		f.Add(edge.AppendEvent(nil, e))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := edge.ReadEvent(b)
		if err == nil {
			edge.AppendEvent(nil, e)
		}
	})
}

// TestGenerated holds the generated file in step with the types.
func TestGenerated(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{"codec_gen.go": "codec_gen.go", "codec.gen.ts": "../workers/border/codec.gen.ts"}
	if b, err := exec.Command("go", "run", "./gen", filepath.Join(dir, "codec_gen.go"), filepath.Join(dir, "codec.gen.ts")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	for name, file := range files {
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: go generate ./edge", file)
		}
	}
}
