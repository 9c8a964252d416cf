package edge_test

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/edge"
)

// bordered gives a border with the settings of the tests and more.
func bordered(t *testing.T, more map[string]string) *edge.Border {
	t.Helper()
	set := maps.Clone(settings)
	set["ALLOWED_ORIGINS"] = "https://shop.example"
	maps.Copy(set, more)
	b := new(edge.Border)
	if out := b.Call(edge.OpConfigure, edge.AppendSettings(nil, set)); edge.Status(out[0]) != edge.StatusOK {
		t.Fatalf("%s", out)
	}
	return b
}

const noon = chat.Time(20_000)*chat.Day + 12*chat.Hour

// askWS asks GET /ws from an address, and gives what the host is to do and the
// rest of the reply.
func askWS(t *testing.T, b *edge.Border, now chat.Time, socket bool, address string) (do byte, rest *parts) {
	t.Helper()
	in := binary.AppendVarint(nil, int64(now))
	in = append(in, map[bool]byte{true: 1}[socket])
	for _, s := range []string{"GET", "https://shop.example", "", "cloudflare-chat.v1", "https://chat.example", address} {
		in = text(in, s)
	}
	in = append(in, make([]byte, 1+16)...)
	out := slices.Clone(b.Call(edge.OpUpgrade, in))
	if edge.Status(out[0]) != edge.StatusOK {
		t.Fatalf("%s", out)
	}
	return out[1], &parts{out[2:]}
}

// TestOneHouseholdIsOneAddress holds what new connections are counted by: of IPv6
// the /64, of which one machine may use every address.
func TestOneHouseholdIsOneAddress(t *testing.T) {
	b := bordered(t, nil)
	counted := func(address string, socket bool) string {
		do, rest := askWS(t, b, noon, socket, address)
		if do != map[bool]byte{false: 1, true: 2}[socket] {
			t.Fatalf("%s: the host is to do %d", address, do)
		}
		return string(rest.take())
	}
	for _, socket := range []bool{false, true} {
		if a, b := counted("2001:db8:1:2:3::1", socket), counted("2001:db8:1:2:ffff::9", socket); a != b || a == "" {
			t.Errorf("one /64 is counted as %q and %q", a, b)
		}
	}
	if a, b := counted("2001:db8:1:2::1", true), counted("2001:db8:1:3::1", true); a == b {
		t.Errorf("two of them are counted as %q", a)
	}
	if a, b := counted("1.2.3.4", true), counted("1.2.3.5", true); a == b {
		t.Errorf("two addresses are counted as %q", a)
	}
}

// TestAPageLearnsThatThePlanIsSpent holds that after an object said so, a plain
// request says so too: a browser cannot read why a WebSocket was refused.
func TestAPageLearnsThatThePlanIsSpent(t *testing.T) {
	plain := func(b *edge.Border, now chat.Time) string {
		do, rest := askWS(t, b, now, false, "1.2.3.4")
		if do == 1 {
			rest.take()
		}
		return string(rest.b)
	}
	const exception = "Exceeded allowed rows written in Durable Objects free tier."
	unable := text(binary.AppendVarint(nil, int64(noon)), exception)
	refused := edge.AppendEvent(unable[:len(unable):len(unable)], chat.FrameReceived{Conn: "c", Data: []byte(`{"type":"end"}`)})
	for name, say := range map[string]func(*edge.Border){
		"an object that was not reached": func(b *edge.Border) { b.Call(edge.OpUnable, unable) },
		"a step that was not saved":      func(b *edge.Border) { b.Call(edge.OpRefused, refused) },
	} {
		b := bordered(t, nil)
		if said := plain(b, noon); !strings.Contains(said, `"ok"`) {
			t.Fatalf("at first: %s", said)
		}
		say(b)
		if said := plain(b, noon+chat.Minute); !strings.Contains(said, `"capacity"`) || !strings.Contains(said, `"retryAfterMs":43140000`) {
			t.Errorf("after %s: %q", name, said)
		}
		// Whoever connects finds out anew.
		if do, _ := askWS(t, b, noon+chat.Minute, true, "1.2.3.4"); do != 2 {
			t.Errorf("a WebSocket is not even tried: %d", do)
		}
		if said := plain(b, noon+chat.Hour); !strings.Contains(said, `"ok"`) {
			t.Errorf("long after %s: %q", name, said)
		}
	}
}

