package chat_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
)

// blindDesk takes every text for one that can be seen, and makes no post of some.
type blindDesk struct{ toyDesk }

func (blindDesk) Blank(string) bool { return false }
func (d blindDesk) Parts(h *chat.Header, texts []string) []string {
	for _, t := range texts {
		if !(toyDesk{}).Blank(t) {
			return d.toyDesk.Parts(h, texts)
		}
	}
	return nil
}

// TestNoPart plays a message of which the desk makes no post: it leaves the
// outbox, and what was said before it is not said again.
func TestNoPart(t *testing.T) {
	p := &player{newToyHost(), map[string]string{}}
	p.cfg.Desk = blindDesk{}
	for _, c := range []string{
		"open c1",
		`send c1 {"type":"init","data":{"name":"Bob","email":"bob@example.com","page":"/","since":0}}`,
		`send c1 {"type":"message","data":{"message":"\u200b","id":"m0"}}`,
		"desk done 100",
		"desk done 100",
		`send c1 {"type":"message","data":{"message":"one","id":"m1"}}`,
		"desk done 101",
		`send c1 {"type":"message","data":{"message":"two","id":"m2"}}`,
		"desk done 102",
		`send c1 {"type":"message","data":{"message":"\u200b","id":"m3"}}`,
		"crash",
		`send c1 {"type":"typing"}`,
		`send c1 {"type":"message","data":{"message":"four","id":"m4"}}`,
		"desk done",
		"desk done 103",
	} {
		p.command(t, c)
	}
	log := strings.Join(p.log, "\n")
	for _, word := range []string{"one", "two", "four"} {
		if n := strings.Count(log, `desk < post in 100 "`+word); n+strings.Count(log, "--- "+word+`"`) != 1 {
			t.Errorf("%s was not posted once:\n%s", word, log)
		}
	}
	for _, receipt := range []string{`{"seq":1,"state":"delivered"}`, `{"seq":4,"state":"delivered"}`} {
		if !strings.Contains(log, receipt) {
			t.Errorf("no receipt %s:\n%s", receipt, log)
		}
	}
}
