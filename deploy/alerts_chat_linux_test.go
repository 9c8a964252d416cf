package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/ncruces/go-sqlite3"

	chatcore "cloudflarechat/chat"
	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/internal/freeport"
)

func freeAddress(t *testing.T) string {
	t.Helper()
	addr, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// chat is the real binary, with a stand-in for Discord of its own.
type chat struct {
	w       *watched
	sim     *discordsim.Server
	address string
	env     []string
	process *exec.Cmd
}

// chat starts one and waits until it is well.
func (w *watched) chat(name string, extra map[string]string) *chat {
	w.t.Helper()
	sim := discordsim.New(discordsim.Options{})
	if err := sim.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { sim.Close() })
	c := &chat{w: w, sim: sim, address: freeAddress(w.t)}
	env := map[string]string{"DISCORD_API_URL": sim.APIURL(), "DISCORD_BOT_TOKEN": sim.BotToken(), "DISCORD_SUPPORT_CHANNEL_ID": sim.ChannelID(),
		"SUPPORT_ROLE_ID": sim.RoleID(), "LISTEN_ADDRESS": c.address, "DATA_DIR": filepath.Join(w.dir, name), "METRICS": "on",
		"NEW_SESSIONS_PER_IP_HOUR": "2000", "MAX_CONNECTIONS_PER_IP": "2000"}
	for k, v := range extra {
		env[k] = v
	}
	for k, v := range env { // order does not matter: each stands for itself
		c.env = append(c.env, k+"="+v)
	}
	c.start()
	w.targets = append(w.targets, c.address)
	return c
}

// start runs the binary, and waits until it is well.
func (c *chat) start() {
	c.w.t.Helper()
	c.process = exec.Command(c.w.binary, "serve")
	c.process.Dir, c.process.Env = c.w.dir, c.env
	c.w.begin(c.process)
	c.green()
}

// again ends the binary as a supervisor does, does something and starts it anew.
func (c *chat) again(between func()) {
	c.w.t.Helper()
	if err := c.process.Process.Signal(syscall.SIGTERM); err != nil {
		c.w.t.Fatal(err)
	}
	_ = c.process.Wait() // its exit code says no more than that it was stopped
	between()
	ended := time.Now()
	c.start()
	c.seen(ended)
}

// seen waits until Prometheus has asked the process that was started since: what
// it counts before that is no increase.
func (c *chat) seen(since time.Time) {
	c.w.t.Helper()
	ask := "http://" + c.w.address + "/api/v1/query?query=" + url.QueryEscape(`process_start_time_seconds{instance="`+c.address+`"}`)
	c.w.await("Prometheus sees the new process", func() bool {
		var answer struct {
			Data struct {
				Result []struct{ Value [2]any }
			}
		}
		if !getJSON(ask, &answer) || len(answer.Data.Result) == 0 {
			return false
		}
		text, _ := answer.Data.Result[0].Value[1].(string)
		began, err := strconv.ParseFloat(text, 64)
		return err == nil && began > float64(since.Add(-2*time.Second).UnixMilli())/1000 // the system knows its own start to a second
	})
}

// rewrite gives the session id of the chat's only conversation to another one, and
// lets the conversation announce it anew when it is next heard of.
func (c *chat) rewrite(name string) {
	c.w.t.Helper()
	db, err := sqlite3.Open("file:" + filepath.Join(c.w.dir, name, "chat.db"))
	if err != nil {
		c.w.t.Fatal(err)
	}
	defer db.Close()
	for _, sql := range []string{
		"UPDATE bearer SET route = 'another'",
		fmt.Sprintf("UPDATE session SET state = %d", chatcore.SessionBinding),
		fmt.Sprintf("UPDATE actor SET wake_at_ms = 0 WHERE kind = %d", chatcore.KindSession),
	} {
		if err := db.Exec(sql); err != nil {
			c.w.t.Fatalf("%s: %v", sql, err)
		}
		if db.Changes() == 0 {
			c.w.t.Fatalf("%s changed nothing", sql)
		}
	}
}

type healthBody struct {
	Status  string   `json:"status"`
	Reasons []string `json:"reasons"`
}

