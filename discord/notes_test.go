package discord_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// lines gives the notes of a grade or above as a log would hold them.
func (r *rig) lines(least chat.NoteGrade) (out []string) {
	for _, n := range r.notes {
		if n.Grade < least {
			continue
		}
		line := n.Component + ": " + n.Text
		for _, f := range n.Facts {
			line += fmt.Sprintf(" %s=%q", f.Name, f.Value)
		}
		out = append(out, line)
	}
	return out
}

// TestNotes holds that what Discord refuses, and what is wrong, can be read in the log, the latter once, with nothing that anybody wrote.
func TestNotes(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{})
	r.quiet = true
	mia := r.visitor("mia")
	mia.kick()
	r.run(10 * chat.Second)
	access := func(on bool) { r.world.SetBotAccess(int64(r.now), r.world.SupportChannel(), on) }
	access(false)
	mia.say("a secret of Mia's")
	r.visitor("zoe").kick()
	r.run(5 * chat.Minute)
	log := strings.Join(r.lines(chat.NoteWarn), "\n")
	const wrong = `discord: the team and the visitors do not reach each other as they should reason="the bot cannot see the channel (50001)"`
	const refused = `discord: Discord refused a request request="POST /channels/{channel.id}/messages" status="403" code="50001" conversation="mia"`
	if strings.Count(log, wrong) != 1 || !strings.Contains(log, refused) {
		t.Errorf("refused:\n%s", log)
	}
	access(true)
	r.step(discord.Recheck{})
	r.run(5 * chat.Minute)
	log = strings.Join(r.lines(chat.NoteInfo), "\n")
	if strings.Count(log, "reach each other again") != 1 || len(mia.calls) != 0 {
		t.Errorf("mended:\n%s", log)
	}
	if strings.Contains(log, "secret") || strings.Contains(log, "mia@") {
		t.Errorf("it tells what a visitor wrote:\n%s", log)
	}
}

// TestNotesOfTheHost holds that what the host says of itself is noted once it lasts: at each start something is not there yet.
func TestNotesOfTheHost(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{})
	r.quiet = true
	tell := func(reason string, after chat.Time) string {
		r.notes = nil
		r.step(discord.Unwell{Reason: reason})
		r.run(after)
		r.step(discord.Unwell{Reason: reason}) // as a host repeats it
		return strings.Join(r.lines(chat.NoteInfo), "\n")
	}
	if log := tell("it is not open", 5*chat.Second) + tell("", chat.Minute); log != "" {
		t.Errorf("for a moment:\n%s", log)
	}
	if log := tell("it is not open", chat.Minute); strings.Count(log, `reason="it is not open"`) != 1 {
		t.Errorf("for a minute:\n%s", log)
	}
	if log := tell("", chat.Second); strings.Count(log, "reach each other again") != 1 {
		t.Errorf("over:\n%s", log)
	}
}
