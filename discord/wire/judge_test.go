package wire_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"cloudflarechat/discord/wire"

	"pgregory.net/rapid"
)

// anyJSON draws a value of any shape, for the fields that are stepped over.
func anyJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch n := rapid.IntRange(0, 6).Draw(t, "kind"); {
		case n == 0:
			return nil
		case n == 1:
			return rapid.Bool().Draw(t, "bool")
		case n == 2:
			return rapid.Float64Range(-1e12, 1e12).Draw(t, "number")
		case n <= 4 || depth == 0:
			return rapid.String().Draw(t, "text")
		case n == 5:
			return rapid.SliceOfN(anyJSON(depth-1), 0, 4).Draw(t, "list")
		}
		return rapid.MapOfN(rapid.String(), anyJSON(depth-1), 0, 4).Draw(t, "object")
	})
}

// encoding/json writes a message with fields of every kind around those that are read, and reads them back: the scanner must agree.
func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.MapOfN(rapid.StringMatching(`[a-z_"\\]{1,9}x`), anyJSON(3), 0, 8).Draw(t, "other fields")
		m["id"] = "123"
		m["channel_id"] = "456"
		content := rapid.String().Draw(t, "content")
		m["content"] = content
		name := rapid.String().Draw(t, "name")
		m["author"] = map[string]any{"id": "9", "username": name, "zz": anyJSON(2).Draw(t, "inside")}
		var buf bytes.Buffer
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(rapid.Bool().Draw(t, "escape"))
		if rapid.Bool().Draw(t, "indent") {
			enc.SetIndent(" ", "\t")
		}
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
		var judge struct {
			Content string
			Author  struct{ Username string }
		}
		if err := json.Unmarshal(buf.Bytes(), &judge); err != nil {
			t.Fatal(err)
		}
		got, err := wire.ParseMessage(buf.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", buf.Bytes(), err)
		}
		if got.ID != "123" || got.ChannelID != "456" || got.Content != judge.Content || got.Author.Username != judge.Author.Username {
			t.Fatalf("read %+v from %s", got, buf.Bytes())
		}
	})
}

// What AppendString writes, encoding/json reads as the same text.
func TestAppendStringAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "text")
		var back string
		if err := json.Unmarshal(wire.AppendString(nil, text), &back); err != nil {
			t.Fatal(err)
		}
		theirs, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(theirs, &want); err != nil {
			t.Fatal(err)
		}
		if back != want {
			t.Fatalf("%q came back as %q, want %q", text, back, want)
		}
	})
}

// FuzzParseFrame: nothing panics, valid JSON is never refused, and what is broken yields no event.
func FuzzParseFrame(f *testing.F) {
	for _, seed := range []string{
		messageCreate, `{"op":10,"d":{"heartbeat_interval":41250}}`, `{"op":9,"d":false}`, `{"op":11}`, `{"t":"READY","op":0,"s":1,"d":{"user":{},"guilds":[{}]}}`,
		`{"d":{"ids":["1",2,{}]},"t":"MESSAGE_DELETE_BULK","op":0}`, `{"op":0,"t":"INTERACTION_CREATE","d":{"data":{"options":[{"options":[{"options":[{"options":[]}]}]}]}}}`,
		`{"op":0,"t":"GUILD_CREATE","d":{"threads":[{"thread_metadata":{"archived":1}}],"roles":null}}`, `{"op":0,"t":"MESSAGE_CREATE","d":{"content":"\ud83d\ude00\ud83d\\"}}`,
		"", "{", `{"a`, `{"a":`, `[`, `{"op":0,"t":"MESSAGE_CREATE","d":{"id":"1"`, `<html>`, `{"\u006fp":10}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := wire.ParseFrame(data)
		if err != nil && frame.Event != nil {
			t.Error("a broken frame gave an event")
		}
		trimmed := bytes.TrimSpace(data)
		if err != nil && len(trimmed) > 0 && trimmed[0] == '{' && json.Valid(data) {
			t.Errorf("valid JSON was refused: %q", data)
		}
		if m, err := wire.ParseMessage(data); err == nil && !m.ID.Valid() {
			t.Errorf("a message without an id was taken: %q", data)
		}
		_, _ = wire.ParseMessages(data)
		_, _ = wire.ParseChannel(data)
		_, _ = wire.ParseThreadList(data)
		_, _ = wire.ParseGatewayInfo(data)
		_, _ = wire.ParseApplication(data)
		_ = wire.ParseError(data)
	})
}
