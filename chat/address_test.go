package chat_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
)

func TestAddressKey(t *testing.T) {
	secret := []byte("a secret of the tests")
	const noon = 20_833*chat.Day + 12*chat.Hour
	key := func(ip string, at chat.Time) string {
		a, ok := chat.AddressKey(secret, ip, at)
		if !ok {
			t.Fatalf("%q is no address", ip)
		}
		return a.Key
	}
	for _, same := range [][2]string{{"203.0.113.7", "::ffff:203.0.113.7"}, {"2001:db8:1:2::1", "2001:db8:1:2:ffff::9"}, {"fe80::1%eth0", "fe80::2"}} {
		if key(same[0], noon) != key(same[1], noon) {
			t.Errorf("%s and %s are counted apart", same[0], same[1])
		}
	}
	for _, other := range [][2]string{{"203.0.113.7", "203.0.113.8"}, {"2001:db8:1:2::1", "2001:db8:1:3::1"}} {
		if key(other[0], noon) == key(other[1], noon) {
			t.Errorf("%s and %s are counted together", other[0], other[1])
		}
	}
	if key("203.0.113.7", noon) == key("203.0.113.7", noon+chat.Day) {
		t.Error("an address can be followed from day to day")
	}
	for _, none := range []string{"", "unknown", "203.0.113.7:80", "1.2.3"} {
		if a, ok := chat.AddressKey(secret, none, noon); ok {
			t.Errorf("%q has the key %s", none, a.Key)
		}
	}
}

// What is kept of an address names it nowhere, and is gone when it does not
// count any more.
func TestAddressesAreNotKept(t *testing.T) {
	h := newToyHost()
	h.quiet = true
	const ip = "203.0.113.77"
	for i := range 3 {
		conn := chat.ConnID(rune('a' + i))
		at := chat.SessionAt(chat.MintRoute(h.cfg.DataSecret, [16]byte{byte(i)}))
		h.conns[conn] = at
		h.step(at, chat.ConnOpened{Conn: conn, Random: [32]byte{byte(i)}, RemoteIP: ip})
		h.step(at, chat.FrameReceived{Conn: conn, Data: []byte(`{"type":"init","data":{"name":"A","email":"a@mail.example","page":"/"}}`)})
		h.step(at, chat.FrameReceived{Conn: conn, Data: []byte(`{"type":"message","data":{"message":"hi"}}`)})
	}
	address, _ := chat.AddressKey(h.cfg.DataSecret, ip, h.now)
	if len(h.rows[address]) != 3 {
		t.Fatalf("%d rows of three conversations", len(h.rows[address]))
	}
	for a, rows := range h.rows {
		for _, row := range rows {
			for _, v := range row.Values {
				if strings.Contains(v.Text, ip) || strings.Contains(a.Key, ip) {
					t.Errorf("the address stands in %s: %+v", a.Key, row)
				}
			}
		}
	}
	h.now = h.timers[address]
	h.step(address, chat.TimerFired{})
	h.crash()
	if n := len(h.rows[address]); n != 0 {
		t.Errorf("%d rows are left after an hour", n)
	}
}

// The key of an address changes at midnight; the count does not begin anew.
func TestMidnightGivesNothing(t *testing.T) {
	h := newToyHost()
	h.quiet = true
	h.now = 20_900*chat.Day - 10*chat.Minute
	refused := 0
	readyHook = func(_ chat.ConnID, data []byte) {
		if strings.Contains(string(data), string(chat.CodeTooManySessions)) {
			refused++
		}
	}
	defer func() { readyHook = nil }()
	say := func(i int) {
		conn := chat.ConnID(rune('a' + i))
		at := chat.SessionAt(chat.MintRoute(h.cfg.DataSecret, [16]byte{byte(i)}))
		h.conns[conn] = at
		h.step(at, chat.ConnOpened{Conn: conn, Random: [32]byte{byte(i)}, RemoteIP: "203.0.113.77"})
		h.step(at, chat.FrameReceived{Conn: conn, Data: []byte(`{"type":"init","data":{"name":"A","email":"a@mail.example","page":"/"}}`)})
		h.step(at, chat.FrameReceived{Conn: conn, Data: []byte(`{"type":"message","data":{"message":"hi"}}`)})
	}
	for i, want := range []struct {
		later   chat.Time
		refused int
	}{{0, 0}, {chat.Minute, 0}, {15 * chat.Minute, 0}, {chat.Minute, 1}, {45 * chat.Minute, 1}, {chat.Minute, 1}, {chat.Minute, 2}} {
		h.now += want.later
		if say(i); refused != want.refused {
			t.Errorf("conversation %d: %d were refused, want %d", i, refused, want.refused)
		}
	}
}
