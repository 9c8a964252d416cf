package world

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
)

// Attachment is a file of a message.
type Attachment struct {
	ID          AttachmentID
	ChannelID   ChannelID
	Filename    string
	Description string
	ContentType string
	Spoiler     bool
	CreatedMs   int64
	Bytes       []byte

	Seconds  float64 // of a voice message's sound
	Waveform string  // of a voice message's sound: base64
}

type attachmentWire struct {
	ID          AttachmentID `json:"id"`
	Filename    string       `json:"filename"`
	Size        int          `json:"size"`
	URL         string       `json:"url"`
	ProxyURL    string       `json:"proxy_url"`
	ContentType string       `json:"content_type,omitempty"`
	Description string       `json:"description,omitempty"`
	Seconds     float64      `json:"duration_secs,omitempty"`
	Waveform    string       `json:"waveform,omitempty"`
	Flags       int          `json:"flags,omitempty"`
}

// attachment writes a file with its signed address, which expires a day later as Discord's do.
func (w *World) attachment(a *Attachment) *attachmentWire {
	issued := w.now / 1000
	url := w.cfg.APIURL + "/attachments/" + a.ChannelID.String() + "/" + a.ID.String() + "/" + a.Filename +
		"?ex=" + strconv.FormatInt(issued+86400, 16) + "&is=" + strconv.FormatInt(issued, 16) + "&hm=" + strconv.FormatUint(mix(uint64(a.ID)), 16) + "&"
	return &attachmentWire{
		ID: a.ID, Filename: a.Filename, Size: len(a.Bytes), URL: url, ProxyURL: url, ContentType: a.ContentType, Description: a.Description,
		Seconds: a.Seconds, Waveform: a.Waveform,
	}
}

// Attachment gives a file by the ids in its address; nil where there is none.
func (w *World) Attachment(id AttachmentID) *Attachment { return w.files[id] }

// attachmentInput describes a file in a request: a new one by its place (the n of files[n]), a kept one by its id.
type attachmentInput struct {
	ID          ID[struct{}] `json:"id"`
	Filename    string       `json:"filename"`
	Description string       `json:"description"`
	Spoiler     bool         `json:"is_spoiler"`
	Seconds     *float64     `json:"duration_secs"`
	Waveform    string       `json:"waveform"`
}

// isOf tells whether files[n] is what is described.
func (d attachmentInput) isOf(n int) bool { return n >= 0 && uint64(d.ID) == uint64(n) }

// upload is one part of a multipart body.
type upload struct {
	n           int // of files[n]; -1: another name
	filename    string
	contentType string
	bytes       []byte
}

// unpack takes a multipart body apart: payload_json, or form fields put into a JSON object, and the files.
func unpack(contentType string, body []byte) (payload []byte, files []upload, err *APIError) {
	_, params, e := mime.ParseMediaType(contentType)
	if e != nil || params["boundary"] == "" {
		return nil, nil, failure(CodeInvalidForm)
	}
	reader := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	fields := map[string]any{}
	for {
		part, e := reader.NextRawPart()
		if e == io.EOF {
			break
		}
		if e != nil {
			return nil, nil, failure(CodeInvalidForm)
		}
		data, e := io.ReadAll(part)
		if e != nil {
			return nil, nil, failure(CodeInvalidForm)
		}
		name := part.FormName()
		switch {
		case part.FileName() != "":
			n := -1
			if inner, ok := strings.CutPrefix(name, "files["); ok {
				if v, e := strconv.Atoi(strings.TrimSuffix(inner, "]")); e == nil {
					n = v
				}
			}
			files = append(files, upload{n, part.FileName(), part.Header.Get("Content-Type"), data})
		case name == "payload_json":
			payload = data
		default:
			fields[name] = string(data)
		}
	}
	if payload == nil {
		payload = encode(fields)
	}
	return payload, files, nil
}

// attach makes attachments of the files of a request; described are what the request says about them.
func (w *World) attach(c *Channel, described []attachmentInput, files []upload) ([]*Attachment, *APIError) {
	if len(files) > 10 {
		return nil, failure(CodeTooManyAttachments)
	}
	var out []*Attachment
	for _, f := range files {
		if len(f.bytes) > w.cfg.Limits.FileBytes {
			return nil, failure(CodeTooLarge)
		}
		a := &Attachment{
			ID: AttachmentID(w.mint()), ChannelID: c.ID, Filename: safeFilename(f.filename), ContentType: f.contentType,
			CreatedMs: w.now, Bytes: f.bytes,
		}
		for _, d := range described {
			if d.isOf(f.n) {
				a.Description = d.Description
				if d.Filename != "" {
					a.Filename = safeFilename(d.Filename)
				}
				if d.Spoiler {
					a.Filename = "SPOILER_" + a.Filename
				}
			}
		}
		w.files[a.ID] = a
		out = append(out, a)
	}
	return out, nil
}

// sound takes over what the request says of a voice message's sound, files[n]; of other files Discord keeps no length.
func (a *Attachment) sound(n int, described []attachmentInput) {
	for _, d := range described {
		if d.isOf(n) && d.Seconds != nil {
			a.Seconds, a.Waveform = *d.Seconds, d.Waveform
		}
	}
}

// safeFilename keeps what may stand in an address, as Discord does.
func safeFilename(name string) string {
	var b strings.Builder
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('_')
		}
	}
	if s := strings.Trim(b.String(), "."); s != "" {
		return s
	}
	return "unknown"
}
