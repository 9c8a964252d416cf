package world

import "testing"

// Who lacks what a command asks for by default does not see it; administrators and the owner see every one.
func TestCommandPermissions(t *testing.T) {
	r := newRig(t, Config{Limits: Limits{Off: true}})
	r.connect(1, defaultIntents)
	app := r.w.BotApplication("demo-token")
	r.must(200, botAuth, "PUT", "/applications/"+app.String()+"/guilds/"+r.w.GuildID().String()+"/commands", []any{
		map[string]any{"name": "close", "description": "Close it"},
		map[string]any{"name": "block", "description": "Block", "default_member_permissions": "17179869184"},
		map[string]any{"name": "wipe", "description": "Wipe", "default_member_permissions": "0"},
	})
	thread := mustChannel(t, r.thread("x"))
	// Sees the channel by an overwrite, like a trainee, and may do nothing but speak.
	r.w.AddMember(r.now, "Trainee").Roles = nil
	r.w.AddMember(r.now, "Admin").Roles = []RoleID{r.w.addRole("Admin", Administrator).ID}
	parent := r.w.channels[r.w.SupportChannel()]
	trainee := ID[struct{}](r.w.AddMember(r.now, "Trainee").User.ID)
	parent.Overwrites = append(parent.Overwrites, Overwrite{ID: trainee, Type: 1, Allow: ViewChannel | SendMessagesInThreads})
	r.frames(1)
	for _, c := range []struct {
		name, command string
		works         bool
	}{
		{"Trainee", "close", true}, {"Trainee", "block", false}, {"Trainee", "wipe", false},
		{"Ada Lovelace", "block", true}, {"Ada Lovelace", "wipe", false},
		{"Admin", "block", true}, {"Admin", "wipe", true}, {"Server Owner", "block", true}, {"Server Owner", "wipe", true},
	} {
		err := r.w.Invoke(r.now, c.name, thread, app, c.command, nil)
		told := names(r.frames(1))
		if (err == nil) != c.works || (told != "") != c.works {
			t.Errorf("%s uses /%s: %v, and the application hears %q", c.name, c.command, err, told)
		}
	}
	// What counts is what a member may do in this channel.
	parent.Overwrites[len(parent.Overwrites)-1].Allow |= ManageThreads
	if err := r.w.Invoke(r.now, "Trainee", thread, app, "block", nil); err != nil {
		t.Error(err)
	}
	parent.Overwrites[len(parent.Overwrites)-1].Deny = UseCommands
	if err := r.w.Invoke(r.now, "Trainee", thread, app, "close", nil); err == nil {
		t.Error("a command is used without USE_APPLICATION_COMMANDS")
	}
}
