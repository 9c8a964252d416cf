package main

import (
	"context"
	"encoding/json"

	"github.com/alecthomas/kong"

	"cloudflarechat/server"
	"cloudflarechat/server/settings"
)

type exportCommand struct {
	Email string `arg:"" help:"The e-mail address of the person."`
	URL   string `name:"url" placeholder:"ADDRESS" help:"The address of a running chat elsewhere, such as https://chat.example.com; it needs ADMIN_SECRET. Without it: the data folder, where a chat may run meanwhile."`
	configured
	kong.Plugins
}

func newExportCommand() exportCommand {
	return exportCommand{Plugins: kong.Plugins{flagsOf(settings.Data)}}
}

// Help is shown above the flags.
func (*exportCommand) Help() string {
	return "It prints everything that is kept of an e-mail address, as JSON: conversations, messages, times. " +
		"Whoever typed that address is in it: check who asks before you hand it on."
}

func (*exportCommand) examples() string {
	return `    cloudflare-chat export --data-dir /var/lib/cloudflare-chat ann@example.com > ann.json
`
}

// Run implements the command.
func (c *exportCommand) Run(ctx context.Context, t *terminal) error {
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
	var p server.Person
	if c.URL != "" {
		err = askAdmin(ctx, c.URL, "/admin/export", config.AdminSecret, map[string]any{"email": c.Email}, &p)
	} else {
		p, err = server.ExportPerson(config.DataDir, c.Email)
	}
	if err != nil {
		return personFailure(err)
	}
	out := json.NewEncoder(t.out)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(p)
}
