package chat

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"

	"cloudflarechat/chat/jsontext"
)

// fillData puts something into every field, and nothing into some.
func fillData(r *rand.Rand, v reflect.Value) {
	if r.IntN(4) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"a", "ünï <b>&\u2028", "quote\" \\ \n\t\x01", "😀"}[r.IntN(4)])
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(r.Int64N(1 << 40))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillData(r, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(3), 3))
		for i := range v.Len() {
			fillData(r, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") == "-" {
				continue // another test's
			}
			fillData(r, v.Field(i))
		}
	}
}

// TestFramesAreAsTheirTagsSay holds the hand-written JSON to encoding/json and
// the tags of the types.
func TestFramesAreAsTheirTagsSay(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		for _, x := range []outgoing{&readyOut{}, &messageOut{}, &ackOut{}, &receiptOut{}, &typingOut{}, &editOut{}, &historyOut{}, &endedOut{}, &errorOut{}, &seqData{}, &teamOut{}} {
			fillData(r, reflect.ValueOf(x).Elem())
			if h, ok := x.(*historyOut); ok && h.Messages == nil {
				h.Messages = []messageOut{}
			}
			o := jsontext.Begin(nil)
			x.write(o)
			library, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			var got, want any
			if err := json.Unmarshal(o.End(), &got); err != nil {
				t.Fatalf("%T: %v", x, err)
			}
			if err := json.Unmarshal(library, &want); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%T gives %s, by its tags %s", x, got, library)
			}
		}
		for _, x := range []incoming{&initData{}, &messageData{}, &seqData{}, &historyData{}, &reportData{}} {
			fillData(r, reflect.ValueOf(x).Elem())
			library, err := json.Marshal(x)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := reflect.New(reflect.TypeOf(x).Elem()).Interface().(incoming)
			if !ok || !readData(library, got) || !reflect.DeepEqual(got, x) {
				t.Fatalf("%s reads %+v, want %+v", library, got, x)
			}
		}
	}
	f, ok := readFrame(frame("message", messageOut{Message: "x"}))
	if !ok || f.Type != "message" || string(f.Data) != `{"message":"x","author":"","timestamp":0,"seq":0,"from":""}` {
		t.Errorf("%+v", f)
	}
}
