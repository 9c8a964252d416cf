package edge_test

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/edge"
)

// owner plays the host of a request of the owner.
type owner struct {
	t      *testing.T
	b      edge.Border
	body   string
	rows   map[string][]chat.Row
	status func(path string) int
	later  string // the actor that takes no end
	did    []string
}

func newOwner(t *testing.T, more map[string]string) *owner {
	o := &owner{t: t, body: `{"email":" Ann@visitor.example ","threads":true}`, rows: map[string][]chat.Row{}, status: func(string) int { return 204 }}
	set := map[string]string{"ADMIN_SECRET": "the owner's secret", "ALLOWED_ORIGINS": "https://a.example,https://*.b.example"}
	for _, m := range []map[string]string{settings, more} {
		for name, value := range m {
			set[name] = value
		}
	}
	in := binary.AppendUvarint(nil, uint64(len(set)))
	for name, value := range set {
		in = text(text(in, name), value)
	}
	o.b.Call(edge.OpConfigure, in)
	return o
}

func text(b []byte, s string) []byte { return append(binary.AppendUvarint(b, uint64(len(s))), s...) }

// parts reads what the border wrote.
type parts struct{ b []byte }

func (p *parts) uint() uint64 {
	v, n := binary.Uvarint(p.b)
	p.b = p.b[n:]
	return v
}

func (p *parts) take() []byte {
	n := p.uint()
	v := p.b[:n]
	p.b = p.b[n:]
	return v
}

// ask goes through a request of the owner, and gives its answer.
func (o *owner) ask(path, method, secret, contentType string) (status int, body string) {
	o.t.Helper()
	o.did = nil
	var known [][]byte
	for {
		in := binary.AppendVarint(nil, 1_790_000_000_000)
		for _, s := range []string{path, method, secret, contentType} {
			in = text(in, s)
		}
		in = binary.AppendUvarint(in, uint64(len(known)))
		for _, k := range known {
			in = text(in, string(k))
		}
		reply := slices.Clone(o.b.Call(edge.OpAdmin, in))
		if edge.Status(reply[0]) != edge.StatusOK {
			o.t.Fatalf("%s", reply[1:])
		}
		p := &parts{reply[2:]}
		if reply[1] == 1 {
			status = int(p.uint())
			for range p.uint() {
				p.take()
			}
			return status, string(p.take())
		}
		if pause := p.uint(); pause > 0 {
			o.did = append(o.did, "wait")
		}
		for range p.uint() {
			known = append(known, o.look(p.take()))
		}
	}
}

func (o *owner) look(want []byte) []byte {
	o.t.Helper()
	p := &parts{want[1:]}
	switch want[0] {
	case 0:
		o.did = append(o.did, "body")
		return []byte(o.body)
	case 1:
		p.b = p.b[1:]
		kept := o.rows[string(p.take())]
		var rows []chat.Row
		for _, row := range kept {
			if slices.Contains(p.b[1:], byte(row.Table)) {
				rows = append(rows, row)
			}
		}
		o.did = append(o.did, "look")
		// A list of rows is what a Save holds.
		return edge.AppendEffect(nil, chat.Save{Rows: rows})[1:]
	}
	list, err := edge.ReadEffects(append([]byte{1}, want[1:]...))
	if err != nil || len(list) != 1 {
		o.t.Fatal(list, err)
	}
	switch f := list[0].(type) {
	case chat.Tell:
		if f.To.Key == o.later {
			return []byte{byte(chat.StatusLater)}
		}
		kind, _, _ := strings.Cut(f.To.Key, ":")
		if note, ok := f.Event.(chat.NoteEmail); ok {
			o.did = append(o.did, "note "+string(note.Route))
			own := chat.HashEmail([]byte(settings["DATA_SECRET"]), "https://a.example", "bob@visitor.example")
			if f.To != chat.EmailKey(own) {
				o.t.Errorf("%s was told of %s", f.To.Key, note.Route)
			}
			return []byte{byte(chat.StatusTaken)}
		}
		o.did = append(o.did, "end "+kind)
		return []byte{byte(chat.StatusTaken)}
	case discord.Call:
		o.did = append(o.did, f.Request.Method+" "+f.Request.Path)
		return edge.AppendEvent(nil, discord.CallDone{Status: o.status(f.Request.Path)})
	}
	o.t.Fatalf("%T", list[0])
	return nil
}

const (
	bearer = "Bearer the owner's secret"
	asJSON = "application/json; charset=utf-8"
	thread = "1200000000000000000"
)

