package world

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

const t0 int64 = 1_750_000_000_000

// rig is a world with a clock that tests move by hand.
type rig struct {
	t   *testing.T
	w   *World
	now int64
}

func newRig(t *testing.T, cfg Config) *rig {
	t.Helper()
	cfg.StartMs = t0
	return &rig{t: t, w: New(cfg), now: t0}
}

const botAuth = "Bot demo-token"

// do sends a request and decodes the answer into a map (or a list under "list").
func (r *rig) do(auth, method, path string, body any) (Response, map[string]any) {
	r.t.Helper()
	path, query, _ := strings.Cut(path, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		r.t.Fatal(err)
	}
	req := Request{Method: method, Path: "/api/v10" + path, Query: q, Authorization: auth, Host: "sim.test"}
	switch b := body.(type) {
	case nil:
	case string:
		req.Body, req.ContentType = []byte(b), "application/json"
	default:
		req.Body, req.ContentType = encode(b), "application/json"
	}
	res := r.w.REST(r.now, req)
	holds(r.t, method, path, res)
	out := map[string]any{}
	if len(res.Body) > 0 && res.Body[0] == '[' {
		var list []any
		if err := json.Unmarshal(res.Body, &list); err != nil {
			r.t.Fatal(err)
		}
		out["list"] = list
	} else if len(res.Body) > 0 && res.Body[0] == '{' {
		if err := json.Unmarshal(res.Body, &out); err != nil {
			r.t.Fatalf("%s %s: %v in %s", method, path, err, res.Body)
		}
	}
	return res, out
}

// must wants a status.
func (r *rig) must(status int, auth, method, path string, body any) map[string]any {
	r.t.Helper()
	res, out := r.do(auth, method, path, body)
	if res.Status != status {
		r.t.Fatalf("%s %s: status %d, want %d: %s", method, path, res.Status, status, res.Body)
	}
	return out
}

// refused wants an error code.
func (r *rig) refused(status, code int, auth, method, path string, body any) map[string]any {
	r.t.Helper()
	out := r.must(status, auth, method, path, body)
	if got, _ := out["code"].(float64); int(got) != code {
		r.t.Fatalf("%s %s: code %v, want %d", method, path, out["code"], code)
	}
	return out
}

func (r *rig) channel() string { return r.w.SupportChannel().String() }

// thread opens a thread by an opening post, as the product does, and gives its id.
func (r *rig) thread(name string) string {
	r.t.Helper()
	m := r.must(200, botAuth, "POST", "/channels/"+r.channel()+"/messages", map[string]any{"content": "opening"})
	r.must(201, botAuth, "POST", "/channels/"+r.channel()+"/messages/"+m["id"].(string)+"/threads", map[string]any{"name": name, "auto_archive_duration": 60})
	return m["id"].(string)
}

// frame is a payload that the Gateway sent.
type frame struct {
	Op int            `json:"op"`
	T  string         `json:"t"`
	S  int64          `json:"s"`
	D  map[string]any `json:"d"`
}

// frames takes what was sent to a connection; closes come as op -1 with the code in S.
func (r *rig) frames(id ConnID) []frame {
	r.t.Helper()
	var out []frame
	for _, o := range r.w.Take() {
		if o.Conn != id || o.Kind == Observed {
			continue
		}
		if o.Kind == CloseConn {
			out = append(out, frame{Op: -1, S: int64(o.Code)})
			continue
		}
		var raw struct {
			Op int             `json:"op"`
			T  string          `json:"t"`
			S  int64           `json:"s"`
			D  json.RawMessage `json:"d"`
		}
		if err := json.Unmarshal(o.Frame, &raw); err != nil {
			r.t.Fatalf("%v in %s", err, o.Frame)
		}
		eventHolds(r.t, raw.T, raw.D)
		f := frame{Op: raw.Op, T: raw.T, S: raw.S}
		_ = json.Unmarshal(raw.D, &f.D)
		out = append(out, f)
	}
	return out
}

func names(list []frame) string {
	var out []string
	for _, f := range list {
		switch {
		case f.Op == -1:
			out = append(out, "close "+itoa(int(f.S)))
		case f.T != "":
			out = append(out, f.T)
		default:
			out = append(out, "op "+itoa(f.Op))
		}
	}
	return strings.Join(out, " ")
}

const defaultIntents = 36353

// connect identifies a bot and takes the frames of the beginning.
func (r *rig) connect(id ConnID, intents int) []frame {
	r.t.Helper()
	r.w.Connect(r.now, id, Dial{Host: "sim.test"})
	r.w.Receive(r.now, id, encode(map[string]any{"op": 2, "d": map[string]any{"token": "demo-token", "intents": intents, "properties": map[string]string{}}}))
	return r.frames(id)
}

func TestFirstConversation(t *testing.T) {
	r := newRig(t, Config{})
	if got := names(r.connect(1, defaultIntents)); got != "op 10 READY GUILD_CREATE" {
		t.Fatalf("beginning: %s", got)
	}
	thread := r.thread("Support: Vera - vera@example.com")
	if got := names(r.frames(1)); got != "MESSAGE_CREATE THREAD_CREATE MESSAGE_UPDATE MESSAGE_CREATE" {
		t.Fatalf("opening: %s", got)
	}
	post := r.must(200, botAuth, "POST", "/channels/"+thread+"/messages", map[string]any{"content": "hello", "nonce": "n1", "enforce_nonce": true})
	if post["nonce"] != "n1" || post["channel_id"] != thread {
		t.Fatalf("post: %v", post)
	}
	r.frames(1)
	id, _ := ParseID[channelKind](thread)
	if err := r.w.Type(r.now, "Ada Lovelace", id); err != nil {
		t.Fatal(err)
	}
	if _, err := r.w.Post(r.now, "Ada Lovelace", id, "hi there"); err != nil {
		t.Fatal(err)
	}
	list := r.frames(1)
	if got := names(list); got != "TYPING_START MESSAGE_CREATE" {
		t.Fatalf("answer: %s", got)
	}
	if d := list[1].D; d["content"] != "hi there" || d["author"].(map[string]any)["global_name"] != "Ada Lovelace" {
		t.Fatalf("answer: %v", d)
	}
	read := r.must(200, botAuth, "GET", "/channels/"+thread+"/messages?after="+post["id"].(string), nil)["list"].([]any)
	if len(read) != 1 {
		t.Fatalf("read %d messages, want 1", len(read))
	}
}
