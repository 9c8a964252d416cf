package world

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"mime/multipart"
	"net/textproto"
	"strings"
)

func (in *messageInput) voice() bool { return in.Flags != nil && *in.Flags&FlagVoiceMessage != 0 }

// checkVoice holds a voice message to its rules: one sound with its length and its waveform, and nothing beside it.
// https://docs.discord.com/developers/resources/message#voice-messages
func (c *call) checkVoice(ch *Channel, in *messageInput) *APIError {
	if !in.voice() {
		return nil
	}
	beside := *in
	beside.Attachments = nil
	switch {
	case !c.w.permissions(c.member(), ch).Has(SendVoiceMessages):
		return failure(CodeVoiceForbidden)
	case !beside.empty(0):
		return failure(CodeVoiceContent)
	case len(c.files) != 1 || !strings.HasPrefix(c.files[0].contentType, "audio/"):
		return failure(CodeVoiceFile)
	}
	if in.Attachments != nil {
		for _, d := range *in.Attachments {
			if d.isOf(c.files[0].n) && d.Seconds != nil && d.Waveform != "" {
				return nil
			}
		}
	}
	return failure(CodeVoiceMetadata)
}

// checkSounds holds what a request says of its files to the bounds of Discord's description.
func (in *messageInput) checkSounds(f *form) {
	if in.Attachments == nil {
		return
	}
	for i, d := range *in.Attachments {
		if d.Seconds != nil && (*d.Seconds < 0 || *d.Seconds > 1<<31-1) {
			f.add("NUMBER_TYPE_MIN", "float value should be greater than or equal to 0.", "attachments", itoa(i), "duration_secs")
		}
		if len(d.Waveform) > 400 {
			f.tooLong(400, "attachments", itoa(i), "waveform")
		}
	}
}

// PostVoice records a voice message of so many seconds as a person, as Discord's own clients send it. The error is an *APIError.
func (w *World) PostVoice(nowMs int64, name string, channel ChannelID, seconds float64) (MessageID, error) {
	const file = "voice-message.ogg"
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	_ = parts.SetBoundary("voice-message-of-a-person")
	payload := encode(map[string]any{"flags": FlagVoiceMessage, "attachments": []any{map[string]any{
		"id": "0", "filename": file, "duration_secs": seconds, "waveform": base64.StdEncoding.EncodeToString(make([]byte, 16))}}})
	_ = parts.WriteField("payload_json", string(payload))
	sound, _ := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {"audio/ogg"}, "Content-Disposition": {`form-data; name="files[0]"; filename="` + file + `"`}})
	_, _ = sound.Write([]byte("OggS"))
	_ = parts.Close() // a buffer takes everything
	r := w.REST(nowMs, Request{Method: "POST", Path: "/channels/" + channel.String() + "/messages", Authorization: person(name),
		ContentType: parts.FormDataContentType(), Body: body.Bytes()})
	if r.Status >= 300 {
		e := &APIError{Status: r.Status}
		_ = json.Unmarshal(r.Body, e)
		return 0, e
	}
	var m struct {
		ID MessageID `json:"id"`
	}
	_ = json.Unmarshal(r.Body, &m)
	return m.ID, nil
}
