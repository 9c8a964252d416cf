package discord_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"cloudflarechat/discord"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
	"cloudflarechat/discordsim/world"
	"cloudflarechat/discordsim/world/description"
)

// judge is Discord's own description of its API; nil where it is not here, and judgeMissing says why.
var judge, judgeMissing = loadJudge()

func loadJudge() (*description.Judge, error) {
	d, err := description.Load()
	if err != nil {
		return nil, err
	}
	return description.NewJudge(d), nil
}

var sayOnce sync.Once

// inspect holds every request that leaves an Egress in a test, and the model's answer, to the description.
func inspect(req world.Request, resp world.Response) {
	if judge == nil {
		sayOnce.Do(func() {
			fmt.Fprintln(os.Stderr, "SKIPPED, NOT PROVED: the requests of the Egress against Discord's own description:", judgeMissing)
		})
		return
	}
	if err := judge.Hold(description.Exchange{Method: req.Method, Path: req.Path, Query: req.Query, Body: req.Body, Status: resp.Status,
		Answer: resp.Body}); err != nil {
		panic(err)
	}
}

// TestEveryRequestIsDescribed plays the stories of the transcripts once more and looks which routes they took: all that the Egress knows.
func TestEveryRequestIsDescribed(t *testing.T) {
	if judge == nil {
		t.Skipf("SKIPPED, NOT PROVED: the requests of the Egress against Discord's own description: %v", judgeMissing)
	}
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		play(t, string(raw))
	}
	held := judge.Held()
	for _, route := range []string{
		"GET /users/@me", "GET /channels/{channel_id}", "GET /channels/{channel_id}/messages", "POST /channels/{channel_id}/messages",
		"POST /channels/{channel_id}/messages/{message_id}/threads", "POST /channels/{channel_id}/threads", "PATCH /channels/{channel_id}",
		"PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me", "POST /channels/{channel_id}/typing",
		"GET /guilds/{guild_id}/threads/active", "GET /channels/{channel_id}/threads/archived/public",
		"GET /channels/{channel_id}/threads/archived/private",
	} {
		if !slices.Contains(held, route) {
			t.Errorf("no story takes %s", route)
		}
	}
	t.Logf("held to the description: %q", held)
}

// TestCommandsAreDescribed holds what is registered for the agents to the description.
func TestCommandsAreDescribed(t *testing.T) {
	if judge == nil {
		t.Skipf("SKIPPED, NOT PROVED: the agents' commands against Discord's own description: %v", judgeMissing)
	}
	requests := []rest.Request{rest.SetGuildCommands("1", "2", []byte(discord.Commands))}
	for _, name := range []string{"close", "block"} {
		got := discord.NewsOf(wire.Interaction{Type: wire.InteractionCommand, ID: "3", Token: "t", Name: name, GuildID: "2", ChannelID: "4", ParentID: "1"},
			&discord.Place{Channel: "1", Guild: "2", Bot: "9"}, 0)
		if got.Reply == nil {
			t.Fatalf("/%s has no answer", name)
		}
		requests = append(requests, *got.Reply)
	}
	for _, r := range requests {
		// What Discord answers is not the question here.
		if err := judge.Hold(description.Exchange{Method: r.Method, Path: r.Path, Body: r.Body, Status: 500}); err != nil {
			t.Error(err)
		}
	}
}
