package relay_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/edge/relay"
)

const guildCreate = `{"op":0,"s":%,"t":"GUILD_CREATE","d":{"id":"555","channels":[{"id":"` + channel + `","type":0}],"threads":[]}}`

// commands gives the requests of the last step that register the commands.
func (r *rig) commands() (calls []discord.Call) {
	for _, c := range find[discord.Call](r.out) {
		if c.Request.Method == "PUT" && strings.HasSuffix(c.Request.Path, "/commands") {
			calls = append(calls, c)
		}
	}
	return calls
}

// later waits for the timer until the commands are brought once more.
func (r *rig) later(most chat.Time) (waited chat.Time) {
	for begun := r.now; r.now < begun+most; r.now += 990 {
		if r.step(chat.TimerFired{}); len(r.commands()) > 0 {
			return r.now - begun
		}
	}
	return 0
}

// TestCommandsAreRegisteredAtLast holds that the agents' commands are brought until
// Discord takes them, at growing pauses, also where no answer comes at all: it names
// the server once.
func TestCommandsAreRegisteredAtLast(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(strings.Replace(guildCreate, "%", "2", 1))
	asked := r.commands()
	if len(asked) != 1 || asked[0].Request.Path != "/applications/333/guilds/555/commands" {
		t.Fatalf("asked for: %v", r.out)
	}
	first := asked[0]
	var pauses []chat.Time
	for _, status := range []int{503, 500, 0} {
		if status != 0 { // else nobody ever answers
			r.step(discord.CallDone{ID: asked[0].ID, Status: status})
		}
		pauses = append(pauses, r.later(2*chat.Minute))
		if asked = r.commands(); len(asked) != 1 || string(asked[0].Request.Body) != string(first.Request.Body) {
			t.Fatalf("after %d: %v", status, r.out)
		}
	}
	if pauses[0] >= pauses[1] || pauses[1] >= pauses[2] {
		t.Errorf("pauses: %v", pauses)
	}
	// A late answer to an earlier try says nothing.
	r.step(discord.CallDone{ID: first.ID, Status: 200})
	r.step(discord.CallDone{ID: asked[0].ID, Status: 429, Body: []byte(`{"retry_after":30}`)})
	if waited := r.later(2 * chat.Minute); waited < 30*chat.Second {
		t.Errorf("Discord asked for 30 seconds and had %d ms", waited)
	}
	r.step(discord.CallDone{ID: r.commands()[0].ID, Status: 200})
	if r.later(20*chat.Minute) != 0 {
		t.Error("they are brought though Discord has taken them")
	}
}

// TestCommandsRefusedForGood holds that what Discord will never take is not brought
// again before it names the server once more.
func TestCommandsRefusedForGood(t *testing.T) {
	r := newRig(t)
	r.ready()
	r.frame(strings.Replace(guildCreate, "%", "2", 1))
	r.step(discord.CallDone{ID: r.commands()[0].ID, Status: 403})
	for range 30 {
		r.now += 1000
		if r.step(relay.Poke{}); len(r.commands()) != 0 {
			t.Fatal("they are brought again")
		}
	}
	if r.frame(strings.Replace(guildCreate, "%", "3", 1)); len(r.commands()) != 1 {
		t.Errorf("asked for: %v", r.out)
	}
}
