package world

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// walk does one thing after another to two worlds made alike, and wants them to stay alike.
type walk struct {
	t      *rapid.T
	a, b   *World
	now    int64
	conns  map[ConnID]int64 // open sockets and their newest sequence number
	nextID ConnID
	thread []ChannelID
	posts  [][2]uint64 // channel, message
	ids    map[ConnID]string
	last   string // the session of a socket that was lost, and its newest number
	lastSN int64
}

func (w *walk) rest(auth, method, path string, body any) Response {
	req := Request{Method: method, Path: path, Authorization: auth, ContentType: "application/json", Host: "sim.test"}
	if body != nil {
		req.Body = encode(body)
	}
	ra, rb := w.a.REST(w.now, req), w.b.REST(w.now, req)
	if ra.Status != rb.Status || !bytes.Equal(ra.Body, rb.Body) || fmt.Sprint(ra.Header) != fmt.Sprint(rb.Header) || ra.Lost != rb.Lost || ra.DelayMs != rb.DelayMs {
		w.t.Fatalf("two worlds made alike answer differently:\n%d %s\n%d %s", ra.Status, ra.Body, rb.Status, rb.Body)
	}
	return ra
}

func (w *walk) both(f func(*World)) { f(w.a); f(w.b) }

// take compares what the worlds want, and follows the sequence numbers of each socket.
func (w *walk) take() {
	oa, ob := w.a.Take(), w.b.Take()
	if fmt.Sprint(oa) != fmt.Sprint(ob) {
		w.t.Fatalf("two worlds made alike want different things:\n%v\n%v", oa, ob)
	}
	for _, o := range oa {
		last, open := w.conns[o.Conn]
		if !open {
			w.t.Fatalf("something for socket %d, which is not open: %s", o.Conn, o.Frame)
		}
		if o.Kind == CloseConn {
			delete(w.conns, o.Conn)
			continue
		}
		var f struct {
			Op int    `json:"op"`
			S  int64  `json:"s"`
			T  string `json:"t"`
			D  struct {
				SessionID string `json:"session_id"`
			} `json:"d"`
		}
		if o.Frame[len(o.Frame)-2] == 'e' { // op 9: d is a truth value
			continue
		}
		if err := json.Unmarshal(o.Frame, &f); err != nil {
			w.t.Fatalf("%v in %s", err, o.Frame)
		}
		if f.Op != opDispatch {
			continue
		}
		if f.T == "READY" {
			last, w.ids[o.Conn] = 0, f.D.SessionID
		}
		if last >= 0 && f.S != last+1 {
			w.t.Fatalf("socket %d got number %d after %d", o.Conn, f.S, last)
		}
		w.conns[o.Conn] = f.S
	}
}

func (w *walk) invariants() {
	active := 0
	for _, c := range w.a.Threads(0) {
		if !c.Archived {
			active++
		}
	}
	if active != w.a.ActiveThreads() {
		w.t.Fatalf("%d threads are active, %d are counted", active, w.a.ActiveThreads())
	}
	for _, c := range append(w.a.Threads(0), *w.a.channels[w.a.SupportChannel()]) {
		var before MessageID
		for _, m := range w.a.Messages(c.ID) {
			if m.ID <= before || m.ChannelID != c.ID {
				w.t.Fatalf("message %d stands after %d in %d", m.ID, before, c.ID)
			}
			before = m.ID
		}
	}
}

func TestRandomWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			StartMs: t0, Seed: rapid.Uint64().Draw(t, "seed"),
			Limits:  Limits{GlobalSliding: rapid.Bool().Draw(t, "sliding"), Fixed: rapid.Bool().Draw(t, "fixed"), ThreadCreateBurst: rapid.IntRange(0, 3).Draw(t, "burst"), ActiveThreads: 4},
			Gateway: GatewayConfig{MaxConcurrency: 100},
		}
		w := &walk{t: t, a: New(cfg), b: New(cfg), now: t0, conns: map[ConnID]int64{}, ids: map[ConnID]string{}}
		auths := []string{botAuth, "User Ada Lovelace", "User New Agent"}
		support := w.a.SupportChannel()
		place := func() ChannelID {
			all := append([]ChannelID{support}, w.thread...)
			return rapid.SampledFrom(all).Draw(t, "place")
		}
		path := func(c ChannelID) string { return "/channels/" + c.String() }
		steps := map[string]func(*rapid.T){
			"post": func(t *rapid.T) {
				c := place()
				nonce := itoa(rapid.IntRange(1, 5).Draw(t, "nonce"))
				r := w.rest(rapid.SampledFrom(auths).Draw(t, "who"), "POST", path(c)+"/messages", map[string]any{"content": "x", "nonce": nonce, "enforce_nonce": rapid.Bool().Draw(t, "enforce")})
				var m struct {
					ID MessageID `json:"id"`
				}
				if r.Status == 200 && json.Unmarshal(r.Body, &m) == nil && m.ID != 0 {
					w.posts = append(w.posts, [2]uint64{uint64(c), uint64(m.ID)})
				}
			},
			"thread": func(t *rapid.T) {
				if len(w.posts) == 0 {
					return
				}
				p := rapid.SampledFrom(w.posts).Draw(t, "message")
				r := w.rest(botAuth, "POST", path(ChannelID(p[0]))+"/messages/"+MessageID(p[1]).String()+"/threads", map[string]any{"name": "t", "auto_archive_duration": 60})
				if r.Status == 201 {
					w.thread = append(w.thread, ChannelID(p[1]))
				}
			},
			"change": func(t *rapid.T) {
				if len(w.posts) == 0 {
					return
				}
				p := rapid.SampledFrom(w.posts).Draw(t, "message")
				at := path(ChannelID(p[0])) + "/messages/" + MessageID(p[1]).String()
				who := rapid.SampledFrom(auths).Draw(t, "who")
				switch rapid.IntRange(0, 2).Draw(t, "how") {
				case 0:
					w.rest(who, "PATCH", at, map[string]any{"content": "edited"})
				case 1:
					w.rest(who, "DELETE", at, nil)
				case 2:
					w.rest(who, "PUT", at+"/reactions/%E2%9C%85/@me", nil)
				}
			},
			"archive": func(t *rapid.T) {
				w.rest(rapid.SampledFrom(auths).Draw(t, "who"), "PATCH", path(place()), map[string]any{"archived": rapid.Bool().Draw(t, "archived"), "locked": rapid.Bool().Draw(t, "locked")})
			},
			"connect": func(t *rapid.T) {
				w.nextID++
				w.conns[w.nextID] = -1
				w.both(func(x *World) { x.Connect(w.now, w.nextID, Dial{Host: "sim.test"}) })
				frame := encode(identify(defaultIntents))
				if w.last != "" && rapid.Bool().Draw(t, "resume") {
					frame = encode(resumeFrame(w.last, w.lastSN))
					w.conns[w.nextID] = w.lastSN
				}
				w.take()
				w.both(func(x *World) { x.Receive(w.now, w.nextID, frame) })
			},
			"lose": func(t *rapid.T) {
				for id := ConnID(1); id <= w.nextID; id++ {
					if _, ok := w.conns[id]; ok {
						code := rapid.SampledFrom([]int{0, 1000, 1006, 4200}).Draw(t, "code")
						w.last, w.lastSN = w.ids[id], max(0, w.conns[id])
						delete(w.conns, id)
						w.both(func(x *World) { x.Disconnected(w.now, id, code) })
						return
					}
				}
			},
			"beat": func(t *rapid.T) {
				for id := ConnID(1); id <= w.nextID; id++ {
					if _, ok := w.conns[id]; ok {
						w.both(func(x *World) { x.Receive(w.now, id, []byte(`{"op":1,"d":null}`)) })
					}
				}
			},
			"wait": func(t *rapid.T) {
				w.now += int64(rapid.SampledFrom([]int{1, 300, 5000, 40000, 3700000}).Draw(t, "ms"))
				w.both(func(x *World) { x.Tick(w.now) })
				if next := w.a.NextTick(); next != 0 && next < w.now {
					t.Fatalf("after Tick(%d) the next is %d", w.now, next)
				}
			},
			"fault": func(t *rapid.T) {
				f := Fault{Kind: rapid.SampledFrom(faultKinds).Draw(t, "kind"), Count: rapid.IntRange(1, 3).Draw(t, "count"), Probability: 0.5}
				w.both(func(x *World) {
					if _, err := x.Inject(w.now, f); err != nil {
						t.Fatal(err)
					}
				})
			},
			"heal": func(t *rapid.T) { w.both(func(x *World) { x.Heal(w.now, 0) }) },
			"":     func(*rapid.T) { w.take(); w.invariants() },
		}
		t.Repeat(steps)
	})
}

