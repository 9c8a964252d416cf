package conformance

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"testing"
)

// TestStickersAndVoiceMessages holds that the visitor reads in words what an
// agent sends without any, and gets no address of Discord's.
func TestStickersAndVoiceMessages(t *testing.T) {
	t.Parallel()
	c, ada := dial(t), member(t, "Ada")
	v := somebody(t, "Stig")
	c.enter(v)
	c.say("Can you hear me?")
	thread := ada.threadOf(v)
	ada.sees(thread, "Can you hear me?")

	reads := func(want string) {
		t.Helper()
		m := c.want("message")
		if m.Message != want || m.Author != "Ada" {
			t.Errorf("the visitor reads %q by %q, want %q", m.Message, m.Author, want)
		}
		if strings.Contains(m.Message, "://") {
			t.Errorf("an address is in %q", m.Message)
		}
	}
	wave := ada.sticker("Wave")
	messages := "/channels/" + thread + "/messages"
	ada.must("POST", messages, map[string]any{"sticker_ids": []string{wave}}, nil)
	reads("Sticker: Wave")
	ada.must("POST", messages, map[string]any{"content": "Hello!", "sticker_ids": []string{wave, ada.sticker("Dancing cat")}}, nil)
	reads("Hello!\nSticker: Wave\nSticker: Dancing cat")

	voice := ada.record(thread, 12.4)
	reads("Voice message (12 s)")
	// What was forwarded is told like what was sent, with the names that it mentions.
	var grace struct{ ID string }
	member(t, "Grace").must("GET", "/users/@me", nil, &grace)
	asked := ada.post(thread, "ask <@"+grace.ID+">")
	reads("ask @Grace")
	for _, f := range []struct{ id, want string }{{voice, "Forwarded:\n> Voice message (12 s)"}, {asked, "Forwarded:\n> ask @Grace"}} {
		ada.must("POST", messages, map[string]any{"message_reference": map[string]any{"type": 1, "message_id": f.id, "channel_id": thread}}, nil)
		reads(f.want)
	}
}

// sticker gives the id of a sticker of the server.
func (a *agent) sticker(name string) string {
	a.t.Helper()
	var ch struct {
		GuildID string `json:"guild_id"`
	}
	a.must("GET", "/channels/"+a.channel, nil, &ch)
	var list []struct{ ID, Name string }
	a.must("GET", "/guilds/"+ch.GuildID+"/stickers", nil, &list)
	for _, s := range list {
		if s.Name == name {
			return s.ID
		}
	}
	a.t.Fatalf("no sticker %q among %v", name, list)
	return ""
}

// record sends a voice message of so many seconds, as Discord's own client
// does, and gives its id.
func (a *agent) record(thread string, seconds float64) string {
	a.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	payload, err := json.Marshal(map[string]any{"flags": 1 << 13, "attachments": []any{
		map[string]any{"id": "0", "filename": "voice-message.ogg", "duration_secs": seconds, "waveform": "AAAA"}}})
	if err == nil {
		err = form.WriteField("payload_json", string(payload))
	}
	if err != nil {
		a.t.Fatal(err)
	}
	sound, err := form.CreatePart(textproto.MIMEHeader{"Content-Type": {"audio/ogg"},
		"Content-Disposition": {`form-data; name="files[0]"; filename="voice-message.ogg"`}})
	if err == nil {
		_, err = io.WriteString(sound, "OggS")
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(within(a.t), "POST", a.discord+"/api/v10/channels/"+thread+"/messages", &body)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "User "+url.PathEscape(a.name))
	req.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	var m message
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(text, &m) != nil {
		a.t.Fatalf("a voice message: %s %s %v", resp.Status, text, err)
	}
	return m.ID
}
