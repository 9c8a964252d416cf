package world

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"testing"
)

func TestStickers(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	g := "/guilds/" + r.w.GuildID().String()
	list := r.must(200, botAuth, "GET", g+"/stickers", nil)["list"].([]any)
	if len(list) < 2 || len(r.must(200, botAuth, "GET", g, nil)["stickers"].([]any)) != len(list) {
		t.Fatalf("stickers of the guild: %v", list)
	}
	first := list[0].(map[string]any)
	id := first["id"].(string)
	r.must(200, botAuth, "GET", g+"/stickers/"+id, nil)
	r.must(200, botAuth, "GET", "/stickers/"+id, nil)
	r.refused(404, CodeUnknownSticker, botAuth, "GET", "/stickers/123456789012345678", nil)
	thread := r.thread("x")
	r.frames(1)
	path := "/channels/" + thread + "/messages"
	m := r.must(200, "User Ada Lovelace", "POST", path, map[string]any{"sticker_ids": []string{id}})
	wave := fmt.Sprint([]any{map[string]any{"id": id, "name": first["name"], "format_type": first["format_type"]}})
	if got := fmt.Sprint(m["sticker_items"]); got != wave || m["content"] != "" {
		t.Fatalf("sticker_items %s, want %s", got, wave)
	}
	told := r.frames(1)
	if d := told[len(told)-1].D; fmt.Sprint(d["sticker_items"]) != wave {
		t.Fatalf("the event: %v", d)
	}
	if got := r.must(200, botAuth, "GET", path+"/"+m["id"].(string), nil); fmt.Sprint(got["sticker_items"]) != wave {
		t.Fatalf("read again: %v", got)
	}
	// A forward keeps it.
	f := r.must(200, "User Ada Lovelace", "POST", path, map[string]any{"message_reference": map[string]any{"type": 1, "message_id": m["id"], "channel_id": thread}})
	if got := f["message_snapshots"].([]any)[0].(map[string]any)["message"].(map[string]any); fmt.Sprint(got["sticker_items"]) != wave {
		t.Fatalf("the forward: %v", got)
	}
	// The guild's own need no more than being allowed to write; strange ones are no one's here.
	r.must(200, botAuth, "POST", path, map[string]any{"content": "hi", "sticker_ids": []string{id}})
	r.refused(400, CodeInvalidSticker, "User Ada Lovelace", "POST", path, map[string]any{"sticker_ids": []string{"123456789012345678"}})
	r.refused(400, CodeInvalidForm, "User Ada Lovelace", "POST", path, map[string]any{"sticker_ids": []string{id, id, id, id}})
	// A webhook sends none.
	hook := r.must(200, "User Server Owner", "POST", "/channels/"+r.channel()+"/webhooks", map[string]any{"name": "Relay"})
	r.refused(400, CodeEmptyMessage, "", "POST", "/webhooks/"+hook["id"].(string)+"/"+hook["token"].(string), map[string]any{"sticker_ids": []string{id}})
}

// record posts a voice message by hand, with what the fields say of it and the files.
func (r *rig) record(who, channel string, payload map[string]any, files ...string) Response {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	_ = form.WriteField("payload_json", string(encode(payload)))
	for i, kind := range files {
		part, _ := form.CreatePart(textproto.MIMEHeader{"Content-Type": {kind},
			"Content-Disposition": {fmt.Sprintf(`form-data; name="files[%d]"; filename="voice-message.ogg"`, i)}})
		_, _ = part.Write([]byte("OggS"))
	}
	_ = form.Close()
	res := r.w.REST(r.now, Request{Method: "POST", Path: "/channels/" + channel + "/messages", Authorization: who, ContentType: form.FormDataContentType(),
		Body: body.Bytes(), Query: url.Values{}})
	holds(r.t, "POST", "/channels/"+channel+"/messages", res)
	return res
}

func TestVoiceMessages(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	thread := r.thread("x")
	r.frames(1)
	id, err := r.w.PostVoice(r.now, "Ada Lovelace", mustChannel(t, thread), 12.4)
	if err != nil {
		t.Fatal(err)
	}
	told := r.frames(1)
	d := told[len(told)-1].D
	file := d["attachments"].([]any)[0].(map[string]any)
	if d["id"] != id.String() || int(d["flags"].(float64)) != FlagVoiceMessage || d["content"] != "" || file["duration_secs"] != 12.4 || file["waveform"] == "" ||
		file["content_type"] != "audio/ogg" {
		t.Fatalf("a voice message: %v", d)
	}
	path := "/channels/" + thread + "/messages/" + id.String()
	if got := r.must(200, botAuth, "GET", path, nil); got["attachments"].([]any)[0].(map[string]any)["duration_secs"] != 12.4 {
		t.Fatalf("read again: %v", got)
	}
	r.refused(400, CodeVoiceEdit, "User Ada Lovelace", "PATCH", path, map[string]any{"content": "x"})

	meta := func(change func(m map[string]any)) map[string]any {
		m := map[string]any{"flags": FlagVoiceMessage, "attachments": []any{map[string]any{"id": "0", "filename": "voice-message.ogg", "duration_secs": 3.5, "waveform": "AAAA"}}}
		if change != nil {
			change(m)
		}
		return m
	}
	file0 := func(m map[string]any) map[string]any { return m["attachments"].([]any)[0].(map[string]any) }
	const ogg = "audio/ogg"
	for _, c := range []struct {
		name, who string
		payload   map[string]any
		files     []string
		code      int // 0: it is taken
	}{
		{"one", "User Ada Lovelace", meta(nil), []string{ogg}, 0},
		{"words", "User Ada Lovelace", meta(func(m map[string]any) { m["content"] = "x" }), []string{ogg}, CodeVoiceContent},
		{"a sticker", "User Ada Lovelace", meta(func(m map[string]any) { m["sticker_ids"] = []any{r.w.Stickers()[0].ID} }), []string{ogg}, CodeVoiceContent},
		{"two files", "User Ada Lovelace", meta(nil), []string{ogg, ogg}, CodeVoiceFile},
		{"no file", "User Ada Lovelace", meta(nil), nil, CodeEmptyMessage},
		{"a picture", "User Ada Lovelace", meta(nil), []string{"image/png"}, CodeVoiceFile},
		{"no length", "User Ada Lovelace", meta(func(m map[string]any) { delete(file0(m), "duration_secs") }), []string{ogg}, CodeVoiceMetadata},
		{"no waveform", "User Ada Lovelace", meta(func(m map[string]any) { delete(file0(m), "waveform") }), []string{ogg}, CodeVoiceMetadata},
		{"a length below zero", "User Ada Lovelace", meta(func(m map[string]any) { file0(m)["duration_secs"] = -1 }), []string{ogg}, CodeInvalidForm},
		{"no permission", botAuth, meta(nil), []string{ogg}, CodeVoiceForbidden},
	} {
		res := r.record(c.who, thread, c.payload, c.files...)
		want := 200
		if c.code != 0 {
			want = failure(c.code).Status
		}
		if res.Status != want || c.code != 0 && !bytes.Contains(res.Body, []byte(`"code":`+itoa(c.code))) {
			t.Errorf("%s: %d %s", c.name, res.Status, res.Body)
		}
	}
	// A sound file that is no voice message has no length.
	res := r.record("User Ada Lovelace", thread, meta(func(m map[string]any) { m["flags"] = 0 }), ogg)
	if res.Status != 200 || bytes.Contains(res.Body, []byte("duration_secs")) {
		t.Errorf("a sound file: %d %s", res.Status, res.Body)
	}
}
