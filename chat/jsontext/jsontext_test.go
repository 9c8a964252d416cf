package jsontext_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/chat/jsontext"
)

// value reads any value as encoding/json gives it, whole numbers as int64.
func value(r *jsontext.Reader) any {
	b := r.Raw()
	if len(b) == 0 {
		return nil
	}
	in := jsontext.Read(b)
	switch b[0] {
	case '{':
		out := map[string]any{}
		in.Object(func(name string) { out[name] = value(in) })
		return out
	case '[':
		out := []any{}
		in.List(func() { out = append(out, value(in)) })
		return out
	case '"':
		return in.Text()
	case 't', 'f':
		return in.Bool()
	case 'n':
		return nil
	}
	return string(b)
}

// judge reads the same with the standard library.
func judge(b []byte) (any, bool) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var v any
	if !json.Valid(b) || d.Decode(&v) != nil {
		return nil, false
	}
	return plain(v), true
}

func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		return string(v)
	case map[string]any:
		for k := range v { // order does not matter: each is replaced by itself
			v[k] = plain(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}

func compare(t *testing.T, b []byte) {
	t.Helper()
	if strings.Count(string(b), "[")+strings.Count(string(b), "{") > jsontext.MaxDepth {
		return
	}
	r := jsontext.Read(b)
	got := value(r)
	want, ok := judge(b)
	if r.OK() != ok {
		t.Fatalf("%q: taken %v, by encoding/json %v", b, r.OK(), ok)
	}
	if ok && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q reads\n%#v, by encoding/json\n%#v", b, got, want)
	}
}

var seeds = []string{
	`{"type":"message","data":{"message":"hello \ud83d\ude00","n":-12,"f":[1,2.5e3,true,null,false]}}`,
	`{}`, `[]`, `""`, `null`, `nul`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `{,}`, `01`, `-`, `1.`, `1e`, `.5`, `+1`,
	`"\u00e9\n\/"`, `"\x"`, `"\ud800"`, `"\ud800\u0041"`, `"\u12"`, "\"\xff\"", "\"a\nb\"", `"open`, `{"a":1}{"b":2}`, ` [ 1 , 2 ] `, `tru`, `truefalse`,
	`{"a":1,"a":2}`, "\"\xed\xa0\x80\"", `"\ud83d\ud83d\ude00"`, `"\`, `"\u`, "\"\xf0\x9f\x98\"", `"\ud83d\u00zz"`,
}

func TestReaderAgreesWithTheStandardLibrary(t *testing.T) {
	for _, s := range seeds {
		compare(t, []byte(s))
	}
}

func FuzzReader(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { compare(t, b) })
}

func FuzzWriter(f *testing.F) {
	f.Add("plain", int64(1))
	f.Add("\"\\\n\r\t\x00\x7f\xff\u2028é", int64(-9))
	f.Fuzz(func(t *testing.T, s string, n int64) {
		b := jsontext.Begin(nil).Text("s", s).Int("n", n).True("t", n > 0).TextUnlessEmpty("e", s).IntUnlessZero("z", n).
			Inside("l", func(dst []byte) []byte { return jsontext.Begin(dst).Bool("b", n < 0).End() }).End()
		var got struct {
			S string `json:"s"`
			E string `json:"e"`
			N int64  `json:"n"`
			Z int64  `json:"z"`
			T bool   `json:"t"`
			L struct {
				B bool `json:"b"`
			} `json:"l"`
		}
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if r := jsontext.Read(jsontext.AppendString(nil, s)); r.Text() != got.S || !r.OK() || got.E != got.S || got.N != n || got.Z != n || got.T != (n > 0) || got.L.B != (n < 0) {
			t.Fatalf("%q gives %s", s, b)
		}
		var same string
		library, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(library, &same); err != nil || same != got.S {
			t.Fatalf("%q reads back as %q, by encoding/json as %q", s, got.S, same)
		}
	})
}

func TestKinds(t *testing.T) {
	for _, tt := range []struct {
		in   string
		read func(*jsontext.Reader)
		ok   bool
	}{
		{`7`, func(r *jsontext.Reader) { _ = r.Text() }, false},
		{`"7"`, func(r *jsontext.Reader) { r.Int() }, false},
		{`7.0`, func(r *jsontext.Reader) { r.Int() }, false},
		{`9223372036854775807`, func(r *jsontext.Reader) { r.Int() }, true},
		{`9223372036854775808`, func(r *jsontext.Reader) { r.Int() }, false},
		{`1`, func(r *jsontext.Reader) { r.Bool() }, false},
		{`[]`, func(r *jsontext.Reader) { r.Object(func(string) {}) }, false},
		{`{}`, func(r *jsontext.Reader) { r.List(func() {}) }, false},
		{`null`, func(r *jsontext.Reader) { r.Object(func(string) { t.Error("null has a field") }) }, true},
		{`null`, func(r *jsontext.Reader) { _, _, _ = r.Null(), r.Null(), r.OK() }, true},
		{strings.Repeat("[", 100) + strings.Repeat("]", 100), func(r *jsontext.Reader) { r.Skip() }, true},
		{strings.Repeat("[", 101) + strings.Repeat("]", 101), func(r *jsontext.Reader) { r.Skip() }, false},
	} {
		r := jsontext.Read([]byte(tt.in))
		tt.read(r)
		if r.OK() != tt.ok {
			t.Errorf("%s: taken %v", tt.in, r.OK())
		}
	}
}
