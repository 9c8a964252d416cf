package server_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/server"
	"cloudflarechat/store"
)

// A conversation whose rows cannot be, as after a hand in the database, is set
// aside: the server starts, the others go on, its visitor hears that it will not
// come back, and the owner can see that something was.
func TestAConversationThatCannotBeRebuilt(t *testing.T) {
	dir, key := t.TempDir(), []byte(strings.Repeat("x", 32))
	route := chat.MintRoute(key, [16]byte{1})
	db, err := store.Open(filepath.Join(dir, "chat.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	row := records.Post{Parts: -1}
	broken := store.Actor{Kind: uint8(chat.KindSession), Key: string(route)}
	if err := db.Apply([]store.Writes{{Actor: broken, Rows: []records.Row{row.Row()}, SetTimer: true, WakeAtMs: 1}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := bare(t, func(o *server.Options) { o.DataDir, o.DataSecret, o.AdminSecret = dir, key, "the-owner's" })
	poison := func() int {
		var h struct{ Deep struct{ Poison int } }
		if err := json.Unmarshal([]byte(text(t, get(t, s, "GET", "/health?deep", "", "Authorization", "Bearer the-owner's"))), &h); err != nil {
			t.Fatal(err)
		}
		return h.Deep.Poison
	}
	eventually(t, "its timer set aside", func() bool { return poison() == 1 })
	other := dial(t, wsURL(s), nil)
	other.say("init", base(nil))
	other.hear("ready")
	other.say("message", map[string]string{"message": "hello", "id": "m1"})
	other.hear("ack")

	v := dial(t, wsURL(s), &websocket.DialOptions{Subprotocols: []string{"cloudflare-chat.v1", "route." + string(route)}})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := v.conn.Read(ctx); websocket.CloseStatus(err) != websocket.StatusCode(chat.CloseRestart) {
		t.Errorf("closed by %v: a release in which it is mended could not take it back", err)
	}
	if poison() < 2 {
		t.Error("what came of the visitor was not kept")
	}
	other.say("message", map[string]string{"message": "still here", "id": "m2"})
	other.hear("ack")
}