// TestCrowded holds that an address that connects too often is told when to try
// again, in the words of the native host.
func TestCrowded(t *testing.T) {
	out := string(bordered(t, nil).Call(edge.OpCrowded, nil))
	for _, want := range []string{`"capacity"`, "Retry-After", "30", `"retryAfterMs":30000`} {
		if !strings.Contains(out, want) {
			t.Errorf("it says %q, without %q", out, want)
		}
	}
}

// TestRefused holds what a visitor is told when a step could not be carried out: a
// message with its id and a time, so that it is sent again.
func TestRefused(t *testing.T) {
	const full, later = "Exceeded allowed rows written in Durable Objects free tier.", "disk I/O error"
	frame := func(data string) chat.Event { return chat.FrameReceived{Conn: "c", Data: []byte(data)} }
	message := frame(`{"type":"message","data":{"message":"x","id":"m-1"}}`)
	for name, c := range map[string]struct {
		exception string
		event     chat.Event
		want      []string
		closed    chat.CloseCode
	}{
		"a message":                 {later, message, []string{`"unavailable"`, `"id":"m-1"`, `"retryAfterMs":5000`}, 0},
		"a message, the plan spent": {full, message, []string{`"capacity"`, `"id":"m-1"`, `"retryAfterMs":43200000`}, 0},
		"a form":                    {later, frame(`{"type":"init","data":{"name":"x"}}`), []string{`"unavailable"`, `"retryAfterMs":5000`}, chat.CloseRestart},
		"nonsense":                  {later, frame("nonsense"), []string{`"unavailable"`}, 0},
		"a check for humans":        {later, chat.TurnstileVerified{Conn: "c"}, []string{`"unavailable"`, `"retryAfterMs":5000`}, chat.CloseRestart},
		"a connection":              {full, chat.ConnOpened{Conn: "c"}, []string{`"capacity"`}, chat.CloseRestart},
		"a goodbye tells nobody":    {later, chat.ConnClosed{Conn: "c"}, nil, 0},
		"what another object tells": {later, chat.DeskPull{}, nil, 0},
		"an id that is none":        {later, frame(`{"type":"message","data":{"message":"x","id":"<b>"}}`), []string{`"unavailable"`}, 0},
	} {
		in := text(binary.AppendVarint(nil, int64(noon)), c.exception)
		out := bordered(t, nil).Call(edge.OpRefused, edge.AppendEvent(in, c.event))
		effects, err := edge.ReadEffects(out[1:])
		if err != nil || edge.Status(out[0]) != edge.StatusOK {
			t.Fatalf("%s: %q %v", name, out, err)
		}
		var sent string
		var closed chat.CloseCode
		for _, f := range effects {
			switch f := f.(type) {
			case chat.Send:
				sent += string(f.Data)
			case chat.CloseConn:
				closed = f.Code
			}
		}
		for _, w := range c.want {
			if !strings.Contains(sent, w) {
				t.Errorf("%s: told %q, without %q", name, sent, w)
			}
		}
		if closed != c.closed || c.want == nil && sent != "" || strings.Contains(sent, "<b>") {
			t.Errorf("%s: told %q, closed with %d", name, sent, closed)
		}
	}
}

// TestPoisonNamesItsMessage holds that a message that breaks its actor is answered
// with its id and no time: it is not sent again, and holds up no other.
func TestPoisonNamesItsMessage(t *testing.T) {
	in := text(binary.AppendVarint(edge.AppendDrop(nil, chat.SessionAt("r")), int64(noon)), "index out of range")
	out := bordered(t, nil).Call(edge.OpSetAside, edge.AppendEvent(in, chat.FrameReceived{Conn: "c", Data: []byte(`{"type":"message","data":{"message":"x","id":"m-1"}}`)}))
	if !strings.Contains(string(out), `"code":"internal","id":"m-1"}`) {
		t.Errorf("%q", out)
	}
}

// TestRelayReadsNoStrangersBody holds that a request for /relay is judged before
// its body is read, and that of the body no more is wanted than is taken.
func TestRelayReadsNoStrangersBody(t *testing.T) {
	b := bordered(t, map[string]string{"BOT_RELAY_SECRET": "the secret of both"})
	ask := func(secret string, body *string) []byte {
		in := binary.AppendVarint(nil, int64(noon))
		for _, s := range []string{"ticket", "POST", "Bearer " + secret, "application/json"} {
			in = text(in, s)
		}
		if body == nil {
			in = append(in, 0)
		} else {
			in = text(append(in, 1), *body)
		}
		return slices.Clone(b.Call(edge.OpRelay, in))
	}
	if out := ask("wrong", nil); out[1] != 0 || !strings.Contains(string(out), "unauthorized") {
		t.Errorf("a stranger: %q", out)
	}
	out := ask("the secret of both", nil)
	if most, n := binary.Uvarint(out[2:]); out[1] != 4 || most != 256<<10 || n != len(out)-2 {
		t.Fatalf("the relay: %q", out)
	}
	big, odd := strings.Repeat("x", 256<<10+1), "odd"
	if out := ask("the secret of both", &big); !strings.Contains(string(out), "too_big") {
		t.Errorf("a body that is too large: %q", out)
	}
	if out := ask("the secret of both", &odd); !strings.Contains(string(out), "bad_request") {
		t.Errorf("a body that is none: %q", out)
	}
}

