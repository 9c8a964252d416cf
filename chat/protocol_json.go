package chat

import (
	"strconv"

	"cloudflarechat/chat/jsontext"
)

// How the frames of protocol.go stand in JSON. It says by hand what their tags
// say: by reflection a frame would cost ten times as much in WASM, and the
// module a tenth of its size more. A test holds the two together.

// incoming is the data of a frame from a client.
type incoming interface{ read(r *jsontext.Reader) }

// outgoing is the data of a frame to a client.
type outgoing interface {
	write(o *jsontext.Object)
}

// readFrame reads a frame; false where it is none.
func readFrame(data []byte) (f inFrame, ok bool) {
	r := jsontext.Read(data)
	r.Object(func(name string) {
		switch name {
		case "type":
			f.Type = r.Text()
		case "data":
			f.Data = r.Raw()
		default:
			r.Skip()
		}
	})
	return f, r.OK() && f.Type != ""
}

// readData reads the data of a frame; false where there is none, or a field is
// of another kind.
func readData(data []byte, to incoming) bool {
	if len(data) == 0 {
		return false
	}
	r := jsontext.Read(data)
	to.read(r)
	return r.OK()
}

func (d *initData) read(r *jsontext.Reader) {
	r.Object(func(name string) {
		switch name {
		case "name":
			d.Name = r.Text()
		case "email":
			d.Email = r.Text()
		case "page":
			d.Page = r.Text()
		case "turnstileToken":
			d.TurnstileToken = r.Text()
		case "sessionId":
			d.SessionID = r.Text()
		case "since":
			if d.Since = nil; !r.Null() {
				since := r.Int()
				d.Since = &since
			}
		case "locale":
			d.Locale = r.Text()
		case "hash":
			d.Hash = r.Text()
		case "hashExpires":
			d.HashExpires = r.Int()
		case "userId":
			d.UserID = r.Text()
		case "attributes":
			d.Attributes = readAttributes(r)
		default:
			r.Skip()
		}
	})
}

func (d *messageData) read(r *jsontext.Reader) {
	r.Object(func(name string) {
		switch name {
		case "message":
			d.Message = r.Text()
		case "id":
			d.ID = r.Text()
		case "page":
			d.Page = r.Text()
		default:
			r.Skip()
		}
	})
}

func (d *seqData) read(r *jsontext.Reader) {
	r.Object(func(name string) {
		if name == "seq" {
			d.Seq = r.Int()
		} else {
			r.Skip()
		}
	})
}

func (d *historyData) read(r *jsontext.Reader) {
	r.Object(func(name string) {
		switch name {
		case "before":
			d.Before = r.Int()
		case "limit":
			d.Limit = int(r.Int())
		default:
			r.Skip()
		}
	})
}

func (d *reportData) read(r *jsontext.Reader) {
	r.Object(func(name string) {
		switch name {
		case "code":
			d.Code = r.Text()
		case "version":
			d.Version = r.Text()
		default:
			r.Skip()
		}
	})
}

// frame is a frame to a client.
func frame(kind string, data outgoing) []byte {
	return jsontext.Begin(make([]byte, 0, 256)).Text("type", kind).Inside("data", func(dst []byte) []byte {
		o := jsontext.Begin(dst)
		data.write(o)
		return o.End()
	}).End()
}

func (d initData) write(o *jsontext.Object) {
	o.Text("name", d.Name).Text("email", d.Email).Text("page", d.Page).Text("turnstileToken", d.TurnstileToken)
	o.TextUnlessEmpty("sessionId", d.SessionID)
	if d.Since != nil {
		o.Int("since", *d.Since)
	}
	o.Text("locale", d.Locale).Text("hash", d.Hash).Int("hashExpires", d.HashExpires).Text("userId", d.UserID)
	o.Inside("attributes", func(dst []byte) []byte { return jsontext.Begin(dst).Text("", d.Attributes).End() })
}

func (d seqData) write(o *jsontext.Object) { o.Int("seq", d.Seq) }

func (d teamOut) write(o *jsontext.Object) {
	o.Text("name", d.Name).TextUnlessEmpty("reply", d.Reply)
}

func (d readyOut) write(o *jsontext.Object) {
	o.Text("message", d.Message).Text("sessionId", d.SessionID).Text("route", string(d.Route)).Int("seq", d.Seq)
	o.Bool("restored", d.Restored).Text("name", d.Name).Text("email", d.Email).Int("seen", d.Seen).Int("delivered", d.Delivered)
	if len(d.Failed) > 0 {
		o.Inside("failed", func(dst []byte) []byte {
			for i, seq := range d.Failed {
				dst = append(dst, "[,"[min(i, 1)])
				dst = strconv.AppendInt(dst, seq, 10)
			}
			return append(dst, ']')
		})
	}
	o.True("more", d.More).True("gap", d.Gap)
	if d.Team != nil {
		o.Inside("team", func(dst []byte) []byte {
			team := jsontext.Begin(dst)
			d.Team.write(team)
			return team.End()
		})
	}
}

func (d messageOut) write(o *jsontext.Object) {
	o.Text("message", d.Message).Text("author", d.Author).Int("timestamp", int64(d.Timestamp)).Int("seq", d.Seq)
	o.Text("from", d.From).TextUnlessEmpty("id", d.ID).TextUnlessEmpty("avatar", d.Avatar).True("edited", d.Edited).True("deleted", d.Deleted)
}

func (d ackOut) write(o *jsontext.Object) {
	o.Text("id", d.ID).Int("seq", d.Seq).Int("timestamp", int64(d.Timestamp))
}

func (d receiptOut) write(o *jsontext.Object) {
	o.Int("seq", d.Seq).Text("state", d.State).TextUnlessEmpty("code", string(d.Code)).IntUnlessZero("retryAfterMs", int64(d.RetryAfterMs))
}

func (d typingOut) write(o *jsontext.Object) {
	o.Text("author", d.Author).Int("forMs", int64(d.ForMs))
}

func (d editOut) write(o *jsontext.Object) { o.Int("seq", d.Seq).Text("message", d.Message) }

func (d historyOut) write(o *jsontext.Object) {
	o.Inside("messages", func(dst []byte) []byte {
		dst = append(dst, '[')
		for i := range d.Messages {
			if i > 0 {
				dst = append(dst, ',')
			}
			m := jsontext.Begin(dst)
			d.Messages[i].write(m)
			dst = m.End()
		}
		return append(dst, ']')
	})
	o.Bool("more", d.More)
}

func (d endedOut) write(o *jsontext.Object) { o.Text("by", d.By) }

func (d errorOut) write(o *jsontext.Object) {
	o.Text("message", d.Message).Text("code", string(d.Code)).TextUnlessEmpty("id", d.ID).TextUnlessEmpty("field", d.Field)
	o.IntUnlessZero("retryAfterMs", int64(d.RetryAfterMs))
}
