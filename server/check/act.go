package check

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// testText is read by whoever looks at the right moment.
const testText = "A test of the chat's setup. It is removed at once."

// TestThread opens a thread, posts in it and takes all of it away again, as
// the chat itself would. Where the bot may not delete threads it archives it.
func (d *Discord) TestThread(ctx context.Context, p *Place) *Problem {
	quiet := map[string]any{"parse": []string{}}
	message := map[string]any{"content": testText, "allowed_mentions": quiet, "flags": 1 << 12}
	var thread, post struct {
		ID string `json:"id"`
	}
	channel := "/channels/" + p.Channel.ID
	if p.Channel.forum() {
		return d.testForum(ctx, p, message)
	}
	if err := d.call(ctx, "POST", channel+"/messages", message, &post); err != nil {
		return d.actProblem(p, "posting in "+p.Name(), err)
	}
	err := d.call(ctx, "POST", channel+"/messages/"+post.ID+"/threads", map[string]any{"name": "Setup test", "auto_archive_duration": 60}, &thread)
	doing := "opening a thread in " + p.Name()
	if err == nil {
		doing = "posting in a thread of " + p.Name()
		err = d.call(ctx, "POST", "/channels/"+thread.ID+"/messages", message, nil)
	}
	// What was made goes away, whatever else went wrong.
	clean := context.WithoutCancel(ctx)
	if thread.ID != "" {
		if gone := d.call(clean, "DELETE", "/channels/"+thread.ID, nil, nil); gone != nil {
			_ = d.call(clean, "PATCH", "/channels/"+thread.ID, map[string]any{"archived": true}, nil)
		}
	}
	gone := d.call(clean, "DELETE", channel+"/messages/"+post.ID, nil, nil)
	if err != nil {
		return d.actProblem(p, doing, err)
	}
	if gone != nil {
		return d.actProblem(p, "deleting its own post in "+p.Name(), gone)
	}
	return nil
}

func (d *Discord) testForum(ctx context.Context, p *Place, message map[string]any) *Problem {
	var thread struct {
		ID string `json:"id"`
	}
	body := map[string]any{"name": "Setup test", "auto_archive_duration": 60, "message": message}
	if err := d.call(ctx, "POST", "/channels/"+p.Channel.ID+"/threads", body, &thread); err != nil {
		const codeTagRequired = 40067
		if r := refusal(err); r != nil && r.Code == codeTagRequired {
			return nil // the chat gives its posts a tag
		}
		return d.actProblem(p, "opening a post in "+p.Name(), err)
	}
	clean := context.WithoutCancel(ctx)
	if gone := d.call(clean, "DELETE", "/channels/"+thread.ID, nil, nil); gone != nil {
		_ = d.call(clean, "PATCH", "/channels/"+thread.ID, map[string]any{"archived": true}, nil)
	}
	return nil
}

func (d *Discord) actProblem(p *Place, doing string, err error) *Problem {
	if q := d.tokenOrNetwork(err); q != nil {
		return q
	}
	r := refusal(err)
	mend := "look at the channel's permissions: right-click " + p.Name() + " → Edit Channel → Permissions → " + p.bot.Name
	if r != nil && r.Code == codeMissingPermissions {
		mend += ". Where the server asks moderators for two-factor authentication, the owner of the bot needs it, too"
	}
	return elsewhere(mend, "%s was refused: %v", doing, r)
}

// MakeChannel makes a private text channel that one role and the bot see; role
// may be empty.
func (d *Discord) MakeChannel(ctx context.Context, s *Server, name, role string) (*Place, *Problem) {
	const members = viewChannel | sendMessages | sendInThreads | readHistory | addReactions | attachFiles
	overwrites := []Overwrite{
		{ID: s.Guild.ID, Type: 0, Deny: viewChannel},
		{ID: s.bot.ID, Type: 1, Allow: NeededPermissions & (s.Guild.Permissions | viewChannel)},
	}
	if role != "" {
		overwrites = append(overwrites, Overwrite{ID: role, Type: 0, Allow: members & s.Guild.Permissions})
	}
	var c Channel
	err := d.call(ctx, "POST", "/guilds/"+s.Guild.ID+"/channels", map[string]any{"name": name, "type": kindText, "permission_overwrites": overwrites,
		"topic": "Conversations with visitors of the website, each in a thread."}, &c)
	if err != nil {
		if p := d.tokenOrNetwork(err); p != nil {
			return nil, p
		}
		return nil, elsewhere("invite the bot again with this link, which adds Manage Channels: "+Invite(s.bot.Application, ChannelPermissions, s.Guild.ID),
			"the bot may not make a channel in %s", s.Guild.Name)
	}
	c.Guild = s.Guild.ID
	return s.At(c), nil
}

// DropChannel takes away a channel that the bot made.
func (d *Discord) DropChannel(ctx context.Context, id string) error {
	return d.call(ctx, "DELETE", "/channels/"+id, nil, nil)
}

// Commands registers the slash commands, a JSON list, in a server.
func (d *Discord) Commands(ctx context.Context, s *Server, commands string) *Problem {
	err := d.call(ctx, "PUT", fmt.Sprintf("/applications/%s/guilds/%s/commands", s.bot.Application, s.Guild.ID), json.RawMessage(commands), nil)
	if err == nil {
		return nil
	}
	if p := d.tokenOrNetwork(err); p != nil {
		return p
	}
	if r := refusal(err); r != nil && r.Status == http.StatusForbidden {
		return elsewhere("invite the bot again with this link: "+Invite(s.bot.Application, NeededPermissions, s.Guild.ID),
			"the bot may not have commands in %s: it was invited without them", s.Guild.Name)
	}
	return elsewhere("try again later; the chat tries again at each start", "Discord refused the commands /close and /block: %v", refusal(err))
}