// FuzzPayloads throws anything at the two doors: nothing may panic, and every answer is JSON.
func FuzzPayloads(f *testing.F) {
	for _, seed := range []string{`{"op":2,"d":{"token":"x","intents":1,"properties":{}}}`, `{"op":6,"d":{}}`, `{"content":"<@1> @everyone","allowed_mentions":{"parse":["users"]}}`, `{"embeds":[1]}`, `{"name":[]}`, `[]`, `null`, `{"attachments":[{"id":{}}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := New(Config{StartMs: t0})
		w.Connect(t0, 1, Dial{})
		w.Receive(t0, 1, []byte(body))
		m, err := w.Post(t0, "Ada", w.SupportChannel(), "x")
		if err != nil {
			t.Fatal(err)
		}
		for _, rt := range []string{
			"POST /channels/C/messages", "PATCH /channels/C/messages/M", "POST /channels/C/messages/M/threads", "POST /channels/C/threads", "PATCH /channels/C",
			"POST /guilds/G/channels", "PUT /applications/A/commands", "POST /applications/A/commands", "POST /interactions", "POST /channels/C/webhooks", "PATCH /applications/@me",
		} {
			for _, auth := range []string{botAuth, "User Ada"} {
				r := w.REST(t0, Request{Method: rt[:bytes.IndexByte([]byte(rt), ' ')], Path: fuzzPath(rt, w, m), Authorization: auth, ContentType: "application/json", Body: []byte(body)})
				if len(r.Body) > 0 && !json.Valid(r.Body) {
					t.Fatalf("%s answers no JSON: %s", rt, r.Body)
				}
			}
		}
	})
}

func fuzzPath(rt string, w *World, m MessageID) string {
	_, path, _ := bytes.Cut([]byte(rt), []byte(" "))
	for key, id := range map[string]string{"/C": w.SupportChannel().String(), "/M": m.String(), "/G": w.GuildID().String(), "/A": w.BotApplication("demo-token").String()} {
		path = bytes.Replace(path, []byte(key+"/"), []byte("/"+id+"/"), 1)
		if bytes.HasSuffix(path, []byte(key)) {
			path = append(bytes.TrimSuffix(path, []byte(key)), []byte("/"+id)...)
		}
	}
	return string(path)
}

func BenchmarkConversation(b *testing.B) {
	w := New(Config{StartMs: t0, Limits: Limits{Off: true}})
	w.Connect(t0, 1, Dial{})
	w.Receive(t0, 1, encode(identify(defaultIntents)))
	now := t0
	b.ReportAllocs()
	for b.Loop() {
		now += 20
		w.REST(now, Request{Method: "POST", Path: "/api/v10/channels/" + w.SupportChannel().String() + "/messages", Authorization: botAuth,
			ContentType: "application/json", Body: []byte(`{"content":"hello there","nonce":"x","allowed_mentions":{"parse":[]}}`)})
		w.Take()
	}
}
