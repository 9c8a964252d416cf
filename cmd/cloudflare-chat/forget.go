package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"cloudflarechat/chat"
	"cloudflarechat/server"
	"cloudflarechat/server/settings"
	"cloudflarechat/store"
)

// limitAdmin is how long a running chat may take to answer its owner.
const limitAdmin = 5 * time.Minute

type forgetCommand struct {
	Email   string `arg:"" help:"The e-mail address of the person."`
	URL     string `name:"url" placeholder:"ADDRESS" help:"The address of the running chat, such as http://127.0.0.1:8787; it needs ADMIN_SECRET. Without it: the data folder, while no chat runs there."`
	Threads bool   `help:"Delete the person's threads in Discord, too. Only with --url."`
	configured
	kong.Plugins
}

func newForgetCommand() forgetCommand {
	return forgetCommand{Plugins: kong.Plugins{flagsOf(settings.Data)}}
}

// Help is shown above the flags.
func (*forgetCommand) Help() string {
	return "It deletes every conversation of an e-mail address here, for good: messages, names, and what leads to them. " +
		"Open windows of that person are closed. Backups that were made before still hold the data."
}

func (*forgetCommand) examples() string {
	return `  While the chat runs, with the threads in Discord:
    ADMIN_SECRET=… cloudflare-chat forget --url http://127.0.0.1:8787 --threads ann@example.com

  While it does not:
    cloudflare-chat forget --data-dir /var/lib/cloudflare-chat ann@example.com
`
}

// Run implements the command.
func (c *forgetCommand) Run(ctx context.Context, t *terminal) error {
	config, err := c.load(t, settings.Data, c.Plugins[0])
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Data)
		return nil
	}
	if err := anAddress(c.Email); err != nil {
		return err
	}
	var f server.Forgotten
	switch {
	case c.URL != "":
		err = askAdmin(ctx, c.URL, "/admin/forget", config.AdminSecret, map[string]any{"email": c.Email, "threads": c.Threads}, &f)
	case c.Threads:
		return &failure{exitUsage, errors.New("threads in Discord can be deleted by the running chat alone"), []string{"name its address with --url"}}
	default:
		f, err = server.ForgetPerson(config.DataDir, []byte(config.DataSecret.Reveal()), c.Email)
	}
	if err != nil {
		return personFailure(err)
	}
	t.say("Deleted %s here, and %s in Discord.", number(f.Sessions, "conversation"), number(f.Threads, "thread"))
	for _, id := range f.KeptThreads {
		t.say("Still in Discord: the thread %s. Delete it there, where it is to go.", id)
	}
	if f.LogKept && c.URL != "" {
		t.say("It is gone from the database, but not from the log beside it: something reads the database, such as a backup. The chat empties the log as soon as that is done.")
	} else if f.LogKept {
		t.say("It is gone from the database, but not from the log beside it: something reads the database, such as a backup. When that is done, run this again, or start the chat: it empties the log.")
	}
	return nil
}

// anAddress holds that what a person is looked for by can be one's address:
// after a slip of the fingers nothing is found, and somebody may believe it.
func anAddress(email string) error {
	if _, ok := chat.CheckEmail(email); !ok {
		return &failure{exitUsage, fmt.Errorf("%q is no e-mail address", email), []string{"write it as the person typed it into the chat, such as ann@example.com"}}
	}
	return nil
}

// number counts things in words.
func number(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// personFailure says what to do where the data cannot be had.
func personFailure(err error) error {
	if errors.Is(err, store.ErrInUse) {
		return &failure{exitFailure, err, []string{"the chat is running: name its address with --url, and set ADMIN_SECRET as it has it"}}
	}
	return err
}

// askAdmin asks a running chat as its owner.
func askAdmin(ctx context.Context, address, path string, secret settings.Secret, ask, answer any) error {
	if secret == "" {
		return &failure{exitSettings, errors.New("ADMIN_SECRET is missing"), []string{"set it in the environment or in an env file, as the running chat has it"}}
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limitAdmin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(address, "/")+path, bytes.NewReader(body))
	if err != nil {
		return &failure{exitUsage, errors.New("--url is no address"), []string{"write it as http://127.0.0.1:8787"}}
	}
	req.Header.Set("Authorization", "Bearer "+secret.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return &failure{exitFailure, fmt.Errorf("the chat does not answer: %w", err), []string{"is it running at " + address + "?"}}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("the chat's answer did not come whole: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		var said struct{ Message string }
		_ = json.Unmarshal(raw, &said) // the status says enough
		return &failure{exitFailure, fmt.Errorf("the chat refused (%d): %s", res.StatusCode, said.Message), nil}
	}
	return json.Unmarshal(raw, answer)
}