func (c *chat) health() (h healthBody) {
	getJSON("http://"+c.address+"/health", &h)
	return h
}

// relay starts a relay for a chat that has no Gateway of its own, and waits until
// it is well.
func (c *chat) relay() *exec.Cmd {
	c.w.t.Helper()
	address := freeAddress(c.w.t)
	p := exec.Command(c.w.binary, "relay")
	p.Dir, p.Env = c.w.dir, append(c.env, "RELAY_URL=http://"+c.address+"/relay", "HEALTH_ADDRESS="+address, "DATA_DIR="+c.w.t.TempDir())
	c.w.begin(p)
	c.w.await("the relay is well", func() bool {
		var h healthBody
		return getJSON("http://"+address+"/health", &h) && h.Status == "ok"
	})
	return p
}

// green waits until all is well.
func (c *chat) green() {
	c.w.t.Helper()
	c.w.await("all is well", func() bool { return c.health().Status == "ok" })
}

// red waits until /health says why it is not well.
func (c *chat) red(why string) {
	c.w.t.Helper()
	c.w.await("/health says: "+why, func() bool {
		h := c.health()
		return h.Status != "ok" && strings.Contains(strings.Join(h.Reasons, "; "), why)
	})
}

func (c *chat) breaks(f world.Fault) (id int) {
	c.w.t.Helper()
	var err error
	c.sim.Do(func(now int64, w *world.World) { id, err = w.Inject(now, f) })
	if err != nil {
		c.w.t.Fatal(err)
	}
	return id
}

func (c *chat) heals(id int) { c.sim.Do(func(now int64, w *world.World) { w.Heal(now, id) }) }

// answersAll lets an agent answer in every thread that there is.
func (c *chat) answersAll() {
	c.w.t.Helper()
	n := 0
	c.sim.Do(func(now int64, w *world.World) {
		for _, th := range w.Threads(w.SupportChannel()) {
			if _, err := w.Post(now, "Ada Lovelace", th.ID, "Here I am."); err == nil {
				n++
			}
		}
	})
	if n == 0 {
		c.w.t.Fatal("there is no thread to answer in")
	}
}

// visitor is a client that knows the base protocol.
type visitor struct {
	c     *chat
	conn  *websocket.Conn
	route string
}

// visitor comes and is let in.
func (c *chat) visitor() *visitor {
	c.w.t.Helper()
	v := c.knocks()
	_, b, err := v.conn.Read(c.w.t.Context())
	if err != nil || !strings.Contains(string(b), `"ready"`) {
		c.w.t.Fatalf("%v: %s", err, b)
	}
	var ready struct{ Data struct{ Route string } }
	if err := json.Unmarshal(b, &ready); err != nil {
		c.w.t.Fatal(err)
	}
	v.route = ready.Data.Route
	return v
}

// returns comes back to the conversation.
func (v *visitor) returns() {
	v.c.w.t.Helper()
	conn, _, err := websocket.Dial(v.c.w.t.Context(), "ws://"+v.c.address+"/ws", &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + v.route}})
	if err != nil {
		v.c.w.t.Fatal(err)
	}
	v.c.w.t.Cleanup(func() { conn.CloseNow() })
	v.conn = conn
}

// knocks sends an init and does not wait for what comes of it.
func (c *chat) knocks() *visitor {
	c.w.t.Helper()
	conn, _, err := websocket.Dial(c.w.t.Context(), "ws://"+c.address+"/ws", nil)
	if err != nil {
		c.w.t.Fatal(err)
	}
	c.w.t.Cleanup(func() { conn.CloseNow() })
	v := &visitor{c: c, conn: conn}
	v.send("init", map[string]string{"name": "Ann", "email": "ann@mail.example", "page": "/", "turnstileToken": "a-token"})
	return v
}

func (v *visitor) says(text string) { v.send("message", map[string]string{"message": text}) }

func (v *visitor) send(kind string, data any) {
	v.c.w.t.Helper()
	b, err := json.Marshal(map[string]any{"type": kind, "data": data})
	if err == nil {
		err = v.conn.Write(v.c.w.t.Context(), websocket.MessageText, b)
	}
	if err != nil {
		v.c.w.t.Fatal(err)
	}
}