// TestSecretsAreNamed holds that each secret that is missing or could be guessed is
// named, for each Worker.
func TestSecretsAreNamed(t *testing.T) {
	for _, c := range []struct {
		set  map[string]string
		want []string
	}{
		{map[string]string{"DATA_SECRET": strings.Repeat("s", 31)}, []string{"DATA_SECRET is shorter than 32"}},
		{map[string]string{"DATA_SECRET": ""}, []string{"DATA_SECRET is missing"}},
		{map[string]string{"ADMIN_SECRET": "x", "IDENTITY_SECRET": "y"}, []string{"ADMIN_SECRET is shorter than 16", "IDENTITY_SECRET is shorter than 16"}},
		{map[string]string{"BOT_RELAY_SECRET": "x", "BOT_RELAY_SECRET_PREVIOUS": "y"}, []string{"BOT_RELAY_SECRET is shorter", "BOT_RELAY_SECRET_PREVIOUS is shorter"}},
		{map[string]string{"WORKER": "relay", "DATA_SECRET": ""}, []string{"DISCORD_BOT_TOKEN is missing", "BOT_RELAY_SECRET is missing"}},
		{map[string]string{"WORKER": "relay", "DISCORD_BOT_TOKEN": "t", "BOT_RELAY_SECRET": "x"}, []string{"BOT_RELAY_SECRET is shorter than 16"}},
	} {
		set := maps.Clone(settings)
		maps.Copy(set, c.set)
		b := new(edge.Border)
		out := string(b.Call(edge.OpConfigure, edge.AppendSettings(nil, set)))
		for _, want := range c.want {
			if edge.Status(out[0]) != edge.StatusError || !strings.Contains(out, want) {
				t.Errorf("%v: %q, without %q", c.set, out, want)
			}
		}
	}
}

// TestHealthSaysWhatIsMissing holds that a chat whose team cannot answer is not
// well, also where its relay was never heard.
func TestHealthSaysWhatIsMissing(t *testing.T) {
	health := func(b *edge.Border, heard chat.Time) string {
		in := text(binary.AppendVarint(nil, int64(noon)), "v")
		in = append(in, 0)
		in = append(text(in, ""), 0)
		in = append(binary.AppendVarint(in, int64(heard)), 0)
		return string(b.Call(edge.OpHealth, in))
	}
	without := bordered(t, map[string]string{"DISCORD_BOT_TOKEN": "t"})
	if said := health(without, noon); !strings.Contains(said, "degraded") || !strings.Contains(said, "BOT_RELAY_SECRET is missing") {
		t.Errorf("without the relay's secret: %s", said)
	}
	with := bordered(t, map[string]string{"DISCORD_BOT_TOKEN": "t", "BOT_RELAY_SECRET": "the secret of both"})
	for since, want := range map[chat.Time]string{0: `"ok"`, noon - chat.Minute: `"ok"`, noon - 13*chat.Minute: "nothing was heard of the relay"} {
		if said := health(with, since); !strings.Contains(said, want) {
			t.Errorf("waiting since %d: %s", since-noon, said)
		}
	}
}

// TestDetailsOfHealthAreTheOwners holds that the bearer is judged before any object
// is asked.
func TestDetailsOfHealthAreTheOwners(t *testing.T) {
	const secret = "the owner's secret"
	with, without := bordered(t, map[string]string{"ADMIN_SECRET": secret}), bordered(t, nil)
	for _, c := range []struct {
		b     *edge.Border
		given string
		may   bool
	}{{with, "Bearer " + secret, true}, {with, "Bearer wrong", false}, {with, "", false}, {without, "Bearer ", false}} {
		out := c.b.Call(edge.OpDeep, text(nil, c.given))
		if may := out[1] == 0; may != c.may || !may && !strings.Contains(string(out), "unauthorized") {
			t.Errorf("%q: %q", c.given, out)
		}
	}
}
