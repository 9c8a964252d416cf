package discord_test

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

var conversations = flag.Int("conversations", 600, "how many conversations TestThreadRoom has, for a fifth as many active threads")

// TestThreadRoom lets visitors come, 5,000 of them one every two seconds and fewer more slowly, to a server that has room for a fifth of them as active threads: each says something at once, a minute
// later, and once more 45 minutes later, when its thread has long been put away. The threads that were silent longest make room, nobody who
// wrote within the last minutes loses a thread, everything arrives in order, and the team hears of it once a day.
func TestThreadRoom(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of virtual time")
	}
	talks, room := *conversations, *conversations/5
	every := 2000 * 1000 / chat.Time(room)
	var archived, young, most int
	newest := map[string]int64{} // by thread: when it was last posted in
	var w *world.World
	cfg := world.Config{Limits: world.Limits{ActiveThreads: room}}
	cfg.Inspect = func(q world.Request, r world.Response) {
		most = max(most, w.ActiveThreads())
		id, is := strings.CutPrefix(q.Path, "/channels/")
		id, is2 := strings.CutSuffix(id, "/messages")
		switch {
		case q.Method == "POST" && is && is2 && r.Status == 200:
			newest[id] = w.Now()
		case q.Method == "PATCH" && is && r.Status == 200 && strings.Contains(string(q.Body), `"archived":true`):
			archived++
			if w.Now()-newest[id] < 5*60_000 {
				young++
			}
		}
	}
	r := newRig(cfg, discord.Options{MaxInFlight: 20})
	w, r.quiet = r.world, true
	begun := r.now
	var waits []chat.Time
	for i := range talks {
		r.at(begun+chat.Time(i)*every, func() {
			v := r.visitor(fmt.Sprintf("v%04d", i))
			say := func(text string) {
				at := r.now
				v.add(&chat.DeskCall{Kind: chat.CallPost, Text: text})
				v.heard = append(v.heard, func() { waits = append(waits, r.now-at) })
				v.kick()
			}
			say("one")
			r.at(r.now+chat.Minute, func() { say("two") })
			r.at(r.now+45*chat.Minute, func() { say("three") })
		})
	}
	r.run(chat.Time(talks)*every + 90*chat.Minute)
	slices.Sort(waits)
	if len(waits) != 3*talks {
		t.Fatalf("%d of %d posts arrived", len(waits), 3*talks)
	}
	told := 0
	for _, m := range w.Messages(w.SupportChannel()) {
		if strings.HasPrefix(m.Content, "This server has as many active threads") {
			told++
		}
	}
	for _, v := range r.order {
		words := ""
		for _, m := range w.Messages(worldThread(t, v)) {
			words += m.Content + " "
		}
		if strings.TrimSpace(words) != "one two three" {
			t.Fatalf("in the thread of %s stands %q", v.route, words)
		}
	}
	t.Logf("%d conversations, at most %d active threads of %d, %d archived by the desk, team told %d times; a post waited %.1f s (p50), %.1f s (p99), %.0f s at most",
		talks, most, room, archived, told, float64(waits[len(waits)/2])/1000, float64(waits[len(waits)*99/100])/1000, float64(waits[len(waits)-1])/1000)
	if most > room || archived == 0 || young > 0 || told == 0 || told > 3 {
		t.Errorf("at most %d active, %d archived, of which %d had a post within 5 minutes; the team was told %d times", most, archived, young, told)
	}
	if p99 := waits[len(waits)*99/100]; p99 > chat.Minute {
		t.Errorf("one post in a hundred waited %d ms or longer", p99)
	}
}

func worldThread(t *testing.T, v *talk) world.ChannelID {
	id, err := strconv.ParseUint(string(v.thread), 10, 64)
	if err != nil {
		t.Fatalf("%s has no thread", v.route)
	}
	return world.ChannelID(id)
}
