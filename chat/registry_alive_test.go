package chat_test

import (
	"testing"

	"cloudflarechat/chat"
)

// Of two sessions that had a thread one after the other, each is forgotten when it is gone; what was said in the range of one that is gone never reaches
// the other.
func TestForgottenRange(t *testing.T) {
	cfg := chat.Config{DataSecret: []byte("the secret of a test, which is long enough"), Desk: toyDesk{}}
	cfg.Fill()
	for _, c := range []struct {
		name     string
		gone     chat.Route
		of       map[chat.MessageID]chat.Route // "" is nobody
		leftRows int
	}{
		{"the first", "ann", map[chat.MessageID]chat.Route{"150": "", "250": "ben"}, 1},
		{"the second", "ben", map[chat.MessageID]chat.Route{"150": "ann", "250": ""}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := chat.NewRegistry(&cfg, chat.ThreadKey("100").Key, chat.Restore{})
			rows := map[int64]bool{}
			step := func(now chat.Time, e chat.Event) (tells []chat.Tell, erased bool) {
				for _, f := range r.Step(now, e) {
					switch f := f.(type) {
					case chat.Save:
						for _, row := range f.Rows {
							delete(rows, row.Key)
							if !row.Delete {
								rows[row.Key] = true
							}
						}
					case chat.Tell:
						tells = append(tells, f)
					case chat.Erase:
						erased = true
					}
				}
				return tells, erased
			}
			step(1, chat.OwnThread{Route: "ann", From: "100"})
			step(2, chat.OwnThread{Route: "ben", From: "200"})
			later := 3 + cfg.Retention
			if asked, _ := step(later, chat.TimerFired{}); len(asked) != 2 {
				t.Fatalf("%d are asked", len(asked))
			}
			step(later+1, chat.Alive{Route: c.gone})
			if len(rows) != c.leftRows {
				t.Errorf("%d rows are left", len(rows))
			}
			for id, want := range c.of { // order does not matter: each is asked by itself
				tells, _ := step(later+2, chat.ThreadNews{News: chat.News{Kind: chat.NewsPosted, Thread: "100", Message: id}, Ticket: "t"})
				if want == "" && len(tells) != 0 || want != "" && (len(tells) != 1 || tells[0].To != chat.SessionAt(want)) {
					t.Errorf("%s: %+v", id, tells)
				}
			}
			for _, route := range []chat.Route{"ann", "ben"} {
				if _, erased := step(later+3, chat.Alive{Route: route}); erased {
					return
				}
			}
			t.Error("nobody is left, and the thread is not forgotten")
		})
	}
}