func (o *owner) fill() {
	secret := []byte(settings["DATA_SECRET"])
	email := func(site string) string {
		return chat.EmailKey(chat.HashEmail(secret, site, "ann@visitor.example")).Key
	}
	o.rows[email("https://*.b.example")] = []chat.Row{
		(&records.EmailThread{ThreadID: thread, Route: "one"}).Row(), (&records.EmailSession{Key: 0, Route: "one"}).Row(),
		(&records.EmailSession{Key: 1, Route: "gone"}).Row(), (&records.EmailSession{Key: 2, Route: "another's"}).Row(),
	}
	o.rows["one"] = []chat.Row{(&records.Session{Name: "Ann", Email: "ann@VISITOR.example", ThreadID: thread}).Row(),
		(&records.Message{Seq: 1, Sender: int64(chat.SenderVisitor), Body: "Hello"}).Row()}
	o.rows["another's"] = []chat.Row{(&records.Session{Name: "Bob", Site: "https://a.example", Email: "bob@visitor.example"}).Row()}
}

// TestOwnerIsAsked holds that nothing is looked up for anybody but the owner.
func TestOwnerIsAsked(t *testing.T) {
	for _, c := range []struct {
		path, method, secret, contentType, body string
		status                                  int
		did                                     string
	}{
		{"/admin/export", "POST", "", asJSON, "", 401, ""},
		{"/admin/export", "POST", "Bearer the owner'", asJSON, "", 401, ""},
		{"/admin/else", "POST", "Bearer x", asJSON, "", 401, ""},
		{"/admin/else", "POST", bearer, asJSON, "", 404, ""},
		{"/admin/forget", "GET", bearer, asJSON, "", 405, ""},
		{"/admin/forget", "POST", bearer, "text/plain", "", 415, ""},
		{"/admin/forget", "POST", bearer, asJSON, `{"email":" "}`, 400, "body"},
		{"/admin/forget", "POST", bearer, asJSON, `{"email":"a@b.example","x":"` + strings.Repeat("x", 4<<10) + `"}`, 400, "body"},
		{"/admin/forget", "POST", bearer, asJSON, `{"email":"nobody@b.example"}`, 200, "body look look look"},
	} {
		o := newOwner(t, nil)
		o.body = c.body
		status, said := o.ask(c.path, c.method, c.secret, c.contentType)
		if did := strings.Join(o.did, " "); status != c.status || did != c.did {
			t.Errorf("%s %s: %d %s after %q", c.method, c.path, status, said, did)
		}
	}
	for name, status := range map[string]int{"ADMIN_SECRET": 401, "DATA_SECRET": 503} {
		o := newOwner(t, map[string]string{name: ""})
		if got, said := o.ask("/admin/export", "POST", bearer, asJSON); got != status || len(o.did) > 0 {
			t.Errorf("without %s: %d %s after %q", name, got, said, o.did)
		}
	}
}

// TestExportAtTheEdge holds that a person's conversations, and no other's, are
// told.
func TestExportAtTheEdge(t *testing.T) {
	o := newOwner(t, nil)
	o.fill()
	status, said := o.ask("/admin/export", "POST", bearer, asJSON)
	if status != 200 || strings.Count(said, `"messages"`) != 1 || !strings.Contains(said, `"text":"Hello"`) || strings.Contains(said, "bob@") {
		t.Errorf("%d %s", status, said)
	}
}

// TestForgetAtTheEdge holds what is deleted, and in which order.
func TestForgetAtTheEdge(t *testing.T) {
	o := newOwner(t, nil)
	o.fill()
	o.status = func(path string) int {
		if path == "/channels/"+thread && !slices.Contains(o.did, "wait") {
			return 503
		}
		return 204
	}
	status, said := o.ask("/admin/forget", "POST", bearer, asJSON)
	if status != 200 || said != `{"conversations":1,"threadsDeleted":1}`+"\n" {
		t.Errorf("%d %s", status, said)
	}
	ended := "end one,end thread,DELETE /channels/" + thread + ",wait,DELETE /channels/" + thread +
		",DELETE /channels/112233445566778899/messages/" + thread + ",note another's,end email"
	if did := strings.Join(o.did, ","); !strings.HasSuffix(did, "look,"+ended) {
		t.Errorf("did %s", did)
	}
	o.body = `{"email":"ann@visitor.example"}`
	if _, said := o.ask("/admin/forget", "POST", bearer, asJSON); said != `{"conversations":1,"threadsDeleted":0,"threadsKept":["`+thread+`"]}`+"\n" {
		t.Errorf("threads that nobody asked to delete: %s", said)
	}
	o.later = "one"
	if status, said := o.ask("/admin/forget", "POST", bearer, asJSON); status != 500 || strings.Contains(strings.Join(o.did, ","), "end email") {
		t.Errorf("a conversation that could not be deleted: %d %s after %s", status, said, o.did)
	}
}
